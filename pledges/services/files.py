"""Documents of a pledge: rows and stored files kept together.

The file is written first, under a random name, the row after it: what is cut off in between leaves a file without a
row, which the sweep removes. A row is never left without its file.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from pledges.enums import ScanState
from pledges.errors import FileRefused
from pledges.models import EvidenceFile, Pledge, ProgressUpdate
from pledges.permissions import check_can_attach
from pledges.scanning import scan
from pledges.uploads import Checked, check_upload

FOLDER = "evidence"
YOUNG = timedelta(hours=1)  # longer than any request: its row may still come


class Swept(NamedTuple):
    """What the sweep found: files removed for want of a row, and the keys of rows whose file is gone."""

    removed: list[str]
    missing: list[int]


def attach_file(
    *, pledge: Pledge, file: Any, kind: str, by: Any, at: datetime, progress_update: ProgressUpdate | None = None
) -> EvidenceFile:
    """Keep an uploaded document with a pledge, or with one of its reports. The same content is kept once.

    Raises NotAllowed, WrongStatus, or FileRefused with a sentence that says how to mend the file.
    """
    of_partner = progress_update.partner if progress_update else None
    check_can_attach(by, pledge, to_report=progress_update is not None, partner=of_partner)
    checked = check_upload(file)
    state = scan(file)
    if state == ScanState.INFECTED:
        raise FileRefused(
            _("The virus scanner found something harmful in “%(name)s”. It was not kept. Have your computer checked.")
            % {"name": checked.name}
        )
    stored = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", file)
    try:
        row = add_row(pledge, checked, stored, kind=kind, state=state, by=by, at=at, progress_update=progress_update)
    except BaseException:
        default_storage.delete(stored)
        raise
    if row.file.name != stored:
        default_storage.delete(stored)
    return row


@transaction.atomic
def add_row(
    pledge: Pledge,
    checked: Checked,
    stored: str,
    *,
    kind: str,
    state: ScanState,
    by: Any,
    at: datetime,
    progress_update: ProgressUpdate | None,
) -> EvidenceFile:
    """Insert the row of a stored file, unless the pledge has this document already: then return that row."""
    locked = Pledge.objects.locked(pledge)
    of_partner = progress_update.partner if progress_update else None
    check_can_attach(by, locked, to_report=progress_update is not None, partner=of_partner)
    rows = EvidenceFile.objects.filter(pledge=locked)
    same = rows.filter(sha256=checked.sha256, kind=kind, progress_update=progress_update).first()
    if same:
        return same
    if rows.count() >= settings.UPLOAD_MAX_FILES:
        raise FileRefused(
            _("This pledge has %(limit)s documents, which is the limit. Remove one, or join several in one PDF.")
            % {"limit": settings.UPLOAD_MAX_FILES}
        )
    with acting(by, "attach"):
        return EvidenceFile.objects.create(
            pledge=locked,
            progress_update=progress_update,
            kind=kind,
            file=stored,
            original_name=checked.name,
            content_type=checked.content_type,
            size=checked.size,
            sha256=checked.sha256,
            scan_state=state,
            author=by,
            created_at=at,
        )


@transaction.atomic
def remove_file(*, row: EvidenceFile, by: Any) -> None:
    """Remove a document; its history stays. Raises NotAllowed or WrongStatus."""
    locked = Pledge.objects.locked(row.pledge)
    check_can_attach(by, locked)
    stored = str(row.file.name)
    with acting(by, "remove"):
        EvidenceFile.objects.filter(pk=row.pk).delete()
    transaction.on_commit(lambda: default_storage.delete(stored))


def is_readable(row: EvidenceFile) -> bool:
    """Return whether a document is handed out: scanned and clean, or never to be scanned."""
    return row.scan_state == ScanState.CLEAN or (row.scan_state == ScanState.UNSCANNED and not settings.CLAMD_URL)


def sweep_files(*, at: datetime) -> Swept:
    """Remove stored documents that no row names, once they are old enough, and return them with what is missing."""
    stored = set(stored_files(default_storage))
    names = dict(EvidenceFile.objects.values_list("file", "pk"))
    lonely = sorted(name for name in stored - names.keys() if is_old(name, at))
    for name in lonely:
        default_storage.delete(name)
    missing = sorted(names[name] for name in names.keys() - stored if not default_storage.exists(name))
    return Swept(lonely, missing)


def stored_files(storage: Storage) -> Iterator[str]:
    """Return the names of all stored documents."""
    try:
        _folders, files = storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    yield from (f"{FOLDER}/{name}" for name in files)


def is_old(name: str, at: datetime) -> bool:
    """Return whether a stored file has been there for longer than any request takes; one just removed is not."""
    try:
        return default_storage.get_modified_time(name) < at - YOUNG
    except FileNotFoundError:
        return False
