"""What people do about reminders: remind now, pause, snooze, stop all, and change the ladders.

Each checks who may (reminders/permissions.py), and leaves in the history who did it and why.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.models import Conference, Participant
from pledges.errors import EditConflict, Incomplete
from pledges.models import Partner, Pledge
from reminders.ladders import AUDIENCES
from reminders.models import Audience, Control, LadderStep, Pause
from reminders.pauses import live_pauses
from reminders.people import local_day
from reminders.permissions import check_can_lift, check_can_remind, check_can_snooze, check_can_steer
from reminders.remind import remind_now as remind_now

LONGEST_SNOOZE = 30  # days
MOST_A_MINUTE = 10_000  # messages: no mail server takes more
STEPS_AT_MOST = 20  # of one ladder
FURTHEST = 365  # days from the day something is due


@transaction.atomic
def pause(
    *,
    pledges: Iterable[Pledge] = (),
    participant: Participant | None = None,
    conference: Conference | None = None,
    until: date | None,
    reason: str,
    by: Any,
    at: datetime,
) -> list[Pause]:
    """Remind nobody of these pledges, of a participant's or of a conference's: until a day, or until it is lifted.

    `until` is the first day with reminders again, where each reader lives. Once, if sent twice. Raises NotAllowed, or
    Incomplete with the field that cannot stand.
    """
    check_can_remind(by)
    check_reason(reason)
    check_until(until, today=local_day(by, at=at))
    covered: list[dict[str, Any]] = [{"pledge": pledge} for pledge in pledges]
    covered += [{"participant": participant}] if participant else []
    covered += [{"conference": conference}] if conference else []
    with acting(by, reason):
        return [paused_once(until=until, reason=reason, author=by, at=at, **what) for what in covered]


@transaction.atomic
def snooze(
    *, pledge: Pledge, partner: Partner | None = None, until: date | None, reason: str, by: Any, at: datetime
) -> Pause:
    """Let a delegation put off its own people's reminders of a pledge that it leads, or in which it is the `partner`,
    for at most LONGEST_SNOOZE days.

    The others who take part hear of their shares, and the Secretariat of what is late. It takes the place of that
    delegation's snooze that holds. Raises NotAllowed, WrongStatus, or Incomplete with the field.
    """
    held = Pledge.objects.locked(pledge)
    part = held.partners.select_related("participant").get(pk=partner.pk) if partner else None
    check_can_snooze(by, held, part)
    check_reason(reason)
    today = local_day(by, at=at)
    last = today + timedelta(days=LONGEST_SNOOZE)
    if until is None or until > last:
        sentence = _("Choose a day up to %(day)s: reminders rest for at most %(days)s days.")
        words = sentence % {"day": date_format(last, "j F Y"), "days": LONGEST_SNOOZE}
        raise Incomplete(_("Reminders cannot rest that long."), {"until": words})
    check_until(until, today=today)
    with acting(by, reason):
        earlier = live_pauses(at=at).filter(pledge=held, partner=part, is_snooze=True)
        for other in earlier.exclude(until=until, reason=reason, author=by):
            end(other, at=at)
        return paused_once(pledge=held, partner=part, until=until, reason=reason, author=by, at=at, is_snooze=True)


def paused_once(*, at: datetime, **values: Any) -> Pause:
    """Return the pause with these values that holds, a new one where there is none; of two at once the first stands."""
    return live_pauses(at=at).get_or_create(**values, defaults={"created_at": at})[0]


@transaction.atomic
def lift(pause: Pause, *, by: Any, at: datetime) -> None:
    """End a pause now; what is over stays as it is. Raises NotAllowed."""
    rows = Pause.objects.select_related("pledge__participant", "partner__participant")
    held = rows.select_for_update(of=("self",)).get(pk=pause.pk)
    check_can_lift(by, held)
    if held.ended_at is None:
        with acting(by, "lift the pause"):
            end(held, at=at)


def end(pause: Pause, *, at: datetime) -> None:
    """Write that a pause is over."""
    pause.ended_at = max(at, pause.created_at)
    pause.save(update_fields=["ended_at"])


def check_reason(reason: str) -> None:
    """Refuse an empty reason. Raises Incomplete."""
    if not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say in a sentence why.")})


def check_until(until: date | None, *, today: date) -> None:
    """Refuse a day that is not ahead. Raises Incomplete."""
    if until is not None and until <= today:
        raise Incomplete(_("This day is past."), {"until": _("Choose a day after today.")})


def stop(*, reason: str, by: Any, at: datetime) -> Control:
    """Stop all reminders: nothing is written into the ledger and nothing is sent. Raises NotAllowed or Incomplete."""
    check_can_steer(by)
    check_reason(reason)
    if len(reason) > 300:
        raise Incomplete(_("Shorten the reason."), {"reason": _("Shorten this to 300 characters or fewer.")})
    return changed(by=by, at=at, why=reason, is_stopped=True, reason=reason)


def resume(*, by: Any, at: datetime) -> Control:
    """Let reminders go out again; what was missed is caught up, once. Raises NotAllowed."""
    check_can_steer(by)
    return changed(by=by, at=at, why="resume reminders", is_stopped=False, reason="")


def set_cap(most_per_run: int, *, by: Any, at: datetime) -> Control:
    """Bound how many messages go out in a minute's run. Raises NotAllowed, or Incomplete for a number out of bounds."""
    check_can_steer(by)
    if not 0 < most_per_run <= MOST_A_MINUTE:
        words = _("Enter a number from 1 to %(most)s.") % {"most": MOST_A_MINUTE}
        raise Incomplete(_("This bound cannot stand."), {"most_per_run": words})
    return changed(by=by, at=at, why="change the cap", most_per_run=most_per_run)


