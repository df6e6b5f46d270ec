"""What binds pledges to partners and to one another: partner_roles.csv and lineage.csv, read from the descriptions."""

from pathlib import Path

from pledges.importing.sync import Counts, sync
from pledges.models import Lineage, Partner, Pledge
from pledges.record.files import Line, read_csv

PledgeName = tuple[str, str, str]


def pledges_by_name() -> dict[PledgeName, int]:
    """Return the pledges of the record by conference, participant and title."""
    rows = Pledge.objects.filter(record_key__isnull=False, author=None)
    return {
        (conference, participant, title): pk
        for conference, participant, title, pk in rows.values_list("conference", "participant", "title", "pk")
    }


def name(line: Line, prefix: str = "") -> PledgeName:
    """Return the three cells that name a pledge."""
    return line[f"{prefix}conference"], line[f"{prefix}participant"], line[f"{prefix}title"]


def load_partner_roles(file: Path) -> Counts:
    """Keep the roles of partners in step, as the descriptions of their pledges have them."""
    pledges = pledges_by_name()
    rows = [
        {"pledge_id": pledges[name(line)], "participant_id": line["partner"], "role": line["role"]}
        for line in read_csv(file)
    ]
    scope = Partner.objects.filter(pledge__in={row["pledge_id"] for row in rows})
    return sync(scope, rows, ("pledge_id", "participant_id")).counts


def load_lineage(file: Path) -> Counts:
    """Keep in step which pledge goes on from, or repeats, which earlier one."""
    pledges = pledges_by_name()
    rows = [
        {
            "later_id": pledges[name(line, "later_")],
            "earlier_id": pledges[name(line, "earlier_")],
            "kind": line["kind"],
            "note": line["note"],
        }
        for line in read_csv(file)
    ]
    scope = Lineage.objects.filter(later__in={row["later_id"] for row in rows})
    return sync(scope, rows, ("later_id", "earlier_id")).counts
