"""The shape of each answer, for the schema and the docs. The answers are made in `shapes`; a test holds both equal."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from capabilities.models import Mission
from conferences.dates import Precision
from conferences.models import CoChair, ParticipantKind, RegionalGroup, Series
from pledges.enums import (
    AssessedState,
    CaveatKnowledge,
    CaveatStage,
    Confidence,
    Confirmation,
    Kind,
    KnownState,
    Match,
    Outcome,
    PartnerRole,
    ReadinessLevel,
    ReportedState,
    Status,
)

Words = Any  # text, perhaps translated when it is shown


def fields_of(shape: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """Return the fields of a shape by name, those of its rows for a list."""
    described: Any = getattr(shape, "child", shape)
    fields: dict[str, Any] = described.fields
    return fields


def text_field(about: Words, *, unknown: bool = True) -> serializers.CharField:
    """Return a text or code; `unknown` says that it may be null."""
    return serializers.CharField(help_text=about, allow_null=unknown)


def number_field(about: Words, *, unknown: bool = True) -> serializers.IntegerField:
    """Return a whole number."""
    return serializers.IntegerField(help_text=about, allow_null=unknown, min_value=0)


def amount_field(about: Words) -> serializers.DecimalField:
    """Return an amount: a text with two decimals."""
    return serializers.DecimalField(18, 2, help_text=about, allow_null=True)


def day_field(about: Words) -> serializers.DateField:
    """Return a day that may be unknown."""
    return serializers.DateField(help_text=about, allow_null=True)


def precision_field() -> serializers.ChoiceField:
    """Return how much of the day before it is known."""
    return serializers.ChoiceField(Precision.choices, help_text=_("How much of that day is known."), allow_null=True)


def word_field(choices: Any, about: Words, *, unknown: bool = True) -> serializers.ChoiceField:
    """Return one of some words."""
    return serializers.ChoiceField(choices.choices, help_text=about, allow_null=unknown)


def boolean_field(about: Words) -> serializers.BooleanField:
    """Return true or false."""
    return serializers.BooleanField(help_text=about)


def codes_field(about: Words) -> serializers.ListField:
    """Return a list of codes."""
    return serializers.ListField(child=serializers.CharField(), help_text=about)


def address_field(about: Words, *, unknown: bool = False) -> serializers.URLField:
    """Return a whole address."""
    return serializers.URLField(help_text=about, allow_null=unknown)


class SourceSerializer(serializers.Serializer[Any]):
    """Where a fact was read."""

    title = text_field(_("Title of the source."), unknown=False)
    url = address_field(_("Its address."))
    confidence = word_field(Confidence, _("What kind of source it is."), unknown=False)


class NamesSerializer(serializers.Serializer[Any]):
    """A name in the six languages of the United Nations."""

    en = text_field(_("In English."), unknown=False)
    fr = text_field(_("In French."), unknown=False)
    es = text_field(_("In Spanish."), unknown=False)
    ar = text_field(_("In Arabic."), unknown=False)
    zh = text_field(_("In Chinese."), unknown=False)
    ru = text_field(_("In Russian."), unknown=False)


class ParticipantSerializer(serializers.Serializer[Any]):
    """Who can pledge, host or co-chair: a state, an organisation, the Secretariat."""

    code = text_field(_("For states the three-letter code of ISO 3166-1. It never changes."), unknown=False)
    iso2 = text_field(_("Two-letter code of a state."))
    m49 = text_field(_("Number of a state in the UN's M49."))
    kind = word_field(ParticipantKind, _("What it is."), unknown=False)
    names = NamesSerializer(help_text=_("Official short names."))
    regional_group = word_field(RegionalGroup, _("Regional group of a member state."), unknown=False)
    un_member_since = number_field(_("Year in which a member state joined."))
    url = address_field(_("Its page."))


class CoChairSerializer(serializers.Serializer[Any]):
    """Who chairs a conference."""

    participant = text_field(_("Code of the participant."), unknown=False)
    role = word_field(CoChair.Role, _("In which role."), unknown=False)


class ConferenceSerializer(serializers.Serializer[Any]):
    """A summit or ministerial at which participants pledge."""

    slug = text_field(_("Its short name in addresses. It never changes."), unknown=False)
    title = text_field(_("Title."), unknown=False)
    formal_title = text_field(_("Title in full."))
    series = word_field(Series, _("What kind of conference it is."), unknown=False)
    starts_on = day_field(_("First day."))
    starts_on_precision = precision_field()
    ends_on = day_field(_("Last day."))
    ends_on_precision = precision_field()
    city = text_field(_("City."))
    country = text_field(_("Code of the state in which it was held."))
    venue = text_field(_("Building."))
    format = text_field(_("In person, online or both."))
    level = text_field(_("Of heads of state, of ministers."))
    theme = text_field(_("Theme."))
    motto = text_field(_("Motto."))
    objective = text_field(_("What it is for."))
    has_pledges = boolean_field(_("Whether pledges are made there."))
    related_to = text_field(_("Slug of the conference that it belongs to."))
    window_opens_at = serializers.DateTimeField(allow_null=True, help_text=_("When pledging opens."))
    window_closes_at = serializers.DateTimeField(allow_null=True, help_text=_("When pledging closes."))
    hosts = codes_field(_("Codes of the hosts."))
    co_chairs = CoChairSerializer(many=True, help_text=_("Who chairs it, in order."))
    url = address_field(_("Its page."))


class MissionSerializer(serializers.Serializer[Any]):
    """A mission of the United Nations, or one of another organisation that pledges name."""

    acronym = text_field(_("Its acronym. It never changes."), unknown=False)
    name = text_field(_("Name."), unknown=False)
    type = word_field(Mission.Type, _("What kind of mission it is."), unknown=False)
    host_countries = codes_field(_("Codes of the states in which it works."))
    host_territories = codes_field(_("Codes of host territories that are no participants."))
    starts_on = day_field(_("First day."))
    starts_on_precision = precision_field()
    ends_on = day_field(_("Last day; null while it runs."))
    ends_on_precision = precision_field()
    source_url = address_field(_("Where this was read."), unknown=True)


class CapabilityTypeSerializer(serializers.Serializer[Any]):
    """What can be asked for or given."""

    code = text_field(_("Its short name. It never changes."), unknown=False)
    name = text_field(_("Name."), unknown=False)
    category = text_field(_("Code of its category."), unknown=False)
    category_name = text_field(_("Name of its category."), unknown=False)
    unit_of_measure = text_field(_("The unit in which quantities of it are counted."), unknown=False)
    typical_personnel = number_field(_("Persons in one unit, usually."))
    is_pcrs_registrable = boolean_field(_("Whether the readiness system (PCRS) takes it."))
    note = text_field(_("Remarks."))
    source_url = address_field(_("Where this was read."), unknown=True)


class EditionSerializer(serializers.Serializer[Any]):
    """The paper or resolution that states a requirement."""

    name = text_field(_("Its name."), unknown=False)
    published_on = day_field(_("When it appeared."))
    published_on_precision = precision_field()


class CitationSerializer(serializers.Serializer[Any]):
    """Where a requirement was read."""

    title = text_field(_("Title of the source."), unknown=False)
    url = address_field(_("Its address."))


class RequirementSerializer(serializers.Serializer[Any]):
    """An ask: so much of a capability type, for a mission or none."""

    reference = text_field(_("Its reference. It never changes."), unknown=False)
    edition = EditionSerializer(help_text=_("What states it; a newer edition never erases an older one."))
    conference = text_field(_("Slug of the conference for which it was stated."))
    mission = text_field(_("Acronym of the mission that needs it."))
    beneficiary = text_field(_("Code of the state that needs it, for training needs."))
    capability_type = text_field(_("Code of the capability type."), unknown=False)
    quantity = number_field(_("How many; null where the source does not say, which is not 0."))
    unit = text_field(_("What is counted."), unknown=False)
    personnel = number_field(_("Persons."))
    characteristics = text_field(_("What it must be able to do."))
    needed_by = day_field(_("When it is needed: the last day of the period that the source names."))
    needed_by_precision = precision_field()
    priority = text_field(_("Priority in the source's words."))
    description = text_field(_("What is asked for, in words."))
    source = CitationSerializer(help_text=_("Where this was read."))  # type: ignore[assignment]
    url = address_field(_("Its page."))


class PartnerSerializer(serializers.Serializer[Any]):
    """Another participant in a pledge. One that declined is not listed."""

    participant = text_field(_("Code of the participant."), unknown=False)
    role = word_field(PartnerRole, _("What it does."), unknown=False)
    confirmation = word_field(Confirmation, _("Its own word on it."), unknown=False)
    share_quantity = number_field(_("Its share of the quantity; the rest is the lead's."))
    share_personnel = number_field(_("Its share of the persons."))
    share_amount = amount_field(_("Its share of the amount."))


class CaveatSerializer(serializers.Serializer[Any]):
    """A condition on a pledge, as it was declared."""

    text = text_field(_("In words."), unknown=False)
    stage = word_field(CaveatStage, _("When in the life of the pledge it was declared."), unknown=False)
    declared_on = day_field(_("The day on which it was declared."))
    declared_on_precision = precision_field()


class PledgeSerializer(serializers.Serializer[Any]):
    """One trackable commitment of one lead participant at one conference."""

    reference = text_field(_("Its reference. It never changes, and its letters are random."), unknown=False)
    conference = text_field(_("Slug of the conference."), unknown=False)
    participant = text_field(_("Code of the participant that leads."), unknown=False)
    partners = PartnerSerializer(many=True, help_text=_("Who else takes part."))
    title = text_field(_("Title."))
    description = text_field(_("What was pledged, in words."))
    category = text_field(_("Code of the category."))
    capability_type = text_field(_("Code of the capability type."))
    capability = text_field(_("The capability in the source's words."))
    match = word_field(
        Match, _("How closely the capability type fits; quantities add up over exact only."), unknown=False
    )
    quantity = number_field(_("How many; null where it is not stated, which is not 0."))
    unit = text_field(_("What is counted."))
    personnel = number_field(_("Persons."))
    women = number_field(_("Women among them."))
    amount = amount_field(_("Amount of money."))
    currency = text_field(_("Currency (ISO 4217)."))
    fund = text_field(_("Fund or programme that the money goes to."))
    courses = number_field(_("Courses, for training."))
    places = number_field(_("Places, for training."))
    places_for_women = number_field(_("Share of the places for women, in per cent."))
    languages = text_field(_("Languages of the training."))
    missions = codes_field(_("Acronyms of the missions that are named."))
    available_from = day_field(_("From when: the first day of the period that is named."))
    available_from_precision = precision_field()
    deliver_by = day_field(_("By when: the last day of the period that is named, so that “by 2026” is 2026-12-31."))
    deliver_by_precision = precision_field()
    kind = word_field(Kind, _("Whether the commitment is made for the first time."), unknown=False)
    status = word_field(Status, _("Where the pledge stands."), unknown=False)
    outcome = word_field(Outcome, _("How it ended, once closed."))
    announced_at = serializers.DateTimeField(allow_null=True, help_text=_("The instant at which it became public."))
    known_state = word_field(
        KnownState,
        _(
            "The last thing known: silent, else its outcome, else what was found, else what was reported. “silent” "
            "means that the delegation owed a report and a whole cycle went by without one; headlines leave it out. "
            "“unknown” means that no report was found, never that the pledge was not kept."
        ),
        unknown=False,
    )
    reported_state = word_field(ReportedState, _("What the participant, or a public source, said last."))
    assessed_state = word_field(
        AssessedState, _("What the Secretariat found, or a public source states as a fact, last.")
    )
    delivered_quantity = number_field(_("Units confirmed as delivered."))
    readiness_level = word_field(ReadinessLevel, _("Level reached in the readiness system (PCRS)."))
    intended_outcome = text_field(_("What will be different once it is delivered."))
    caveats = CaveatSerializer(many=True, help_text=_("Conditions on its use, the first declared first."))
    caveats_known = word_field(CaveatKnowledge, _("What is known of conditions."), unknown=False)
    is_synthetic = boolean_field(_("Whether the row was made up for a test. Nothing in the record is."))
    source = SourceSerializer(  # type: ignore[assignment]
        allow_null=True, help_text=_("Where it was read; null where the participant entered it here.")
    )
    url = address_field(_("Its page."))


class EntrySerializer(serializers.Serializer[Any]):
    """One thing that happened to a pledge, as everybody may read it."""

    kind = serializers.ChoiceField(
        choices=[
            ("announcement", _("It became public")),
            ("report", _("What the participant, or a public source, said")),
            ("assessment", _("What the Secretariat found, or a public source states as a fact")),
            ("readiness", _("A level of the readiness system")),
            ("condition", _("A condition on its use that was declared after the pledge")),
        ],
        help_text=_("What kind of thing."),
    )
    day = day_field(_("When."))
    day_precision = precision_field()
    title = text_field(_("What happened."), unknown=False)
    text = text_field(_("In words."))
    by = text_field(_("Who says so: a participant or the Secretariat; null where a public source says so."))
    quantity = number_field(_("How many."))
    unit = text_field(_("What is counted."))
    personnel = number_field(_("Persons."))
    women = number_field(_("Women among them."))
    expected_on = day_field(_("When delivery is expected, as a report says."))
    readiness_level = word_field(ReadinessLevel, _("Which level of the readiness system."))
    by_exception = serializers.BooleanField(
        allow_null=True,
        help_text=_(
            "Whether the level is recorded though a step before it is missing; null where it is about no level."
        ),
    )
    source = SourceSerializer(allow_null=True, help_text=_("Where it was read."))  # type: ignore[assignment]
    url = address_field(_("Its place on the page of the pledge."))


class TimelineSerializer(serializers.Serializer[Any]):
    """What happened to a pledge, newest first."""

    results = EntrySerializer(many=True, help_text=_("All entries; a timeline has no pages."))


class FigureSerializer(serializers.Serializer[Any]):
    """What is said of every figure."""

    as_of = serializers.DateTimeField(help_text=_("The instant at which this was counted."))
    rule = text_field(_("What is counted, in words."), unknown=False)
    next = address_field(_("Always null: this figure has no pages."), unknown=True)
    previous = address_field(_("Always null, as in a list of one page."), unknown=True)


class GapRowSerializer(serializers.Serializer[Any]):
    """What is asked for of one capability type for one mission, and how much of it is offered and delivered."""

    mission = text_field(_("Acronym of the mission; null for asks without one."))
    capability_type = text_field(_("Code of the capability type."), unknown=False)
    capability_name = text_field(_("Its name."), unknown=False)
    category = text_field(_("Code of its category."), unknown=False)
    unit = text_field(_("What is counted."), unknown=False)
    edition = EditionSerializer(help_text=_("What states the ask: the newest edition for this mission and type."))
    requirements = codes_field(_("References of the asks that are added up."))
    asks_without_number = number_field(_("How many of them state no number."), unknown=False)
    required = number_field(_("Units asked for; null where no ask states a number."))  # type: ignore[assignment]
    offered = number_field(_("Units pledged; null where the ask is counted in another unit than the type."))
    silent = number_field(_("Units of pledges that went silent for a whole cycle: they count as no offer."))
    verified = number_field(_("Of those offered, units at readiness level 2 or above, or found on track or delivered."))
    delivered = number_field(_("Units confirmed as delivered."))
    missing = number_field(_("Units that nobody offered."))
    surplus = number_field(_("Units offered above the need."))
    undelivered = number_field(_("Units needed and not yet delivered."))
    in_words = text_field(_("The uncovered remainder as a phrase."), unknown=False)
    named = number_field(_("Pledges of this type that name the mission, countable or not."), unknown=False)
    naming_pledges = address_field(_("The call that lists exactly these."))
    pledges = address_field(_("The call that lists exactly the pledges counted as offered."))
    silent_pledges = address_field(_("The call that lists exactly the silent ones."))
    url = address_field(_("The same row on the page."))


class GapSerializer(FigureSerializer):
    """The capability gap."""

    results = GapRowSerializer(many=True, help_text=_("All rows."))


class DeliveryRowSerializer(serializers.Serializer[Any]):
    """What became of the pledges of one conference."""

    conference = text_field(_("Slug of the conference."), unknown=False)
    age = number_field(_("Whole years since it began."), unknown=False)
    pledges = number_field(_("Pledges counted, silent ones left out: the sum of the next six."), unknown=False)
    delivered = number_field(_("Of them, found to be delivered."), unknown=False)
    partly = number_field(_("Delivered in part."), unknown=False)
    under_way = number_field(_("On their way or delayed."), unknown=False)
    not_assessed = number_field(
        _("Reported as delivered, wholly or partly, or as not to be delivered, and not found to be so."), unknown=False
    )
    ended = number_field(_("Ended without delivery: not delivered, withdrawn, superseded or overtaken."), unknown=False)
    unknown = number_field(_("Of which nothing is known since they were made."), unknown=False)
    silent = number_field(_("Pledges that went silent for a whole cycle: in no other number."), unknown=False)
    counted_pledges = address_field(_("The call that lists exactly the pledges counted."))
    silent_pledges = address_field(_("The call that lists exactly the silent ones."))
    url = address_field(_("The page of the conference."))


class DeliverySerializer(FigureSerializer):
    """Delivery by age of conference."""

    results = DeliveryRowSerializer(many=True, help_text=_("All rows."))


class RootSerializer(serializers.Serializer[Any]):
    """Where everything is."""

    participants = address_field(_("States and organisations."))
    conferences = address_field(_("Summits and ministerials."))
    missions = address_field(_("Missions."))
    capability_types = address_field(_("What can be asked for or given."))
    requirements = address_field(_("What was asked for."))
    pledges = address_field(_("What was pledged."))
    gap = address_field(_("What is missing."))
    delivery = address_field(_("What became of the pledges of each conference."))
    schema = address_field(_("The description of this API for programs (OpenAPI)."))
    docs = address_field(_("The description of this API for people."))


class ProblemFieldSerializer(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = text_field(_("The parameter, or the path of the field."), unknown=False)
    message = text_field(_("What is wrong, and how to mend it."), unknown=False)


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a call was refused (RFC 9457)."""

    type = text_field(_("Where this kind of problem is described."), unknown=False)
    title = text_field(_("The kind of problem."), unknown=False)
    status = number_field(_("The HTTP status."), unknown=False)
    detail = text_field(_("What is wrong, in a sentence."), unknown=False)
    errors = ProblemFieldSerializer(many=True, help_text=_("Field by field, where fields are wrong."))  # type: ignore[assignment]
