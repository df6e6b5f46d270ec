"""Who may send what: POST, PUT, PATCH and DELETE at every address, for every actor, with their effect (S01).

`writes.txt` is the file; what stands neither there nor is refused fails the build.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from conferences.models import MembershipRole
from pledges.querysets import PledgeQuerySet
from tests import factories as make
from tests.asking import status_of
from tests.security.test_matrix import ACTORS, World, lines

FILE = Path(__file__).parent / "writes.txt"
METHODS = ("post", "put", "patch", "delete")
# What fills the forms of pages far enough to ask who is sending.
BODY = {
    "reason": "x", "outcome": "delivered", "text": "A word.", "note": "A note.", "state": "in_progress",
    "title": "Title",
    "role": "co_pledger", "due_on_0": "1", "due_on_1": "6", "due_on_2": "2026",
}  # fmt: skip
# What a request stored; before it in the same statement the history may be told who acts. Who has a form open is noted
# whenever it is shown, also with a conflict.
OURS = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "(pledges_(?!presence")|conferences_|capabilities_|reminders_)')
# Pages of the sign-in library: a form there also takes PUT as if it were POST.
OF_THE_LIBRARY = ("account_", "mfa_", "sign-in", "reset-link")


class Line(NamedTuple):
    """What each actor gets who sends this."""

    method: str
    route: str
    row: str
    statuses: list[int]


class Sent(NamedTuple):
    """What came of it."""

    status: int
    wrote: bool


@pytest.fixture
def world(db: None) -> World:
    return World()


def written() -> list[Line]:
    """Return the lines of the file."""
    told = (line for line in FILE.read_text().splitlines() if line and not line.startswith("#"))
    return [Line(line.split()[0].lower(), *lines(line.partition(" ")[2])[0]) for line in told]


def send(world: World, actor: str, method: str, route: str, row: str) -> Sent:
    """Send what a writer would, from a browser of its own, and take back what it did."""
    address, call = world.address(route, row), getattr(world.client(actor), method)
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        if route.startswith("api-"):
            tag = '"1"' if route != "api-share" else '"x"'
            body = {} if method == "patch" else {"reason": "x"}
            headers = {"If-Match": tag, "Idempotency-Key": "matrix"}
            answer = call(address, json.dumps(body), content_type="application/json", headers=headers)
        elif method == "post":
            answer = call(address, BODY | {"participant": world.invited.pk})
        else:
            answer = call(address)
        transaction.set_rollback(True)
    return Sent(answer.status_code, any(OURS.search(query["sql"]) for query in asked.captured_queries))


def surprises(world: World, actor: str) -> Iterator[tuple[Any, ...]]:
    """Yield what an actor gets otherwise than the file and the matrix say, or changes although it is refused."""
    column = ACTORS.index(actor)
    for method, route, row, statuses in written():
        found = send(world, actor, method, route, row)
        is_refused = found.status >= 400 or (found.status == 302 and actor == "anonymous")
        if found.status != statuses[column] or (is_refused and found.wrote):
            yield (actor, method, route, row, found, statuses[column])
    client = world.client(actor)
    for route, row, statuses in lines():
        status = status_of(client, world.address(route, row))
        if status != statuses[column]:
            yield (actor, "get", route, row, status, statuses[column])


@pytest.mark.parametrize("actor", ACTORS)
def test_each_actor_writes_what_the_file_says(world: World, actor: str) -> None:
    assert [found for found in surprises(world, actor) if found[1] != "get"] == []


def test_a_co_chairs_place_in_the_delegation_writes_no_more_than_a_stranger(world: World) -> None:
    world.people["co-chair"] = make.member_of(world.lead, MembershipRole.CO_CHAIR)
    column = ACTORS.index("analyst")
    sent = {line[:3]: send(world, "co-chair", *line[:3]).status for line in written()}
    assert sent == {line[:3]: line.statuses[column] for line in written()}


def test_what_is_stored_is_noticed(world: World) -> None:
    assert send(world, "approver", "post", "pledge-notes", "draft") == Sent(302, wrote=True)
    assert send(world, "other", "post", "pledge-notes", "draft") == Sent(404, wrote=False)


@pytest.mark.parametrize("method", METHODS)
def test_whatever_is_not_in_the_file_is_refused(world: World, method: str) -> None:
    listed = {line[:3] for line in written()}
    taken = []
    for route, row, _statuses in lines():
        if (method, route, row) in listed or (method != "post" and route.startswith(OF_THE_LIBRARY)):
            continue
        answers = {actor: send(world, actor, method, route, row) for actor in ("approver", "manager")}
        if any(sent.status not in {403, 404, 405} or sent.wrote for sent in answers.values()):
            taken.append(line_of(world, method, route, row))
    assert taken == [], "\n".join(["Judge these lines, and add them to writes.txt where they are right:", *taken])


def line_of(world: World, method: str, route: str, row: str) -> str:
    """Return the line that says what happens now."""
    statuses = [send(world, actor, method, route, row).status for actor in ACTORS]
    return f"{method.upper():5} {route:19} {row:10} {' '.join(map(str, statuses))}"


def everybody_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PledgeQuerySet, "visible_to", lambda rows, user, at=None: rows)


def everybody_is_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pledges.permissions.is_member", lambda user, participant, roles: True)


def everybody_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "is_reviewer", True)


def every_call_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.writing.MayWrite.has_permission", lambda *_: True)


def no_check_before_editing(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("check_can_draft_for", "check_can_edit"):
        monkeypatch.setattr(f"pledges.permissions.{place}", lambda *_: None)


@pytest.mark.parametrize(
    ("fault", "actor"),
    [
        (everybody_sees, "other"),
        (everybody_is_a_member, "analyst"),
        (everybody_reviews, "reader"),
        (every_call_may_write, "anonymous"),
        (no_check_before_editing, "viewer"),
    ],
)
def test_a_check_that_is_dropped_is_a_surprise(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None], actor: str
) -> None:
    """The file can fail: each seeded fault is caught (T1)."""
    fault(monkeypatch)
    assert next(surprises(world, actor), None) is not None
