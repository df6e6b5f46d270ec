"""Runs axe-core, the accessibility rules, in a page that a browser shows. Shared by every browser test of a page."""

from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

AXE = Path(settings.BASE_DIR) / "tests/vendor/axe-core/axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """Return what breaks WCAG 2.0 to 2.2, level A and AA, as "rule: element" lines; empty is right.

    The script comes from the test's side, so the page's own content security policy stays in force for the page.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", STANDARDS)
    assert found["passes"], "axe checked nothing"
    return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]


def sideways_scroll(page: Page) -> int:
    """Return by how many pixels the page is wider than its window; regions that scroll by themselves do not count."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
