"""Spreadsheets and documents in a real browser: accessible, narrow, and finished with scripts and without."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from pledges.models import EvidenceFile, Pledge
from tests.browsing import press
from tests.files.hostile import pdf
from tests.look.axe import sideways_scroll, violations
from tests.offline.conftest import Desk, fill
from tests.offline.test_upload import full

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NARROW, WIDE = {"width": 320, "height": 800}, {"width": 1280, "height": 900}


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(browser: Browser, live_server: Any, transactional_db: None, desk: Desk, request: Any) -> Iterator[Page]:
    """A page of the drafter in a browser that runs scripts, and in one that runs none."""
    context = browser.new_context(java_script_enabled=request.param, base_url=live_server.url)
    client = Client()
    client.force_login(desk.drafter)
    value = client.cookies["session"].value
    context.add_cookies([{"name": "session", "value": value, "url": live_server.url}])
    opened = context.new_page()
    opened.runs_scripts = request.param  # type: ignore[attr-defined]
    yield opened
    context.close()


def looks_right(page: Page) -> None:
    """Refuse barriers, and a page wider than a narrow window. Looking for them takes scripts."""
    if not page.runs_scripts:  # type: ignore[attr-defined]
        return
    assert violations(page) == []
    page.set_viewport_size(NARROW)
    assert sideways_scroll(page) <= 0
    page.set_viewport_size(WIDE)


def test_a_spreadsheet_is_fetched_filled_in_mended_and_stored(page: Page, desk: Desk, tmp_path: Path) -> None:
    page.goto(reverse("workspace"))
    press(page, page.get_by_role("link", name="Fill in a spreadsheet"))
    looks_right(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the template").click()
    template = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == f"pledges-{desk.conference.pk}.xlsx"
    filled = tmp_path / "filled.xlsx"
    filled.write_bytes(fill(template, full(desk), full(desk, title="Second", quantity="many", kind="Perhaps")))
    press(page, page.get_by_role("link", name="Upload it filled in"))
    looks_right(page)
    page.get_by_label("The template, filled in").set_input_files(filled)
    press(page, page.get_by_role("button", name="Upload"))
    looks_right(page)
    assert not Pledge.objects.exists()
    page.get_by_role("link", name="Enter a whole number").click()
    row = page.get_by_role("group", name="Row 5: Second")
    assert row.get_by_label("Quantity").input_value() == "many"
    row.get_by_label("Quantity").fill("3")
    row.get_by_label("Is it new?").select_option("New")
    press(page, page.get_by_role("button", name="Check again and store the drafts"))
    page.wait_for_selector("text=2 drafts are stored")
    assert sorted(Pledge.objects.values_list("title", "quantity")) == [("Hospital", 1), ("Second", 3)]


def test_a_document_is_attached_opened_and_removed(page: Page, desk: Desk) -> None:
    desk.upload(fill(desk.template(), full(desk)))
    pledge = Pledge.objects.get()
    page.goto(pledge.get_absolute_url())
    press(page, page.locator("#documents ~ p a").first)
    looks_right(page)
    press(page, page.get_by_role("button", name="Attach the document"))
    looks_right(page)
    page.get_by_label("Equipment list").check()
    content = pdf(b"an equipment list")
    page.get_by_label("File").set_input_files({"name": "list.pdf", "mimeType": "text/html", "buffer": content})
    press(page, page.get_by_role("button", name="Attach the document"))
    looks_right(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="list.pdf", exact=True).click()
    assert download.value.suggested_filename == "list.pdf"
    assert Path(download.value.path()).read_bytes() == content
    press(page, page.get_by_role("link", name="Remove list.pdf"))
    looks_right(page)
    page.get_by_label("Type the reference").fill(pledge.reference)
    press(page, "button >> text=Remove the document")
    assert not EvidenceFile.objects.exists()
    assert "“list.pdf” is removed." in page.content()
