"""Links without sign-in for a partner's own share and for one step: under the rules of those for a whole pledge."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conferences.models import Liaison, MembershipRole
from pledges.enums import Confirmation, EventKind
from pledges.errors import Incomplete, NotAllowed
from pledges.models import Milestone, Partner, ProgressUpdate, ProposedReport, ReportLink
from pledges.services.plans import finish, reopen
from pledges.services.report_links import (
    choose_links,
    confirm_report,
    decline_report,
    link_for,
    open_links,
    revoke_link,
    waiting_reports,
)
from reminders.mails import message_for
from reminders.models import LadderStep, Reason, Reminder
from reminders.owed import write_owed
from tests.factories import (
    MilestoneDependencyFactory,
    MilestoneFactory,
    OfficerFactory,
    ProgressUpdateFactory,
    ProposedReportFactory,
    ReportLinkFactory,
    member_of,
)
from tests.progress.conftest import Joint, People, SignedIn

pytestmark = pytest.mark.django_db
SAID = {"state": "in_progress", "text": "Pilots are trained."}


@pytest.fixture
def approver(joint: Joint) -> Any:
    """An approver of the partner, whose delegation chose links."""
    Liaison.objects.create(participant=joint.share.participant, reports_by_link=True)
    return member_of(joint.share.participant, MembershipRole.APPROVER)


def path_for(joint: Joint, **part: Any) -> str:
    """Return the path in a mail to the partner's drafter."""
    found = link_for(joint.pledge, joint.partner, timezone.now(), **part)
    assert found
    return found


# --- A partner's share ------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("approver")
def test_only_who_may_report_on_the_share_gets_a_link_to_it(joint: Joint, people: People) -> None:
    at = timezone.now()
    Liaison.objects.create(participant=people.delegation, reports_by_link=True)
    for person, to_share, to_whole in ((joint.partner, True, False), (joint.lead, False, True)):
        assert (link_for(joint.pledge, person, at, partner=joint.share) is not None) == to_share
        assert (link_for(joint.pledge, person, at) is not None) == to_whole


def test_the_partners_own_choice_counts_and_not_the_leads(joint: Joint, people: People) -> None:
    at = timezone.now()
    Liaison.objects.create(participant=people.delegation, reports_by_link=True)
    assert link_for(joint.pledge, joint.partner, at, partner=joint.share) is None
    Liaison.objects.create(participant=joint.share.participant, reports_by_link=True)
    assert link_for(joint.pledge, joint.partner, at, partner=joint.share)


def test_what_comes_for_a_share_waits_for_that_partners_approver_and_speaks_for_the_share_alone(
    joint: Joint, approver: Any, people: People, signed_in: SignedIn, client: Client
) -> None:
    path = path_for(joint, partner=joint.share)
    assert f"On the share of {joint.share.participant}" in client.get(path).content.decode()
    client.post(path, SAID)
    report = ProposedReport.objects.get()
    assert list(waiting_reports(joint.share.participant_id)) == [report]
    assert not waiting_reports(joint.pledge.participant_id)
    url = reverse("proposed-report", args=[report.pk])
    assert signed_in(people.approver).post(url, {"act": "confirm"}).status_code == 404
    for decide in (confirm_report, decline_report):
        with pytest.raises(NotAllowed):
            decide(report=report, by=people.approver, at=timezone.now())
    page = signed_in(approver).get(url).content.decode()
    assert str(joint.share.participant) in page
    signed_in(approver).post(url, {"act": "confirm"})
    update = ProgressUpdate.objects.get()
    assert (update.partner, update.state, update.author) == (joint.share, "in_progress", approver)
    joint.pledge.refresh_from_db()
    assert joint.pledge.reported_state == "", "the lead speaks for the pledge"


