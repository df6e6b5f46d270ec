"""Keeps rows of a table in step with rows of a file: adds what is missing, changes what differs, leaves the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

BATCH = 1000
Row = dict[str, Any]

# Unset, the first makes every trigger catch an error to learn that it is to fire; the second keeps the plans that the
# triggers' statements have instead of making them anew for each row. Both end with the transaction.
BULK_SETTINGS = """
SELECT set_config('pgtrigger.ignore', '{}', true), set_config('plan_cache_mode', 'force_generic_plan', true)
"""


def expect_many_rows() -> None:
    """Make the triggers quick for the rest of this transaction; they do what they always do."""
    with connection.cursor() as cursor:
        cursor.execute(BULK_SETTINGS)


@dataclass
class Counts:
    """What became of the rows of one file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
        )

    def with_links(self, links: "Counts") -> "Counts":
        """Return these counts of rows, in which each link that came or went makes a row count as updated."""
        moved = min(links.created + links.removed, self.unchanged)
        return self + Counts(updated=moved, unchanged=-moved)


@dataclass
class Synced:
    """The rows as they now stand, by key, and what was done."""

    counts: Counts = field(default_factory=Counts)
    by_key: dict[tuple[Any, ...], Any] = field(default_factory=dict)


def sync(
    scope: models.QuerySet[Any],
    rows: Iterable[Row],
    key: Sequence[str],
    *,
    at_first: Callable[[Row], Mapping[str, Any]] | None = None,
    prune: bool = False,
) -> Synced:
    """Make the rows of `scope` those of `rows`, told apart by the columns `key`.

    A row names columns as the database does (`participant_id`). `at_first` says what more a new row is given. What is
    in `scope` but not in `rows` stays, unless `prune` says that the file alone decides.
    """
    present = {key_of(found, key): found for found in scope}
    result = Synced()
    new, changed, columns = [], [], set()
    for row in rows:
        identity = tuple(row[name] for name in key)
        found = present.pop(identity, None)
        if found is None:
            found = scope.model(**row, **(at_first(row) if at_first else {}))
            new.append(found)
        elif differing := [name for name, value in row.items() if getattr(found, name) != value]:
            for name in differing:
                setattr(found, name, row[name])
            columns |= set(differing)
            changed.append(found)
        else:
            result.counts.unchanged += 1
        result.by_key[identity] = found
    scope.model.objects.bulk_create(new, batch_size=BATCH)
    if changed:
        scope.model.objects.bulk_update(changed, sorted(columns), batch_size=BATCH)
    result.counts += Counts(created=len(new), updated=len(changed))
    if prune:
        result.counts.removed = remove(scope.model, [found.pk for found in present.values()])
    return result


def key_of(found: Any, key: Sequence[str]) -> tuple[Any, ...]:
    """Return the values of the key columns of a stored row."""
    return tuple(getattr(found, name) for name in key)


def remove(model: type[models.Model], keys: list[Any]) -> int:
    """Delete rows by primary key and return how many there were."""
    if keys:
        model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def sync_links(relation: Any, wanted: Mapping[Any, Iterable[Any]]) -> Counts:
    """Make the many-to-many links of each owner in `wanted` those named there; the file alone decides.

    `relation` is the descriptor, such as `Conference.hosts`; owners and targets are primary keys.
    """
    through = relation.through
    owner, target = (
        f"{name}_id" for name in (relation.field.m2m_field_name(), relation.field.m2m_reverse_field_name())
    )
    rows = [{owner: one, target: other} for one, others in wanted.items() for other in others]
    scope = through._default_manager.filter(**{f"{owner}__in": list(wanted)})
    return sync(scope, rows, (owner, target), prune=True).counts
