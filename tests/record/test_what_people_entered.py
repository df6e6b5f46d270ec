"""A load of the record touches nothing that a delegation or the staff entered, whatever changed in the files."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import AnonymousUser

from accounts.history import acting
from conferences.models import Conference, Holiday, Session
from pledges.enums import Confirmation
from pledges.models import Lineage, Partner, Pledge
from pledges.page import lineage
from pledges.record.files import RecordError
from pledges.record.load import load_record
from pledges.services import confirm, propose_merge
from pledges.services.window import set_window
from tests.factories import DraftPledgeFactory, ManagerFactory, OfficerFactory
from tests.record.conftest import change_line, history_added

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("record")]

Sessions = list[dict[str, Any]]


def change_conference(folder: Path, slug: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the entry of a conference in the file of conferences."""
    file = folder / "conferences.yaml"
    content = yaml.safe_load(file.read_text())
    change(next(one for one in content["conferences"] if one["slug"] == slug))
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def change_sessions(folder: Path, change: Callable[[Sessions], Any]) -> None:
    """Change the sessions of Berlin; their order is that of the list."""

    def in_order(berlin: dict[str, Any]) -> None:
        change(berlin["sessions"])
        for position, session in enumerate(berlin["sessions"], 1):
            session["order"] = position

    change_conference(folder, "berlin-2025", in_order)


def pledge_for(title: str) -> Pledge:
    """Return a delegation's pledge for a session of Berlin."""
    session = Session.objects.get(conference="berlin-2025", title=title)
    return DraftPledgeFactory(conference=Conference.objects.get(slug="berlin-2025"), session=session)


def programme() -> list[str]:
    """Return the titles of Berlin's sessions in their order."""
    return list(Session.objects.filter(conference="berlin-2025").values_list("title", flat=True))


FILED = ["Three high-level panels", "Pledging sessions", "Six breakout sessions"]


def session_of(pledge: Pledge) -> str:
    """Return the title of the session for which a pledge is made."""
    return str(Pledge.objects.values_list("session__title", flat=True).get(pk=pledge.pk))


def test_a_session_added_in_front_leaves_pledges_with_theirs(folder: Path) -> None:
    pledges = [pledge_for(title) for title in FILED]
    change_sessions(folder, lambda sessions: sessions.insert(0, sessions[0] | {"title": "Opening"}))
    assert history_added(lambda: load_record(folder)) == {}
    assert programme() == ["Opening", *FILED]
    assert [session_of(pledge) for pledge in pledges] == FILED


def test_sessions_in_another_order_keep_their_pledges(folder: Path) -> None:
    pledges = [pledge_for(title) for title in FILED]
    change_sessions(folder, lambda sessions: sessions.reverse())
    load_record(folder)
    assert programme() == FILED[::-1]
    assert [session_of(pledge) for pledge in pledges] == FILED


def test_a_session_with_a_new_title_keeps_its_pledges(folder: Path) -> None:
    pledge = pledge_for("Pledging sessions")
    change_sessions(folder, lambda sessions: sessions[1].update(title="Pledges of states"))
    load_record(folder)
    assert programme() == [FILED[0], "Pledges of states", FILED[2]]
    assert session_of(pledge) == "Pledges of states"


@pytest.mark.parametrize(
    "change",
    [
        lambda sessions: sessions.pop(0),
        lambda sessions: sessions.__setitem__(
            slice(0, 1), [sessions[0] | {"title": "New"}, sessions[0] | {"title": "Panels"}]
        ),
    ],
    ids=["removed", "renamed behind a new one"],
)
def test_a_session_that_pledges_name_is_not_removed(folder: Path, change: Callable[[Sessions], Any]) -> None:
    pledge = pledge_for(FILED[0])
    change_sessions(folder, change)
    with pytest.raises(RecordError, match=r"no longer has the session “Three high-level panels” of berlin-2025"):
        load_record(folder)
    assert session_of(pledge) == FILED[0]


def test_a_session_without_pledges_goes_with_the_file(folder: Path) -> None:
    pledge = pledge_for("Pledging sessions")
    change_sessions(folder, lambda sessions: sessions.pop(0))
    load_record(folder)
    assert programme() == FILED[1:]
    assert session_of(pledge) == "Pledging sessions"


