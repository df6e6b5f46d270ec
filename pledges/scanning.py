"""The virus scanner: clamd, spoken to over its own socket (INSTREAM). Without CLAMD_URL nothing is scanned."""

import logging
import socket
import struct
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from accounts.history import acting
from pledges.enums import ScanState
from pledges.models import EvidenceFile

CHUNK = 64 * 1024
SECONDS = 20.0
TASK_SECONDS = 30.0  # with one more scan still below the limit of a task (config/settings.py)
PORT = 3310
log = logging.getLogger(__name__)


class ScannerAway(Exception):
    """The scanner cannot be reached, or gave no verdict."""


def scan(file: Any) -> ScanState:
    """Return what is known of a file's content now: unscanned where no scanner is set, quarantined where it is away.

    The file is read from its beginning and left there.
    """
    if not settings.CLAMD_URL:
        return ScanState.UNSCANNED
    file.seek(0)
    try:
        verdict = ask(settings.CLAMD_URL, file)
    except (OSError, ScannerAway) as error:
        log.warning("scanner away: %s", error)
        return ScanState.QUARANTINED
    finally:
        file.seek(0)
    return verdict


def ask(address: str, file: Any) -> ScanState:
    """Return clamd's verdict on a stream. Raises OSError where it cannot be reached, ScannerAway for no verdict."""
    with connection(address) as line:
        line.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))
        answer = read_answer(line)
    if answer.endswith(b" FOUND"):
        return ScanState.INFECTED
    if answer == b"stream: OK":
        return ScanState.CLEAN
    raise ScannerAway(answer.decode("ascii", "replace")[:200])


def connection(address: str) -> socket.socket:
    """Return a connection to tcp://host:port or unix:///path."""
    url = urlsplit(address)
    if url.scheme == "tcp":
        return socket.create_connection((url.hostname or "", url.port or PORT), timeout=SECONDS)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(SECONDS)
    try:
        line.connect(url.path)
    except OSError:
        line.close()
        raise
    return line


def read_answer(line: socket.socket) -> bytes:
    """Return what clamd says, without its closing NUL."""
    answer = b""
    while not answer.endswith(b"\0") and (part := line.recv(1024)):
        answer += part
    return answer.rstrip(b"\0\n")


def scan_waiting() -> dict[str, int]:
    """Scan stored files without a verdict, the newest first, for as long as a task may take.

    Returns how many came out how; nothing where no scanner is set.
    """
    found: dict[str, int] = {}
    end = time.monotonic() + TASK_SECONDS
    waiting = EvidenceFile.objects.filter(scan_state__in=[ScanState.UNSCANNED, ScanState.QUARANTINED])
    for row in waiting.order_by("-pk") if settings.CLAMD_URL else ():
        state = scan_stored(row)
        found[state] = found.get(state, 0) + 1
        if time.monotonic() > end or (state == ScanState.QUARANTINED and not is_there(settings.CLAMD_URL)):
            break  # the rest waits for the next time
    return found


def is_there(address: str) -> bool:
    """Return whether the scanner answers at all; it may refuse one file, such as one above its own limit."""
    try:
        with connection(address) as line:
            line.sendall(b"zPING\0")
            return read_answer(line) == b"PONG"
    except OSError:
        return False


def scan_stored(row: EvidenceFile) -> ScanState:
    """Scan one stored file and note the verdict, if there is one."""
    try:
        with row.file.open("rb") as opened:
            state = scan(opened)
    except OSError as error:  # the sweep reports a row without its file
        log.error("file %s cannot be read: %s", row.pk, error)
        return ScanState.UNSCANNED
    if state != row.scan_state:
        with acting(None, "scan"):
            EvidenceFile.objects.filter(pk=row.pk).update(scan_state=state)
        if state == ScanState.INFECTED:
            log.error("file %s of pledge %s is infected: it is out of reach", row.pk, row.pledge_id)
    return state
