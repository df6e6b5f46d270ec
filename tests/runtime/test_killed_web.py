"""A web process that is killed in the middle of a request leaves no half of a submission or an announcement (R21).

KILLS=200 scripts/test tests/runtime/test_killed_web.py -s  kills it more often, and prints what it found.
"""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.enums import Status, Verdict
from pledges.models import Decision, StatusChange
from pledges.services.decisions import carry_out_due
from tests.factories import (
    DecisionFactory,
    DecisionPledgeFactory,
    DraftPledgeFactory,
    ManagerFactory,
    ParticipantFactory,
    member_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", "1"))
TOKEN = "t" * 32


@pytest.fixture
def web(db: None) -> Iterator[tuple[int, int]]:
    """A web server on the tests' database with one worker process: its port and its process number."""
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "gunicorn", "config.wsgi", "--workers=1", "--worker-class=gthread",
               "--preload", f"--bind=127.0.0.1:{port}", "--no-control-socket", "--log-level=error"]  # fmt: skip
    environment = os.environ | {
        "DATABASE_URL": url, "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "PYTHONPATH": str(settings.BASE_DIR), "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    master = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        wait_for(port)
        yield port, master.pid
    finally:
        master.terminate()
        master.wait(20)


def wait_for(port: int) -> None:
    """Return when the server answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as talk:
                talk.request("GET", "/static/css/site.css")
                if talk.getresponse().status == 200:
                    return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    pytest.fail("The web server does not answer.")


def workers_of(master: int) -> list[int]:
    """Return the worker processes of the server."""
    return [child.pid for child in psutil.Process(master).children()]


def send_and_kill(web: tuple[int, int], address: str, fields: dict[str, Any], session: str, delay: float) -> int | None:
    """Send a form, kill the worker `delay` seconds later, and return the status that was answered, if any was."""
    port, master = web
    body = urlencode({"csrfmiddlewaretoken": TOKEN, **fields})
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as talk:
        talk.request("POST", address, body, headers)
        time.sleep(delay)
        kill_workers(master)
        try:
            return talk.getresponse().status
        except (OSError, http.client.HTTPException):
            return None


def kill_workers(master: int) -> None:
    """Kill what serves requests; the server starts another."""
    for worker in workers_of(master):
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def seconds_of_a_first_request(web: tuple[int, int]) -> float:
    """Return how long a fresh process takes for a page: about as long as for a submission."""
    begun = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", web[0], timeout=20)) as talk:
        talk.request("GET", reverse("pledge-list"))
        assert talk.getresponse().status == 200
    return time.monotonic() - begun


def session_of(person: Any) -> str:
    """Return the cookie of a session of this person."""
    browser = Client()
    browser.force_login(person)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_killed_web_process_leaves_no_half_submission(web: tuple[int, int]) -> None:
    lead = ParticipantFactory()
    session = session_of(member_of(lead, MembershipRole.APPROVER))
    draw, answered, submitted = random.Random(SEED), 0, 0
    about = seconds_of_a_first_request(web)
    for number in range(1, KILLS * 5):
        pledge = DraftPledgeFactory(participant=lead)
        submit = reverse("pledge-step", args=[pledge.reference, "submit"])
        delay = about * draw.uniform(0.5, 1.5)
        status = send_and_kill(web, submit, {"version": pledge.version}, session, delay)
        wait_for(web[0])
        pledge.refresh_from_db()
        steps = list(pledge.status_changes.values_list("action", flat=True))
        history = pledge.events.filter(pgh_label="update", status=Status.SUBMITTED).count()
        whole = (pledge.status, pledge.submitted_at is not None, steps, history)
        assert whole in [(Status.DRAFT, False, [], 0), (Status.SUBMITTED, True, ["submit"], 1)]
        assert status in {None, 302}
        assert status is None or pledge.status == Status.SUBMITTED, "What was acknowledged is stored."
        answered += status is not None
        submitted += pledge.status == Status.SUBMITTED
        about *= 0.6 if pledge.status == Status.SUBMITTED else 1.5  # the kills gather about the commit
        if number >= KILLS and 0 < submitted < number:
            break
    print(f"{number} kills, seed {SEED}: {submitted} submitted, {answered} of them answered, 0 half done")
    assert 0 < submitted < number, "The kills fell before and after the commit."


TOGETHER = 5  # pledges of one decision


def announced_in(decision: Decision) -> tuple[int, int]:
    """Return how many pledges of a decision are announced, and how many announcements of them are on record."""
    pledges = decision.items.values("pledge")
    announced = decision.items.filter(pledge__announced_at__isnull=False, ended_at__isnull=False).count()
    return announced, StatusChange.objects.filter(pledge__in=pledges, action="announce").count()


def test_a_killed_web_process_announces_all_of_a_decision_or_none(web: tuple[int, int]) -> None:
    session = session_of(ManagerFactory())
    draw, answered, ended = random.Random(SEED), 0, {"nothing": 0, "confirmed alone": 0, "announced": 0}
    about = seconds_of_a_first_request(web)
    for number in range(1, KILLS * 5):
        decision = DecisionFactory()
        DecisionPledgeFactory.create_batch(TOGETHER, decision=decision)
        confirm = reverse("decision-detail", args=[decision.pk])
        delay = about * draw.uniform(0.5, 1.5)
        status = send_and_kill(web, confirm, {"verdict": Verdict.CONFIRMED}, session, delay)
        wait_for(web[0])
        decision.refresh_from_db()
        announced, on_record = announced_in(decision)
        assert (announced, on_record) in [(0, 0), (TOGETHER, TOGETHER)]
        assert decision.verdict == Verdict.CONFIRMED or (announced, status) == (0, None)
        assert status in {None, 302}
        assert status is None or announced == TOGETHER, "What was acknowledged is stored."
        ended["announced" if announced else "confirmed alone" if decision.verdict else "nothing"] += 1
        carry_out_due(at=timezone.now())  # what the job does within a minute
        assert announced_in(decision) == ((TOGETHER, TOGETHER) if decision.verdict else (0, 0))
        answered += status is not None
        about *= 0.6 if announced else 1.5
        if number >= KILLS and 0 < ended["announced"] < number:
            break
    print(f"{number} kills, seed {SEED}, {TOGETHER} pledges each: {ended}, {answered} answered, 0 half done")
    assert 0 < ended["announced"] < number, "The kills fell before and after the commit."
