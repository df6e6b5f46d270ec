"""Remove stored documents without a row, and report rows without their file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pledges.services.files import sweep_files


class Command(BaseCommand):
    """Runs every night too (config/celery.py)."""

    help = "Removes stored documents that no row names, older than an hour; names rows whose file is gone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, say what was found, and fail where a file is missing."""
        swept = sweep_files(at=timezone.now())
        self.stdout.write(f"{len(swept.removed)} files without a row removed")
        if swept.missing:
            keys = ", ".join(map(str, swept.missing))
            raise CommandError(f"{len(swept.missing)} rows without their file: {keys}. Restore them from the backup.")
        self.stdout.write("0 rows without their file")
