"""Measures what deriving a day's reminders takes, in databases of live pledges: seconds, memory, and the plans."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from psycopg2 import sql

from benchmarks.database import Databases, name_of
from benchmarks.timing import table
from scripts.embedded.folder import ROOT, DataFolder

LIVE_SHARE = 0.74  # of made-up pledges, the share that is or was registered
PLANS = ROOT / "docs" / "plans"


def main(arguments: list[str]) -> int:
    """Measure, print what came out, and keep the plans where asked to."""
    parser = argparse.ArgumentParser(prog="scripts/bench_owed", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="live pledges per database")
    parser.add_argument("--keep-plans", action="store_true", help="write the plans of the largest into docs/plans")
    options = parser.parse_args(arguments)
    rows, plans = [], dict[str, str]()
    with tempfile.TemporaryDirectory(prefix="pledges-owed-") as name:
        folder = DataFolder(Path(name))
        with folder.locked("scripts/bench_owed"), folder.services() as services:
            databases = Databases(folder, *services)
            databases.prepare()
            for size in options.sizes:
                measured, plans = at_size(databases, size)
                rows += measured
    print(table(["", "live pledges", "debts", "messages", "seconds", "again, nothing new", "peak MB"], rows))
    if options.keep_plans:
        keep(plans, max(options.sizes))
    return 0


def at_size(databases: Databases, size: int) -> tuple[list[list[str]], dict[str, str]]:
    """Return the rows of the table for one size, and the plans of all queries."""
    made = round(size / LIVE_SHARE)
    databases.fill(made)
    live = child(databases, made, "prepare", role="postgres")["live"]
    databases.as_superuser(name_of(made), sql.SQL("VACUUM ANALYZE"))
    rows = []
    for mode, what in (("first", "first look: ninety days to catch up"), ("next", "the next day")):
        found = child(databases, made, mode)
        rows.append([
            what, f"{live:,}", f"{found['debts']:,}", f"{found['messages']:,}", f"{found['seconds']:.1f}",
            f"{found['seconds again']:.1f}", f"{found['peak MB']:.0f}",
        ])  # fmt: skip
    databases.as_superuser(name_of(made), sql.SQL("VACUUM ANALYZE"))
    return rows, child(databases, made, "plans")


def child(databases: Databases, made: int, mode: str, role: str = "pledges_owner") -> dict[str, Any]:
    """Return what a process of its own says of a database."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.owed_day", mode], cwd=ROOT, capture_output=True, text=True, check=False,
        env=databases.environment(databases.postgres.url(role, name_of(made))),
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{mode} failed:\n{done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def keep(plans: dict[str, str], size: int) -> None:
    """Write each plan into a file of its own."""
    PLANS.mkdir(exist_ok=True)
    for reason, plan in plans.items():
        head = f"What is owed for {reason}, among {size:,} live pledges (scripts/bench_owed --keep-plans)\n\n"
        (PLANS / f"{reason}.txt").write_text(head + plan + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
