"""The forms in which officers keep the readiness of units: each knows its words, its opening values and its service."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capabilities.models import Mission
from conferences.dates import ApproximateDate, Precision
from pledges.enums import ReadinessLevel
from pledges.errors import Incomplete, NotAllowed, PledgeError
from pledges.fields import ApproximateDateField
from pledges.forms import CHOOSE, TextField, offer
from pledges.models import Pledge, UnitStatement, Variation
from pledges.readiness import Standing
from pledges.services import readiness

Words = str | Promise
SHORT_TEXT = 2000
HIGH = {"rows": 3}


class DayField(ApproximateDateField):
    """A day, in three boxes; None where it is not required and left empty."""

    def __init__(self, **options: Any) -> None:
        words = {"required": gettext_lazy("Enter the day, the month and the year.")}
        super().__init__(day_needed=True, error_messages=words, **options)

    def clean(self, value: Any) -> Any:
        """Return the day."""
        return super().clean(value).day


def boxes(day: date | None) -> ApproximateDate | None:
    """Return a day as the boxes open with it."""
    return ApproximateDate(day, Precision.DAY) if day else None


def short_text(label: Words, help_text: Words = "", *, required: bool = False) -> TextField:
    """Return a field for a sentence or two."""
    return TextField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=SHORT_TEXT,
        widget=forms.Textarea(attrs=dict(HIGH)),
        error_messages={"required": gettext_lazy("Say it in a sentence.")},
    )


class ActForm(forms.Form):
    """One thing that is recorded of one unit."""

    use_required_attribute = False
    title: ClassVar[Words]
    button: ClassVar[Words]
    done: ClassVar[Words]
    text: ClassVar[Words] = ""

    def __init__(self, *args: Any, standing: Standing, by: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial = self.opening(standing)
        self.standing, self.by = standing, by
        self.prepare()

    def opening(self, standing: Standing) -> dict[str, Any]:
        """Return the values with which the form opens."""
        return {}

    def prepare(self) -> None:
        """Offer what there is to choose from."""

    @classmethod
    def does_not_apply(cls, standing: Standing) -> str:
        """Return why there is nothing to record now; empty where there is."""
        return ""

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record what was entered. Raises as the service does."""
        raise NotImplementedError