def test_no_change_keeps_the_state_of_the_share(joint: Joint, approver: Any) -> None:
    report = ProposedReportFactory(link__pledge=joint.pledge, link__partner=joint.share)
    confirm_report(report=report, by=approver, at=timezone.now())
    unchanged = ProposedReportFactory(link__pledge=joint.pledge, link__partner=joint.share, state="", text="")
    update = confirm_report(report=unchanged, by=approver, at=timezone.now())
    assert (update.kind, update.state, update.partner) == (EventKind.NO_CHANGE, "in_progress", joint.share)


@pytest.mark.usefixtures("approver")
def test_a_share_that_is_not_confirmed_any_more_ends_its_link(joint: Joint, client: Client) -> None:
    path = path_for(joint, partner=joint.share)
    Partner.objects.filter(pk=joint.share.pk).update(confirmation=Confirmation.AWAITED, confirmed_at=None)
    assert client.get(path).status_code == client.post(path, SAID).status_code == 404
    assert not ProposedReport.objects.exists()


def test_the_partner_revokes_its_links_and_the_lead_only_its_own(
    joint: Joint, approver: Any, people: People, signed_in: SignedIn, client: Client
) -> None:
    at = timezone.now()
    path = path_for(joint, partner=joint.share)
    link = ReportLink.objects.get()
    assert list(open_links(joint.share.participant_id, at=at)) == [link]
    assert not open_links(joint.pledge.participant_id, at=at)
    with pytest.raises(NotAllowed):
        revoke_link(link=link, by=people.approver, at=at)
    choose_links(participant=joint.pledge.participant, on=False, by=people.approver, at=at)
    assert client.get(path).status_code == 200
    assert "On the share of" in signed_in(approver).get(reverse("report-links")).content.decode()
    choose_links(participant=joint.share.participant, on=False, by=approver, at=at)
    choose_links(participant=joint.share.participant, on=True, by=approver, at=at)
    assert client.get(path).status_code == 404


# --- One step ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def step(joint: Joint) -> Milestone:
    """A step of the partner's share."""
    return MilestoneFactory(pledge=joint.pledge, partner=joint.share, title="Pilots trained")


def test_a_step_reported_as_done_is_done_once_it_is_confirmed(
    joint: Joint, approver: Any, step: Milestone, signed_in: SignedIn, client: Client
) -> None:
    path = path_for(joint, milestone=step)
    assert "Pilots trained" in client.get(path).content.decode()
    client.post(path, SAID | {"step_done": "on"})
    step.refresh_from_db()
    assert step.done_on is None
    report = ProposedReport.objects.get()
    url = reverse("proposed-report", args=[report.pk])
    assert "Pilots trained" in signed_in(approver).get(url).content.decode()
    signed_in(approver).post(url, {"act": "confirm"})
    step.refresh_from_db()
    update = ProgressUpdate.objects.get()
    assert (update.milestone, update.partner, step.done_on) == (step, joint.share, report.created_at.date())


@pytest.mark.parametrize("since", ["a report on the step", "opened again", "a report on the share"])
def test_what_was_said_of_the_step_since_outlives_an_older_report_that_it_is_done(
    joint: Joint, approver: Any, step: Milestone, signed_in: SignedIn, client: Client, since: str
) -> None:
    client.post(path_for(joint, milestone=step), SAID | {"step_done": "on"})
    report = ProposedReport.objects.get()
    said = {"pledge": joint.pledge, "partner": joint.share, "created_at": timezone.now()}
    if since == "opened again":
        finish(step=step, by=approver, at=timezone.now())
        now = timezone.now()
        reopen(step=step, reason="Not all of them.", by=OfficerFactory(), at=now, due_on=now.date() + timedelta(days=9))
    else:
        ProgressUpdateFactory(**said, milestone=step if "step" in since else None)
    url = reverse("proposed-report", args=[report.pk])
    stays = since != "a report on the share"
    assert ("it stays as it is now" in signed_in(approver).get(url).content.decode()) == stays
    signed_in(approver).post(url, {"act": "confirm"})
    step.refresh_from_db()
    assert (step.done_on is None) == stays
    assert ProgressUpdate.objects.filter(text__contains="through a link").exists(), "the report is kept all the same"


