"""A pledging window: nothing before it opens, and what first comes after it closes is taken and marked for insiders."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conferences.models import Conference, MembershipRole
from pledges.choices import open_conferences
from pledges.models import Pledge
from pledges.transitions import apply_transition
from pledges.windows import came_after, is_marked, words
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CLOSES = datetime(2025, 4, 1, 22, tzinfo=UTC)
MARK = "After the window"


@pytest.fixture
def conference() -> Conference:
    """One whose window has closed."""
    return make.ConferenceFactory(title="Closed Ministerial", window_closes_at=CLOSES)


def browser_of(person: Any) -> Client:
    client = Client()
    if person:
        client.force_login(person)
    return client


def text_of(person: Any, address: str, **sent: Any) -> str:
    """Return a page as this person reads it."""
    return browser_of(person).get(address, sent).content.decode()


def test_a_conference_takes_pledges_from_the_opening_of_its_window_on_and_at_any_time_without_one() -> None:
    now = timezone.now()
    make.ConferenceFactory(slug="coming", window_opens_at=now + DAY)
    make.ConferenceFactory(slug="running", window_opens_at=now - DAY, window_closes_at=now + DAY)
    make.ConferenceFactory(slug="closed", window_closes_at=now - DAY)
    make.ConferenceFactory(slug="none")
    make.ConferenceFactory(slug="talks", has_pledges=False)
    assert set(open_conferences(now).values_list("pk", flat=True)) == {"running", "closed", "none"}


@pytest.mark.parametrize(
    ("came", "after"), [(-DAY, False), (-timedelta(microseconds=1), False), (timedelta(0), True), (DAY, True)]
)
def test_the_instant_of_the_first_submission_decides(conference: Conference, came: timedelta, *, after: bool) -> None:
    pledge = make.SubmittedPledgeFactory(conference=conference, submitted_at=CLOSES + came)
    assert came_after(pledge, at=timezone.now()) is after


def test_what_came_back_counts_from_its_first_submission(conference: Conference) -> None:
    draft = make.DraftPledgeFactory(conference=conference)
    approver = make.member_of(draft.participant, MembershipRole.APPROVER)
    sent = apply_transition("submit", pledge=draft, by=approver, at=CLOSES - DAY)
    back = apply_transition("recall", pledge=sent, by=approver, at=CLOSES - DAY)
    assert not came_after(back, at=CLOSES + DAY)
    assert not came_after(apply_transition("submit", pledge=back, by=approver, at=CLOSES + DAY), at=CLOSES + DAY)


def test_the_public_record_and_conferences_without_a_window_are_never_marked(conference: Conference) -> None:
    record = make.RecordPledgeFactory(conference=conference)
    anywhere = make.DraftPledgeFactory()
    assert not came_after(record, at=timezone.now())
    assert not came_after(anywhere, at=timezone.now())


def test_the_mark_stays_after_registration_and_announcement_for_insiders_alone(conference: Conference) -> None:
    pledge = make.AnnouncedPledgeFactory(conference=conference, submitted_at=CLOSES + DAY)
    partner = make.ConfirmedPartnerFactory(pledge=pledge).participant
    chair = make.CoChairFactory(conference=conference)
    insiders = [make.member_of(pledge.participant, MembershipRole.VIEWER), make.ReaderFactory(), make.OfficerFactory()]
    others = [
        None,
        make.AnalystFactory(),
        make.member_of(partner, MembershipRole.APPROVER),
        make.member_of(chair.participant, MembershipRole.CO_CHAIR),
    ]
    page, content = pledge.get_absolute_url(), reverse("api-content", args=[pledge.reference])
    assert [MARK in text_of(person, page) for person in insiders] == [True] * 3
    assert [MARK in text_of(person, page) for person in others] == [False] * 4
    assert [browser_of(person).get(content).json()["after_window"] for person in insiders] == [True] * 3
    assert [browser_of(person).get(content).status_code for person in others] == [401, 403, 403, 403]
    row = reverse("api-pledges-row", args=[pledge.reference])
    assert all("after_window" not in text_of(person, row) for person in [*insiders, *others])
    assert [is_marked(pledge, person, at=timezone.now()) for person in insiders] == [True] * 3


def test_what_came_in_time_is_marked_for_nobody(conference: Conference) -> None:
    pledge = make.RegisteredPledgeFactory(conference=conference, submitted_at=CLOSES - DAY)
    assert MARK not in text_of(make.OfficerFactory(), pledge.get_absolute_url())


def test_whoever_drafts_after_the_window_is_warned_in_their_own_time_and_may_submit(conference: Conference) -> None:
    draft = make.DraftPledgeFactory(conference=conference)
    zone = {"time_zone": "Asia/Seoul"}
    drafter = make.member_of(draft.participant, MembershipRole.DRAFTER, **zone)
    approver = make.member_of(draft.participant, MembershipRole.APPROVER, **zone)
    said = "Pledging for Closed Ministerial closed on 2 April 2025, 07:00 KST."
    pages = [
        reverse("pledge-edit", args=[draft.reference]),
        reverse("conference-work", args=[conference.pk]),
        reverse("offline-conference", args=[conference.pk]),
        reverse("pledge-check", args=[draft.reference]),
    ]
    assert [said in text_of(drafter, page) for page in pages] == [True] * 4
    for page in (reverse("pledge-create"), reverse("pledge-copy", args=[draft.reference])):
        offered = "After the window: Closed Ministerial, pledging closed on 2 April 2025, 07:00 KST"
        assert offered in text_of(drafter, page)
    submit = reverse("pledge-step", args=[draft.reference, "submit"])
    assert said in text_of(approver, submit)
    apply_transition("submit", pledge=draft, by=approver, at=timezone.now())
    assert came_after(Pledge.objects.get(pk=draft.pk), at=timezone.now())


def test_nobody_is_warned_while_a_window_runs(conference: Conference) -> None:
    Conference.objects.update(window_closes_at=timezone.now() + DAY)
    draft = make.DraftPledgeFactory(conference=conference)
    drafter = make.member_of(draft.participant, MembershipRole.DRAFTER)
    for page in (reverse("pledge-edit", args=[draft.reference]), reverse("conference-work", args=[conference.pk])):
        assert "after the window" not in text_of(drafter, page)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (CLOSES - 3 * DAY, "Pledging opens on 30 March 2025, 22:00 UTC. Pledging closes on 1 April 2025, 22:00 UTC."),
        (CLOSES - DAY, "Pledging opened on 30 March 2025, 22:00 UTC. Pledging closes on 1 April 2025, 22:00 UTC."),
        (CLOSES, "Pledging opened on 30 March 2025, 22:00 UTC. Pledging closed on 1 April 2025, 22:00 UTC."),
    ],
)
def test_the_window_is_told_in_words(conference: Conference, at: datetime, said: str) -> None:
    conference.window_opens_at = CLOSES - 2 * DAY
    assert words(conference, at=at) == said
    assert words(make.ConferenceFactory(), at=at) == ""


def test_the_page_of_a_conference_says_when_pledging_closes_in_the_readers_zone(conference: Conference) -> None:
    said = "Pledging closed on 1 April 2025, 22:00 UTC."
    assert said in text_of(None, conference.get_absolute_url())
    nairobi = make.AnalystFactory(time_zone="Africa/Nairobi")
    assert "2 April 2025, 01:00 EAT" in text_of(nairobi, conference.get_absolute_url())
