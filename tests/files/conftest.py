"""A folder of documents for each test, the people around a pledge, and a scanner of our own."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.files.hostile import EICAR
from tests.pledges.conftest import Cast, cast

__all__ = ["cast"]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """An empty folder for uploads."""
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def lead_drafter(cast: Cast) -> Client:
    """A browser in which a drafter of the lead is signed in."""
    return browser(cast.people["drafter"])


def browser(person: Any) -> Client:
    """Return a browser in which somebody is signed in, or nobody."""
    client = Client()
    if person.is_authenticated:
        client.force_login(person)
    return client


LIMIT = 100_000  # bytes that this scanner looks at


class Scanner(socketserver.BaseRequestHandler):
    """Speaks clamd's INSTREAM and PING, and finds EICAR."""

    def handle(self) -> None:
        """Read one stream to its end and say what is in it."""
        line = self.request.makefile("rb")
        command = line.read(6)
        if command == b"zPING\0":
            self.request.sendall(b"PONG\0")
            return
        assert command + line.read(4) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!L", line.read(4))[0]:
            content += line.read(length)
        if len(content) > LIMIT:
            self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            return
        self.request.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


@pytest.fixture
def scanner(settings: Any) -> Iterator[str]:
    """A scanner that is there and set; returns its address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMD_URL = f"tcp://127.0.0.1:{server.server_address[1]}"
        yield settings.CLAMD_URL
        server.shutdown()


@pytest.fixture
def scanner_away(settings: Any) -> None:
    """A scanner that is set, and not there."""
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
