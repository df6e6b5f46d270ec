"""What is asked before something is done with several pledges, and the doing: one pledge after the other."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.assessed import Known
from pledges.enums import AssessedState, Outcome
from pledges.errors import EditConflict, Incomplete, PledgeError
from pledges.follow_up import late_steps
from pledges.forms import CHOOSE, TextField
from pledges.models import Milestone, Pledge
from pledges.querysets import today
from pledges.services.assessing import STATES, assess, wrong_quantity
from pledges.services.plans import put_off
from pledges.transitions import CLOSING_OUTCOMES, apply_transition
from pledges.work.assessing import end, just_closed
from pledges.work.typing_it import TypedNumber, TypedReference, asked_where
from reminders.forms import DAY_WORDS, Refusable, day_box, end_of_pause
from reminders.remind import planned
from reminders.staff import pause, remind_now

Failures = dict[Pledge, str]


def why(help_text: Any = "") -> TextField:
    """Return the field for a reason."""
    words = {"required": gettext_lazy("Say in a sentence why.")}
    return TextField(label=gettext_lazy("Why?"), help_text=help_text, max_length=1000, error_messages=words)


class ActForm(Refusable):
    """What is asked of whoever does something with several pledges; `done` says in the past what it was."""

    done: Any = ""

    def __init__(self, *args: Any, pledges: list[Pledge], at: datetime, **options: Any) -> None:
        """Ask with these pledges in view, at an instant."""
        super().__init__(*args, **options)
        self.later: dict[Pledge, str] = {}  # what was done before, or is on another day, in a sentence
        self.told: frozenset[Pledge] = frozenset()  # with which nothing was done, for it was before

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Do it with each of these pledges. Return with which it could not be done, and why. May raise PledgeError."""
        raise NotImplementedError

    def name(self, failures: Failures) -> None:
        """Put on top what could not be done."""
        for pledge, sentence in failures.items():
            self.add_error(None, f"{pledge.reference}: {sentence}")


class RemindForm(ActForm):
    """Who of the delegations that are to answer hears of it: the focal points, unless others are chosen."""

    done = gettext_lazy("Reminders asked for")
    to = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who hears of it"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={**CHOOSE, "required": gettext_lazy("Tick at least one person.")},
    )

    def __init__(self, *args: Any, pledges: list[Pledge], at: datetime, **options: Any) -> None:
        super().__init__(*args, pledges=pledges, at=at, **options)
        self.plan = planned(pledges, at=at)
        to: Any = self.fields["to"]
        to.choices = [(key, key) for key in self.plan.today]
        to.required = bool(to.choices)

    @property
    def ticked(self) -> set[int]:
        """The keys of the people who are ticked now; the focal points as the page opens."""
        data: Any = self.data
        sent = data.getlist("to") if self.is_bound else self.initial.get("to")
        return self.plan.usual if sent is None else {key for key in self.plan.today if str(key) in sent}

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Remind the chosen people of these pledges."""
        asked = remind_now(pledges, by=by, at=at, to=self.cleaned_data["to"])
        self.later, self.told = asked.later, asked.told
        return asked.left_out


class PauseForm(ActForm):
    """Until when nobody is reminded, and why."""

    done = gettext_lazy("Reminders paused")
    until = end_of_pause()
    reason = why()

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Pause the reminders of these pledges, all or none."""
        pause(pledges=pledges, by=by, at=at, **self.cleaned_data)
        return {}


