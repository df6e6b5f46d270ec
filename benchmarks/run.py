"""Measures lists, figures, import and synthetic data in databases of made-up pledges, against bare queries.

Every figure is a ratio of medians whose parts were measured in turn, so that a busy machine slows both alike.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import orjson

from benchmarks.bare import CONFERENCE, PAGE, Bare, at_depth
from benchmarks.database import Databases, Pace
from benchmarks.served import Site, serving
from benchmarks.timing import Arm, measure, table
from conferences.keyset import encoded
from scripts.embedded.folder import DataFolder

DEPTH = 0.9
# What is measured over HTTP, and the bare query that it is measured against.
AGAINST = {
    "API list of 50": "list",
    "API list of 50, with a token": "list",
    "API list of 50, one conference": "list of one conference",
    "API list of 50, at 90 % depth": "list at 90 % depth",
    "page of the pledge list": "list",
    "API gap": "gap",
    "page of the gap": "gap",
    "API root (no query)": "",
}
FORM = "form, "  # and a step: a signed-in drafter's page, against nothing


def main(arguments: list[str]) -> int:
    """Measure, and print what came out."""
    options = parsed(arguments)
    with tempfile.TemporaryDirectory(prefix="pledges-bench-") as name:
        folder = DataFolder(Path(name))
        with folder.locked("scripts/bench"), folder.services() as services, ExitStack() as stack:
            databases = Databases(folder, *services)
            databases.prepare()
            paces = [*(databases.fill(size) for size in options.sizes), databases.time_import(options.rows)]
            arms: list[Arm] = []
            for size in options.sizes:
                arms += arms_at(databases, size, stack.enter_context(serving(databases, size)))
            rounds = measure(arms, rounds=options.rounds, seconds=options.seconds)
    print(report(arms, options.sizes))
    print(f"\nMedians of {rounds} rounds, all measured in turn over one kept connection each.\n")
    print(report_of_paces(paces))
    return 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000], help="made-up pledges per database")
    parser.add_argument("--rounds", type=int, default=300, help="at most this many measurements of each")
    parser.add_argument("--seconds", type=float, default=240, help="at most this long for all measurements")
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the file to import")
    return parser.parse_args(arguments)


def arms_at(databases: Databases, size: int, site: Site) -> list[Arm]:
    """Return all that is measured in one database, once it is sure that both sides give the same rows."""
    bare = Bare(databases.url(size))
    position = bare.position_at(DEPTH)
    deep = f"/api/v1/pledges/?cursor={encoded('n', [position[0].isoformat(), position[1]])}"
    conference = f"/api/v1/pledges/?conference={CONFERENCE}"
    signed_in = {"Authorization": f"Bearer {databases.token()}"}
    drafter, form = databases.draft(size)
    calls = {
        "list": bare.page,
        "list of one conference": lambda: bare.page("AND conference_id = %s", CONFERENCE),
        "list at 90 % depth": at_depth(bare, position),
        "gap": bare.gap,
        "API list of 50": site.getter("/api/v1/pledges/"),
        "API list of 50, with a token": site.getter("/api/v1/pledges/", signed_in),
        "API list of 50, one conference": site.getter(conference),
        "API list of 50, at 90 % depth": site.getter(deep),
        "page of the pledge list": site.getter("/pledges/"),
        "API gap": site.getter("/api/v1/statistics/gap/"),
        "page of the gap": site.getter("/gap/"),
        "API root (no query)": site.getter("/api/v1/"),
    } | {FORM + path.split("/")[-2]: site.getter(path, drafter) for path in form}
    for name, other in AGAINST.items():
        if name.startswith("API list"):
            check_same_rows(orjson.loads(calls[name]())["results"], orjson.loads(calls[other]()))
    return [Arm(name, size, call) for name, call in calls.items()]


def check_same_rows(answered: list[dict[str, object]], bare: list[dict[str, object]]) -> None:
    """Stop where the product and the bare query do not give the same page: their times would mean nothing."""
    one, two = ([identity(row) for row in rows] for rows in (answered, bare))
    if one != two or len(one) != PAGE:
        sys.exit(f"Not the same rows: {one[:3]} and {two[:3]}")


def identity(row: dict[str, object]) -> tuple[object, ...]:
    """Return what tells a row apart, with what is nested in it."""
    partners: list[dict[str, object]] = row["partners"]  # type: ignore[assignment]
    named = [partner.get("participant", partner.get("participant_id")) for partner in partners]
    return row["reference"], row["title"], row["quantity"], row["missions"], named


def report(arms: list[Arm], sizes: list[int]) -> str:
    """Return the table of ratios: to the bare query at each size, and of the largest size to the smallest."""
    medians = {(arm.name, arm.size): arm.median for arm in arms}
    first, last = min(sizes), max(sizes)
    head = ["", *(f"{size:,}: ms" for size in sizes), *(f"{size:,}: x bare" for size in sizes), f"{last:,} / {first:,}"]
    rows = []
    for name in dict.fromkeys(arm.name for arm in arms):
        other = AGAINST.get(name, "")
        times = [f"{medians[name, size]:.2f}" for size in sizes]
        ratios = [f"{medians[name, size] / medians[other, size]:.1f}" if other else "" for size in sizes]
        rows.append([name if other or name in AGAINST or name.startswith(FORM) else f"bare {name}", *times, *ratios])
        rows[-1].append(f"{medians[name, last] / medians[name, first]:.2f}")
    return table(head, rows)


def report_of_paces(paces: list[Pace]) -> str:
    """Return the table of rows per second."""
    rows = [[what, f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}"] for what, rows, seconds in paces]
    return table(["", "rows", "seconds", "rows per second"], rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
