"""The plan of a pledge: dated steps of the whole or of a partner's share, put off or opened again with a reason,
waiting for others.

Whose step it is, plans it. The pledge's row is locked first, so that two at once see each other's changes.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.history import acting
from pledges import permissions
from pledges.errors import Incomplete, WrongStatus
from pledges.models import Milestone, MilestoneDependency, MilestoneExtension, MilestoneReopening, Partner, Pledge
from pledges.services.joint import locked_partner


@transaction.atomic
def plan_milestone(*, pledge: Pledge, title: str, due_on: date, by: Any, partner: Partner | None = None) -> Milestone:
    """Add a dated step to the plan of a pledge, or of a partner's share of it; once, if sent twice.

    Raises NotAllowed or WrongStatus.
    """
    held, share = held_part(pledge, partner)
    permissions.check_can_plan(by, held, share)
    with acting(by, "plan"):
        step, _created = Milestone.objects.get_or_create(pledge=held, partner=share, title=title, due_on=due_on)
    return step


@transaction.atomic
def put_off(*, step: Milestone, due_on: date, reason: str, by: Any, at: datetime) -> Milestone:
    """Move the day of an open step to a later one and keep the earlier day with the reason; once, if sent twice.

    Raises NotAllowed, WrongStatus for a step that is done, or Incomplete with the field that cannot stand.
    """
    held = held_step(step, by, check=permissions.check_can_put_off)
    if held.done_on:
        raise WrongStatus(_("This step is done: it cannot be put off."))
    if held.due_on == due_on and held.extensions.filter(due_after=due_on, reason=reason, author=by).exists():
        return held
    if due_on <= held.due_on:
        day = date_format(held.due_on, "j F Y")
        raise Incomplete(
            _("The step is due on %(day)s.") % {"day": day},
            {"due_on": _("Enter a later day than %(day)s, on which it is due now.") % {"day": day}},
        )
    if not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say in a sentence why the step is put off.")})
    with acting(by, reason):
        MilestoneExtension.objects.create(
            milestone=held, due_before=held.due_on, due_after=due_on, reason=reason, author=by, created_at=at
        )
        held.due_on = due_on
        held.save(update_fields=["due_on"])
    return held


@transaction.atomic
def wait_for(*, step: Milestone, needs: Milestone, by: Any) -> None:
    """Make an open step wait for another of the same pledge, also one of another share; once, if sent twice.

    Raises NotAllowed, WrongStatus for a step that is done, or Incomplete where they would wait for each other.
    """
    held = held_step(step, by)
    if held.done_on:
        raise WrongStatus(_("This step is done: it waits for nothing."))
    try:
        with acting(by, "plan"), transaction.atomic():
            MilestoneDependency.objects.get_or_create(milestone=held, needs=needs)
    except IntegrityError as error:
        sentence = _("“%(needs)s” waits for this step itself: choose another.") % {"needs": needs.title}
        raise Incomplete(_("The two steps would wait for each other."), {"needs": sentence}) from error


@transaction.atomic
def stop_waiting(*, step: Milestone, needs: Milestone, by: Any) -> None:
    """Let a step no longer wait for another; what is gone is gone. Raises NotAllowed or WrongStatus."""
    held = held_step(step, by)
    with acting(by, "plan"):
        held.waits_for.filter(needs=needs).delete()


@transaction.atomic
def finish(*, step: Milestone, by: Any, at: datetime) -> Milestone:
    """Report a step as done today; done already stays as it is.

    Raises NotAllowed, WrongStatus, or Incomplete (`step_done`) with the steps that must be done before.
    """
    held = held_step(step, by)
    if held.done_on:
        return held
    missing = open_needs(held)
    if missing:
        sentence = _("It waits for what is not done yet: %(steps)s.") % {"steps": in_words(missing)}
        raise Incomplete(_("This step cannot be done yet."), {"step_done": sentence})
    with acting(by, "done"):
        held.done_on = at.date()
        held.save(update_fields=["done_on"])
    return held


@transaction.atomic
def reopen(*, step: Milestone, reason: str, by: Any, at: datetime, due_on: date | None = None) -> Milestone:
    """Open a step again that was taken for done, and keep why; once, if sent twice.

    `due_on` is the day by which it will be done, None where that stays. A day that has passed cannot stay: what is
    reminded of then is owed anew. Raises NotAllowed, WrongStatus for a step that is open or that others came after, or
    Incomplete with the field that cannot stand.
    """
    held = locked_step(step)
    permissions.check_can_reopen(by, held)
    if held.done_on is None:
        if held.reopenings.filter(reason=reason, author=by, created_at__date=at.date()).exists():
            return held
        raise WrongStatus(_("This step is not done: it is open already."))
    check_nothing_came_after(held)
    day = due_on or held.due_on
    check_reopening(held, reason, day, on=at.date())
    with acting(by, reason):
        MilestoneReopening.objects.create(
            milestone=held, done_before=held.done_on, due_before=held.due_on, due_after=day, reason=reason, author=by,
            created_at=at,
        )  # fmt: skip
        held.done_on, held.due_on = None, day
        held.save(update_fields=["done_on", "due_on"])
    return held


def check_reopening(step: Milestone, reason: str, day: date, *, on: date) -> None:
    """Refuse to open a step again without a reason, or with a day that has passed or is earlier than it was."""
    problems = {}
    if not reason.strip():
        problems["reason"] = _("Say in a sentence why the step is not done.")
    if day < max(step.due_on, on):
        words = {"day": date_format(max(step.due_on, on), "j F Y")}
        problems["due_on"] = _("Enter the day by which it will be done: %(day)s or later.") % words
    if problems:
        raise Incomplete(_("This step cannot be opened again like this."), problems)


def check_nothing_came_after(step: Milestone) -> None:
    """Refuse to open a step again while one that had to wait for it is done."""
    later = Milestone.objects.filter(waits_for__needs=step, done_on__isnull=False)
    done = list(later.select_related("partner__participant", "pledge__participant").order_by("due_on", "pk"))
    if done:
        raise WrongStatus(
            _("What came after it is done: open that again first: %(steps)s.") % {"steps": in_words(done)}
        )


def open_needs(step: Milestone) -> list[Milestone]:
    """Return the steps that must be done before this one and are not, the earliest first."""
    needed = Milestone.objects.filter(needed_by__milestone=step, done_on=None)
    return list(needed.select_related("partner__participant", "pledge__participant").order_by("due_on", "pk"))


def in_words(steps: Iterable[Milestone]) -> str:
    """Return steps by their titles, each with whose it is."""
    return ", ".join(f"“{step.title}” ({whose(step)})" for step in steps)


def whose(step: Milestone) -> str:
    """Return the name of the participant who takes a step."""
    return str(step.participant)


def held_part(pledge: Pledge, partner: Partner | None) -> tuple[Pledge, Partner | None]:
    """Return a pledge and, where one is named, a partner's place in it as they are stored now, held."""
    if partner is None:
        return Pledge.objects.locked(pledge), None
    share = locked_partner(partner)
    return share.pledge, share


def held_step(step: Milestone, by: Any, check: Callable[..., None] = permissions.check_can_plan) -> Milestone:
    """Return a step as it is stored now, its pledge held, if this person plans it. Raises NotAllowed or WrongStatus."""
    found = locked_step(step)
    check(by, found.pledge, found.partner)
    return found


def locked_step(step: Milestone) -> Milestone:
    """Return a step with its part of the pledge as they are stored now, the pledge held."""
    pledge, share = held_part(step.pledge, step.partner)
    found = pledge.milestones.get(pk=step.pk)
    found.pledge, found.partner = pledge, share
    return found
