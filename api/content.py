"""What a delegation writes of its pledges: the fields that a call may set, checked, and how they are shown to insiders.

The fields are those of `pledges.services.CONTENT` and no others, under the names by which they are read.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from api.serializers import PartnerSerializer, ProblemFieldSerializer, address_field, text_field
from api.shapes import PARTNER_COLUMNS, Site, known, partner
from capabilities.models import Mission
from conferences.dates import Precision, period_end
from conferences.models import Conference, Participant, Session
from pledges.completeness import left_to_do
from pledges.enums import CaveatKnowledge, CaveatStage, Status
from pledges.forms import LONGEST_TEXT, open_conferences
from pledges.models import Pledge
from pledges.permissions import EDITABLE
from pledges.services import CONTENT
from pledges.windows import is_marked

# Columns whose fields go by another name, as in the answers that everybody reads.
NAMES = {
    "deliver_from": "available_from",
    "deliver_from_precision": "available_from_precision",
    "capability_wording": "capability",
}
DAYS = {"deliver_from": "available_from", "deliver_by": "deliver_by"}
MOST_MISSIONS = 50
NO_SUCH_CODE = gettext_lazy("There is no such code here.")


def named(column: str) -> str:
    """Return the name by which a column is read and written."""
    return NAMES.get(column, column)


def renamed(complaints: Mapping[str, str]) -> dict[str, str]:
    """Return complaints under the names of fields instead of columns."""
    return {named(column): sentence for column, sentence in complaints.items()}


class Strict(serializers.Serializer[Any]):
    """Refuses by name what it does not know: nothing that is sent is ever dropped."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the clean values. Raises ValidationError for every unknown field at once with what else is wrong."""
        if not isinstance(data, dict):
            raise serializers.ValidationError({"non_field_errors": _("Send a JSON object.")})
        writable = {name for name, field in self.fields.items() if not field.read_only}
        strange = {name: self.refusal_of(name, writable) for name in sorted(data.keys() - writable)}
        try:
            values = super().to_internal_value({name: data[name] for name in data.keys() & writable})
        except serializers.ValidationError as error:
            wrong: Any = error.detail
            raise serializers.ValidationError({**wrong, **strange}) from error
        if strange:
            raise serializers.ValidationError(strange)
        return values

    def refusal_of(self, name: str, writable: set[str]) -> str:
        """Return why a field cannot be set."""
        if name in self.fields:
            return _("This cannot be set here.")
        return _("There is no such field here. There are: %(known)s.") % {"known": ", ".join(sorted(writable))}


class CodeField(serializers.PrimaryKeyRelatedField[Any]):
    """A row named by its code."""

    default_error_messages: ClassVar[dict[str, Any]] = {"does_not_exist": NO_SUCH_CODE, "incorrect_type": NO_SUCH_CODE}

    def to_internal_value(self, data: Any) -> Any:
        """Return the row."""
        if not isinstance(data, str) or not re.fullmatch(r"[^\x00-\x1f]{1,64}", data):
            self.fail("incorrect_type")
        return super().to_internal_value(data)


class CaveatsField(serializers.ListField):
    """The conditions declared with a pledge, in words."""

    child = serializers.CharField(max_length=2000)

    def get_attribute(self, instance: Any) -> list[str]:
        """Return those that are stored."""
        return list(instance.caveats.filter(stage=CaveatStage.PLEDGE).values_list("text", flat=True))


class SessionField(serializers.IntegerField):
    """A session of the pledge's conference, by its place in the programme."""

    def get_attribute(self, instance: Any) -> int | None:
        """Return the place of the stored session."""
        return instance.session.position if instance.session else None


class DayPrecisionField(serializers.ChoiceField):
    """How much of the day beside it is known."""

    def __init__(self, **options: Any) -> None:
        about = gettext_lazy("How much of that day is known; `day` unless you say otherwise.")
        super().__init__(Precision.choices, required=False, allow_null=True, help_text=about, **options)


