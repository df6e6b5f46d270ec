"""Templates compile and every word on them can be translated; styles name no left and right."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.template import TemplateSyntaxError
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = ROOT / "templates"

TRANSLATED = r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}"
COMMENT = r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->"
TAG = r"{%.*?%}|{{.*?}}"
NOT_WORDS = r"<(script|style|code|pre|kbd|samp)\b.*?</\1>"
ATTRIBUTE = r"""\s(?:title|alt|placeholder|aria-label|aria-description|aria-roledescription)=("[^"]*"|'[^']*')"""
ELEMENT = r"<[^>]*>"
ENTITY = r"&#?\w+;"
WORD = r"[^\W\d_]{2,}"
SIDED = (
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius|(?:left|right)\s*:"
    r"|(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right))"
)


def main() -> int:
    """Print every fault as file:line and return 0 when there is none."""
    django.setup()
    faults = [*template_faults(), *style_faults()]
    print("\n".join(faults))
    return 1 if faults else 0


def template_faults() -> Iterator[str]:
    """Yield what is wrong with the templates. Plain-text ones (mail) show all their text, so they are looked at too."""
    for file in sorted(TEMPLATES.rglob("*.*")):
        name = file.relative_to(TEMPLATES)
        try:
            get_template(str(name))
        except TemplateSyntaxError as error:
            yield f"{name}: {error}"
        for line, words in untranslated(file.read_text()):
            yield f"{name}:{line}: not translatable: {words!r}"


def untranslated(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of each text that people see and no translation tag holds."""
    text = blank(f"{TRANSLATED}|{COMMENT}|{TAG}|{NOT_WORDS}", source)
    for match in re.finditer(ATTRIBUTE, text):
        if re.search(WORD, blank(ENTITY, match[1])):
            yield source[: match.start()].count("\n") + 1, match[1]
    for number, line in enumerate(blank(f"{ELEMENT}|{ENTITY}", text).split("\n"), start=1):
        if re.search(WORD, line):
            yield number, line.strip()


def blank(pattern: str, text: str) -> str:
    """Replace what matches by spaces, so that lines and columns stay where they are."""
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL)


def style_faults() -> Iterator[str]:
    """Yield each physical side in our styles: the logical ones (inline-start) work for Arabic too."""
    for file in sorted((ROOT / "static").rglob("*.css")):
        if "vendor" in file.parts:
            continue
        for number, line in enumerate(blank(r"/\*.*?\*/", file.read_text()).split("\n"), start=1):
            if found := re.search(SIDED, line):
                yield f"{file.relative_to(ROOT)}:{number}: physical side: {found[0]!r}"


if __name__ == "__main__":
    sys.exit(main())
