"""What README.md gives as a dependency, with a reason, is what the requirements name by hand, no more and no less."""

import re

from scripts.embedded.folder import ROOT

STUBS = {"types-*"}  # stands for all of them


def plain(name: str) -> str:
    """Return the name of a package without what it is asked for besides."""
    return re.sub(r"\[.*?\]", "", name).strip().lower()


def test_every_dependency_has_its_reason() -> None:
    table = (ROOT / "README.md").read_text().split("| dependency | why |")[1].split("\n\n")[0]
    cells = [re.sub(r"\((?:embedded only|tests|checks)\)", "", row.split("|")[1]) for row in table.splitlines()[2:]]
    explained = {plain(name) for cell in cells for name in re.split(r",(?![^\[]*\])| with | and ", cell)}
    lines = [line for file in ROOT.glob("requirements*.in") for line in file.read_text().splitlines()]
    asked = {plain(re.split(r"[=<>~]=", line)[0]) for line in lines if re.match(r"[a-zA-Z]", line)}
    assert explained - STUBS == {name for name in asked if not name.startswith("types-")}
