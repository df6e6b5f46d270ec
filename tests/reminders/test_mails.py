"""What a reminder says: deadline and pledge first, short, in two like forms, and steered by nobody."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import MailRhythm, User
from conferences.models import Conference, Liaison, MembershipRole, Participant
from pledges.models import Milestone, Pledge, ProgressUpdate, ProposedReport, Renewal, ReportLink
from pledges.services.report_links import SIGNER, confirm_report, decline_report, link_for
from reminders.delivery import claim_next, deliver_next
from reminders.ladders import AUDIENCES, DEFAULT_LADDERS
from reminders.mails import message_for
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem
from reminders.owed import write_owed
from reminders.preview import text_for
from reminders.remind import remind_now
from tests.factories import (
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    HandoverFactory,
    ManagerFactory,
    MembershipFactory,
    MilestoneFactory,
    OfficerFactory,
    PartnerFactory,
    ProposedReportFactory,
    RegisteredPledgeFactory,
    ReportLinkFactory,
    member_of,
)
from tests.factories.conferences import CoChairFactory
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step
from tests.reminders.sink import CUT, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]


def mail(*, at: datetime = NOW) -> EmailMultiAlternatives:
    """Return the one message that is owed."""
    write_owed(at=at)
    reminder, items = claim_next(at=at)
    assert reminder
    return message_for(reminder, items, at=at)


def named(step: Milestone, title: str, reference: str = "") -> None:
    """Give the pledge of a step another title, and announce it."""
    Pledge.objects.filter(pk=step.pledge.pk).update(
        title=title, reference=reference or step.pledge.reference, announced_at=F("registered_at")
    )


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return re.findall(r"\S*\w\S*", text)


def shown(html: str) -> list[str]:
    """Return the words that the HTML form shows."""
    return words(unescape(strip_tags(re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL))))


def test_a_single_step() -> None:
    step = due_step(title="Contingent trained")
    named(step, "Level II hospital", "PKM25-7KQ4W")
    message = mail()
    link = f"{settings.BASE_URL}/work/pledges/PKM25-7KQ4W/report/?milestone={step.pk}"
    assert message.subject == "Report by 1 August: Level II hospital (PKM25-7KQ4W)"
    lines = message.body.splitlines()
    assert lines[0] == f"You write for the delegation of {step.pledge.participant}."
    assert lines[2] == "“Contingent trained” of the pledge “Level II hospital” (PKM25-7KQ4W) is due on 1 August."
    assert [line for line in lines if "http" in line] == [link]
    assert str(message.alternatives[0].content).count("href=") == 1
    assert f'href="{link}"' in str(message.alternatives[0].content)
    assert message.message()["Auto-Submitted"] == "auto-generated"
    assert message.message()["Reply-To"] == settings.REPLY_TO_EMAIL


def test_a_step_of_a_share_leads_its_partner_to_the_report_on_that_share() -> None:
    partner = ConfirmedPartnerFactory(participant=delegation_of(MembershipRole.DRAFTER))
    step = MilestoneFactory(pledge=partner.pledge, partner=partner, due_on=TODAY)
    message = mail()
    address = reverse("share-report", args=[partner.pledge.reference, partner.participant_id])
    assert f"{settings.BASE_URL}{address}?milestone={step.pk}" in message.body
    assert message.to == [partner.participant.memberships.get(role=MembershipRole.DRAFTER).user.email]


def late_share(audience: str) -> tuple[Milestone, Participant]:
    """Return a late step of a partner's share in another's pledge, and the partner; a single rung tells of it."""
    only_rung(Reason.MILESTONE_DUE, 31, audience)
    pledge = RegisteredPledgeFactory(participant=delegation_of(MembershipRole.DRAFTER))
    partner = ConfirmedPartnerFactory(pledge=pledge, participant=delegation_of(MembershipRole.DRAFTER))
    return MilestoneFactory(pledge=pledge, partner=partner, due_on=TODAY - timedelta(days=31)), partner.participant


def test_a_desk_officer_reads_which_delegation_is_late_with_its_share() -> None:
    _step, partner = late_share(Audience.DESK_OFFICER)
    officer = OfficerFactory()
    Liaison.objects.create(participant=partner, desk_officer=officer)
    message = mail()
    assert message.to == [officer.email]
    assert f"{partner}: “" in str(message.body)


def test_a_desk_officer_reads_which_partner_has_not_answered() -> None:
    only_rung(Reason.PARTNER_AWAITED, 21, Audience.DESK_OFFICER)
    partner = PartnerFactory(invited_at=NOW - timedelta(days=21))
    Liaison.objects.create(participant=partner.participant, desk_officer=OfficerFactory())
    line = mail().body.splitlines()[2]
    assert line.startswith(f"{partner.participant} was invited on"), "its name once"


def test_a_desk_officer_reads_whose_approver_is_to_confirm_a_report_on_a_share() -> None:
    report, _approver = proposed(is_share=True)
    LadderStep.objects.update(audience=Audience.DESK_OFFICER)
    Liaison.objects.create(participant=report.link.participant, desk_officer=OfficerFactory())
    assert f"{report.link.participant}: " in str(mail().body)


def test_of_two_delegations_a_reader_is_told_the_one_that_is_to_answer() -> None:
    step, partner = late_share(Audience.FOCAL_POINT)
    head = partner.memberships.get().user
    MembershipFactory(
        user=head, participant=step.pledge.participant, role=MembershipRole.VIEWER, is_head_of_mission=True
    )
    assert str(mail().body).startswith(f"You write for the delegation of {partner}.")


def test_a_step_that_was_missed_says_when_it_was_due() -> None:
    named(due_step(on=date(2025, 6, 30)), "Hospital", "PKM25-7KQ4W")
    message = mail()
    assert message.subject == "Step was due 30 June: Hospital (PKM25-7KQ4W)"
    assert "was due on 30 June." in message.body


def test_a_day_of_another_year_names_the_year() -> None:
    named(due_step(on=date(2025, 12, 30)), "Hospital", "PKM25-7KQ4W")
    assert (
        mail(at=datetime(2026, 1, 2, 6, tzinfo=UTC)).subject == "Step was due 30 December 2025: Hospital (PKM25-7KQ4W)"
    )


@pytest.mark.parametrize("due_on", [TODAY, date(2025, 12, 31)])
def test_a_message_that_goes_later_says_that_the_day_has_passed(due_on: date) -> None:
    """It waited for the mail server, or for somebody to resume; it is true when it is sent (R09)."""
    named(due_step(on=due_on), "Hospital", "PKM25-7KQ4W")
    begins = datetime.combine(due_on, NOW.timetz())
    write_owed(at=begins)
    reminder, items = claim_next(at=begins + timedelta(days=12))
    assert reminder
    message = message_for(reminder, items, at=begins + timedelta(days=12))
    day = "1 August" if due_on == TODAY else "31 December 2025"
    assert message.subject == f"Step was due {day}: Hospital (PKM25-7KQ4W)"
    assert f"was due on {day}." in str(message.body)


def test_days_of_the_words_are_those_of_the_reader() -> None:
    step = due_step()
    User.objects.filter(memberships__participant=step.pledge.participant).update(time_zone="Pacific/Honolulu")
    write_owed(at=NOW + timedelta(hours=6))
    reminder, items = claim_next(at=NOW + timedelta(hours=6))
    assert reminder
    still, over = (message_for(reminder, items, at=NOW + timedelta(hours=hours)) for hours in (27, 28))
    assert "is due on 1 August." in str(still.body)
    assert "was due on 1 August." in str(over.body)


def test_whoever_hears_once_a_week_reads_that_the_day_has_passed() -> None:
    only_rung(Reason.MILESTONE_DUE, -7, Audience.FOCAL_POINT)
    step = due_step(on=date(2025, 8, 5))
    User.objects.filter(memberships__participant=step.pledge.participant).update(mail_rhythm=MailRhythm.WEEKLY)
    message = mail(at=datetime(2025, 8, 6, 6, tzinfo=UTC))  # Monday's message, on Wednesday
    assert "was due on 5 August." in str(message.body)


@pytest.mark.parametrize("ends", [CUT, "451 later"])
def test_what_may_have_arrived_goes_again_with_the_same_words(sink: Sink, ends: str) -> None:
    """A Message-ID stands for one text; what surely did not arrive says what is true now."""
    due_step()
    write_owed(at=NOW)
    sink.answer = lambda command, recipient: f"{ends} after taking" if command == "END" else ""
    deliver_next(at=NOW)
    sink.answer = lambda command, recipient: ""
    deliver_next(at=NOW + timedelta(days=1))
    texts = [str(message.get_body(("plain",)).get_content()) for message in sink.messages]
    assert len({message["Message-ID"] for message in sink.messages}) == 1
    assert ["is due on" in text for text in texts] == ([True, True] if ends == CUT else [False])


def test_several_steps_are_one_message_with_one_link() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    steps = [due_step(delegation, on=TODAY - timedelta(days=days)) for days in (3, 2, 0)]
    named(steps[0], "Hospital", "PKM25-7KQ4W")
    message = mail()
    assert message.subject == "Step was due 29 July: Hospital (PKM25-7KQ4W) and 2 more"
    for step in steps:
        step.pledge.refresh_from_db()
        assert step.pledge.reference in message.body
    assert [line for line in message.body.splitlines() if "http" in line] == [f"{settings.BASE_URL}/work/"]


def test_two_steps_of_one_pledge_are_two_things() -> None:
    first = due_step()
    named(first, "Hospital", "PKM25-7KQ4W")
    MilestoneFactory(pledge=first.pledge, due_on=TODAY)
    assert mail().subject == "Report by 1 August: Hospital (PKM25-7KQ4W) and 1 more"


def test_a_focal_point_reads_why() -> None:
    delegation = delegation_of()
    member_of(delegation).memberships.update(is_focal_point=True)
    due_step(delegation)
    assert mail().body.startswith(f"You are a focal point of the delegation of {delegation}.")


LONG = [
    "x" * 200,
    "a " * 100,
    "Formed police unit with armoured personnel carriers and an engagement team " * 2,
    "مستشفى ميداني من المستوى الثاني لبعثة الأمم المتحدة " * 3,
    "二级医院" * 50,
]


@pytest.mark.parametrize("title", LONG)
@pytest.mark.parametrize("count", [1, 9])
def test_subject_and_text_stay_short_and_both_forms_say_the_same(title: str, count: int) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER, name_en="United Kingdom of Great Britain and Northern Ireland")
    for _n in range(count):
        step = due_step(delegation, title=title[:200], on=date(2025, 6, 30))
        named(step, title[:200])
    message = mail()
    assert len(message.subject) <= 60
    assert re.search(r"PKM25-\w{5}", message.subject)
    assert len(words(message.body)) <= 150
    assert shown(str(message.alternatives[0].content)) == words(message.body)


HOSTILE = [
    "Hospital\r\nBcc: thief@pledges.example",
    "Hospital\nContent-Type: text/html\n\n<script>alert(1)</script>",
    "Hospital\u2028Bcc: thief@pledges.example",
    "Hospital \u202etxet desrever\u202c \u2066isolated\u2069",
    "{{ reminder.recipient.password }} {% include 'base.html' %} %(day)s {0} ${x}",
    "<b>Hospital</b> <img src=x onerror=alert(1)>",
    "x" * 200,
    "Hospital\x00\x08\x1b[31m",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_cannot_steer_the_message(title: str) -> None:
    step = due_step()
    stored = title.replace("\x00", "")
    Milestone.objects.filter(pk=step.pk).update(title=stored)
    named(step, stored)
    plain = due_step()
    messages = []
    write_owed(at=NOW)
    for _n in range(2):
        reminder, items = claim_next(at=NOW)
        assert reminder
        messages.append(message_for(reminder, items, at=NOW).message())
    hostile, harmless = messages
    assert [name for name, _value in hostile.items()] == [name for name, _value in harmless.items()]
    assert hostile["To"] == step.pledge.participant.memberships.get().user.email
    assert harmless["To"] == plain.pledge.participant.memberships.get().user.email
    text, html = (part.get_payload(decode=True).decode() for part in hostile.get_payload())
    for part in (str(hostile["Subject"]), text, html):
        assert not re.search("[\u2028\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f]", part)
    assert not re.search("<(b>|img|script)", html)
    if "{{" in title:
        assert "{{ reminder.recipient.password }}" in text


def test_the_message_signs_nobody_in_and_tells_no_more_than_the_reader_may_see(client: Any) -> None:
    step = due_step()
    message = mail()
    [link] = re.findall(r"http\S+", message.body)
    answer = client.get(link.removeprefix(settings.BASE_URL))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")
    reader = step.pledge.participant.memberships.get().user
    assert Pledge.objects.visible_to(reader).filter(pk=step.pledge.pk).exists()


@pytest.mark.parametrize("chosen", [True, False])
def test_a_delegation_that_chose_links_finds_one_beside_the_usual_address(chosen: bool) -> None:
    LadderStep.objects.create(reason=Reason.REPORT_DUE, offset_days=0, audience=Audience.FOCAL_POINT)
    delegation = delegation_of(MembershipRole.DRAFTER)
    Liaison.objects.create(participant=delegation, reports_by_link=chosen)
    due = datetime(2025, 3, 1, tzinfo=UTC)
    given = {"submitted_at": due, "registered_at": due, "announced_at": due, "conference__reporting_cycle_months": 6}
    RegisteredPledgeFactory(participant=delegation, **given)
    message = mail(at=datetime(2025, 9, 2, tzinfo=UTC))
    links = [line for line in message.body.splitlines() if "http" in line]
    assert [bool(re.search("/work/pledges/.+/report/$", link)) for link in links] == [True, False][: 1 + chosen]
    assert links[1:] == [f"{settings.BASE_URL}{reverse('report-by-link', args=[signed()])}"][:chosen]
    assert (PERSONAL in str(message.body)) == chosen
    assert ("Forward this to a colleague" in str(message.body)) != chosen


PERSONAL = "Do not forward your personal link: a colleague signs in to report."


def signed() -> str:
    """Return the signed key of the one link."""
    return SIGNER.sign(ReportLink.objects.get().pk) if ReportLink.objects.exists() else "none"


# --- Where the link leads ---------------------------------------------------------------------------------------------
def link_in(message: EmailMultiAlternatives) -> str:
    """Return the path of the link of a message."""
    [link] = [line for line in str(message.body).splitlines() if line.startswith(settings.BASE_URL)]
    return link.removeprefix(settings.BASE_URL)


def only_rung(reason: str, days: int, audience: str) -> None:
    """Leave a single step on a single ladder."""
    LadderStep.objects.all().delete()
    LadderStep.objects.create(reason=reason, offset_days=days, audience=audience)


def two_late_reports(coordinator: Any) -> list[Pledge]:
    """Two pledges of a conference with a coordinator, whose reports were due on 20 July."""
    conference = ConferenceFactory(reporting_cycle_months=6, coordinator=coordinator)
    made = dict.fromkeys(("created_at", "submitted_at", "registered_at"), datetime(2025, 1, 20, 9, tzinfo=UTC))
    return [RegisteredPledgeFactory(conference=conference, **made) for _n in range(2)]


def proposed(*, is_share: bool = False) -> tuple[ProposedReport, User]:
    """Return a report that came through a link yesterday, and an approver who can confirm it."""
    delegation = delegation_of(MembershipRole.DRAFTER)
    approver = member_of(delegation, MembershipRole.APPROVER)
    share = ConfirmedPartnerFactory(participant=delegation) if is_share else None
    pledge = share.pledge if share else RegisteredPledgeFactory(participant=delegation)
    link = ReportLinkFactory(pledge=pledge, partner=share, recipient=delegation.memberships.get(role="drafter").user)
    only_rung(Reason.APPROVAL_AWAITED, 1, Audience.APPROVER)
    return ProposedReportFactory(link=link, created_at=NOW - timedelta(days=1)), approver


@pytest.mark.parametrize("is_share", [False, True])
def test_a_report_through_a_link_leads_an_approver_to_the_decision(client: Any, is_share: bool) -> None:
    report, approver = proposed(is_share=is_share)
    message = mail()
    assert message.to == [approver.email]
    assert message.subject.startswith("Confirmation awaited since 31 July: ")
    assert "came through a link on 31 July: an approver is to confirm it." in str(message.body)
    assert link_in(message) == reverse("proposed-report", args=[report.pk])
    client.force_login(approver)
    assert client.get(link_in(message)).status_code == 200


@pytest.mark.parametrize("decide", [confirm_report, decline_report])
def test_a_report_through_a_link_that_is_decided_on_is_waited_for_no_more(decide: Any) -> None:
    report, approver = proposed()
    write_owed(at=NOW)
    decide(report=report, by=approver, at=NOW)
    assert claim_next(at=NOW)[1] == []
    assert write_owed(at=NOW) == 0


def test_a_draft_and_a_report_of_the_same_number_are_two_things() -> None:
    report, _approver = proposed()
    draft = DraftPledgeFactory(participant=report.link.pledge.participant)
    handover = HandoverFactory(pk=report.pk, pledge=draft, created_at=report.created_at)
    body = str(mail().body)
    assert "came through a link" in body
    assert f"({handover.pledge.reference}) has waited since 31 July" in body


@pytest.mark.parametrize("overdue", [1, 2])
def test_the_week_at_a_glance_tells_of_units_past_renewal_where_they_are_an_alarm(overdue: int) -> None:
    OfficerFactory()
    only_rung(Reason.WEEKLY_DIGEST, 0, Audience.DESK_OFFICER)
    for number in range(5):
        accepted = TODAY - timedelta(days=800 if number < overdue else 30)
        RegistrationFactory(received_on=accepted, acknowledged_on=None, accepted_on=accepted)
    with time_machine.travel(NOW, tick=False):
        body = str(mail().body)
    assert ("40% of units past their renewal in the readiness system" in body) == (overdue == 2)


def test_who_heads_a_mission_and_only_reads_is_led_to_the_pledge(client: Any) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    head = member_of(delegation, MembershipRole.VIEWER)
    head.memberships.update(is_head_of_mission=True)
    only_rung(Reason.MILESTONE_DUE, 0, Audience.APPROVER)
    step = due_step(delegation)
    message = mail()
    assert link_in(message) == step.pledge.get_absolute_url()
    assert "one click" not in str(message.body)
    client.force_login(head)
    assert client.get(link_in(message)).status_code == 200


def due_unit(delegation: Any, reason: str) -> Pledge:
    """Return a unit whose entry is to be renewed today, or that is to arrive today, with that ladder alone."""
    only_rung(reason, 0, Audience.FOCAL_POINT)
    unit = RegisteredPledgeFactory(participant=delegation, capability_type__is_pcrs_registrable=True)
    accepted = TODAY.replace(year=TODAY.year - 1)
    if reason == Reason.RENEWAL_DUE:
        RegistrationFactory(pledge=unit, received_on=accepted, acknowledged_on=None, accepted_on=accepted)
    else:
        DeploymentRequestFactory(pledge=unit, requested_on=TODAY - timedelta(days=60))
    return unit


def test_a_renewal_leads_to_its_form_two_pages_from_done(client: Any) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    unit = due_unit(delegation, Reason.RENEWAL_DUE)
    link = link_in(mail())
    assert link == reverse("readiness-act", args=[unit.reference, "renew"])
    assert client.get(link)["Location"] == f"{reverse('sign-in')}?next={link}", "it is no login"
    writer = delegation.memberships.get().user
    writer.set_password("a long enough password")
    writer.save()
    name = {"login": writer.username, "password": "a long enough password", "next": link}
    form = client.post(reverse("sign-in"), name, follow=True)
    assert "Renew the entry in the readiness system" in form.content.decode()
    client.post(link, {"note": ""})
    assert Renewal.objects.get().registration.pledge == unit


@pytest.mark.parametrize("audience", [Audience.APPROVER, Audience.DESK_OFFICER])
def test_who_does_not_renew_for_the_delegation_is_led_to_the_units_readiness(client: Any, audience: str) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    head, manager = member_of(delegation, MembershipRole.VIEWER), ManagerFactory()
    head.memberships.update(is_head_of_mission=True)
    unit = due_unit(delegation, Reason.RENEWAL_DUE)
    LadderStep.objects.update(audience=audience)
    link = link_in(mail())
    assert link == f"{unit.get_absolute_url()}#readiness"
    client.force_login(manager if audience == Audience.DESK_OFFICER else head)
    assert 'id="readiness"' in client.get(link).content.decode()


def test_a_unit_that_is_to_arrive_leads_to_its_readiness(client: Any) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    unit = due_unit(delegation, Reason.RDL_CLOCK)
    link = link_in(mail())
    assert link == f"{unit.get_absolute_url()}#readiness"
    client.force_login(delegation.memberships.get().user)
    assert 'id="readiness"' in client.get(link).content.decode()


def test_a_renewal_beside_other_things_is_found_where_the_mail_leads(client: Any) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    unit = due_unit(delegation, Reason.RENEWAL_DUE)
    LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=0, audience=Audience.FOCAL_POINT)
    due_step(delegation)
    link = link_in(mail())
    client.force_login(delegation.memberships.get().user)
    assert reverse("readiness-act", args=[unit.reference, "renew"]) in client.get(link).content.decode()


def late_reports(delegation: Any, count: int = 2) -> list[Pledge]:
    """So many pledges of a delegation on which a report was due on 20 July, and a ladder that speaks of them alone."""
    only_rung(Reason.REPORT_OVERDUE, 10, Audience.FOCAL_POINT)
    conference = ConferenceFactory(reporting_cycle_months=6)
    made = dict.fromkeys(("created_at", "submitted_at", "registered_at"), datetime(2025, 1, 20, 9, tzinfo=UTC))
    return [RegisteredPledgeFactory(conference=conference, participant=delegation, **made) for _n in range(count)]


def test_several_reports_lead_to_their_table_three_pages_from_done(client: Any) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    pledges = late_reports(delegation)
    message = mail()
    assert link_in(message) == reverse("reports")
    assert "Sign in and report on all of them in one table:" in str(message.body)
    assert shown(str(message.alternatives[0].content)) == words(str(message.body))
    client.force_login(delegation.memberships.get().user)
    rows = client.get(link_in(message)).context["rows"]
    assert {row.pledge for row in rows} == set(pledges)
    sent = {"row": [row.pledge.reference for row in rows], f"{pledges[0].reference}-state": "planning"}
    assert client.post(link_in(message), sent).status_code == 302
    assert ProgressUpdate.objects.get().pledge == pledges[0]


def test_reports_beside_other_things_lead_to_all_that_waits() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    late_reports(delegation)
    LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=0, audience=Audience.FOCAL_POINT)
    due_step(delegation)
    assert link_in(mail()) == reverse("workspace")


def test_who_only_reads_is_not_led_to_a_table_that_does_not_open() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    head = member_of(delegation, MembershipRole.VIEWER)
    head.memberships.update(is_head_of_mission=True)
    late_reports(delegation)
    LadderStep.objects.update(audience=Audience.APPROVER)
    assert link_in(mail()) == reverse("workspace")


def test_of_several_things_each_has_its_link_to_report_without_signing_in() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    Liaison.objects.create(participant=delegation, reports_by_link=True)
    late_reports(delegation, 4)
    foreseen, _items = text_for(delegation.memberships.get().user, TODAY, at=NOW)
    message = mail()
    links = [f"{settings.BASE_URL}{reverse('report-by-link', args=[SIGNER.sign(one.pk)])}" for one in of_lines()]
    assert len(links) == 3, "of those that are named, and of no other"
    html = str(message.alternatives[0].content)
    for line, link in zip(str(message.body).splitlines()[2:8:2], links, strict=True):
        following = str(message.body).splitlines()[str(message.body).splitlines().index(line) + 1]
        assert following.endswith(link)
        assert f'href="{link}"' in html
    assert shown(html) == words(str(message.body))
    assert link_in(message) == reverse("reports")
    assert PERSONAL in str(message.body)
    assert "Forward this to a colleague" not in str(message.body)
    assert foreseen
    assert not any(link in str(foreseen.body) + str(foreseen.alternatives) for link in links)


def of_lines() -> list[ReportLink]:
    """Return the links of a message, in the order of its lines."""
    items = list(ReminderItem.objects.order_by("due_on", "pk").values_list("pledge", flat=True))
    return sorted(ReportLink.objects.all(), key=lambda one: items.index(one.pledge_id))


@pytest.mark.parametrize("audience", [Audience.DESK_OFFICER, Audience.COORDINATOR])
def test_several_things_lead_the_secretariat_to_who_is_late(client: Any, audience: str) -> None:
    officer = OfficerFactory()
    pledges = two_late_reports(officer)
    for pledge in pledges:
        Liaison.objects.create(participant=pledge.participant, desk_officer=officer)
    only_rung(Reason.REPORT_OVERDUE, 10, audience)
    path = link_in(mail())
    client.force_login(officer)
    assert {line.pledge for line in client.get(path).context["lines"]} == set(pledges)


def test_several_things_lead_a_co_chair_to_the_conference(client: Any) -> None:
    diplomat = member_of(delegation_of(), MembershipRole.CO_CHAIR)
    conference = two_late_reports(diplomat)[0].conference
    CoChairFactory(conference=conference, participant=diplomat.memberships.get().participant)
    only_rung(Reason.REPORT_OVERDUE, 10, Audience.COORDINATOR)
    path = link_in(mail())
    assert path == conference.get_absolute_url()
    client.force_login(diplomat)
    assert client.get(path).status_code == 200


# --- Who may hear of what ---------------------------------------------------------------------------------------------
def test_a_step_of_the_plan_is_not_told_to_a_co_chair_whatever_the_ladder_says() -> None:
    diplomat = member_of(delegation_of(), MembershipRole.CO_CHAIR)
    step = due_step()
    conference = step.pledge.conference
    CoChairFactory(conference=conference, participant=diplomat.memberships.get().participant)
    Conference.objects.filter(pk=conference.pk).update(coordinator=diplomat)
    only_rung(Reason.MILESTONE_DUE, 0, Audience.COORDINATOR)
    assert write_owed(at=NOW) == 0
    only_rung(Reason.MILESTONE_DUE, 0, Audience.FOCAL_POINT)
    assert write_owed(at=NOW) == 1
    Reminder.objects.update(recipient=diplomat)  # one that was written before it was so
    ReminderItem.objects.update(recipient=diplomat, audience=Audience.COORDINATOR)
    reminder, items = claim_next(at=NOW)
    assert reminder
    assert (reminder.recipient, items) == (diplomat, [])


def test_the_ladders_with_which_a_database_begins_speak_to_those_who_may_hear() -> None:
    assert all(who in AUDIENCES[reason] for reason, steps in DEFAULT_LADDERS.items() for _days, who in steps)


def test_who_looks_at_a_message_before_it_goes_gets_no_link_to_report_in_anothers_name() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    Liaison.objects.create(participant=delegation, reports_by_link=True)
    due_step(delegation)
    link_for(Pledge.objects.get(), delegation.memberships.get().user, NOW, milestone=Milestone.objects.get())
    foreseen, _items = text_for(delegation.memberships.get().user, TODAY, at=NOW)
    sent = mail()
    secret = signed()
    assert secret in str(sent.body)
    assert foreseen
    assert secret not in str(foreseen.body) + str(foreseen.alternatives)


# --- Each thing once --------------------------------------------------------------------------------------------------
def test_a_report_that_is_due_and_overdue_is_one_line() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    [pledge] = late_reports(delegation, 1)
    LadderStep.objects.create(reason=Reason.REPORT_DUE, offset_days=7, audience=Audience.FOCAL_POINT)
    message = mail()
    assert ReminderItem.objects.count() == 2, "each ladder has told its step"
    assert message.subject.startswith("Report overdue since 20 July: ")
    assert "more" not in message.subject
    assert str(message.body).count(pledge.reference) == 2, "in the line and in the link"
    assert link_in(message) == reverse("pledge-report", args=[pledge.reference])


def test_a_report_that_an_officer_asks_for_beside_the_ladder_is_one_line() -> None:
    delegation = delegation_of(MembershipRole.DRAFTER)
    [pledge] = late_reports(delegation, 1)
    only_rung(Reason.REPORT_DUE, 12, Audience.FOCAL_POINT)
    User.objects.filter(memberships__participant=delegation).update(mail_rhythm=MailRhythm.WEEKLY)
    remind_now([pledge], by=OfficerFactory(), at=NOW)
    message = mail(at=NOW + timedelta(days=3))  # the Monday
    assert set(ReminderItem.objects.values_list("reason", flat=True)) == {Reason.REPORT_DUE, Reason.REPORT_OVERDUE}
    assert str(message.body).count("was due on 20 July.") == 1


def test_a_report_overdue_in_two_posts_is_told_as_the_delegations_own() -> None:
    diplomat = member_of(delegation_of(), MembershipRole.DRAFTER)
    delegation = diplomat.memberships.get().participant
    [pledge] = late_reports(delegation, 1)
    CoChairFactory(conference=pledge.conference, participant=delegation)
    member = MembershipFactory(user=diplomat, participant=delegation, role=MembershipRole.CO_CHAIR)
    Conference.objects.filter(pk=pledge.conference.pk).update(coordinator=member.user)
    LadderStep.objects.create(reason=Reason.REPORT_DUE, offset_days=10, audience=Audience.COORDINATOR)
    message = mail()
    assert ReminderItem.objects.count() == 2
    assert str(message.body).startswith("You write for the delegation of")
    assert link_in(message) == reverse("pledge-report", args=[pledge.reference])


def test_a_report_that_was_missed_in_several_cycles_is_due_since_the_first() -> None:
    late_reports(delegation_of(MembershipRole.DRAFTER), 1)
    only_rung(Reason.REPORT_DUE, 12, Audience.FOCAL_POINT)
    message = mail(at=NOW + timedelta(days=184))
    assert ReminderItem.objects.get().due_on == date(2026, 1, 20), "the ledger climbs the ladder of each cycle"
    assert message.subject.startswith("Report was due 20 July 2025: ")
    assert "was due on 20 July 2025." in str(message.body)


def test_who_stands_in_for_a_coordinator_that_nobody_named_is_not_told_to_be_one() -> None:
    ManagerFactory()
    two_late_reports(None)
    only_rung(Reason.REPORT_OVERDUE, 10, Audience.COORDINATOR)
    assert str(mail().body).startswith("You follow up what delegations pledged, for the Secretariat.")
