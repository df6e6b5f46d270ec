"""What changes between the day something is due and the moment its mail goes (R09)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from conferences.models import Membership
from pledges.enums import ReportedState
from pledges.models import Milestone, Pledge, ProposedReport, ReportLink
from pledges.services import report_progress
from reminders.models import Control, Delivery, Pause, Reminder, State, Undeliverable
from reminders.owed import write_owed
from scripts.reminder_faults.due import TITLE, Verdict, due_steps, one_rung
from scripts.reminder_faults.kills import Size
from scripts.reminder_faults.mail import deliver_all
from scripts.reminder_faults.rig import Rig

Change = Callable[[Milestone, User, datetime], Any]


def file_report(step: Milestone, person: User, at: datetime) -> None:
    """The delegation reports on the step."""
    report_progress(pledge=step.pledge, milestone=step, state=ReportedState.IN_PROGRESS, text="On.", by=person, at=at)


def report_by_link(step: Milestone, person: User, at: datetime) -> None:
    """The delegation reports on the step through a link; an approver's word is awaited."""
    link = ReportLink.objects.create(
        pledge=step.pledge,
        milestone=step,
        recipient=person,
        created_at=at,
        expires_at=at + timedelta(days=21),
        used_at=at,
    )
    ProposedReport.objects.create(link=link, state=ReportedState.IN_PROGRESS, text="On.", created_at=at)


def withdraw(step: Milestone, person: User, at: datetime) -> None:
    """The pledge is closed."""
    Pledge.objects.filter(pk=step.pledge_id).update(status="closed", outcome="withdrawn", closed_at=at)


def put_off(step: Milestone, person: User, at: datetime) -> None:
    """The step is put off."""
    Milestone.objects.filter(pk=step.pk).update(due_on=step.due_on + timedelta(days=30))


def do(step: Milestone, person: User, at: datetime) -> None:
    """The step is done."""
    Milestone.objects.filter(pk=step.pk).update(done_on=step.due_on)


def leave(step: Milestone, person: User, at: datetime) -> None:
    """The person leaves the delegation."""
    Membership.objects.filter(user=person).update(ended_at=at)


def lose_role(step: Milestone, person: User, at: datetime) -> None:
    """The person may only read now."""
    Membership.objects.filter(user=person).update(role="viewer")


def disable(step: Milestone, person: User, at: datetime) -> None:
    """The account is closed."""
    User.objects.filter(pk=person.pk).update(is_active=False)


def bounce(step: Milestone, person: User, at: datetime) -> None:
    """Mail to the address came back."""
    Undeliverable.objects.create(user=person, address=person.email, kind=Delivery.BOUNCED, found_at=at)


def pause_pledge(step: Milestone, person: User, at: datetime) -> None:
    """Staff pause the pledge."""
    Pause.objects.create(pledge=step.pledge, reason="Talks", author=person, created_at=at)


def pause_participant(step: Milestone, person: User, at: datetime) -> None:
    """Staff pause the state."""
    Pause.objects.create(participant=step.pledge.participant, reason="Elections", author=person, created_at=at)


def pause_conference(step: Milestone, person: User, at: datetime) -> None:
    """Staff pause the conference."""
    Pause.objects.create(conference=step.pledge.conference, reason="Review", author=person, created_at=at)


def snooze(step: Milestone, person: User, at: datetime) -> None:
    """The delegation wants to hear of it in a week."""
    until = at.date() + timedelta(days=7)
    Pause.objects.create(pledge=step.pledge, reason="Leave", until=until, is_snooze=True, author=person, created_at=at)


CHANGES: tuple[Change, ...] = (
    file_report, report_by_link, withdraw, put_off, do, leave, lose_role, disable, bounce, pause_pledge,
    pause_participant, pause_conference, snooze,
)  # fmt: skip


def stale_mails(rig: Rig, size: Size) -> Verdict:
    """R09: something changes for everybody after their reminder was written; nothing of it goes out."""
    one_rung()
    each, at = max(2, min(20, size.reminders // 50)), timezone.now()
    verdict = Verdict({"changes": len(CHANGES), "people of each": each, "stale mails": 0})
    for change in CHANGES:
        before = set(Reminder.objects.values_list("pk", flat=True))
        owed = due_steps(each, on=at.date(), people=1)
        write_owed(at=at)
        for person, step in owed:
            change(Milestone.objects.get(pk=step), User.objects.get(pk=person), at)
        deliver_all(each, at=at)
        stale = Reminder.objects.exclude(pk__in=before).exclude(state=State.CANCELLED).count()
        verdict.figures["stale mails"] += stale
        verdict.demand(not stale, f"{change.__name__}: {stale} went out")
        verdict.demand(write_owed(at=at) == 0, f"{change.__name__}: owed again at once")
    verdict.demand(not rig.sink.messages, f"{len(rig.sink.messages)} mails arrived")
    under_embargo(rig, each, verdict, at=at)
    rig.sink.messages.clear()
    stopped(rig, each, verdict, at=at)
    return verdict


def under_embargo(rig: Rig, people: int, verdict: Verdict, *, at: datetime) -> None:
    """An embargo is set before the mail goes: whoever works on the pledge hears of it, and the subject, which shows on
    locked screens, names its reference alone."""
    owed = due_steps(people, on=at.date(), people=1)
    pledges = Pledge.objects.filter(milestones__in=[step for _person, step in owed])
    pledges.update(announced_at=at - timedelta(days=1))
    write_owed(at=at)
    pledges.update(announced_at=at + timedelta(days=30))
    deliver_all(people, at=at)
    told = [message for message in rig.sink.messages if TITLE in str(message["Subject"])]
    verdict.figures |= {"mails under embargo": len(rig.sink.messages), "titles in their subjects": len(told)}
    verdict.demand(not told, f"{len(told)} subjects name what is under embargo")
    verdict.demand(len(rig.sink.messages) == people, f"{len(rig.sink.messages)} of {people} under embargo")


def stopped(rig: Rig, people: int, verdict: Verdict, *, at: datetime) -> None:
    """The switch stops what is written and what is to be written; without it all goes out, once."""
    due_steps(people, on=at.date(), people=1)
    write_owed(at=at)
    Control.objects.update(is_stopped=True, reason="Wrong text")
    due_steps(people, on=at.date(), people=1)
    verdict.demand(write_owed(at=at) == 0, "written while stopped")
    verdict.demand(deliver_all(people, at=at) == 0, "sent while stopped")
    Control.objects.update(is_stopped=False)
    write_owed(at=at)
    deliver_all(2 * people, at=at)
    verdict.demand(len(rig.sink.messages) == 2 * people, f"{len(rig.sink.messages)} of {2 * people} after the stop")
