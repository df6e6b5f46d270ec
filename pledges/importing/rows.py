"""The check of one row of the pledge form: clean values, or every cell that is wrong with its reason."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from conferences.dates import ApproximateDate, parse_span
from conferences.references import record_key
from pledges.enums import Confidence
from pledges.importing.currencies import CURRENCIES
from pledges.importing.known import Known
from pledges.models import Pledge

Span = tuple[ApproximateDate, ApproximateDate]
check_url = URLValidator(schemes=["http", "https"])


class CellProblem(NamedTuple):
    """A cell that cannot be taken, and how to mend it."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class PledgeRow:
    """The clean values of one row; empty text or None where nothing is stated."""

    conference: str
    participant: str
    partners: list[str]
    title: str
    description: str
    category: str
    capability: str
    quantity: int | None
    unit: str
    personnel: int | None
    amount: Decimal | None
    currency: str
    mission: list[str]
    timeframe: Span
    earlier_pledge: str
    source_title: str
    source_url: str
    source_confidence: str

    @property
    def key(self) -> str:
        """What tells the pledge from all others: conference, participant and title together."""
        return record_key(self.conference, self.participant, self.title)


def clean_row(row: Mapping[str, str], known: Known) -> PledgeRow | list[CellProblem]:
    """Check one row, given as text by column name.

    Returns the clean values, or each wrong cell with its column, the value as it stands and the reason.
    """
    clean: dict[str, Any] = {}
    problems = []
    for column, check in CHECKS.items():
        text = row[column].strip()
        try:
            clean[column] = check(text, known)
        except ValueError as error:
            problems.append(CellProblem(column, row[column], str(error)))
    problems += contradictions(clean, row)
    return problems or PledgeRow(**clean)


def contradictions(clean: Mapping[str, Any], row: Mapping[str, str]) -> list[CellProblem]:
    """Return the cells that are right by themselves but not beside the others of their row."""
    found = []
    if clean.get("quantity") and clean.get("unit") == "":
        found.append(CellProblem("unit", row["unit"], _("Say what the quantity counts.")))
    if clean.get("amount") and clean.get("currency") == "":
        found.append(CellProblem("currency", row["currency"], _("Give the currency of the amount.")))
    if clean.get("currency") and clean.get("amount", "") is None:
        found.append(CellProblem("amount", row["amount"], _("Give the amount, or leave the currency empty.")))
    if clean.get("participant") in clean.get("partners", []):
        found.append(CellProblem("partners", row["partners"], _("The participant cannot be its own partner.")))
    return found


Check = Callable[[str, Known], Any]


def text(column: str, *, required: bool = False) -> Check:
    """Return the check of a text that goes into the pledge's column of that name."""
    limit: int | None = getattr(Pledge._meta.get_field(column), "max_length", None)

    def check(cell: str, _known: Known) -> str:
        if required and not cell:
            raise ValueError(_("This cell cannot be empty."))
        if "\x00" in cell:
            raise ValueError(_("This text holds a character that cannot be stored."))
        if limit and len(cell) > limit:
            raise ValueError(
                _("Use at most %(limit)s characters: these are %(length)s.") % {"limit": limit, "length": len(cell)}
            )
        return cell

    return check


def whole_number(limit: int) -> Check:
    """Return the check of a whole number above zero; empty is unknown."""

    def check(cell: str, _known: Known) -> int | None:
        if not cell:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", cell):
            raise ValueError(_("Write a whole number in digits, such as 1500."))
        if not 0 < int(cell) <= limit:
            raise ValueError(_("Give a number from 1 to %(limit)s, or leave the cell empty.") % {"limit": limit})
        return int(cell)

    return check


def money(cell: str, _known: Known) -> Decimal | None:
    """Check an amount in whole units of its currency, with up to two decimals."""
    if not cell:
        return None
    if not re.fullmatch(r"[0-9]{1,16}(\.[0-9]{1,2})?", cell):
        raise ValueError(_("Write an amount in digits, such as 2500000 or 84140.50."))
    if not Decimal(cell):
        raise ValueError(_("Give an amount above zero, or leave the cell empty."))
    return Decimal(cell)


def currency(cell: str, _known: Known) -> str:
    """Check the code of a currency."""
    if cell and cell not in CURRENCIES:
        raise ValueError(_("Write the three letters of a currency in ISO 4217, such as USD."))
    return cell


def conference(cell: str, known: Known) -> str:
    """Check that the conference exists and takes pledges."""
    if cell not in known.conferences:
        raise ValueError(_("There is no conference with this identifier."))
    if not known.conferences[cell].has_pledges:
        raise ValueError(_("This meeting takes no pledges."))
    return cell


def participant(cell: str, known: Known) -> str:
    """Check that the participant exists and can pledge."""
    if cell not in known.participants:
        raise ValueError(_("There is no participant with this code."))
    if known.participants[cell] == "un_secretariat":
        raise ValueError(_("The Secretariat does not pledge."))
    return cell


def category(cell: str, known: Known) -> str:
    """Check that the category exists."""
    if cell not in known.categories:
        raise ValueError(_("There is no category with this code."))
    return cell


def partners(cell: str, known: Known) -> list[str]:
    """Check the codes of the partners."""
    return several(cell, known.participants, _("There is no participant with the code “%(code)s”."))


def missions(cell: str, known: Known) -> list[str]:
    """Check the acronyms of the missions."""
    return several(cell, known.missions, _("There is no mission with the acronym “%(code)s”."))


def several(cell: str, allowed: Any, refusal: str) -> list[str]:
    """Return the codes in a cell of several, joined by semicolons, each known and named once."""
    codes = [code.strip() for code in cell.split(";")] if cell else []
    for code in codes:
        if code not in allowed:
            raise ValueError(refusal % {"code": code})
    if len(set(codes)) < len(codes):
        raise ValueError(_("The same code stands here twice."))
    return codes


def timeframe(cell: str, _known: Known) -> Span:
    """Check a year, month or day, or a span of two of them."""
    return parse_span(cell)


def url(cell: str, known: Known) -> str:
    """Check the address of the source."""
    text("source_url", required=True)(cell, known)
    try:
        check_url(cell)
    except ValidationError as error:
        raise ValueError(_("Give the full address of the source, beginning with https:// or http://.")) from error
    return cell


def confidence(cell: str, _known: Known) -> str:
    """Check what kind of source it is."""
    if cell not in Confidence.values:
        raise ValueError(_("Write one of: %(words)s.") % {"words": ", ".join(Confidence.values)})
    return cell


CHECKS: dict[str, Check] = {
    "conference": conference,
    "participant": participant,
    "partners": partners,
    "title": text("title", required=True),
    "description": text("description", required=True),
    "category": category,
    "capability": text("capability_wording"),
    "quantity": whole_number(2**63 - 1),
    "unit": text("unit"),
    "personnel": whole_number(2**31 - 1),
    "amount": money,
    "currency": currency,
    "mission": missions,
    "timeframe": timeframe,
    "earlier_pledge": text("earlier_pledge"),
    "source_title": text("source_title", required=True),
    "source_url": url,
    "source_confidence": confidence,
}
COLUMNS = tuple(CHECKS)
