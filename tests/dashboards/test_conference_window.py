"""Managers set when a conference takes pledges: on their own clock, with the reason, never over one another unseen."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from conferences.models import Conference
from tests import factories as make

pytestmark = pytest.mark.django_db
NONE = {"opens_day_day": "", "opens_day_month": "", "opens_day_year": "", "opens_clock": "",
        "closes_day_day": "", "closes_day_month": "", "closes_day_year": "", "closes_clock": ""}  # fmt: skip
OPENS = {"opens_day_day": "1", "opens_day_month": "3", "opens_day_year": "2027", "opens_clock": "09:00"}
CLOSES = {"closes_day_day": "31", "closes_day_month": "3", "closes_day_year": "2027", "closes_clock": "18:00"}
SENT = NONE | {"zone": "Europe/Berlin", "reason": "As the co-chairs agreed.", "version": "0"}


@pytest.fixture
def conference() -> Conference:
    return make.ConferenceFactory()


@pytest.fixture
def manager() -> User:
    return make.ManagerFactory(username="meera", time_zone="Europe/Berlin")


@pytest.fixture
def desk(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def url_of(conference: Conference) -> str:
    return reverse("conference-window", args=[conference.pk])


def window_of(conference: Conference) -> tuple[Any, ...]:
    """Return the window as it is stored, with its version."""
    conference.refresh_from_db()
    return conference.window_opens_at, conference.window_closes_at, conference.window_version


def test_a_window_is_set_on_the_managers_clock_and_its_history_says_who_and_why(
    desk: Client, conference: Conference
) -> None:
    assert url_of(conference) in desk.get(conference.get_absolute_url()).content.decode()
    assert desk.post(url_of(conference), SENT | OPENS | CLOSES)["Location"] == conference.get_absolute_url()
    opens, closes = datetime(2027, 3, 1, 8, tzinfo=UTC), datetime(2027, 3, 31, 16, tzinfo=UTC)
    assert window_of(conference) == (opens, closes, 1), "winter time, then summer time"
    answer = desk.get(url_of(conference))
    text = answer.content.decode()
    assert "1 March 2027, 09:00 CET" in text
    assert "31 March 2027, 18:00 CEST" in text
    assert [(row.who, row.why) for row in answer.context["told"]] == [("meera", "As the co-chairs agreed.")]
    assert answer.context["form"]["closes_clock"].value().hour == 18


@pytest.mark.parametrize(("sent", "opens", "closes"), [(OPENS, True, False), (CLOSES, False, True), ({}, False, False)])
def test_either_end_may_be_open(
    desk: Client, conference: Conference, sent: dict[str, str], *, opens: bool, closes: bool
) -> None:
    desk.post(url_of(conference), SENT | OPENS | CLOSES)
    desk.post(url_of(conference), SENT | sent | {"version": "1"})
    stored = window_of(conference)
    assert [stored[0] is not None, stored[1] is not None, stored[2]] == [opens, closes, 2]
    assert len(desk.get(url_of(conference)).context["told"]) == 2


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        (
            OPENS | CLOSES | {"closes_day_month": "2", "closes_day_day": "27"},
            "closes_day",
            "Pledging closes after it opens",
        ),
        (OPENS | {"opens_clock": ""}, "opens_clock", "24-hour clock"),
        ({"closes_clock": "18:00"}, "closes_day", "Enter the day as well."),
        (OPENS | {"opens_day_day": "31", "opens_day_month": "2"}, "opens_day", "There is no such day"),
        (OPENS | {"opens_day_day": "28", "opens_clock": "02:30"}, "opens_clock", "The clocks go forward then"),
        (OPENS | {"reason": ""}, "reason", "Say why"),
        (OPENS | {"zone": "Mars/Base"}, "zone", "Choose one"),
    ],
)
def test_what_cannot_stand_is_refused_at_its_field_and_kept(
    desk: Client, conference: Conference, sent: dict[str, str], field: str, said: str
) -> None:
    answer = desk.post(url_of(conference), SENT | sent)
    assert said in str(answer.context["form"].errors[field])
    assert window_of(conference) == (None, None, 0)
    for name, value in sent.items():
        assert not value or f'value="{value}"' in answer.content.decode() or name == "zone"


def test_what_another_manager_set_is_not_overwritten_unseen(desk: Client, conference: Conference) -> None:
    desk.post(url_of(conference), SENT | OPENS)
    answer = desk.post(url_of(conference), SENT | CLOSES)
    assert "Another manager set this window" in answer.content.decode()
    assert "1 March 2027, 09:00 CET" in answer.content.decode(), "theirs"
    assert 'value="18:00"' in answer.content.decode(), "one's own"
    assert window_of(conference)[2] == 1
    assert desk.post(url_of(conference), SENT | CLOSES | {"version": "1"}).status_code == 302
    assert window_of(conference) == (None, datetime(2027, 3, 31, 16, tzinfo=UTC), 2)


def test_the_same_window_sent_again_is_no_change(desk: Client, conference: Conference) -> None:
    for version in "01":
        desk.post(url_of(conference), SENT | OPENS | {"version": version})
    assert window_of(conference)[2] == 1


@pytest.mark.parametrize("make_person", [make.OfficerFactory, make.ReaderFactory, make.AdministratorFactory])
def test_nobody_else_sets_it(client: Client, conference: Conference, make_person: Any) -> None:
    client.force_login(make_person())
    assert client.get(url_of(conference)).status_code == 403
    assert client.post(url_of(conference), SENT | OPENS).status_code == 403
    assert "conference-window" not in client.get(conference.get_absolute_url()).content.decode()
    assert window_of(conference) == (None, None, 0)
