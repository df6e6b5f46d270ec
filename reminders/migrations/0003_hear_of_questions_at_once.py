"""Let focal points hear of a question or a return on its day, where the ladder is still the one we began with."""

from typing import Any

from django.db import migrations

REASON = "clarification"
BEFORE = {(3, "focal_point"), (10, "approver"), (21, "desk_officer")}


def add_the_first_step(apps: Any, schema_editor: Any) -> None:
    """Add the step; a ladder that staff have changed stays theirs, and a new database has none yet."""
    step = apps.get_model("reminders", "LadderStep").objects.using(schema_editor.connection.alias)
    if set(step.filter(reason=REASON).values_list("offset_days", "audience")) == BEFORE:
        step.create(reason=REASON, offset_days=0, audience="focal_point")


class Migration(migrations.Migration):
    dependencies = [("reminders", "0002_follow_through")]

    operations = [migrations.RunPython(add_the_first_step, migrations.RunPython.noop)]
