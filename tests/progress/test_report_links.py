"""Reports through links: chosen by the delegation, for one person and pledge, once, and counting once confirmed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import Liaison, Membership
from pledges.assessed import known_of
from pledges.due import next_report_due
from pledges.enums import EventKind, Status
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import Partner, Pledge, ProgressUpdate, ProposedReport, ReportLink
from pledges.page import add_last_reports
from pledges.services import report_progress
from pledges.services.following import own_reports, state_of
from pledges.services.report_links import (
    SIGNER,
    LinkRefused,
    choose_links,
    confirm_report,
    decline_report,
    link_for,
    newer_report,
    propose_report,
    revoke_link,
)
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    ProgressUpdateFactory,
    ProposedReportFactory,
    RegisteredPledgeFactory,
    ReportLinkFactory,
    member_of,
)
from tests.progress.conftest import Joint, People, SignedIn

pytestmark = pytest.mark.django_db
SAID = {"state": "delayed", "delivered_quantity": "2", "text": "The ship is late."}
WAITING = "Reports to confirm"


@pytest.fixture
def pledge(people: People) -> Pledge:
    """A registered pledge of a delegation that chose links."""
    Liaison.objects.create(participant=people.delegation, reports_by_link=True)
    return RegisteredPledgeFactory(participant=people.delegation, title="Level 2 hospital")


@pytest.fixture
def path(people: People, pledge: Pledge) -> str:
    """The path in a mail to the drafter."""
    found = link_for(pledge, people.drafter, timezone.now())
    assert found
    return found


# --- The mail ---------------------------------------------------------------------------------------------------------
def test_only_who_may_report_for_a_delegation_that_chose_it_gets_a_link(people: People, pledge: Pledge) -> None:
    at = timezone.now()
    given = {
        name: link_for(pledge, getattr(people, name), at) is not None
        for name in ("drafter", "approver", "viewer", "other_approver", "officer", "manager", "analyst")
    }
    assert given == dict.fromkeys(given, False) | {"drafter": True, "approver": True}
    Liaison.objects.update(reports_by_link=False)
    assert link_for(pledge, people.drafter, at) is None


def test_a_mail_made_twice_holds_the_same_link_and_a_late_one_a_new_one(people: People, pledge: Pledge) -> None:
    at = timezone.now()
    first = link_for(pledge, people.drafter, at)
    assert link_for(pledge, people.drafter, at + timedelta(days=7)) == first
    assert link_for(pledge, people.drafter, at + timedelta(days=8)) != first
    assert link_for(pledge, people.approver, at) != first
    assert ReportLink.objects.count() == 3
    assert ReportLink.objects.earliest("pk").expires_at == at + timedelta(days=21)


# --- The link ---------------------------------------------------------------------------------------------------------
def test_whoever_holds_the_link_reports_without_signing_in_and_nothing_counts_yet(
    pledge: Pledge, path: str, client: Client
) -> None:
    page = client.get(path)
    text = page.content.decode()
    assert (page.status_code, "Level 2 hospital" in text, pledge.reference in text) == (200, True, True)
    assert pledge.description not in text
    done = client.post(path, SAID)
    assert "Your report is kept" in done.content.decode()
    assert "session" not in client.cookies
    report = ProposedReport.objects.get()
    assert (report.state, report.delivered_quantity, report.text) == ("delayed", 2, "The ship is late.")
    pledge.refresh_from_db()
    assert (pledge.reported_state, ProgressUpdate.objects.count()) == ("", 0)


def test_its_pages_are_not_cached_nor_told_to_other_sites(path: str, client: Client) -> None:
    for answer in (client.get(path), client.get("/report/nonsense/"), client.post(path, SAID)):
        assert answer["Cache-Control"] == "no-store, private"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Robots-Tag"] == "noindex"


def test_a_form_without_its_token_is_refused(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(path, SAID).status_code == 403
    token = client.get(path).context["csrf_token"]
    assert client.post(path, SAID | {"csrfmiddlewaretoken": str(token)}).status_code == 200


def expire(link: ReportLink) -> None:
    link.created_at, link.expires_at = timezone.now() - timedelta(days=22), timezone.now() - timedelta(days=1)
    link.save()


def use(link: ReportLink) -> None:
    link.used_at = timezone.now()
    link.save()


def revoke(link: ReportLink) -> None:
    link.revoked_at = timezone.now()
    link.save()


def end_membership(link: ReportLink) -> None:
    Membership.objects.filter(user=link.recipient).update(ended_at=timezone.now())


def make_viewer(link: ReportLink) -> None:
    Membership.objects.filter(user=link.recipient).update(role="viewer")


def close_account(link: ReportLink) -> None:
    User.objects.filter(pk=link.recipient_id).update(is_active=False)


def close_pledge(link: ReportLink) -> None:
    at = timezone.now()
    Pledge.objects.filter(pk=link.pledge_id).update(status=Status.CLOSED, outcome="delivered", closed_at=at)


def choose_otherwise(link: ReportLink) -> None:
    Liaison.objects.update(reports_by_link=False)


@pytest.mark.parametrize(
    "end",
    [expire, use, revoke, end_membership, make_viewer, close_account, close_pledge, choose_otherwise],
    ids=lambda end: end.__name__,
)
def test_a_link_that_has_ended_answers_like_one_that_never_was(
    path: str, client: Client, end: Callable[[ReportLink], None]
) -> None:
    never = without_token(client.get(f"/report/{SIGNER.sign(999_999_999)}/"))
    end(ReportLink.objects.get())
    for answer in (client.get(path), client.post(path, SAID), client.post(path, {"no_change": "1"})):
        assert answer.status_code == 404
        assert without_token(answer) == never
    assert not ProposedReport.objects.exists()


def without_token(answer: Any) -> str:
    """Return a page without the hour of its printing and its own address."""
    text: str = answer.content.decode()
    return text.replace(answer.wsgi_request.path, "").split("<main", 1)[1].split("</main>")[0]


@pytest.mark.parametrize("signed", ["1", "1.x", "x", "0", "%00", "1:1fx", "." * 50])
def test_an_address_that_we_did_not_sign_opens_nothing(client: Client, pledge: Pledge, signed: str) -> None:
    assert client.get(f"/report/{signed}/").status_code == 404


def test_a_signature_for_something_else_opens_nothing(path: str, client: Client) -> None:
    from django.core import signing

    link = ReportLink.objects.get()
    assert client.get(f"/report/{signing.Signer(salt='typed', sep='.').sign(link.pk)}/").status_code == 404


def test_a_link_is_used_once(pledge: Pledge, path: str, client: Client) -> None:
    ProgressUpdateFactory(pledge=pledge, state="planning")
    client.post(path, {"no_change": "1"})
    assert client.post(path, SAID).status_code == 404
    assert ProposedReport.objects.get().state == ""
    with pytest.raises(LinkRefused):
        propose_report(path.split("/")[2], state="delivered", at=timezone.now())
    assert "Nothing new was stored." in client.get(path).content.decode()


def test_a_refused_form_keeps_the_words_and_the_link(path: str, client: Client) -> None:
    page = client.post(path, {"state": "", "text": "Words kept"})
    assert "Words kept" in page.content.decode()
    assert client.post(path, SAID).status_code == 200


# --- The approver -----------------------------------------------------------------------------------------------------
def test_an_approver_finds_it_and_confirms_it(
    people: People, pledge: Pledge, path: str, client: Client, signed_in: SignedIn
) -> None:
    client.post(path, SAID)
    report = ProposedReport.objects.get()
    assert WAITING in signed_in(people.approver).get(reverse("workspace")).content.decode()
    assert WAITING not in signed_in(people.drafter).get(reverse("workspace")).content.decode()
    url = reverse("proposed-report", args=[report.pk])
    approver = signed_in(people.approver)
    assert str(people.drafter) in approver.get(url).content.decode()
    approver.post(url, {"act": "confirm"})
    update = ProgressUpdate.objects.get()
    assert (update.state, update.delivered_quantity, update.kind) == ("delayed", 2, EventKind.REPORTED)
    assert (update.author, update.happened_on) == (people.approver, report.created_at.date())
    assert update.text.startswith("The ship is late.")
    assert "through a link" in update.text
    assert str(people.drafter) not in update.text  # what everybody may read names nobody
    pledge.refresh_from_db()
    assert pledge.reported_state == "delayed"
    assert WAITING not in approver.get(reverse("workspace")).content.decode()


def test_a_link_tells_nothing_of_how_much_was_pledged_and_the_approver_sees_it(
    people: People, path: str, client: Client, signed_in: SignedIn
) -> None:
    assert "Your report is kept" in client.post(path, SAID | {"delivered_quantity": "5"}).content.decode()
    url = reverse("proposed-report", args=[ProposedReport.objects.get().pk])
    text = " ".join(re.sub("<[^>]+>", " ", signed_in(people.approver).get(url).content.decode()).split())
    assert "Delivered so far 5 units of 4 units" in text


def test_what_is_turned_down_counts_for_nothing(people: People, pledge: Pledge, signed_in: SignedIn) -> None:
    report = ProposedReportFactory(link__pledge=pledge)
    signed_in(people.approver).post(reverse("proposed-report", args=[report.pk]), {"act": "decline"})
    report.refresh_from_db()
    assert (report.verdict, report.decided_by) == ("refused", people.approver)
    assert not ProgressUpdate.objects.exists()
    with pytest.raises(WrongStatus, match="decided already"):
        confirm_report(report=report, by=people.approver, at=timezone.now())


def test_only_approvers_of_the_delegation_decide(people: People, pledge: Pledge, signed_in: SignedIn) -> None:
    report = ProposedReportFactory(link__pledge=pledge)
    url = reverse("proposed-report", args=[report.pk])
    for name in ("drafter", "viewer", "other_approver", "officer", "manager", "analyst"):
        person = getattr(people, name)
        assert signed_in(person).post(url, {"act": "confirm"}).status_code in {403, 404}, name
        for decide in (confirm_report, decline_report):
            with pytest.raises(NotAllowed):
                decide(report=report, by=person, at=timezone.now())
    assert not ProgressUpdate.objects.exists()


def test_no_change_of_what_nobody_reported_on_yet_is_not_confirmed(people: People, pledge: Pledge) -> None:
    report = ProposedReportFactory(link__pledge=pledge, state="", text="")
    with pytest.raises(Incomplete, match="can only follow a report"):
        confirm_report(report=report, by=people.approver, at=timezone.now())
    report.refresh_from_db()
    assert (report.verdict, ProgressUpdate.objects.count()) == ("", 0)


def test_no_change_is_not_offered_before_a_first_report_and_the_link_is_kept(
    pledge: Pledge, path: str, client: Client
) -> None:
    assert "No change" not in client.get(path).content.decode()
    assert "Choose how the pledge stands." in client.post(path, {"no_change": "1"}).content.decode()
    with pytest.raises(Incomplete, match="can only follow a report"):
        propose_report(path.split("/")[2], state="", at=timezone.now())
    assert not ProposedReport.objects.exists()
    ProgressUpdateFactory(pledge=pledge, state="planning")
    assert "No change since the last report" in client.get(path).content.decode()
    client.post(path, {"no_change": "1"})
    assert ProposedReport.objects.get().state == ""


# --- Confirmed late ---------------------------------------------------------------------------------------------------
CAME = datetime(2026, 3, 1, 9, tzinfo=UTC)
CONFIRMED = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture(params=["the pledge", "a share"])
def part(request: pytest.FixtureRequest, people: People, pledge: Pledge) -> tuple[Pledge, Partner | None]:
    """The part that the delegation reports on: a pledge that it leads, or its share of one."""
    if request.param == "the pledge":
        return pledge, None
    share = ConfirmedPartnerFactory(pledge=RegisteredPledgeFactory(), participant=people.delegation)
    return share.pledge, share


def signed_in_report(part: tuple[Pledge, Partner | None], by: User, state: str, at: datetime) -> ProgressUpdate:
    """Report on a part after signing in."""
    return report_progress(pledge=part[0], partner=part[1], state=state, text="", by=by, at=at)


def came(part: tuple[Pledge, Partner | None], state: str, at: datetime = CAME) -> ProposedReport:
    """Return what came through a link to a part; an empty state is "no change"."""
    report: ProposedReport = ProposedReportFactory(
        link__pledge=part[0], link__partner=part[1], state=state, text="", created_at=at
    )
    return report


def stands(part: tuple[Pledge, Partner | None]) -> str:
    """Return the state of a part that counts now."""
    return state_of(Pledge.objects.get(pk=part[0].pk), part[1])


def test_no_change_means_the_state_as_of_the_day_it_came(people: People, part: tuple[Pledge, Partner | None]) -> None:
    signed_in_report(part, people.drafter, "in_progress", CAME - timedelta(days=90))
    report = came(part, "")
    signed_in_report(part, people.drafter, "delayed", CAME + timedelta(days=4))
    update = confirm_report(report=report, by=people.approver, at=CONFIRMED)
    assert (update.kind, update.state, update.happened_on) == (EventKind.NO_CHANGE, "in_progress", CAME.date())
    assert stands(part) == "delayed"


@pytest.mark.parametrize("later", [timedelta(hours=5), timedelta(days=4)])
def test_an_older_word_never_overrules_a_newer_report(
    people: People, part: tuple[Pledge, Partner | None], later: timedelta
) -> None:
    report = came(part, "in_progress")
    newer = signed_in_report(part, people.drafter, "delivered", CAME + later)
    confirm_report(report=report, by=people.approver, at=CONFIRMED)
    assert stands(part) == "delivered"
    assert own_reports(*part).first() == newer
    assert next_report_due(part[0]) is None or part[1]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_in_whichever_order_two_are_confirmed_the_one_that_came_last_stands(
    people: People, part: tuple[Pledge, Partner | None], order: tuple[int, int]
) -> None:
    reports = [came(part, "planning"), came(part, "delayed", CAME + timedelta(hours=1))]
    for position in order:
        confirm_report(report=reports[position], by=people.approver, at=CONFIRMED)
    assert stands(part) == "delayed"


def test_the_pages_beside_show_the_newer_report_of_a_share(people: People) -> None:
    share = ConfirmedPartnerFactory(pledge=RegisteredPledgeFactory(), participant=people.delegation)
    report = came((share.pledge, share), "in_progress")
    newer = signed_in_report((share.pledge, share), people.drafter, "delivered", CAME + timedelta(hours=5))
    confirm_report(report=report, by=people.approver, at=CONFIRMED)
    add_last_reports(share.pledge, [share])
    assert share.last_report == newer
    assert known_of([share.pledge], None)[share.pledge.pk].shares == [newer]


def test_an_approver_reads_that_a_newer_report_exists(
    people: People, part: tuple[Pledge, Partner | None], signed_in: SignedIn
) -> None:
    signed_in_report(part, people.drafter, "planning", CAME - timedelta(days=1))
    report = came(part, "in_progress")
    browser, url = signed_in(people.approver), reverse("proposed-report", args=[report.pk])
    assert "A newer report" not in browser.get(url).content.decode()
    signed_in_report(part, people.drafter, "delayed", CAME + timedelta(hours=5))
    said = "A newer report of your delegation, of 1 March 2026, 14:00 UTC, says: Delayed."
    assert said in browser.get(url).content.decode()
    confirm_report(report=report, by=people.approver, at=CONFIRMED)
    assert "A newer report" not in browser.get(url).content.decode()


def test_what_others_reported_on_their_part_is_no_newer_report(people: People, joint: Joint) -> None:
    report = came((joint.pledge, joint.share), "in_progress")
    signed_in_report((joint.pledge, None), people.drafter, "delayed", CAME + timedelta(days=1))
    assert newer_report(report) is None


def test_what_came_for_a_pledge_that_is_closed_meanwhile_is_only_turned_down(
    people: People, pledge: Pledge, signed_in: SignedIn
) -> None:
    report = ProposedReportFactory(link__pledge=pledge)
    close_pledge(report.link)
    browser, url = signed_in(people.approver), reverse("proposed-report", args=[report.pk])
    assert "can only be turned down" in browser.get(url).content.decode()
    page = browser.post(url, {"act": "confirm"}, follow=True)
    assert "Progress is reported on registered pledges." in page.content.decode()
    assert not ProgressUpdate.objects.exists()


def test_an_approver_chooses_and_revokes(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    browser, url = signed_in(people.approver), reverse("report-links")
    browser.post(url, {"on": people.delegation.pk})
    assert Liaison.objects.get(participant=people.delegation).reports_by_link
    one, other = (link_for(pledge, person, timezone.now()) for person in (people.drafter, people.approver))
    assert one
    assert other
    assert "Open links (2)" in browser.get(url).content.decode()
    browser.post(url, {"revoke": ReportLink.objects.get(recipient=people.drafter).pk})
    assert [Client().get(path).status_code for path in (one, other)] == [404, 200]
    browser.post(url, {"off": people.delegation.pk})
    assert Client().get(other).status_code == 404
    browser.post(url, {"on": people.delegation.pk})
    assert Client().get(other).status_code == 404  # what was revoked stays so


def test_nobody_chooses_or_revokes_for_another_delegation(people: People, signed_in: SignedIn) -> None:
    theirs = ReportLinkFactory()
    browser, url = signed_in(people.approver), reverse("report-links")
    for said in ({"on": theirs.pledge.participant_id}, {"revoke": theirs.pk}, {"revoke": "x"}, {"revoke": "9" * 40}):
        assert "Nothing was changed." in browser.post(url, said, follow=True).content.decode()
    theirs.refresh_from_db()
    assert theirs.revoked_at is None
    assert not Liaison.objects.exists()
    with pytest.raises(NotAllowed):
        choose_links(participant=theirs.pledge.participant, on=True, by=people.approver, at=timezone.now())
    with pytest.raises(NotAllowed):
        revoke_link(link=theirs, by=people.approver, at=timezone.now())


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_of_links_asks_the_same_number_of_queries(
    people: People, pledge: Pledge, signed_in: SignedIn, django_assert_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        ReportLinkFactory(pledge=pledge, recipient=member_of(people.delegation))
        ProposedReportFactory(link__pledge=pledge)
    browser = signed_in(people.approver)
    with django_assert_num_queries(7):
        browser.get(reverse("report-links"))
