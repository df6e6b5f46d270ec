"""The product served as scripts/run serves it, and a client that keeps its connection."""

import http.client
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.database import Databases
from scripts.embedded import process
from scripts.embedded.folder import ROOT
from scripts.embedded.postgres import free_port, tail


class Site:
    """One connection to a running product, kept open."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """Return the body of an answer, which must be one."""
        self.connection.request("GET", path, headers=headers or {})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{path} answered {answer.status}: {body[:500]!r}")
        return body

    def getter(self, path: str, headers: dict[str, str] | None = None) -> Callable[[], bytes]:
        """Return the call of a path."""
        return lambda: self.get(path, headers)


@contextmanager
def serving(databases: Databases, size: int) -> Iterator[Site]:
    """Serve a database on a free port of 127.0.0.1."""
    port, log = free_port(), databases.folder.log(f"web-{size}")
    command = [
        sys.executable, "-P", "-m", "gunicorn", "config.wsgi", "--worker-class=gthread", "--workers=1", "--threads=4",
        "--preload", f"--bind=127.0.0.1:{port}", "--no-control-socket", "--keep-alive=600", "--log-level=error",
    ]  # fmt: skip
    child = process.spawn(
        command,
        log=log,
        note=databases.folder.notes / f"web-{size}.pid",
        environment=databases.environment(databases.url(size), port),
        cwd=ROOT,
    )
    try:
        if not process.wait_until(lambda: answers(port), seconds=60, child=child):
            sys.exit(f"The site did not start. Its last words:\n{tail(log)}")
        yield Site(port)
    finally:
        process.stop(child)


def answers(port: int) -> bool:
    """Return whether the site answers."""
    try:
        Site(port).get("/api/v1/")
    except OSError:
        time.sleep(0.1)
        return False
    return True