class ContentSerializer(Strict, serializers.ModelSerializer[Pledge]):
    """What a delegation writes of a pledge. Nothing is required before it is submitted."""

    serializer_related_field = CodeField

    available_from = serializers.DateField(
        source="deliver_from", required=False, allow_null=True, help_text=gettext_lazy("From when.")
    )
    available_from_precision = DayPrecisionField(source="deliver_from_precision")
    deliver_by = serializers.DateField(
        required=False, allow_null=True, help_text=gettext_lazy("By when; a month or a year counts to its last day.")
    )
    deliver_by_precision = DayPrecisionField()
    capability = serializers.CharField(
        source="capability_wording",
        max_length=120,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text=gettext_lazy("The capability in your own words."),
    )
    session = SessionField(
        min_value=0,
        max_value=32_767,
        required=False,
        allow_null=True,
        help_text=gettext_lazy("The session at which it is made: its number in the programme of the conference."),
    )
    missions = CodeField(
        many=True,
        queryset=Mission.objects.all(),
        required=False,
        help_text=gettext_lazy("Acronyms of the missions that it is for."),
    )
    caveats = CaveatsField(
        required=False, max_length=50, help_text=gettext_lazy("Conditions on its use, each in a sentence.")
    )

    class Meta:
        model = Pledge
        fields: ClassVar[list[str]] = sorted(named(column) for column in CONTENT)
        validators: ClassVar[list[Any]] = []
        extra_kwargs: ClassVar[dict[str, dict[str, Any]]] = {
            "amount": {"help_text": gettext_lazy("Amount of money, with its currency.")},
            "capability_type": {
                "help_text": gettext_lazy("Code of the capability type: the quantity counts its unit.")
            },
            "category": {"help_text": gettext_lazy("Code of the category; that of the type, where there is one.")},
            "commitment": {"help_text": gettext_lazy("How firm it is.")},
            "courses": {"help_text": gettext_lazy("Courses, for training.")},
            "declared_readiness": {"help_text": gettext_lazy("Readiness as you state it.")},
            "fund": {"help_text": gettext_lazy("Fund or programme that the money goes to.")},
            "languages": {"help_text": gettext_lazy("Languages of the training.")},
            "places": {"help_text": gettext_lazy("Places, for training.")},
            "places_for_women": {"help_text": gettext_lazy("Share of the places for women, in per cent.")},
            "caveats_known": {"help_text": gettext_lazy("What is known of conditions.")},
            "currency": {"help_text": gettext_lazy("Currency (ISO 4217).")},
            "description": {"help_text": gettext_lazy("What is pledged, in a sentence or two. It becomes public.")},
            "earlier_pledge": {"help_text": gettext_lazy("What an earlier pledge said, in its words.")},
            "intended_outcome": {"help_text": gettext_lazy("What will be different once it is delivered.")},
            "kind": {"help_text": gettext_lazy("Whether the commitment is made for the first time.")},
            "means_of_verification": {"help_text": gettext_lazy("How delivery can be shown.")},
            "personnel": {"help_text": gettext_lazy("Persons.")},
            "quantity": {"help_text": gettext_lazy("How many.")},
            "responsible_office": {"help_text": gettext_lazy("An office or a function in the capital.")},
            "title": {"help_text": gettext_lazy("A short title. It becomes public.")},
            "unit": {"help_text": gettext_lazy("What is counted, where no capability type fits.")},
            "women": {"help_text": gettext_lazy("Women among the persons.")},
        }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Return the field for a column: an empty text is written as null too, as it is read."""
        field_class, options = super().build_standard_field(field_name, model_field)
        if options.get("allow_blank"):
            options["allow_null"] = True
        if isinstance(model_field, models.TextField):
            options["max_length"] = LONGEST_TEXT
        return field_class, options

    def to_internal_value(self, data: Any) -> Any:
        """Return the clean values. Raises ValidationError, and looks up no more missions than there could be."""
        missions = data.get("missions") if isinstance(data, dict) else None
        if isinstance(missions, list) and len(missions) > MOST_MISSIONS:
            raise serializers.ValidationError({"missions": _("Name at most %(most)s.") % {"most": MOST_MISSIONS}})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values as columns hold them. Raises ValidationError for what would be silently overruled."""
        texts = {field.name for field in Pledge._meta.fields if field.empty_strings_allowed and not field.null}
        content = {name: "" if value is None and name in texts else value for name, value in attrs.items()}
        wrong = self.wrong_capability(content) | self.wrong_caveats(content) | self.wrong_session(content)
        for column in DAYS:
            wrong |= self.wrong_day(content, column)
        if wrong:
            raise serializers.ValidationError(wrong)
        if content.get("caveats"):
            content["caveats_known"] = CaveatKnowledge.DECLARED
        return content

    def as_it_will_be(self, content: dict[str, Any], column: str) -> Any:
        """Return what a column will hold: what is written now, else what is stored."""
        return content.get(column, getattr(self.instance, column, None))

    def wrong_capability(self, content: dict[str, Any]) -> dict[str, str]:
        """Return where category or unit contradict the capability type, which decides both."""
        found = self.as_it_will_be(content, "capability_type")
        wrong = {}
        if found and content.get("category") and content["category"] != found.category:
            wrong["category"] = _("The category of this type is “%(code)s”.") % {"code": found.category_id}
        if found and content.get("unit") and content["unit"] != found.unit_of_measure:
            wrong["unit"] = _("This type is counted in “%(unit)s”.") % {"unit": found.unit_of_measure}
        return wrong

    def wrong_session(self, content: dict[str, Any]) -> dict[str, str]:
        """Put the session in place of its number; return where the conference has no such session."""
        number = content.get("session")
        if number is None:
            return {}
        sessions = Session.objects.filter(conference=self.as_it_will_be(content, "conference"))
        content["session"] = sessions.filter(position=number).first()
        return {} if content["session"] else {"session": _("The conference has no session of this number.")}

    def wrong_caveats(self, content: dict[str, Any]) -> dict[str, str]:
        """Return where it is said that there are no conditions, beside conditions."""
        if content.get("caveats_known") in {None, CaveatKnowledge.DECLARED}:
            return {}
        stored = self.fields["caveats"].get_attribute(self.instance) if self.instance else []
        if content.get("caveats", stored):
            return {"caveats_known": _("Conditions are named: write “declared”, or an empty list of conditions.")}
        return {}

    def wrong_day(self, content: dict[str, Any], column: str) -> dict[str, str]:
        """Fill a day to the end (a deadline) or beginning of its period; return what is wrong with the two fields."""
        beside = f"{column}_precision"
        if not content.keys() & {column, beside}:
            return {}
        day, precision = self.as_it_will_be(content, column), content.get(beside, "")
        if day is None:
            content[beside] = ""
            return {named(beside): _("Send the day as well.")} if precision else {}
        content[beside] = precision or Precision.DAY
        if column == "deliver_by":
            content[column] = period_end(day, content[beside])
        else:
            months = {Precision.YEAR: {"month": 1, "day": 1}, Precision.MONTH: {"day": 1}}
            content[column] = day.replace(**months.get(content[beside], {}))
        return {}


