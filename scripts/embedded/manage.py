"""scripts/manage: runs a management command against the database of a data folder, or against DATABASE_URL."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.embedded.folder import DEFAULT, ROOT, DataFolder, InUse
from scripts.embedded.process import StartError

USAGE = "Usage: scripts/manage [--data DIR] COMMAND [ARGUMENT...]"


def main(arguments: list[str]) -> int:
    """Run the command as the owner of the database and return its exit code."""
    if arguments and arguments[0].startswith("--data="):
        arguments = ["--data", arguments[0].removeprefix("--data="), *arguments[1:]]
    data: Path | None = None
    if arguments[:1] == ["--data"] and len(arguments) > 1:
        data, arguments = Path(arguments[1]), arguments[2:]
    if not arguments or arguments[0] == "--data":
        print(USAGE, file=sys.stderr)
        return 2
    if data is None and os.environ.get("DATABASE_URL"):
        return manage(arguments, dict(os.environ))
    try:
        folder = DataFolder(data or DEFAULT)
        with addresses(folder) as known:
            environment = folder.environment(database_url=known["owner"], redis_url=known["broker"], port=8000)
            return manage(arguments, environment)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def manage(arguments: list[str], environment: dict[str, str]) -> int:
    """Run manage.py from where we are, so that file names on the command line keep their meaning."""
    try:
        return subprocess.call([sys.executable, ROOT / "manage.py", *arguments], env=environment)
    except KeyboardInterrupt:
        return 130


@contextmanager
def addresses(folder: DataFolder) -> Iterator[dict[str, str]]:
    """Yield the addresses of the folder's services: those of a running product, or of some started for us."""
    while True:
        try:
            with folder.locked("scripts/manage"):
                with folder.services() as (postgres, broker):
                    yield {"owner": postgres.owner_url, "broker": broker.url}
                return
        except InUse:
            if folder.holder().startswith("scripts/run"):
                yield folder.running_addresses()
                return
            time.sleep(0.2)  # another scripts/manage: its services end with it, so wait for our own


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
