"""Operations of migrations that are taken together: each once, in order, and none across another kind."""

from typing import Any

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, RunSQL
from django.db.models import IntegerField

from accounts.migrating import Together, together


def field(name: str) -> AddField:
    return AddField("pledge", name, IntegerField(null=True))


def test_neighbours_of_one_kind_are_taken_together() -> None:
    first, second, alone, third = field("a"), field("b"), RunSQL("SELECT 1"), field("c")
    grouped: Any = together([first, second, alone, third])
    assert [group.operations if isinstance(group, Together) else group for group in grouped] == [
        [first, second], alone, [third],
    ]  # fmt: skip


def test_models_are_built_once_for_all() -> None:
    state = MigrationLoader(None).project_state()
    before = state.apps
    Together([field("a"), field("b")]).state_forwards("pledges", state)
    assert "apps" not in state.__dict__
    assert {"a", "b"} <= {found.name for found in state.apps.get_model("pledges.Pledge")._meta.get_fields()}
    assert not {"a", "b"} & {found.name for found in before.get_model("pledges.Pledge")._meta.get_fields()}
