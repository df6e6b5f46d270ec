"""The steps of the form: which fields apply to what is pledged, on which page they stand, and how far each page is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from capabilities.kinds import COURSE, CapabilityKind, kind_pledged
from pledges.enums import CaveatKnowledge, Kind
from pledges.models import Pledge
from pledges.quality import HOW_MUCH
from pledges.values import BESIDE, EMPTY, Typed

UNITS, MONEY, TRAINING, EXPERTISE, POLICY = CapabilityKind
COUNTED_BY_COURSES = frozenset({COURSE, "programme", "contribution"})


@dataclass(frozen=True)
class Step:
    """A page of the form: why we ask in a line, and the fields of all kinds of pledge that may stand on it."""

    slug: str
    title: Any
    why: Any
    fields: tuple[str, ...]


STEPS = (
    Step(
        "what",
        _("What you pledge"),
        _("The capability decides what else is asked. One pledge is one thing that can be followed by itself."),
        ("participant", "conference", "capability", "title", "description", "kind"),
    ),
    Step(
        "how-much",
        _("How much"),
        _("Numbers are what a gap is measured with. Leave empty what is not yet known."),
        (
            "quantity", "personnel", "women", "declared_readiness", "amount", "currency", "fund",
            "courses", "places", "places_for_women", "languages",
        ),
    ),
    Step(
        "when",
        _("Where and when"),
        _("So that missions can plan with it, and you are asked about it at the right time."),
        ("session", "missions", "deliver_from", "deliver_by"),
    ),
    Step(
        "outcome",
        _("What it will change"),
        _("A pledge that says what will be different, and who answers for it, is the one that is kept."),
        ("intended_outcome", "means_of_verification", "responsible_office", "commitment"),
    ),
    Step(
        "conditions",
        _("Conditions"),
        _("Conditions stated at the outset can be planned for; they count less when they come later."),
        ("caveats_known", "caveats"),
    ),
)  # fmt: skip
# Asked for before a pledge is submitted (validators.missing_for_submission), or never without an answer; all else is
# optional, and is marked as such.
NEEDED = frozenset({"participant", "conference", "capability", "title", "description", "kind", "caveats_known"})
STEP = {step.slug: step for step in STEPS}
STEP_OF = {name: step for step in STEPS for name in step.fields}

# The fields that apply to some kinds of pledge only; all others apply to each.
APPLY = {
    "quantity": {UNITS, EXPERTISE, TRAINING}, "personnel": {UNITS, EXPERTISE}, "women": {UNITS, EXPERTISE},
    "declared_readiness": {UNITS}, "amount": {MONEY}, "currency": {MONEY}, "fund": {MONEY}, "courses": {TRAINING},
    "places": {TRAINING}, "places_for_women": {TRAINING}, "languages": {TRAINING},
    "deliver_from": {UNITS, MONEY, TRAINING, EXPERTISE},
    "caveats_known": {UNITS, EXPERTISE}, "caveats": {UNITS, EXPERTISE},
}  # fmt: skip

# What a field is called where its usual label would not fit the kind: label and hint.
WORDS = {
    (MONEY, "deliver_from"): (_("Paid from"), _("The year alone is enough, such as 2026.")),
    (MONEY, "deliver_by"): (_("Paid by"), _("The last year of payment; after it the pledge is late.")),
    (TRAINING, "deliver_from"): (_("First held"), _("For example 30 6 2026. A month or a year is enough.")),
    (TRAINING, "deliver_by"): (_("Held by"), _("The date after which it is late. A month counts to its last day.")),
    (POLICY, "deliver_by"): (_("Done by"), _("The date after which it is late. A month counts to its last day.")),
    (POLICY, "intended_outcome"): (_("The outcome"), _("What will be different once it is done. It becomes public.")),
    (POLICY, "means_of_verification"): (
        _("How it will be shown"),
        _("For example a law published, a report to the Secretariat, a signed compact."),
    ),
    (EXPERTISE, "personnel"): (_("Experts"), _("How many persons come.")),
}
STATED_ANYWAY = {"kind": Kind.NEW, "caveats_known": CaveatKnowledge.UNKNOWN}


class StepState(TextChoices):
    """How far a step is, in the words of a task list."""

    NOT_STARTED = "not_started", _("Not yet started")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    PROBLEM = "problem", _("There is a problem")


def applies(name: str, pledge: Any) -> bool:
    """Return whether a field belongs to the kind of thing that this pledge names."""
    kind, capability = kind_pledged(pledge), pledge.capability_type
    if name == "declared_readiness":
        return kind == UNITS and bool(capability and capability.is_pcrs_registrable)
    if name == "session":
        return bool(pledge.conference.sessions.all())
    if name == "quantity" and kind == TRAINING:
        return bool(capability and capability.unit_of_measure not in COUNTED_BY_COURSES)
    return kind in APPLY.get(name, CapabilityKind)


def fields_of(step: Step, pledge: Any, written: Mapping[str, Any]) -> list[str]:
    """Return the fields of a step for a stored pledge: those that apply, and those that hold something anyway."""
    hidden = {"participant", "conference"}
    is_course = bool(pledge.capability_type and pledge.capability_type.unit_of_measure == COURSE)
    if is_course and written["quantity"] == written["courses"]:  # said once (`services.writing.fill`)
        hidden.add("quantity")
    said = {name for name in step.fields if is_said(name, written)}
    said |= {BESIDE[name] for name in said if name in BESIDE}
    asked = (name for name in step.fields if name not in hidden)
    return [name for name in asked if name in said or applies(name, pledge)]


def steps_of(pledge: Any, written: Mapping[str, Any]) -> list[tuple[Step, list[str]]]:
    """Return the steps that have anything to ask of this pledge, with their fields."""
    steps = ((step, fields_of(step, pledge, written)) for step in STEPS)
    return [(step, fields) for step, fields in steps if fields]


def is_said(name: str, written: Mapping[str, Any]) -> bool:
    """Return whether somebody has said anything in this field."""
    value = written.get(name)
    nothing = STATED_ANYWAY.get(name, EMPTY.get(name, ""))
    return isinstance(value, Typed) or bool(value != nothing if name != "missions" else value)


def state_of(step: Step, fields: Collection[str], pledge: Pledge, written: Mapping[str, Any]) -> StepState:
    """Return how far a step is. It is completed when it says all that a measurable pledge says there."""
    if any(isinstance(written.get(name), Typed) for name in fields):
        return StepState.PROBLEM
    said = {name for name in fields if is_said(name, written)}
    if not said:
        return StepState.NOT_STARTED
    how_much = HOW_MUCH.get(kind_pledged(pledge))
    needed = {
        "what": said >= {"capability", "title", "description"},
        "how-much": bool(how_much and how_much.is_said(pledge)),
        "when": "deliver_by" in said,
        "outcome": said >= {"intended_outcome", "means_of_verification", "responsible_office", "commitment"},
        "conditions": "caveats_known" in said,
    }
    return StepState.COMPLETED if needed[step.slug] else StepState.IN_PROGRESS
