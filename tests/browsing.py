"""What browser tests share: a click that waits for the next page, and an end after the last answer."""

import threading
import time
from typing import Any

from django.core.signals import request_finished, request_started
from playwright.sync_api import Locator, Page

PATIENCE, CALM = 30.0, 0.05  # seconds; a request that was sent as its page was closed may yet begin
busy: set[int] = set()  # the threads that answer a request now


def press(page: Page, target: str | Locator) -> None:
    """Click what leads to another page, and return once that is there: what was sent is stored then.

    A plain click returns earlier: then the page asked next may be the old one, or one without any element yet.
    """
    with page.expect_navigation():
        (page.locator(target).first if isinstance(target, str) else target).click()


def begin(**_: Any) -> None:
    """Note that this thread answers; the thread of the test, which waits itself, does not count."""
    if threading.current_thread() is not threading.main_thread():
        busy.add(threading.get_ident())


def end(**_: Any) -> None:
    """Note that this thread has answered."""
    busy.discard(threading.get_ident())


def wait_until_calm() -> None:
    """Return when no request was answered for a moment."""
    until, calm_since = time.monotonic() + PATIENCE, time.monotonic()
    while time.monotonic() - calm_since < CALM:
        assert time.monotonic() < until, "The server still answers requests of a test that is over."
        time.sleep(0.01)
        if busy:
            calm_since = time.monotonic()


request_started.connect(begin)
request_finished.connect(end)
