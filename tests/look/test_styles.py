"""What can be said of the style sheets and templates without a browser: contrast, direction, no inline code, weight."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
STYLES = sorted((ROOT / "static/css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TOKENS = dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{3,6})", (ROOT / "static/css/tokens.css").read_text()))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("--un", "--paper") == pytest.approx(3.04, abs=0.01)


@pytest.mark.parametrize("ground", ["--paper", "--wash"])
@pytest.mark.parametrize("ink", ["--ink", "--ink-2", "--ink-3", "--link", "--late", "--delivered", "--deep"])
def test_text_is_legible(ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("ground", ["--paper", "--wash"])
@pytest.mark.parametrize("mark", ["--focus", "--control"])
def test_focus_and_controls_can_be_seen(mark: str, ground: str) -> None:
    assert contrast(mark, ground) >= 3


@pytest.mark.parametrize(
    ("ink", "ground"), [("--ink", "--offered"), ("--ink", "--verified"), ("--paper", "--delivered")]
)
def test_text_on_tiles_is_legible(ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= 4.5


PHYSICAL = re.compile(
    r"\b(left|right)\b|\b(margin|padding|border)-(top|bottom)\b|(?<![\w-])(width|height|min-width|max-height)\s*:(?!.*\))"
)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_know_no_left_and_right(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert [line.strip() for line in text.splitlines() if PHYSICAL.search(line)] == []


@pytest.mark.parametrize("path", [path for path in STYLES if path.name != "tokens.css"], ids=lambda path: path.name)
def test_what_styles_refer_to_is_a_token(path: Path) -> None:
    text = path.read_text()
    defined = set(
        re.findall(r"^\s*(--[\w-]+):", (ROOT / "static/css/tokens.css").read_text() + text, flags=re.MULTILINE)
    )
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined


INLINE = re.compile(r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|<script(?![^>]*\ssrc=)|<style|javascript:""", re.IGNORECASE)


# A mail program knows no style sheet and no policy of ours.
PAGES = [path for path in TEMPLATES if "mail" not in path.parts]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_pages_hold_no_inline_code(path: Path) -> None:
    assert INLINE.findall(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_what_templates_load_is_there(path: Path) -> None:
    for name in re.findall(r"""{%\s*static\s+['"]([^'"]+)""", path.read_text()):
        assert (ROOT / "static" / name).is_file(), name


@pytest.mark.parametrize("script", ["latin", "cyrillic", "greek", "arabic"])
def test_the_fonts_of_one_script_leave_room_for_the_page(script: str) -> None:
    """A first visit may weigh 300 KB; styles and page take less than 60."""
    fonts = ROOT / "static/fonts"
    base = (fonts / "noto-sans-latin-wght-normal.woff2").stat().st_size
    own = sum(path.stat().st_size for path in fonts.glob(f"noto-sans-*{script}*.woff2") if "wght" not in path.name)
    assert base + own <= 200_000