class DraftSerializer(ContentSerializer):
    """A new pledge: for which conference and whose, and as much of its content as there is."""

    conference = CodeField(
        queryset=Conference.objects.all(), help_text=gettext_lazy("Slug of a conference whose pledging has opened.")
    )
    participant = CodeField(
        queryset=Participant.objects.able_to_pledge(), help_text=gettext_lazy("Code of your delegation.")
    )

    class Meta(ContentSerializer.Meta):
        fields: ClassVar[list[str]] = ["conference", "participant", *ContentSerializer.Meta.fields]

    def validate_conference(self, conference: Conference) -> Conference:
        """Refuse a conference whose window has not opened yet."""
        if not open_conferences(timezone.now()).filter(pk=conference.pk).exists():
            raise serializers.ValidationError(_("This conference takes no pledges now."))
        return conference


class WrittenSerializer(ContentSerializer):
    """A pledge as its delegation and the Secretariat work on it."""

    reference = text_field(gettext_lazy("Its reference. It never changes."), unknown=False)
    conference = text_field(gettext_lazy("Slug of the conference."), unknown=False)
    participant = text_field(gettext_lazy("Code of the participant that leads."), unknown=False)
    status = serializers.ChoiceField(Status.choices, help_text=gettext_lazy("Where the pledge stands."))
    version = serializers.IntegerField(help_text=gettext_lazy("It grows with each change; the ETag holds it."))
    after_window = serializers.BooleanField(
        help_text=gettext_lazy(
            "Whether it was first submitted after the conference's pledging window closed; as long as it never was, "
            "whether it would be now. Such a pledge is taken, and marked for its delegation and the Secretariat."
        )
    )
    partners = PartnerSerializer(many=True, help_text=gettext_lazy("Who else takes part, with their answers."))
    missing = ProblemFieldSerializer(many=True, help_text=gettext_lazy("What keeps it from being submitted."))
    steps = serializers.ListField(
        child=serializers.CharField(), help_text=gettext_lazy("The steps that you can take now.")
    )
    url = address_field(gettext_lazy("Its page."))

    class Meta(ContentSerializer.Meta):
        fields: ClassVar[list[str]] = [
            "reference", "conference", "participant", "status", "version", *ContentSerializer.Meta.fields,
            "after_window", "partners", "missing", "steps", "url",
        ]  # fmt: skip


def written(pledge: Pledge, steps: list[str], site: Site, reader: Any) -> dict[str, Any]:
    """Return a pledge as insiders read it; `steps` are those that this reader can take."""
    missing = left_to_do(pledge, reader) if pledge.status in EDITABLE else {}
    partners = pledge.partners.order_by("participant_id").values_list(*PARTNER_COLUMNS)
    return {
        "reference": pledge.reference,
        "conference": pledge.conference_id,
        "participant": pledge.participant_id,
        "status": pledge.status,
        "version": pledge.version,
        **content_of(pledge),
        "after_window": is_marked(pledge, reader, at=timezone.now()),
        "partners": [partner(row) for row in partners],
        "missing": [{"field": name, "message": sentence} for name, sentence in renamed(missing).items()],
        "steps": steps,
        "url": site.page("pledge-detail", pledge.reference),
    }


def content_of(pledge: Pledge) -> dict[str, Any]:
    """Return the content of a pledge as it is read and written, null for an empty text."""
    return known(dict(ContentSerializer(pledge).data))
