"""A call repeated under its Idempotency-Key is one call (R22)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from api import once
from api.models import IdempotencyKey
from api.tasks import forget_idempotency_keys
from conferences.models import Membership, MembershipRole, Participant
from pledges.models import Pledge, StatusChange
from tests import factories
from tests.api.writers import Writer, complaints
from tests.concurrency import on_own_connection


@pytest.fixture
def state(db: None) -> Participant:
    return factories.ParticipantFactory()


@pytest.fixture
def writer(state: Participant) -> Writer:
    return Writer(factories.member_of(state, MembershipRole.APPROVER))


@pytest.fixture
def begun(state: Participant) -> dict[str, Any]:
    return {"conference": factories.ConferenceFactory().pk, "participant": state.pk, "title": "Hospital"}


def same(one: Any, two: Any) -> bool:
    """Return whether two answers are alike, but for the request's id and the hour."""
    told = [dict(answer.headers, **{"X-Request-ID": "", "Expires": ""}) for answer in (one, two)]
    return (one.status_code, one.content, told[0]) == (two.status_code, two.content, told[1])


def test_the_same_call_is_answered_alike_and_done_once(writer: Writer, begun: dict[str, Any]) -> None:
    first, second = writer.draft(begun, "key"), writer.draft(begun, "key")
    assert first.status_code == 201
    assert same(first, second)
    assert Pledge.objects.count() == 1
    assert writer.draft(begun, "another").json()["reference"] != first.json()["reference"]


def test_a_step_and_a_change_are_replayed_although_the_version_moved_on(writer: Writer, state: Participant) -> None:
    pledge = factories.DraftPledgeFactory(participant=state)
    changes = [writer.change(pledge.reference, {"title": "x"}, 1, Idempotency_Key="c") for _ in range(2)]
    steps = [writer.step(pledge.reference, "submit", 2, Idempotency_Key="s") for _ in range(2)]
    assert changes[0].status_code == steps[0].status_code == 200
    assert same(*changes)
    assert same(*steps)
    assert (Pledge.objects.get().version, StatusChange.objects.count()) == (3, 1)
    assert writer.step(pledge.reference, "submit", 2).status_code == 412


def test_another_call_under_the_key_is_refused(writer: Writer, begun: dict[str, Any], state: Participant) -> None:
    pledge = factories.DraftPledgeFactory(participant=state)
    writer.draft(begun, "key")
    assert writer.draft(begun | {"title": "Other"}, "key").status_code == 422
    assert writer.change(pledge.reference, begun, 1, Idempotency_Key="key").status_code == 422
    assert writer.step(pledge.reference, "submit", 1, Idempotency_Key="key").status_code == 422
    assert Pledge.objects.count() == 2


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "\t"])
def test_a_draft_needs_a_key(writer: Writer, begun: dict[str, Any], key: str) -> None:
    answer = writer.send("post", "pledges/", begun, **({"Idempotency_Key": key} if key else {}))
    assert complaints(answer).keys() == {"Idempotency-Key"}
    assert not Pledge.objects.exists()


def test_keys_are_one_persons_own_and_stored_as_a_hash(
    writer: Writer, begun: dict[str, Any], state: Participant
) -> None:
    other = Writer(factories.member_of(state))
    assert (
        writer.draft(begun, "a-secret-key").json()["reference"]
        != other.draft(begun, "a-secret-key").json()["reference"]
    )
    assert "a-secret-key" not in str(list(IdempotencyKey.objects.values()))


def test_a_refused_call_leaves_its_key_free(writer: Writer, begun: dict[str, Any]) -> None:
    assert writer.draft(begun | {"quantity": -1}, "key").status_code == 400
    assert writer.draft(begun, "key").status_code == 201


def test_a_token_that_ended_replays_nothing(writer: Writer, begun: dict[str, Any]) -> None:
    writer.draft(begun, "key")
    writer.token.revoked_at = timezone.now()
    writer.token.save()
    assert writer.draft(begun, "key").status_code == 401


def test_who_has_left_the_delegation_replays_nothing(writer: Writer, begun: dict[str, Any]) -> None:
    writer.draft(begun, "key")
    Membership.objects.update(ended_at=timezone.now())
    assert writer.draft(begun, "key").status_code == 403
    factories.MembershipFactory(user=writer.user)
    assert writer.draft(begun, "key").status_code == 404


def test_a_key_counts_for_a_day_and_is_then_forgotten(writer: Writer, begun: dict[str, Any]) -> None:
    first = writer.draft(begun, "key").json()["reference"]
    IdempotencyKey.objects.update(created_at=timezone.now() - once.LIFETIME + timedelta(minutes=1))
    forget_idempotency_keys()
    assert writer.draft(begun, "key").json()["reference"] == first
    IdempotencyKey.objects.update(created_at=timezone.now() - once.LIFETIME)
    assert writer.draft(begun, "key").json()["reference"] != first
    IdempotencyKey.objects.update(created_at=timezone.now() - once.LIFETIME)
    forget_idempotency_keys()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_is_done_and_the_others_wait_or_read_its_answer(
    writer: Writer, begun: dict[str, Any]
) -> None:
    start = threading.Barrier(20)

    def call() -> Any:
        start.wait()
        return writer.draft(begun, "key")

    with ThreadPoolExecutor(20) as pool:
        answers = [future.result() for future in [pool.submit(on_own_connection, call) for _ in range(20)]]
    assert Pledge.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1


@pytest.mark.django_db(transaction=True)
def test_while_a_call_is_under_way_its_key_answers_409_and_a_crash_frees_it(
    writer: Writer, begun: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is killed between the effect and the answer: neither is left, and the key is free at once."""
    kept, under_way, killed = once.keep, threading.Event(), threading.Event()
    backends: list[int] = []

    def hang(*arguments: Any) -> Any:
        if backends:
            return kept(*arguments)
        backends.append(connection.connection.info.backend_pid)
        under_way.set()
        assert killed.wait(30)
        return kept(*arguments)

    monkeypatch.setattr(once, "keep", hang)
    with ThreadPoolExecutor(1) as pool:
        dying = pool.submit(on_own_connection, lambda: writer.draft(begun, "key"))
        assert under_way.wait(30)
        assert writer.draft(begun, "key").status_code == 409
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backends[0]])
        killed.set()
        assert getattr(dying.result(), "status_code", 500) == 500
    assert not Pledge.objects.exists()
    assert writer.draft(begun, "key").status_code == 201
    assert Pledge.objects.count() == 1
