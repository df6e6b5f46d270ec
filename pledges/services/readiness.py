"""What is recorded of a unit in the readiness system: its entry, renewals, levels, agreement, requests to deploy.

Visits and statements of unit requirements, which concern several units, stand in visits.py. Each verb locks the pledge,
checks who acts, and refuses with the field and a sentence; the levels' own rules stand in pledges/readiness.py.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import acting
from capabilities.models import Mission
from conferences.dates import Precision
from pledges import permissions
from pledges.enums import ReadinessLevel
from pledges.errors import EditConflict, Incomplete, WrongStatus
from pledges.models import (
    DeploymentRequest,
    Pledge,
    Readiness,
    Registration,
    Renewal,
    UnitAgreement,
    UnitStatement,
    Variation,
)
from pledges.readiness import (
    for_selection,
    in_words,
    level_on,
    missing,
    rank,
    renewable_from,
    standing_of,
    with_renewal_due,
)


@contextmanager
def keeping(pledge: Pledge, by: Any, reason: str) -> Iterator[Pledge]:
    """Hold a live pledge of a registrable type for an officer, history knowing who and why. Raises as the rules do."""
    with transaction.atomic(), acting(by, reason):
        locked = Pledge.objects.locked(pledge)
        permissions.check_can_keep_readiness(by, locked)
        if not (locked.capability_type and locked.capability_type.is_pcrs_registrable):
            raise WrongStatus(_("The readiness system does not take this type of capability."))
        yield locked


def problem(**fields: str) -> Incomplete:
    """Return the refusal of one or several fields."""
    return Incomplete(" ".join(fields.values()), fields)


def check_days(at: datetime, **days: date | None) -> None:
    """Refuse days that have not come, and such as come before one named earlier; unknown ones are left out."""
    today = timezone.localtime(at).date()
    before: date | None = None
    for name, day in days.items():
        if day is None:
            continue
        if day > today:
            raise problem(**{name: _("Enter a day that has come: today or earlier.")})
        if before and day < before:
            raise problem(**{name: _("Enter %(day)s or a later day: this step follows that one.") % said(before)})
        before = day


def said(day: date) -> dict[str, str]:
    """Return a day as the words of a sentence."""
    return {"day": in_words(day)}


def check_says(**texts: str) -> None:
    """Refuse fields without a word."""
    empty = [name for name, text in texts.items() if not text.strip()]
    if empty:
        raise problem(**{name: _("Say it in a sentence.") for name in empty})


def stored(registration: Registration | None) -> str:
    """Return a fingerprint of an entry, so that a form can tell whether it was changed meanwhile."""
    if registration is None:
        return "-"
    columns = (registration.received_on, registration.acknowledged_on, registration.accepted_on, registration.to_mend)
    return hashlib.sha256(repr(columns).encode()).hexdigest()


def register(
    *,
    pledge: Pledge,
    received_on: date,
    by: Any,
    at: datetime,
    acknowledged_on: date | None = None,
    accepted_on: date | None = None,
    to_mend: str = "",
    was: str | None = None,
) -> Registration:
    """Record the entry of a unit, or complete the one there is: receipt, acknowledgement and acceptance (PCRS FAQ).

    Without acceptance the unit is below level 1: an open state with things to mend, no refusal. `was` is what the
    person read (`stored`). Raises NotAllowed, WrongStatus, EditConflict or Incomplete.
    """
    with keeping(pledge, by, "register in the readiness system") as locked:
        row = Registration.objects.filter(pledge=locked).first()
        if was is not None and was != stored(row):
            raise EditConflict(_("Somebody changed this entry meanwhile: read it, then decide again."))
        check_days(at, received_on=received_on, acknowledged_on=acknowledged_on, accepted_on=accepted_on)
        row = row or Registration(pledge=locked, created_at=at)
        row.received_on, row.acknowledged_on, row.accepted_on = received_on, acknowledged_on, accepted_on
        row.to_mend, row.author = to_mend.strip(), by
        row.save()
    return row


@transaction.atomic
def renew(*, pledge: Pledge, by: Any, at: datetime, renewed_on: date | None = None, note: str = "") -> Renewal:
    """Record that the delegation still offers a registered unit: its own word today, or an officer's on a day.

    A renewal counts for one period: it can come from six months before its due day on, and late at any time. The same
    day is recorded once. Raises NotAllowed, WrongStatus or Incomplete.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_renew(by, locked)
    today = timezone.localtime(at).date()
    day = renewed_on if renewed_on and by.is_reviewer else today
    entry = with_renewal_due(Registration.objects.filter(pledge=locked)).first()
    if entry is None:
        raise WrongStatus(_("This unit is not registered in the readiness system yet: there is nothing to renew."))
    last = entry.renewals.last()
    if last and last.renewed_on == day:
        return last
    check_days(at, last=last.renewed_on if last else entry.received_on, renewed_on=day)
    opens = renewable_from(entry.renewal_due_on)
    if day < opens:
        raise problem(renewed_on=_("It is renewed up to now: the next renewal counts from %(day)s on.") % said(opens))
    with acting(by, "renew"):
        return Renewal.objects.create(registration=entry, renewed_on=day, note=note.strip(), author=by, created_at=at)