def test_a_holiday_that_a_manager_removed_changed_or_entered_is_left_as_it_is(folder: Path) -> None:
    change_line(folder / "holidays.csv", 3, day="2031-02-03")
    removed, renamed = Holiday.objects.order_by("day")[:2]
    with acting(ManagerFactory(), "holidays"):
        removed.delete()
        renamed.name = "Closed"
        renamed.save()
        Holiday.objects.create(day=date(2031, 2, 3), name="Own day")
    assert history_added(lambda: load_record(folder)) == {}
    assert not Holiday.objects.filter(day=removed.day).exists()
    assert Holiday.objects.get(day=renamed.day).name == "Closed"
    assert Holiday.objects.get(day="2031-02-03").name == "Own day"


def test_a_holiday_that_only_the_files_know_follows_them(folder: Path) -> None:
    before = change_line(folder / "holidays.csv", 0, name="First day of the year")
    load_record(folder)
    assert Holiday.objects.get(day=before["day"]).name == "First day of the year"


def test_partners_move_with_the_last_day_and_still_follow_the_files(folder: Path) -> None:
    pledge = Pledge.objects.get(title="Money for the Korea-Kenya helicopter unit")
    declined = pledge.partners.get(participant="KEN")
    with acting(ManagerFactory(), "decline"):
        Partner.objects.filter(pk=declined.pk).update(confirmation=Confirmation.DECLINED, confirmed_at=None)
    change_conference(folder, pledge.conference_id, lambda one: one.update(end="2021-12-09"))
    load_record(folder)
    pledge.refresh_from_db()
    assert str(pledge.announced_at) == "2021-12-09 00:00:00+00:00"
    partners = Partner.objects.filter(pledge__conference=pledge.conference, pledge__author=None)
    confirmed = partners.filter(confirmation=Confirmation.CONFIRMED)
    assert set(confirmed.values_list("confirmed_at", flat=True)) == {pledge.announced_at}
    declined.refresh_from_db()
    assert (declined.confirmation, declined.confirmed_at) == (Confirmation.DECLINED, None)
    assert history_added(lambda: load_record(folder)) == {}


def test_a_window_follows_the_file_until_a_manager_sets_it(folder: Path) -> None:
    berlin = Conference.objects.get(pk="berlin-2025")
    stated = {"window_opens": "2025-01-01T09:00:00+01:00", "window_closes": "2025-04-30T18:00:00+02:00"}
    change_conference(folder, berlin.pk, lambda one: one.update(stated))
    load_record(folder)
    berlin.refresh_from_db()
    opens, closes = datetime(2025, 1, 1, 8, tzinfo=UTC), datetime(2025, 4, 30, 16, tzinfo=UTC)
    assert (berlin.window_opens_at, berlin.window_closes_at) == (opens, closes)
    assert history_added(lambda: load_record(folder)) == {}
    given = {"conference": berlin, "opens_at": None, "closes_at": closes, "reason": "Extended.", "by": ManagerFactory()}
    set_window(**given, version=0)
    assert history_added(lambda: load_record(folder)) == {}
    berlin.refresh_from_db()
    assert (berlin.window_opens_at, berlin.window_closes_at) == (None, closes)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"window_closes": "2025-04-30T18:00:00"}, "needs its offset"),
        ({"window_closes": "soon"}, "conferences.yaml cannot be loaded"),
        ({"window_opens": "2025-04-30T18:00+00:00", "window_closes": "2025-04-30T18:00+00:00"}, "window_in_order"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused(folder: Path, stated: dict[str, str], said: str) -> None:
    change_conference(folder, "berlin-2025", lambda one: one.update(stated))
    with pytest.raises(RecordError, match=said):
        load_record(folder)


@pytest.mark.parametrize("is_later_kept", [True, False])
def test_pledges_of_the_record_that_two_people_merged_stay_merged(is_later_kept: bool, folder: Path) -> None:
    told = Lineage.objects.filter(kind="repeats", later__in=Pledge.objects.filter(kind="already_announced"))
    line = told.exclude(earlier__kind="already_announced").first()
    assert line
    keep, drop = line.earlier, line.later
    if is_later_kept:
        Pledge.objects.filter(pk=line.later_id).update(kind="new")
        keep, drop = Pledge.objects.get(pk=line.later_id), Pledge.objects.get(pk=line.earlier_id)
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    decision = propose_merge(keep=keep, drop=drop, reason="It says the same.", by=OfficerFactory(), at=at)
    confirm(decision, by=ManagerFactory(), at=at)
    assert decision.items.get().problem == ""
    load_record(folder)
    assert Lineage.objects.get(earlier=drop, later=keep).kind == "supersedes"
    assert not Lineage.objects.filter(earlier=keep, later=drop).exists()
    assert [words for words, _there in lineage(drop, AnonymousUser(), "earlier", "later")] == [
        f"Merged into {keep.reference}"
    ]
