"""What searching and sorting need: trigrams, words without accents, and a sort key that no locale can change."""

from typing import ClassVar

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

SORT_KEY = """
CREATE FUNCTION sort_key(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT lower(public.unaccent('public.unaccent', value)) $$;
"""
PLAIN_ENGLISH = """
CREATE TEXT SEARCH CONFIGURATION plain_english (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION plain_english
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
"""


class Migration(migrations.Migration):
    """Comes before every table, since columns and triggers use it."""

    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(SORT_KEY, "DROP FUNCTION sort_key"),
        migrations.RunSQL(PLAIN_ENGLISH, "DROP TEXT SEARCH CONFIGURATION plain_english"),
    ]
