"""Celery tasks: hints to look at decisions and stored documents. A lost or repeated one does no harm."""

import logging

from celery import shared_task
from django.utils import timezone

from pledges.scanning import scan_waiting
from pledges.services import carry_out_due
from pledges.services.files import sweep_files

log = logging.getLogger(__name__)


@shared_task(name="pledges.tasks.carry_out_decisions")
def carry_out_decisions() -> None:
    """Announce and withdraw what two people decided for an instant that has come."""
    carry_out_due(at=timezone.now())


@shared_task(name="pledges.tasks.scan_files")
def scan_files() -> None:
    """Scan what waits for the scanner."""
    scan_waiting()


@shared_task(name="pledges.tasks.sweep_files")
def sweep_stored_files() -> None:
    """Remove what was left by requests cut off, and raise the alarm over rows without their file."""
    swept = sweep_files(at=timezone.now())
    if swept.missing:
        log.error("%s documents have a row but no file: %s", len(swept.missing), swept.missing)
