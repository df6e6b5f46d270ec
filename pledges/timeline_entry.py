"""One entry of a pledge's timeline, whatever it tells of."""

from dataclasses import dataclass, field
from datetime import date, datetime

from pledges.enums import Confidence


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind` is one of announcement, report, assessment, readiness, plan, step, decision,
    edit, note, mail, share, file, allocation; what a kind does not tell is empty."""

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

    @property
    def anchor(self) -> str:
        """The permanent name of the entry on its page."""
        return f"{self.kind}-{self.key}"

    @property
    def confidence(self) -> str:
        """The kind of source as a word."""
        return str(Confidence(self.source_confidence).label) if self.source_confidence else ""
