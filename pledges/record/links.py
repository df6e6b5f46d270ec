"""What binds pledges to partners and to one another: partner_roles.csv and lineage.csv, read from the descriptions."""

from pathlib import Path
from typing import Any

from pledges.enums import Outcome
from pledges.importing.sync import Counts, sync
from pledges.models import Lineage, Partner, Pledge, StatusChange
from pledges.record.files import PledgeName, RecordError, pledge_name, read_csv


def pledges_by_name() -> dict[PledgeName, int]:
    """Return the pledges of the record by conference, participant and title."""
    rows = Pledge.objects.filter(record_key__isnull=False, author=None)
    return {
        (conference, participant, title): pk
        for conference, participant, title, pk in rows.values_list("conference", "participant", "title", "pk")
    }


def find(known: dict[Any, int], name: tuple[str, ...], file: Path) -> int:
    """Return the row that a line of a file names; raises RecordError where there is none."""
    if name not in known:
        raise RecordError(f"{file.name} names what is not in the record: {', '.join(name)}.")
    return known[name]


def load_partner_roles(file: Path) -> Counts:
    """Keep the roles of partners in step, as the descriptions of their pledges have them."""
    roles = {(*pledge_name(line), line["partner"]): line["role"] for line in read_csv(file)}
    scope = Partner.objects.filter(pledge__record_key__isnull=False, pledge__author=None).select_related("pledge")
    partners = {
        (one.pledge.conference_id, one.pledge.participant_id, one.pledge.title, one.participant_id): one.pk
        for one in scope
    }
    rows = [{"pk": find(partners, partner, file), "role": role} for partner, role in roles.items()]
    return sync(scope, rows, ("pk",)).counts


def load_lineage(file: Path) -> Counts:
    """Keep in step which pledge goes on from, or repeats, which earlier one.

    Whoever merges one of them into another here says what binds them: their lines are left out.
    """
    pledges = pledges_by_name()
    merged = set(StatusChange.objects.filter(pledge__outcome=Outcome.SUPERSEDED).values_list("pledge", flat=True))
    rows = [
        {
            "later_id": find(pledges, pledge_name(line, "later_"), file),
            "earlier_id": find(pledges, pledge_name(line, "earlier_"), file),
            "kind": line["kind"],
            "note": line["note"],
        }
        for line in read_csv(file)
    ]
    rows = [row for row in rows if not merged & {row["later_id"], row["earlier_id"]}]
    scope = Lineage.objects.filter(later__in={row["later_id"] for row in rows})
    return sync(scope, rows, ("later_id", "earlier_id")).counts
