"""Loads the whole record in the order in which its files refer to one another."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from django.db import DatabaseError, connection, transaction

from accounts.history import acting
from pledges.importing.sync import Counts
from pledges.importing.table import FileRefused, import_file
from pledges.record import conferences, events, links, reference
from pledges.record.files import RecordError

CONFERENCES = "conferences.yaml"

FIRST: dict[str, Callable[[Path], Counts]] = {
    "participants.csv": reference.load_participants,
    "categories.csv": reference.load_categories,
    "capability_types.csv": reference.load_types,
    "capability_map.csv": reference.load_wordings,
    "missions.csv": reference.load_missions,
    "partner_missions.csv": reference.load_missions,
    "priorities.csv": reference.load_priorities,
    "holidays.csv": reference.load_holidays,
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
    """Keep the database in step with the files of a folder, all or nothing; returns what was done per file.

    Raises RecordError, which names the file, and then nothing has changed.
    """
    counts: dict[str, Counts] = {}
    with acting(None, "load_record"):
        for file, load in FIRST.items():
            with reading(file):
                counts[file] = load(folder / file)
        with reading(CONFERENCES):
            parts = conferences.load_conferences(folder / CONFERENCES)
            counts |= {f"{CONFERENCES}: {part}": done for part, done in parts.items()}
        for file, load in THEN.items():
            with reading(file):
                counts[file] = load(folder / file)
    return counts


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Name the file in whatever goes wrong with its content, references to other files included."""
    try:
        yield
        connection.check_constraints()
    except FileRefused as refused:
        wrong = "\n".join(f"row {p.row}, {p.column}: {p.reason}" for p in refused.problems)
        raise RecordError(f"{file} cannot be loaded:\n{wrong}") from refused
    except KeyError as error:
        raise RecordError(f"{file} cannot be loaded: {error} is missing or unknown.") from error
    except (ValueError, csv.Error, yaml.YAMLError, DatabaseError) as error:
        raise RecordError(f"{file} cannot be loaded: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise RecordError(f"{file} cannot be read: {error.strerror}.") from error
