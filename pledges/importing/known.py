"""What the cells of a table may name, read once: thousands of rows are checked without a query."""

from dataclasses import dataclass
from datetime import date

from capabilities.models import CapabilityType, CapabilityWording, Category, Mission
from conferences.models import Conference, Participant
from pledges.enums import Match


@dataclass(frozen=True)
class ConferenceFacts:
    """What a row needs of its conference."""

    prefix: str
    last_day: date
    has_pledges: bool


@dataclass(frozen=True)
class Known:
    """Codes that exist, and what each wording of a capability means."""

    conferences: dict[str, ConferenceFacts]
    participants: dict[str, str]
    missions: frozenset[str]
    categories: frozenset[str]
    wordings: dict[tuple[str, str], tuple[str | None, str]]
    types: dict[str, tuple[str, str]]
    registrable: frozenset[str]

    @classmethod
    def load(cls) -> "Known":
        """Read all that rows may refer to."""
        return cls(
            conferences={
                one.slug: ConferenceFacts(one.reference_prefix, one.ends_on, one.has_pledges)
                for one in Conference.objects.all()
            },
            participants=dict(Participant.objects.values_list("code", "kind")),
            missions=frozenset(Mission.objects.values_list("acronym", flat=True)),
            categories=frozenset(Category.objects.values_list("code", flat=True)),
            wordings={
                (category, wording): (code, match)
                for category, wording, code, match in CapabilityWording.objects.values_list(
                    "category", "wording", "capability_type", "match"
                )
            },
            types={
                name.casefold(): (code, unit)
                for code, title, unit in CapabilityType.objects.values_list("code", "name", "unit_of_measure")
                for name in (code, title)
            },
            registrable=frozenset(
                CapabilityType.objects.filter(is_pcrs_registrable=True).values_list("code", flat=True)
            ),
        )

    def type_of(self, category: str, wording: str, unit: str) -> tuple[str | None, str]:
        """Return the capability type that a wording means and how closely it fits.

        The table of wordings decides. A wording that it does not hold may be a type's own name or code: exactly this
        type, or broadly where the quantity is counted in another unit. Anything else fits none.
        """
        if found := self.wordings.get((category, wording)):
            return found
        code, measure = self.types.get(wording.casefold(), (None, ""))
        if code is None:
            return None, Match.NONE
        return code, Match.EXACT if unit in ("", measure) else Match.BROADER