def test_a_step_of_the_lead_is_the_leads(joint: Joint, people: People, client: Client) -> None:
    Liaison.objects.create(participant=people.delegation, reports_by_link=True)
    step = MilestoneFactory(pledge=joint.pledge)
    at = timezone.now()
    assert link_for(joint.pledge, joint.partner, at, milestone=step) is None
    path = link_for(joint.pledge, joint.lead, at, milestone=step)
    assert path
    assert path != link_for(joint.pledge, joint.lead, at)
    ProgressUpdateFactory(pledge=joint.pledge, state="planning")
    client.post(path, {"no_change": "1"})
    update = confirm_report(report=ProposedReport.objects.get(), by=people.approver, at=at)
    step.refresh_from_db()
    assert (update.milestone, update.partner, update.kind, step.done_on) == (step, None, EventKind.NO_CHANGE, None)


@pytest.mark.usefixtures("approver")
def test_the_link_ends_with_the_step(joint: Joint, step: Milestone, client: Client) -> None:
    path = path_for(joint, milestone=step)
    step = finish(step=step, by=joint.partner, at=timezone.now())
    assert client.get(path).status_code == 404
    assert link_for(joint.pledge, joint.partner, timezone.now(), milestone=step) is None


def test_a_step_that_waits_for_another_is_not_done_by_a_confirmation(
    joint: Joint, approver: Any, step: Milestone
) -> None:
    needs = MilestoneFactory(pledge=joint.pledge, title="Contract signed")
    MilestoneDependencyFactory(milestone=step, needs=needs)
    report = ProposedReportFactory(
        link__pledge=joint.pledge, link__partner=joint.share, link__milestone=step, step_done=True
    )
    with pytest.raises(Incomplete, match="cannot be done yet"):
        confirm_report(report=report, by=approver, at=timezone.now())
    report.refresh_from_db()
    assert (report.verdict, ProgressUpdate.objects.count()) == ("", 0)


@pytest.mark.usefixtures("approver")
def test_done_is_not_said_of_a_whole_share(joint: Joint, client: Client) -> None:
    client.post(path_for(joint, partner=joint.share), SAID | {"step_done": "on"})
    assert ProposedReport.objects.get().step_done is False


@pytest.mark.usefixtures("approver")
def test_the_mail_on_a_step_holds_its_link(joint: Joint, step: Milestone, client: Client) -> None:
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()
    now = timezone.now()
    Milestone.objects.filter(pk=step.pk).update(due_on=now.date())
    write_owed(at=now)
    reminder = Reminder.objects.get(recipient=joint.partner)
    text = str(message_for(reminder, list(reminder.items.select_related("pledge__participant")), at=now).body)
    link = ReportLink.objects.get(recipient=joint.partner)
    assert (link.pledge, link.partner, link.milestone) == (joint.pledge, joint.share, step)
    path = path_for(joint, milestone=step)
    assert path in text
    assert client.get(path).status_code == 200
    assert ReportLink.objects.filter(recipient=joint.partner).count() == 1


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_of_links_asks_the_same_number_of_queries(
    joint: Joint, approver: Any, signed_in: SignedIn, django_assert_num_queries: Any, count: int
) -> None:
    for _n in range(count):
        part = {"pledge": joint.pledge, "partner": joint.share}
        step = MilestoneFactory(**part)
        recipient = member_of(joint.share.participant)
        ReportLinkFactory(**part, milestone=step, recipient=recipient, expires_at=timezone.now() + timedelta(days=9))
        ProposedReportFactory(link__pledge=joint.pledge, link__partner=joint.share, link__milestone=step)
    browser = signed_in(approver)
    with django_assert_num_queries(7):
        browser.get(reverse("report-links"))
