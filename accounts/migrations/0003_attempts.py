# Made by hand: the table that counts attempts to sign in.

from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    call_command("createcachetable", "attempts", verbosity=0, database=schema_editor.connection.alias)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_triggers'),
    ]

    operations = [
        migrations.RunPython(make_table, migrations.RunPython.noop),
    ]
