"""One entry of a pledge's timeline, whatever it tells of."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from pledges.enums import Confidence


class Person(NamedTuple):
    """Somebody who acted, by the key and the name of their account."""

    pk: int
    name: str


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind` is one of announcement, report, assessment, readiness, condition, plan, step,
    decision, edit, note, mail, share, file, allocation, link; what a kind does not tell is empty."""

    kind: str
    key: str
    day: date | None
    precision: str
    title: str
    text: str = ""
    who: str = ""
    quantity: int | None = None
    unit: str = ""
    personnel: int | None = None
    women: int | None = None
    expected_on: date | None = None
    level: str = ""
    by_exception: bool | None = None
    source_title: str = ""
    source_url: str = ""
    source_confidence: str = ""
    at: datetime | None = None
    is_public: bool = True
    changes: tuple[str, ...] = field(default=())
    people: tuple[Person, ...] = field(default=())  # who acted, where this reader may know: beside `who`

    @property
    def anchor(self) -> str:
        """The permanent name of the entry on its page."""
        return f"{self.kind}-{self.key}"

    @property
    def confidence(self) -> str:
        """The kind of source as a word."""
        return str(Confidence(self.source_confidence).label) if self.source_confidence else ""


def by(*users: Any) -> dict[str, Any]:
    """Return what an entry says of the accounts that acted: one, or who proposed and who confirmed."""
    people = tuple(Person(user.pk, str(user)) for user in users if user)
    return {"who": in_one([person.name for person in people]), "people": people}


def by_context(event: Any) -> dict[str, Any]:
    """Return what an entry says of whoever wrote a row of the history."""
    context = event.pgh_context or {}
    name, pk = context.get("actor_name", ""), context.get("actor")
    return {"who": name, "people": (Person(pk, name),) if pk else ()}


def in_one(names: list[str]) -> str:
    """Return the names of those who acted: of two, the first proposed and the second confirmed."""
    if len(names) < 2:
        return "".join(names)
    return _("proposed by %(proposer)s, confirmed by %(second)s") % {"proposer": names[0], "second": names[1]}
