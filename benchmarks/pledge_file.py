"""A file of pledges to import, made of the rows of the real record under titles of their own."""

import csv
import itertools
from pathlib import Path

from scripts.embedded.folder import ROOT

SOURCE = ROOT / "data" / "pledges_2019_2023.csv"


def write_pledges(file: Path, rows: int) -> None:
    """Write that many rows in the form that import_pledges takes."""
    with SOURCE.open(newline="", encoding="utf-8") as opened:
        reader = csv.DictReader(opened)
        columns = list(reader.fieldnames or [])
        real = list(reader)
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, columns)
        writer.writeheader()
        for number, row in enumerate(itertools.islice(itertools.cycle(real), rows)):
            writer.writerow(row | {"title": f"{row['title']} ({number})", "earlier_pledge": ""})
