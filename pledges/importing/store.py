"""Stores checked rows as announced pledges of the public record, with their missions and partners."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from itertools import count

from django.db.models import F, QuerySet

from pledges.enums import Confirmation, PartnerRole, Status
from pledges.importing.kinds import kind_of
from pledges.importing.known import Known
from pledges.importing.rows import PledgeRow
from pledges.importing.sync import Counts, Row, sync
from pledges.models import Partner, Pledge, PledgeMission
from pledges.references import reference_of


def store(rows: Sequence[PledgeRow], known: Known) -> Counts:
    """Add the pledges that are missing and change those whose row differs; the rest is left alone.

    Only pledges of the record are looked at: what a delegation entered has an author and no key.
    """
    by_key = {row.key: row for row in rows}
    scope = Pledge.objects.filter(record_key__in=by_key, author=None)
    keys = set(scope.values_list("record_key", flat=True))
    ours = confirmed_by_the_source(scope)
    references = new_references([row for key, row in by_key.items() if key not in keys], known)
    synced = sync(
        scope,
        [content(row, known) for row in rows],
        ("record_key",),
        at_first=lambda new: {"reference": references[new["record_key"]], "status": Status.REGISTERED},
    )
    pledges = {key: found for (key,), found in synced.by_key.items()}
    sync_missions(by_key, pledges)
    sync_partners(by_key, pledges, ours)
    return synced.counts


def content(row: PledgeRow, known: Known) -> Row:
    """Return the columns of the pledge that a row states. It counts as announced on the last day of its conference."""
    code, match = known.type_of(row.category, row.capability, row.unit)
    beginning, deadline = row.timeframe
    announced = datetime.combine(known.conferences[row.conference].last_day, time(), tzinfo=UTC)
    return {
        "record_key": row.key,
        "conference_id": row.conference,
        "participant_id": row.participant,
        "kind": kind_of(row.earlier_pledge),
        "earlier_pledge": row.earlier_pledge,
        "title": row.title,
        "description": row.description,
        "category_id": row.category,
        "capability_type_id": code,
        "capability_wording": row.capability,
        "match": match,
        "quantity": row.quantity,
        "unit": row.unit,
        "personnel": row.personnel,
        "amount": row.amount,
        "currency": row.currency,
        "deliver_from": beginning.day,
        "deliver_from_precision": beginning.precision,
        "deliver_by": deadline.day,
        "deliver_by_precision": deadline.precision,
        "registered_at": announced,
        "announced_at": announced,
        "source_title": row.source_title,
        "source_url": row.source_url,
        "source_confidence": row.source_confidence,
    }


def new_references(rows: Sequence[PledgeRow], known: Known) -> dict[str, str]:
    """Return a free reference for each new row by its key: the same on every load of an empty database."""
    wanted = {row.key: candidates(row, known) for row in rows}
    given: dict[str, str] = {}
    taken: set[str] = set()
    while open_keys := [key for key in wanted if key not in given]:
        drawn = {key: next(wanted[key]) for key in open_keys}
        taken |= set(Pledge.objects.filter(reference__in=drawn.values()).values_list("reference", flat=True))
        for key, reference in drawn.items():
            if reference not in taken:
                taken.add(reference)
                given[key] = reference
    return given


def candidates(row: PledgeRow, known: Known) -> Iterator[str]:
    """Return the references that a row may get, in the order of preference."""
    prefix = known.conferences[row.conference].prefix
    return (reference_of(prefix, row.key, attempt) for attempt in count())


def sync_missions(rows: dict[str, PledgeRow], pledges: dict[str, Pledge]) -> None:
    """Make the missions of each pledge those of its row."""
    wanted = [
        {"pledge_id": pledges[key].pk, "mission_id": mission} for key, row in rows.items() for mission in row.mission
    ]
    scope = PledgeMission.objects.filter(pledge__in=[pledge.pk for pledge in pledges.values()])
    sync(scope, wanted, ("pledge_id", "mission_id"), prune=True)


def confirmed_by_the_source(pledges: QuerySet[Pledge]) -> list[int]:
    """Return the partners of pledges that the public source confirmed, at the announcement as it is stored now.

    A partner whose word came at another time was entered or changed by a person.
    """
    at_once = Partner.objects.filter(confirmation=Confirmation.CONFIRMED, confirmed_at=F("pledge__announced_at"))
    return list(at_once.filter(pledge__in=pledges).values_list("pk", flat=True))


def sync_partners(rows: dict[str, PledgeRow], pledges: dict[str, Pledge], ours: list[int]) -> None:
    """Make the partners of each pledge those of its row, confirmed by the public source at the announcement.

    `ours` are those that the source confirmed before, read while the announcement was where they have it. What persons
    entered or changed stays as it is.
    """
    everyone = Partner.objects.filter(pledge__in=[pledge.pk for pledge in pledges.values()])
    theirs = set(everyone.exclude(pk__in=ours).values_list("pledge_id", "participant_id"))
    wanted = [
        {"pledge_id": pledges[key].pk, "participant_id": partner, "confirmed_at": pledges[key].announced_at}
        for key, row in rows.items()
        for partner in row.partners
        if (pledges[key].pk, partner) not in theirs
    ]
    scope = everyone.filter(pk__in=ours)
    sync(scope, wanted, ("pledge_id", "participant_id"), at_first=lambda _new: FIRST_WORD, prune=True)


FIRST_WORD = {"role": PartnerRole.NOT_STATED, "confirmation": Confirmation.CONFIRMED}