class RegistrationForm(ActForm):
    """The entry: three days, and what to mend below level 1."""

    title = gettext_lazy("Entry in the readiness system")
    button = gettext_lazy("Store the entry")
    done = gettext_lazy("The entry is stored.")
    text = gettext_lazy("Without acceptance the unit is below level 1: it stays open, with what is to be mended.")

    received_on = DayField(label=gettext_lazy("Received on"))
    acknowledged_on = DayField(label=gettext_lazy("Acknowledged on"), required=False)
    accepted_on = DayField(label=gettext_lazy("Accepted on"), required=False)
    to_mend = short_text(
        gettext_lazy("What to mend before level 1"), gettext_lazy("The delegation and the Secretariat read this.")
    )
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def opening(self, standing: Standing) -> dict[str, Any]:
        """Return what is stored."""
        row = standing.registration
        days = ("received_on", "acknowledged_on", "accepted_on")
        return {name: boxes(getattr(row, name, None)) for name in days} | {
            "to_mend": row.to_mend if row else "",
            "was": readiness.stored(row),
        }

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the entry."""
        readiness.register(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class RenewForm(ActForm):
    """The word that the unit is still offered: a delegation's counts today, an officer enters the letter's day."""

    title = gettext_lazy("Renew the entry in the readiness system")
    button = gettext_lazy("Renew it")
    done = gettext_lazy("The entry is renewed.")
    text = gettext_lazy("The unit is still offered as it is registered. The next renewal is due six months later.")

    renewed_on = DayField(label=gettext_lazy("Renewed on"))
    note = short_text(
        gettext_lazy("A note"), gettext_lazy("For example the letter. The delegation and the Secretariat read it.")
    )

    def prepare(self) -> None:
        """Ask officers alone for the day."""
        if not self.by.is_reviewer:
            del self.fields["renewed_on"]

    @classmethod
    def does_not_apply(cls, standing: Standing) -> str:
        """There is nothing to renew without an entry."""
        return "" if standing.registration else _("This unit is not registered in the readiness system yet.")

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the renewal."""
        readiness.renew(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class LevelForm(ActForm):
    """A level with day and evidence; the words for an exception or a lower level where they are needed."""

    title = gettext_lazy("Record a level")
    button = gettext_lazy("Record the level")
    done = gettext_lazy("The level is recorded.")

    level = forms.ChoiceField(
        label=gettext_lazy("Level"), choices=ReadinessLevel.choices, widget=forms.RadioSelect, error_messages=CHOOSE
    )
    reached_on = DayField(label=gettext_lazy("Since"))
    evidence = short_text(
        gettext_lazy("Evidence"),
        gettext_lazy("What shows it, in a sentence. Everyone who sees the pledge reads this."),
        required=True,
    )
    exception = short_text(
        gettext_lazy("Exception"),
        gettext_lazy(
            "Only where something is missing: why it is recorded all the same. Everyone sees that it is an exception; "
            "the delegation and the Secretariat read why."
        ),
    )
    lowered_because = short_text(
        gettext_lazy("Why it is lowered"),
        gettext_lazy("Only for a lower level than before. The delegation and the Secretariat read it."),
    )

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the level."""
        readiness.record_level(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class StatementField(forms.ModelChoiceField):
    """A statement with its version, mission and day."""

    def label_from_instance(self, obj: Any) -> str:
        """Return all of them."""
        words = {"statement": obj, "mission": obj.mission_id or _("generic"), "day": obj.issued_on.isoformat()}
        return _("%(statement)s (%(mission)s, %(day)s)") % words


def standing_statements() -> Any:
    """Return the statements that no newer version replaced, the newest first."""
    return UnitStatement.objects.filter(replaced_by=None).order_by("-issued_on", "-pk")


class MatchForm(ActForm):
    """The statement that equipment and personnel match."""

    title = gettext_lazy("Match to a statement of unit requirements")
    button = gettext_lazy("Match it")
    done = gettext_lazy("The unit is matched to the statement.")
    text = gettext_lazy("An earlier match ends on that day. What was signed or varied under it stays with it.")

    statement = StatementField(
        label=gettext_lazy("Statement"),
        queryset=UnitStatement.objects.none(),
        empty_label=gettext_lazy("Choose one"),
        error_messages=CHOOSE,
    )
    matched_on = DayField(label=gettext_lazy("Matched on"))

    def prepare(self) -> None:
        """Offer the statements for the type of the unit."""
        offer(self, "statement", standing_statements().filter(capability_type=self.standing.pledge.capability_type))

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the match."""
        readiness.match_statement(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class OnAgreement(ActForm):
    """What needs an open agreement."""

    @classmethod
    def does_not_apply(cls, standing: Standing) -> str:
        """Without a match there is nothing to vary or sign."""
        return "" if standing.agreement else _("This unit is matched to no statement of unit requirements yet.")


class VariationForm(OnAgreement):
    """A way in which the unit differs."""

    title = gettext_lazy("Propose a variation")
    button = gettext_lazy("Store the variation")
    done = gettext_lazy("The variation is stored as proposed.")
    text = gettext_lazy("One variation at a time: how the unit differs from its statement of requirements.")

    text_field = short_text(gettext_lazy("Variation"), required=True)
    proposed_on = DayField(label=gettext_lazy("Proposed on"))

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the variation."""
        values = self.cleaned_data
        readiness.propose_variation(
            pledge=pledge, text=values["text_field"], proposed_on=values["proposed_on"], by=self.by, at=at
        )


class AcceptForm(OnAgreement):
    """Which of the proposed variations is workable."""

    title = gettext_lazy("Accept a variation")
    button = gettext_lazy("Accept it")
    done = gettext_lazy("The variation is accepted.")

    variation = forms.ModelChoiceField(
        label=gettext_lazy("Variation"),
        queryset=Variation.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    accepted_on = DayField(label=gettext_lazy("Accepted on"))

    def prepare(self) -> None:
        """Offer what is proposed under the open agreement."""
        offer(self, "variation", Variation.objects.filter(agreement=self.standing.agreement, accepted_on=None))

    @classmethod
    def does_not_apply(cls, standing: Standing) -> str:
        """Nothing to accept without a proposal."""
        rows = standing.agreement.variations.all() if standing.agreement else ()
        return "" if any(row.accepted_on is None for row in rows) else _("No variation waits to be accepted.")

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the acceptance."""
        readiness.accept_variation(by=self.by, at=at, **self.cleaned_data)


class SignForm(OnAgreement):
    """The day of the rapid deployment agreement."""

    title = gettext_lazy("Rapid deployment agreement")
    button = gettext_lazy("Store the signature")
    done = gettext_lazy("The agreement is stored as signed.")

    signed_on = DayField(label=gettext_lazy("Signed on"))

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the signature."""
        readiness.sign_agreement(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class RequestForm(ActForm):
    """The UN's request to deploy."""

    title = gettext_lazy("Request to deploy")
    button = gettext_lazy("Store the request")
    done = gettext_lazy("The request is stored.")
    text = gettext_lazy("At the rapid deployment level the unit has 60 days to arrive; at other levels no clock runs.")

    requested_on = DayField(label=gettext_lazy("Requested on"))
    mission = forms.ModelChoiceField(
        label=gettext_lazy("Mission"),
        queryset=Mission.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not named"),
        error_messages=CHOOSE,
        widget=forms.Select(attrs={"class": "medium"}),
    )
    exception = short_text(
        gettext_lazy("Exception"),
        gettext_lazy(
            "Only where the unit passed no assessment and advisory visit: why it is chosen all the same. The "
            "delegation and the Secretariat read it."
        ),
    )
    note = short_text(gettext_lazy("A note"), gettext_lazy("The delegation and the Secretariat read it."))

    def prepare(self) -> None:
        """Offer the missions that run."""
        offer(self, "mission", Mission.objects.filter(ends_on=None).order_by("acronym"))

    @classmethod
    def does_not_apply(cls, standing: Standing) -> str:
        """One request at a time."""
        return _("A request to deploy is open already.") if standing.request else ""

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the request."""
        readiness.request_deployment(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class OnRequest(ActForm):
    """What ends an open request."""

    @classmethod
    def does_not_apply(cls, standing: Standing) -> str:
        """Without a request there is nothing to end."""
        return "" if standing.request else _("No request to deploy is open.")


class ArriveForm(OnRequest):
    """The day of arrival."""

    title = gettext_lazy("The unit arrived")
    button = gettext_lazy("Store the arrival")
    done = gettext_lazy("The arrival is stored: the request is closed.")

    arrived_on = DayField(label=gettext_lazy("Arrived on"))

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the arrival."""
        readiness.note_arrival(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


class CancelForm(OnRequest):
    """The day and the reason of a cancelled request."""

    title = gettext_lazy("Cancel the request to deploy")
    button = gettext_lazy("Cancel the request")
    done = gettext_lazy("The request is cancelled.")

    cancelled_on = DayField(label=gettext_lazy("Cancelled on"))
    reason = short_text(
        gettext_lazy("Why?"), gettext_lazy("The delegation and the Secretariat read it."), required=True
    )

    def store(self, pledge: Pledge, *, at: datetime) -> None:
        """Record the end of the request."""
        readiness.cancel_request(pledge=pledge, by=self.by, at=at, **self.cleaned_data)


ACTS: dict[str, type[ActForm]] = {
    "registration": RegistrationForm,
    "renew": RenewForm,
    "level": LevelForm,
    "match": MatchForm,
    "variation": VariationForm,
    "accept": AcceptForm,
    "sign": SignForm,
    "request": RequestForm,
    "arrive": ArriveForm,
    "cancel": CancelForm,
}
ENDING = frozenset({"arrive", "cancel"})  # also for pledges that were closed meanwhile


def put(form: forms.Form, fields: dict[str, str]) -> None:
    """Show the sentences of a refusal at their fields, or on top where the form has no such field."""
    for name, sentence in fields.items():
        form.add_error(name if name in form.fields else None, sentence)


def taken(form: forms.Form, store: Callable[..., Any]) -> bool:
    """Store what was entered; false where the form is to be shown again with what is wrong."""
    try:
        store(at=timezone.now())
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Incomplete as refusal:
        put(form, refusal.fields)
        return False
    except PledgeError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
