"""The public pages in a real browser: accessibility rules, narrow windows, wide text, no scripts, paper."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from tests.browsing import press
from tests.factories import OfficerFactory, RegisteredPledgeFactory
from tests.look.axe import sideways_scroll, violations
from tests.look.test_browser import TEXT_SPACING
from tests.pages.world import World, build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    """The small world, stored so that the server sees it."""
    return build()


@pytest.fixture
def complaints(page: Page) -> Iterator[None]:
    """What the browser complains about fails the test; a refusal by the page's security policy is a complaint."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield
    assert [said for said in heard if "400 (Bad Request)" not in said] == []


def addresses(world: World) -> list[str]:
    """Return every public page, full, empty and refused."""
    names = ("home", "counting", "conference-list", "participant-list", "pledge-list", "gap")
    rows = (world.seoul, world.berlin, world.alpha, world.gamma, world.hospital, world.course, world.hospital_ask)
    queries = (
        "/pledges/?conference=seoul-2021,london-2016&late=true&order=-title",
        "/pledges/?region=GRULAC&category=medical",
        "/pledges/?conference=nowhere&since=abc&colour=red",
        "/participants/?q=zzz",
        "/gap/?open_missions=false",
    )
    return [*map(reverse, names), *(row.get_absolute_url() for row in rows), *queries]


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 320])
def test_no_page_breaks_an_accessibility_rule_or_scrolls_sideways(
    page: Page, live_server: object, world: World, complaints: None, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    found = {}
    for address in addresses(world):
        page.goto(f"{live_server}{address}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found[address] = [*violations(page), *(["sideways"] if sideways_scroll(page) else [])]
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.slow
def test_wider_text_spacing_loses_nothing(page: Page, live_server: object, world: World) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    wide = []
    for address in addresses(world):
        page.goto(f"{live_server}{address}")
        page.evaluate(TEXT_SPACING)
        wide += [address] if sideways_scroll(page) else []
    assert wide == []


@pytest.mark.slow
def test_one_title_and_headings_in_order(page: Page, live_server: object, world: World) -> None:
    for address in addresses(world):
        page.goto(f"{live_server}{address}")
        levels = page.evaluate(
            "[...document.querySelectorAll('main h1, main h2, main h3, main h4')]"
            ".filter(one => !one.closest('.error-summary')).map(one => Number(one.tagName[1]))"
        )
        assert levels.count(1) == 1, address
        assert levels[0] == 1, address
        assert all(after - before <= 1 for before, after in pairwise(levels)), (address, levels)


def test_every_scrolling_region_takes_the_focus_and_has_a_name(page: Page, live_server: object, world: World) -> None:
    for address in addresses(world):
        page.goto(f"{live_server}{address}")
        unnamed = page.evaluate(
            "[...document.querySelectorAll('.scroll')]"
            ".filter(one => one.tabIndex !== 0 || !one.ariaLabel || one.getAttribute('role') !== 'region').length"
        )
        assert unnamed == 0, address
        assert page.evaluate("[...document.querySelectorAll('table')].every(one => one.caption)"), address


def test_the_first_page_has_few_links_above_the_fold(page: Page, live_server: object, world: World) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{live_server}{reverse('home')}")
    visible = page.evaluate(
        "[...document.querySelectorAll('a')].map(one => one.getBoundingClientRect())"
        ".filter(box => box.width && box.bottom > 0 && box.top < 568).length"
    )
    assert visible <= 7


def test_a_filter_is_set_and_dropped_without_any_script(browser: Browser, live_server: object, world: World) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server}{reverse('pledge-list')}")
    page.get_by_text("Filter and search").click()
    page.get_by_label("Conference").select_option(label="London Ministerial")
    page.get_by_label("Regional group").select_option(label="Western European and Others Group")
    press(page, page.get_by_role("button", name="Show pledges"))
    assert page.locator("tbody tr").count() == 1
    assert page.get_by_role("status").all_inner_texts()[-1] == "1 pledge"
    press(page, page.get_by_role("link", name="Remove filter: Regional group"))
    assert page.locator("tbody tr").count() == 2
    press(page, page.get_by_role("link", name="Pledge", exact=True))
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Pledge"
    page.context.close()


def test_the_filters_come_open_with_the_error_and_the_keyboard_reaches_the_field(
    page: Page, live_server: object, world: World
) -> None:
    page.goto(f"{live_server}{reverse('pledge-list')}?late=perhaps")
    page.wait_for_function("document.activeElement?.className == 'error-summary'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.form !== null || document.activeElement.closest('form') !== null")


def test_paper_shows_the_filters_in_use_the_day_and_the_address(page: Page, live_server: object, world: World) -> None:
    address = f"{live_server}{reverse('pledge-list')}?conference=seoul-2021"
    page.goto(address)
    page.emulate_media(media="print")
    assert page.get_by_text("Conference: Seoul Ministerial").is_visible()
    assert page.locator("p.print-only").inner_text().endswith(address)
    assert not page.get_by_text("Filter and search").is_visible()


def test_an_embargoed_pledge_is_whole_for_the_secretariat(
    page: Page, live_server: object, world: World, complaints: None
) -> None:
    client = Client()
    client.force_login(OfficerFactory())
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": str(live_server)}])
    pledge = RegisteredPledgeFactory(conference=world.seoul, participant=world.alpha)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for address in (pledge.get_absolute_url(), reverse("pledge-list"), world.seoul.get_absolute_url()):
            page.goto(f"{live_server}{address}")
            assert violations(page) == []
            assert sideways_scroll(page) == 0