def match_statement(
    *, pledge: Pledge, statement: UnitStatement, matched_on: date, by: Any, at: datetime
) -> UnitAgreement:
    """Hold a unit against a statement of unit requirements, as level 3 takes it; an earlier match ends that day.

    What was signed and varied under the earlier one stays with it. Raises NotAllowed, WrongStatus or Incomplete.
    """
    with keeping(pledge, by, "match to a statement of unit requirements") as locked:
        present = locked.agreements.filter(ended_on=None).first()
        if present and present.statement_id == statement.pk:
            return present
        check_fits(locked, statement)
        matched, signed = (present.matched_on, present.signed_on) if present else (None, None)
        check_days(at, before=max(filter(None, (statement.issued_on, matched, signed))), matched_on=matched_on)
        if present:
            present.ended_on = matched_on
            present.save(update_fields=["ended_on"])
        return UnitAgreement.objects.create(
            pledge=locked, statement=statement, matched_on=matched_on, author=by, created_at=at
        )


def check_fits(pledge: Pledge, statement: UnitStatement) -> None:
    """Refuse a statement for another type of unit, and one that was replaced."""
    if statement.capability_type_id != pledge.capability_type_id:
        raise problem(statement=_("This statement is for another type of unit: choose one for the type of the pledge."))
    if UnitStatement.objects.filter(replaces=statement).exists():
        raise problem(statement=_("A newer version replaced this statement: choose that one."))


def open_agreement(pledge: Pledge) -> UnitAgreement:
    """Return the open agreement of a locked pledge. Raises WrongStatus where there is none."""
    present = pledge.agreements.filter(ended_on=None).select_related("statement").first()
    if present is None:
        raise WrongStatus(_("This unit is matched to no statement of unit requirements: match it first."))
    return present


def propose_variation(*, pledge: Pledge, text: str, proposed_on: date, by: Any, at: datetime) -> Variation:
    """Record how a state proposes to differ from its statement (generic SUR, 2020); the same text once."""
    with keeping(pledge, by, "propose a variation") as locked:
        agreement = open_agreement(locked)
        check_says(text=text)
        check_days(at, proposed_on=proposed_on)
        row, _is_new = Variation.objects.get_or_create(
            agreement=agreement, text=text.strip(), defaults={"proposed_on": proposed_on}
        )
    return row


def accept_variation(*, variation: Variation, accepted_on: date, by: Any, at: datetime) -> Variation:
    """Record that a proposed variation is workable. Raises WrongStatus where its agreement has ended."""
    with keeping(variation.agreement.pledge, by, "accept a variation"):
        row = Variation.objects.select_related("agreement").get(pk=variation.pk)
        if row.accepted_on:
            return row
        if row.agreement.ended_on:
            raise WrongStatus(_("The match that this variation belongs to has ended."))
        check_days(at, proposed_on=row.proposed_on, accepted_on=accepted_on)
        row.accepted_on = accepted_on
        row.save(update_fields=["accepted_on"])
    return row


def sign_agreement(*, pledge: Pledge, signed_on: date, by: Any, at: datetime) -> UnitAgreement:
    """Record that the rapid deployment agreement, which rests on the statement, is signed; once."""
    with keeping(pledge, by, "sign the rapid deployment agreement") as locked:
        agreement = open_agreement(locked)
        if agreement.signed_on:
            return agreement
        if UnitStatement.objects.filter(replaces=agreement.statement).exists():
            raise WrongStatus(_("Its requirements changed: match the unit to the new statement first."))
        check_days(at, matched=agreement.matched_on, signed_on=signed_on)
        agreement.signed_on = signed_on
        agreement.save(update_fields=["signed_on"])
    return agreement


def record_level(
    *,
    pledge: Pledge,
    level: str,
    reached_on: date,
    evidence: str,
    by: Any,
    at: datetime,
    exception: str = "",
    lowered_because: str = "",
) -> Readiness:
    """Record the level of a unit with day, evidence and author; what was said last of a day, said again, is one.

    What a level takes and is missing is named item by item; with an `exception` it is recorded all the same, and shown
    as such. A lower level takes the reason instead. Raises NotAllowed, WrongStatus or Incomplete.
    """
    values = {
        "level": level,
        "reached_on": reached_on,
        "evidence": evidence.strip(),
        "exception": exception.strip(),
        "lowered_because": lowered_because.strip(),
        "author": by,
    }
    with keeping(pledge, by, "record a level of readiness") as locked:
        last = locked.readiness.filter(reached_on=reached_on).first()
        if last and all(getattr(last, name) == value for name, value in values.items()):
            return last
        check_days(at, reached_on=reached_on)
        check_says(evidence=evidence)
        check_level(locked, level, reached_on, values["exception"], values["lowered_because"])
        made = Readiness.objects.create(pledge=locked, reached_on_precision=Precision.DAY, created_at=at, **values)
        set_clock(locked)
        return made


