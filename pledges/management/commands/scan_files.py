"""Scan the documents that have no verdict of the virus scanner yet."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pledges.scanning import scan_waiting


class Command(BaseCommand):
    """Runs every five minutes too (config/celery.py)."""

    help = "Scans the documents that wait for the virus scanner (CLAMD_URL)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Scan and say how many came out how."""
        if not settings.CLAMD_URL:
            raise CommandError("No scanner is set: CLAMD_URL is empty.")
        found = scan_waiting()
        self.stdout.write(", ".join(f"{count} {state}" for state, count in sorted(found.items())) or "nothing waits")
