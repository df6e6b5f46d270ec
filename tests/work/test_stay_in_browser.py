"""The warning before somebody is signed out, in a real browser: it comes in time, and one key puts it off."""

import time
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from accounts.stay import COOKIE
from tests.factories import DraftPledgeFactory
from tests.look.axe import violations
from tests.work.conftest import People, edit_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_key_keeps_somebody_signed_in(people: People, browser: Browser, live_server: Any) -> None:
    pledge, client, context = DraftPledgeFactory(participant=people.delegation), Client(), browser.new_context()
    client.force_login(people.drafter)
    ends = int(time.time()) + 4 * 60
    for name, value in (("session", client.cookies["session"].value), (COOKIE, str(ends))):
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}{edit_url(pledge, 'what')}")
    warning = page.get_by_role("dialog", name="Stay signed in?")
    expect(warning).to_contain_text("signed out: 4.")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    (told,) = (cookie["value"] for cookie in context.cookies() if cookie["name"] == COOKIE)
    assert int(told) > ends + 60 * 60
    context.close()
