"""Let delegations hear of the day by which they pledged to deliver, in databases that have their ladders already."""

from typing import Any

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

REASON = "delivery_due"
LADDER = [(-30, "focal_point"), (0, "focal_point"), (14, "approver"), (30, "desk_officer")]


def add_the_ladder(apps: Any, schema_editor: Any) -> None:
    """Add the ladder; a new database has none yet, and where staff removed all nobody is to hear of anything."""
    step = apps.get_model("reminders", "LadderStep")
    steps = step.objects.using(schema_editor.connection.alias)
    if steps.exists() and not steps.filter(reason=REASON).exists():
        steps.bulk_create(step(reason=REASON, offset_days=days, audience=audience) for days, audience in LADDER)


class Migration(migrations.Migration):
    dependencies = [("reminders", "0007_deliveries_that_are_due")]

    operations = [
        ValidateConstraint("reminderitem", name="reminder_item_reason_known"),  # reads the rows, and blocks no writes
        migrations.RunPython(add_the_ladder, migrations.RunPython.noop),
    ]