@transaction.atomic
def changed(*, by: Any, at: datetime, why: str, **values: Any) -> Control:
    """Return the row of controls with these values written; a value that stands already is no change."""
    Control.objects.get_or_create(pk=1)
    control = Control.objects.select_for_update().get(pk=1)
    if any(getattr(control, name) != value for name, value in values.items()):
        with acting(by, why):
            for name, value in (values | {"changed_by": by, "changed_at": at}).items():
                setattr(control, name, value)
            control.save()
    return control


Steps = list[tuple[int, str]]  # days from the day it is due, and the audience


def ladder_of(reason: str) -> Steps:
    """Return the steps of the ladder of a reason, the earliest first."""
    return list(LadderStep.objects.filter(reason=reason).values_list("offset_days", "audience"))


@transaction.atomic
def save_ladder(reason: str, steps: Steps, *, by: Any, at: datetime, seen: Steps | None = None) -> None:
    """Write the steps of the ladder of a reason. `seen` are those that the person changed, where they came by a form.

    Only what differs is written, so that the history tells what changed. What a person was already reminded of is not
    owed anew. Raises NotAllowed, Incomplete, or EditConflict where somebody else changed the ladder since.
    """
    check_can_steer(by)
    check_steps(reason, steps)
    held = list(LadderStep.objects.select_for_update().filter(reason=reason))
    before = {(step.offset_days, step.audience): step for step in held}
    if seen is not None and set(seen) != set(before) and set(steps) != set(before):
        raise EditConflict(_("Somebody else changed this ladder since you opened it: look at it again."))
    with acting(by, "change the ladder"):
        for key in before.keys() - set(steps):
            before[key].delete()
        for days, audience in sorted(set(steps) - before.keys()):
            LadderStep.objects.create(reason=reason, offset_days=days, audience=audience)


def check_steps(reason: str, steps: Steps) -> None:
    """Refuse steps that cannot stand, or that speak to people who may not read of it. Raises Incomplete."""
    problem = ""
    if len(steps) > STEPS_AT_MOST:
        problem = _("Keep to %(most)s steps or fewer.") % {"most": STEPS_AT_MOST}
    elif len(set(steps)) < len(steps):
        problem = _("The same people stand twice on the same day: remove one of the two.")
    elif any(abs(days) > FURTHEST for days, _audience in steps):
        problem = _("Keep the days between −%(most)s and %(most)s.") % {"most": FURTHEST}
    elif any(audience not in Audience.values for _days, audience in steps):
        problem = _("Choose whom each step reminds.")
    elif strangers := {audience for _days, audience in steps} - set(AUDIENCES[reason]):
        names = ", ".join(str(Audience(audience).label) for audience in sorted(strangers))
        problem = _("Of this they may not read: %(names)s. Choose others.") % {"names": names}
    if problem:
        raise Incomplete(_("This ladder cannot stand."), {"steps": problem})