def check_level(pledge: Pledge, level: str, day: date, exception: str, lowered_because: str) -> None:
    """Refuse a level that does not follow from what is recorded, unless the words for it are there."""
    standing = standing_of(pledge)
    present = level_on(standing.levels, day)
    check_later_levels(standing.levels, level, day)
    if rank(level) < rank(present):
        words = {"level": ReadinessLevel(present).label, "day": in_words(day)}
        if not lowered_because:
            raise problem(lowered_because=_("It stood at %(level)s on %(day)s: say why it is lowered.") % words)
        if exception:
            raise problem(exception=_("Leave this empty: a lower level takes no exception."))
        return
    if lowered_because:
        raise problem(lowered_because=_("Leave this empty: the level is not lowered."))
    check_exception(missing(standing, level, on=day), exception)


def check_exception(lacking: list[str], exception: str) -> None:
    """Refuse what lacks something on its day without an exception, and an exception where nothing is missing."""
    if lacking and not exception:
        words = {"items": " ".join(lacking)}
        raise problem(exception=_("Missing on that day: %(items)s Say why it is recorded all the same.") % words)
    if exception and not lacking:
        raise problem(exception=_("Leave this empty: nothing is missing."))


def check_later_levels(levels: list[Readiness], level: str, day: date) -> None:
    """Refuse to put a level before a later, lower one that was recorded without a reason for being lower."""
    later = [row for row in levels if row.reached_on and row.reached_on > day]
    if later and rank(later[-1].level) < rank(level) and not later[-1].lowered_because:
        words = {"level": later[-1].get_level_display(), "day": in_words(later[-1].reached_on)}
        raise problem(reached_on=_("%(level)s is recorded on %(day)s: enter a later day.") % words)


def is_rapid_on(pledge: Pledge, day: date) -> bool:
    """Return whether a unit stood at the rapid deployment level on a day: only then do the 60 days run."""
    return level_on(pledge.readiness.all(), day) == ReadinessLevel.RDL


def set_clock(pledge: Pledge) -> None:
    """Start or stop the clock of the open request where a level was recorded after it, for a day before it."""
    row = pledge.deployment_requests.filter(arrived_on=None, cancelled_on=None).first()
    if row and row.is_rapid != is_rapid_on(pledge, row.requested_on):
        row.is_rapid = not row.is_rapid
        row.save(update_fields=["is_rapid"])


def request_deployment(
    *,
    pledge: Pledge,
    requested_on: date,
    by: Any,
    at: datetime,
    mission: Mission | None = None,
    note: str = "",
    exception: str = "",
) -> DeploymentRequest:
    """Record the UN's request to deploy a unit. From the rapid deployment level it starts the clock of 60 days.

    A unit that had passed no assessment and advisory visit by that day is requested with an `exception`, and shown as
    such (`for_selection`). One request is open at a time; the same one is recorded once. Raises NotAllowed, WrongStatus
    or Incomplete.
    """
    with keeping(pledge, by, "request deployment") as locked:
        check_days(at, requested_on=requested_on)
        open_one = locked.deployment_requests.filter(arrived_on=None, cancelled_on=None).first()
        if open_one and (open_one.requested_on, open_one.mission) == (requested_on, mission):
            return open_one
        if open_one:
            words = said(open_one.requested_on)
            raise WrongStatus(_("The request of %(day)s is open: say that it arrived, or cancel it.") % words)
        check_exception(for_selection(standing_of(locked), requested_on), exception.strip())
        return DeploymentRequest.objects.create(
            pledge=locked,
            mission=mission,
            requested_on=requested_on,
            is_rapid=is_rapid_on(locked, requested_on),
            exception=exception.strip(),
            note=note.strip(),
            author=by,
            created_at=at,
        )


def note_arrival(*, pledge: Pledge, arrived_on: date, by: Any, at: datetime) -> DeploymentRequest:
    """Record that the unit arrived; the clock stops. Raises NotAllowed, WrongStatus or Incomplete."""
    with ending(pledge, by, "arrived") as row:
        check_days(at, requested=row.requested_on, arrived_on=arrived_on)
        row.arrived_on = arrived_on
        row.save(update_fields=["arrived_on"])
    return row


def cancel_request(*, pledge: Pledge, cancelled_on: date, reason: str, by: Any, at: datetime) -> DeploymentRequest:
    """Record that the UN does not ask for the unit any more, and why. Raises as `note_arrival` does."""
    with ending(pledge, by, reason) as row:
        check_says(reason=reason)
        check_days(at, requested=row.requested_on, cancelled_on=cancelled_on)
        row.cancelled_on = cancelled_on
        row.note = "\n".join(filter(None, (row.note, reason.strip())))
        row.save(update_fields=["cancelled_on", "note"])
    return row


@contextmanager
def ending(pledge: Pledge, by: Any, reason: str) -> Iterator[DeploymentRequest]:
    """Hold the open request of a pledge, live or closed meanwhile. Raises WrongStatus where there is none."""
    with transaction.atomic(), acting(by, reason):
        locked = Pledge.objects.locked(pledge)
        permissions.check_is_reviewer(by, locked)
        row = locked.deployment_requests.filter(arrived_on=None, cancelled_on=None).first()
        if row is None:
            raise WrongStatus(_("No request to deploy is open."))
        yield row
