"""R21: a process killed anywhere in an upload leaves no row without its file; the sweep takes the rest."""

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.models import EvidenceFile, Pledge
from pledges.services.files import attach_file, remove_file, sweep_files
from tests.factories import DraftPledgeFactory, member_of
from tests.files.hostile import pdf

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(2**31))))


def upload_without_end(pledge: Pledge, by: Any) -> None:
    """Attach and remove documents until killed. Runs in a process of its own."""
    connections.close_all()
    number = 0
    while True:
        number += 1
        file = SimpleUploadedFile("note.pdf", pdf(b"%d %d" % (os.getpid(), number)))
        row = attach_file(pledge=pledge, file=file, kind="evidence", by=by, at=timezone.now())
        if number % 2:
            remove_file(row=row, by=by)


def run_and_kill(pledge: Pledge, by: Any, *, after: float) -> None:
    """Upload in a process of its own, and kill that after so many seconds."""
    connection.close()
    child = os.fork()
    if not child:
        try:
            upload_without_end(pledge, by)
        finally:
            os._exit(1)  # never reached but by an error: the parent sees it
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "The upload ended by itself."


@pytest.mark.django_db(transaction=True)
def test_a_killed_upload_leaves_rows_and_files_together(settings: Any, folder: Path) -> None:
    settings.UPLOAD_MAX_FILES = 10_000
    pledge = DraftPledgeFactory()
    by = member_of(pledge.participant, MembershipRole.DRAFTER)
    chance = random.Random(SEED)
    longest, kills, rows = 0.25, 0, set[str]()
    while kills < KILLS or (not rows and kills < KILLS + 20):
        run_and_kill(pledge, by, after=chance.uniform(0.02, longest))
        kills += 1
        stored = {f"evidence/{path.name}" for path in (folder / "evidence").glob("*")}
        rows = set(EvidenceFile.objects.values_list("file", flat=True))
        assert rows <= stored, f"seed {SEED}"
        for row in EvidenceFile.objects.all():
            assert len(row.file.read()) == row.size, f"seed {SEED}"
            row.file.close()
        longest = longest if rows else min(longest * 1.5, 10)  # seconds: a busy machine stores its first file later
    lonely = stored - rows
    swept = sweep_files(at=timezone.now() + timedelta(hours=2))
    assert (set(swept.removed), swept.missing) == (lonely, []), f"seed {SEED}"
    assert {f"evidence/{path.name}" for path in (folder / "evidence").glob("*")} == rows
    assert rows, "Nothing was stored between the kills: they come too soon."
    print(f"{kills} kills, {len(rows)} rows, {len(lonely)} files swept, seed {SEED}")
