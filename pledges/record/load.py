"""Loads the whole record in the order in which its files refer to one another."""

from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from accounts.history import acting
from pledges.importing.sync import Counts
from pledges.importing.table import import_file
from pledges.record import conferences, events, links, reference

FIRST: dict[str, Callable[[Path], Counts]] = {
    "participants.csv": reference.load_participants,
    "categories.csv": reference.load_categories,
    "capability_types.csv": reference.load_types,
    "capability_map.csv": reference.load_wordings,
    "missions.csv": reference.load_missions,
    "partner_missions.csv": reference.load_missions,
    "priorities.csv": reference.load_priorities,
    "gender_targets.csv": reference.load_gender_targets,
    "pcrs_available.csv": reference.load_readiness_counts,
}
THEN: dict[str, Callable[[Path], Counts]] = {
    "published_totals.csv": reference.load_published_totals,
    "capability_requirements.csv": reference.load_requirements,
    "pledges_2014_2017.csv": import_file,
    "pledges_2019_2023.csv": import_file,
    "partner_roles.csv": links.load_partner_roles,
    "lineage.csv": links.load_lineage,
    "progress_events.csv": events.load_events,
}


@transaction.atomic
def load_record(folder: Path) -> dict[str, Counts]:
    """Keep the database in step with the files of a folder, all or nothing; returns what was done per file."""
    with acting(None, "load_record"):
        counts = {file: load(folder / file) for file, load in FIRST.items()}
        for part, done in conferences.load_conferences(folder / "conferences.yaml").items():
            counts[f"conferences.yaml: {part}"] = done
        counts |= {file: load(folder / file) for file, load in THEN.items()}
    return counts
