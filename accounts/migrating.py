"""Operations of migrations, taken together where they can be: a new database is there in a third of the time.

After each operation Django builds anew all models that are related to the changed one, which here are nearly all.
"""

from itertools import groupby
from typing import Any

from django.db.migrations.operations import AddField, AlterField, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import IndexOperation

KINDS: tuple[Any, ...] = (CreateModel, (AddField, AlterField), IndexOperation)  # IndexOperation: triggers as well


class Together(Operation):
    """Operations of one kind: Django's models are built once for all of them, the SQL is each one's own, in order.

    The state before is the one before the first, the state after the one after the last: none may build on another.
    """

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Apply all to the state, whose models are built when they are next asked for."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Apply all to the database."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Take all back, the last first."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Return what each does."""
        return "; ".join(operation.describe() for operation in self.operations)


def together(operations: list[Operation]) -> list[Operation]:
    """Return the operations of a migration with neighbours of one kind taken together."""
    grouped: list[Operation] = []
    for index, group in groupby(operations, key=kind_of):
        members = list(group)
        grouped += members if index is None else [Together(members)]
    return grouped


def kind_of(operation: Operation) -> int | None:
    """Return the place of an operation's kind in KINDS, None for one that must stand alone."""
    return next((place for place, kind in enumerate(KINDS) if isinstance(operation, kind)), None)
