"""Visits to the units of a participant, and the statements of unit requirements that units are held against."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from capabilities.models import CapabilityType, Mission
from conferences.models import Participant
from pledges import permissions
from pledges.errors import EditConflict, WrongStatus
from pledges.models import Pledge, UnitStatement, Visit, VisitedUnit
from pledges.services.readiness import check_days, check_says, problem


class Result(NamedTuple):
    """What a visit found of one unit; `is_passed` is none where it was not seen."""

    is_passed: bool | None
    to_mend: str = ""


def locked_units(pledges: Iterable[int]) -> list[Pledge]:
    """Return pledges held until the end of the transaction, always in one order: two visits never wait in a ring."""
    rows = Pledge.objects.select_related("capability_type").filter(pk__in=list(pledges)).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


@transaction.atomic
def plan_visit(
    *,
    kind: str,
    participant: Participant,
    planned_on: date,
    pledges: Iterable[Pledge],
    by: Any,
    at: datetime,
    place: str = "",
    note: str = "",
) -> Visit:
    """Plan a visit to one or several units of a participant; planned twice for the same day and units it is one.

    One visit can cover several units (assessment and advisory visits). Raises NotAllowed, WrongStatus or Incomplete.
    """
    units = locked_units(pledge.pk for pledge in pledges)
    permissions.check_is_reviewer(by)
    if not units:
        raise problem(pledges=_("Choose at least one unit."))
    for unit in units:
        check_can_be_visited(by, unit, participant)
    open_ones = Visit.objects.filter(
        kind=kind, participant=participant, planned_on=planned_on, held_on=None, cancelled_on=None
    )
    for visit in open_ones.prefetch_related("units"):
        if {unit.pledge_id for unit in visit.units.all()} == {unit.pk for unit in units}:
            return visit
    with acting(by, "plan a visit"):
        visit = Visit.objects.create(
            kind=kind,
            participant=participant,
            planned_on=planned_on,
            place=place.strip(),
            note=note.strip(),
            author=by,
            created_at=at,
        )
        for unit in units:
            VisitedUnit.objects.create(visit=visit, pledge=unit)
    return visit


def check_can_be_visited(by: Any, unit: Pledge, participant: Participant) -> None:
    """Refuse a unit of another participant, of a type that is not registrable, or that is not live."""
    permissions.check_can_keep_readiness(by, unit)
    if unit.participant_id != participant.pk:
        raise problem(pledges=_("%(reference)s belongs to another participant.") % {"reference": unit.reference})
    if not (unit.capability_type and unit.capability_type.is_pcrs_registrable):
        words = {"reference": unit.reference}
        raise problem(pledges=_("The readiness system does not take the type of %(reference)s.") % words)


def found(visit: Visit) -> str:
    """Return a fingerprint of what is recorded of a visit, so that a form can tell whether it was changed meanwhile."""
    units = sorted((unit.pk, unit.is_passed, unit.to_mend, unit.mended_on) for unit in visit.units.all())
    return hashlib.sha256(repr((visit.held_on, visit.cancelled_on, units)).encode()).hexdigest()


def locked_visit(visit: Visit, by: Any, was: str | None) -> Visit:
    """Return a visit held with its pledges. Raises NotAllowed, WrongStatus or EditConflict."""
    permissions.check_is_reviewer(by)
    locked_units(visit.units.values_list("pledge_id", flat=True))
    present = Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
    if was is not None and was != found(present):
        raise EditConflict(_("Somebody changed this visit meanwhile: read it, then decide again."))
    if present.cancelled_on:
        raise WrongStatus(_("This visit was cancelled."))
    return present


@transaction.atomic
def hold_visit(
    *, visit: Visit, held_on: date, results: Mapping[int, Result], by: Any, at: datetime, was: str | None = None
) -> Visit:
    """Record that a visit was held and what it found, by key of the unit (VisitedUnit); again corrects it.

    If needed the visit tells the state what to mend: a unit that did not pass has such words. Raises NotAllowed,
    WrongStatus, EditConflict or Incomplete.
    """
    present = locked_visit(visit, by, was)
    check_days(at, held_on=held_on)
    units = {unit.pk: unit for unit in present.units.all()}
    if not any(result.is_passed is not None for key, result in results.items() if key in units):
        raise problem(held_on=_("Say of at least one unit whether it passed."))
    silent = {f"to_mend_{key}" for key, result in results.items() if result.is_passed is False and not result.to_mend}
    if silent:
        raise problem(**{name: _("Say what is to be mended.") for name in silent})
    with acting(by, "hold a visit"):
        present.held_on = held_on
        present.save(update_fields=["held_on"])
        for key in units.keys() & results.keys():
            store_result(units[key], results[key])
    return present


def store_result(unit: VisitedUnit, result: Result) -> None:
    """Write what was found; what was mended stays so while the words of what to mend are the same."""
    if unit.to_mend != result.to_mend:
        unit.mended_on = None
    unit.is_passed, unit.to_mend = result.is_passed, result.to_mend
    unit.save()


@transaction.atomic
def cancel_visit(
    *, visit: Visit, cancelled_on: date, reason: str, by: Any, at: datetime, was: str | None = None
) -> Visit:
    """Record that a planned visit does not take place, and why. Raises as `hold_visit` does."""
    present = locked_visit(visit, by, was)
    if present.held_on:
        raise WrongStatus(_("This visit was held: it cannot be cancelled."))
    check_says(reason=reason)
    check_days(at, cancelled_on=cancelled_on)
    with acting(by, reason):
        present.cancelled_on = cancelled_on
        present.note = "\n".join(filter(None, (present.note, reason.strip())))
        present.save(update_fields=["cancelled_on", "note"])
    return present


@transaction.atomic
def note_mended(*, unit: VisitedUnit, mended_on: date, by: Any, at: datetime) -> VisitedUnit:
    """Record that what a visit asked to mend is mended; whether the unit passes, the next visit says."""
    visit = locked_visit(unit.visit, by, None)
    row = VisitedUnit.objects.get(pk=unit.pk)
    if not row.to_mend:
        raise WrongStatus(_("Nothing was to be mended."))
    check_days(at, held=visit.held_on, mended_on=mended_on)
    with acting(by, "mended"):
        row.mended_on = mended_on
        row.save(update_fields=["mended_on"])
    return row


@transaction.atomic
def issue_statement(
    *,
    capability_type: CapabilityType,
    title: str,
    version: str,
    issued_on: date,
    by: Any,
    at: datetime,
    mission: Mission | None = None,
    replaces: UnitStatement | None = None,
    note: str = "",
) -> UnitStatement:
    """Record a statement of unit requirements, generic or for a mission, in place of an earlier one where it names it.

    From then on every open agreement that rests on the earlier one is flagged (`pledges.readiness.flagged`). Raises
    NotAllowed or Incomplete.
    """
    permissions.check_is_reviewer(by)
    check_says(title=title, version=version)
    if not capability_type.is_pcrs_registrable:
        raise problem(capability_type=_("The readiness system does not take this type: choose another."))
    same = UnitStatement.objects.filter(capability_type=capability_type, mission=mission, version=version.strip())
    if same.exists():
        raise problem(version=_("This version is recorded already for this type and mission: name another."))
    if replaces:
        check_replaces(replaces, capability_type, issued_on, note)
    check_days(at, issued_on=issued_on)
    with acting(by, "issue a statement of unit requirements"):
        return UnitStatement.objects.create(
            capability_type=capability_type,
            mission=mission,
            title=title.strip(),
            version=version.strip(),
            issued_on=issued_on,
            replaces=replaces,
            note=note.strip(),
            author=by,
            created_at=at,
        )


def check_replaces(earlier: UnitStatement, capability_type: CapabilityType, issued_on: date, note: str) -> None:
    """Refuse to replace a statement for another type, one that was replaced, a later one, and without what changed."""
    UnitStatement.objects.select_for_update(no_key=True).get(pk=earlier.pk)
    if earlier.capability_type_id != capability_type.pk:
        raise problem(replaces=_("That statement is for another type of unit."))
    if UnitStatement.objects.filter(replaces=earlier).exists():
        raise problem(replaces=_("That statement was replaced already: choose the version that stands."))
    if issued_on < earlier.issued_on:
        raise problem(issued_on=_("It is issued before the statement that it replaces: check the day."))
    if not note.strip():
        raise problem(note=_("Say what changed: the holders of agreements on the earlier version read it."))
