"""The components page in a real browser: accessibility, narrow windows, keyboard, print, and the security policy."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.look.axe import sideways_scroll, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# WCAG 1.4.12: what a reader may set without losing content.
TEXT_SPACING = """
    for (const element of document.querySelectorAll("*")) {
        element.style.setProperty("line-height", "1.5", "important");
        element.style.setProperty("letter-spacing", "0.12em", "important");
        element.style.setProperty("word-spacing", "0.16em", "important");
    }
"""


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about while the page is used, refusals by the security policy among them."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def components(page: Page, live_server: object, complaints: list[str]) -> Iterator[Page]:
    """The components page, opened; what the browser complained about fails the test."""
    page.goto(f"{live_server}{reverse('components')}")
    yield page
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 320])
def test_components_break_no_accessibility_rule(components: Page, width: int) -> None:
    components.set_viewport_size({"width": width, "height": 800})
    assert violations(components) == []


@pytest.mark.parametrize("width", [1280, 768, 320])
def test_nothing_scrolls_sideways(components: Page, width: int) -> None:
    components.set_viewport_size({"width": width, "height": 800})
    assert sideways_scroll(components) == 0


def test_wider_text_spacing_loses_nothing(components: Page) -> None:
    components.set_viewport_size({"width": 320, "height": 800})
    components.evaluate(TEXT_SPACING)
    assert sideways_scroll(components) == 0


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(components: Page) -> None:
    components.wait_for_function("document.activeElement?.className == 'error-summary'")
    components.keyboard.press("Tab")
    components.keyboard.press("Enter")
    assert components.evaluate("document.activeElement.id || location.hash") in {"en_women", "#en_women"}
    described = components.locator("#en_women").get_attribute("aria-describedby") or ""
    assert components.locator(f"#{described.split()[-1]}").inner_text() == (
        "Enter a number no higher than the persons in the unit (120)."
    )


def test_a_page_that_is_not_there_is_accessible_and_begins_with_the_skip_link(page: Page, live_server: object) -> None:
    page.goto(f"{live_server}/no-such-page/")
    assert page.locator("h1").inner_text() == "Page not found"
    assert violations(page) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_name_behind_a_tile_shows_on_focus(components: Page) -> None:
    tile = components.locator("section[lang=en] .tiles a").nth(1)
    says = tile.locator(".says")
    assert says.bounding_box()["width"] <= 1
    components.locator("section[lang=en] .tiles a").first.focus()
    components.keyboard.press("Tab")
    assert says.bounding_box()["width"] > 50


def test_bars_grow_from_the_side_where_reading_begins(components: Page) -> None:
    for language, near_start in (("en", "x"), ("ar", "right")):
        section = components.locator(f"section[lang={language}]")
        edges = section.locator(".bar-chart.stacked").evaluate(
            "svg => [svg, svg.querySelector('.fill-delivered')].map(shape => shape.getBoundingClientRect())"
            ".map(box => ({x: box.x, right: box.right}))"
        )
        assert edges[0][near_start] == pytest.approx(edges[1][near_start], abs=1)


def test_paper_shows_the_address_and_leaves_out_the_navigation(components: Page) -> None:
    components.emulate_media(media="print")
    assert components.url in components.locator("p.print-only").inner_text()
    assert not components.locator(".site-nav").is_visible()