class PutOffForm(ActForm):
    """The new day of the late steps, and why."""

    done = gettext_lazy("Late steps put off")
    due_on = forms.DateField(label=gettext_lazy("New day"), widget=day_box(), error_messages=DAY_WORDS)
    reason = why()

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Put off every late step of these pledges, each for itself."""
        steps = late_steps(pledges, on=today())
        found = {pledge: self.refused(steps.get(pledge.pk, []), by=by, at=at) for pledge in pledges}
        found |= {pledge: _("None of its steps is late.") for pledge in pledges if pledge.pk not in steps}
        return {pledge: sentence for pledge, sentence in found.items() if sentence}

    def refused(self, steps: Iterable[Milestone], *, by: Any, at: datetime) -> str:
        """Put off steps of a pledge and return which of them could not be, and why; "" where all could."""
        found = []
        for step in steps:
            try:
                put_off(step=step, by=by, at=at, **self.cleaned_data)
            except PledgeError as refusal:
                found.append(f"“{step.title}”: {sentence_of(refusal)}")
        return " ".join(found)


class EndingForm(ActForm):
    """What may end several pledges for good: it takes their number, typed, and of a last one the reference."""

    def __init__(self, *args: Any, pledges: list[Pledge], **options: Any) -> None:
        super().__init__(*args, pledges=pledges, **options)
        self.unread: set[Pledge] = set()  # on which somebody said something after the page was opened
        self.ask(pledges)

    def ask(self, pledges: list[Pledge]) -> None:
        """Ask to confirm the end of these pledges; the field is named after their number, so it never tells another."""
        only = _("Only where you close them, for none can be opened again.")
        often = {"required": False, "help_text": only} if "closes" in self.fields else {}
        [first, *others] = pledges
        typed = TypedNumber(of=len(pledges), **often) if others else TypedReference(of=first.reference, **often)
        self.asked = f"typed_{len(pledges)}"
        self.fields[self.asked] = typed

    def read(self, pledge: Pledge) -> str:
        """Return the mark of what this person read of a pledge (assessed.Known), as the page sent it along: a field
        `was` for each pledge, after its reference. "" where it is missing."""
        sent: list[str] = self.data.getlist("was")  # type: ignore[attr-defined]
        return dict(text.partition(":")[::2] for text in sent).get(pledge.reference, "")

    def mark(self, pledge: Pledge, known: Known) -> str:
        """Return the mark that goes along with the page: that of what is `known` where the page says so, else it stays
        what it was."""
        return known.mark if not self.is_bound or pledge in self.unread else self.read(pledge)

    def each(
        self, pledges: list[Pledge], by: Any, act: Callable[[Pledge], object], *, reason: str, outcome: str
    ) -> Failures:
        """Do something with each pledge by itself and return what was refused, and why.

        Where this person closed it in the same words and with the same outcome, that is a second click and no refusal.
        """
        failures = {}
        for pledge in pledges:
            try:
                act(pledge)
            except PledgeError as refusal:
                if not just_closed(pledge, by, reason=reason, outcome=outcome):
                    failures[pledge] = sentence_of(refusal)
                    self.unread |= {pledge} if isinstance(refusal, EditConflict) else set()
        return failures

    def clean(self) -> dict[str, Any]:
        """Hold what was typed against what ends, and return what else was sent."""
        ends = "closes" not in self.fields or bool(self.cleaned_data.get("closes"))
        asked_where(self, self.asked, ends=ends)
        return {name: value for name, value in self.cleaned_data.items() if name != self.asked}

    def name(self, failures: Failures) -> None:
        """Put on top what could not be done, and ask anew for those that are left."""
        super().name(failures)
        del self.fields[self.asked]
        self.ask(list(failures))


class AssessForm(EndingForm):
    """What the Secretariat finds of several pledges alike, and whether they end with it."""

    state = forms.ChoiceField(
        label=gettext_lazy("How do these pledges stand?"),
        help_text=gettext_lazy(
            "“Delivered” confirms all of each. Otherwise the number confirmed so far stays: another takes the page of "
            "the pledge."
        ),
        choices=[(state, state.label) for state in STATES],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    reason = TextField(
        label=gettext_lazy("On what does this rest?"),
        help_text=gettext_lazy("It stands with each of them. Everybody who sees the pledge reads it."),
        error_messages={"required": gettext_lazy("Say on what this rests, in a sentence or two.")},
        max_length=4000,
    )
    closes = forms.BooleanField(
        label=gettext_lazy("And close them with this outcome"),
        help_text=gettext_lazy(
            "Only for what has ended: delivered, partly delivered, not delivered or overtaken. After it there are no "
            "more reports, assessments and reminders."
        ),
        required=False,
    )

    @property
    def done(self) -> str:
        """What was done: what these pledges were found to be, and whether they are closed."""
        found = self.cleaned_data
        words = _("Assessed and closed as %(state)s") if found["closes"] else _("Assessed as %(state)s")
        return words % {"state": in_a_sentence(AssessedState(found["state"]).label)}

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Assess each of these pledges, and close it where that was chosen."""
        found = self.cleaned_data

        def assess_one(pledge: Pledge) -> None:
            number = confirmed_so_far(pledge, found["state"])
            assess(pledge=pledge, confirmed_quantity=number, was=self.read(pledge), by=by, at=at, **found)

        return self.each(pledges, by, assess_one, **end(found))


def confirmed_so_far(pledge: Pledge, state: str) -> int | None:
    """Return the number confirmed of a pledge, which stays; None where there is none, or the state confirms all.

    Raises Incomplete where the state takes another number.
    """
    known = None if state == AssessedState.DELIVERED else pledge.delivered_quantity
    if wrong_quantity(pledge, state, known):
        words = _("%(n)s (%(unit)s) are confirmed of it, which “%(state)s” does not allow: assess it on its own page.")
        said = {"n": f"{known:,}", "unit": pledge.unit, "state": AssessedState(state).label}
        raise Incomplete(words % said, {})
    return known


class CloseForm(EndingForm):
    """How several pledges ended."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How did they end?"),
        help_text=gettext_lazy(
            "It must be what the Secretariat's latest assessment of the pledge says: others stay open and are named. "
            "Superseded is what a later pledge takes the place of."
        ),
        choices=[(outcome, Outcome(outcome).label) for outcome in CLOSING_OUTCOMES],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    reason = why(gettext_lazy("It stands in the history of each, which whoever takes part in the pledge reads."))

    @property
    def done(self) -> str:
        """What was done: with which outcome these pledges are closed."""
        return _("Closed as %(outcome)s") % {"outcome": in_a_sentence(Outcome(self.cleaned_data["outcome"]).label)}

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Close each of these pledges."""
        found = self.cleaned_data

        def close_one(pledge: Pledge) -> None:
            apply_transition("close", pledge=pledge, was=self.read(pledge), by=by, at=at, **found)

        return self.each(pledges, by, close_one, **found)


def in_a_sentence(label: Any) -> str:
    """Return a label as it stands within a sentence: "Partly delivered" becomes "partly delivered"."""
    text = str(label)
    return text[:1].lower() + text[1:]


def sentence_of(refusal: PledgeError) -> str:
    """Return a refusal with what it says of single fields."""
    return " ".join([str(refusal), *map(str, getattr(refusal, "fields", {}).values())])
