"""Participants with made-up codes, delegations, and conferences."""

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import product
from string import ascii_uppercase
from typing import Any

import factory
from django.conf import settings
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from conferences.models import (
    CoChair,
    Conference,
    Holiday,
    Invitation,
    Membership,
    MembershipRole,
    Participant,
    ParticipantKind,
    PreparatoryConference,
    PublishedTotal,
    RegionalGroup,
    Session,
)
from tests.factories.people import UserFactory

JOINED_AT = datetime(2025, 1, 1, 9, tzinfo=UTC)


def read_taken(column: str) -> set[str]:
    """Return the codes of the real participants."""
    with (settings.RECORD_DIR / "participants.csv").open(newline="", encoding="utf-8") as opened:
        return {row[column] for row in csv.DictReader(opened)}


def free(codes: Any, column: str) -> list[str]:
    """Return those of `codes` that no real participant has."""
    taken = read_taken(column)
    return [code for code in codes if code not in taken]


# User-assigned codes of ISO 3166-1 begin with X; two-letter and numeric ones are picked from what is unassigned.
STATE_CODES = ["X" + "".join(letters) for letters in product(ascii_uppercase, repeat=2)]
ISO2_CODES = free(("".join(letters) for letters in product(ascii_uppercase, repeat=2)), "iso2")
M49_CODES = free((f"{number:03}" for number in range(1, 1000)), "m49")


class ParticipantFactory(DjangoModelFactory):
    """A member state."""

    class Meta:
        model = Participant
        django_get_or_create = ("code",)

    class Params:
        number = factory.Sequence(lambda n: n)

    code = factory.LazyAttribute(lambda state: STATE_CODES[state.number % len(STATE_CODES)])
    iso2 = factory.LazyAttribute(lambda state: ISO2_CODES[state.number % len(ISO2_CODES)])
    m49 = factory.LazyAttribute(lambda state: M49_CODES[state.number % len(M49_CODES)])
    kind = ParticipantKind.MEMBER_STATE
    name_en = factory.LazyAttribute(lambda participant: f"Participant {participant.code}")
    name_fr = name_es = name_ar = name_zh = name_ru = factory.SelfAttribute("name_en")
    name_source = "un"
    regional_group = RegionalGroup.WEOG
    un_member_since = 1960


class ObserverStateFactory(ParticipantFactory):
    """An observer state."""

    kind = ParticipantKind.OBSERVER_STATE
    regional_group = RegionalGroup.NONE
    un_member_since = None


class OrganizationFactory(ObserverStateFactory):
    """An organisation that can pledge."""

    kind = ParticipantKind.ORGANIZATION
    code = factory.Sequence(lambda n: f"ORG{n}")
    iso2 = m49 = ""


class SecretariatFactory(OrganizationFactory):
    """The Secretariat as host and co-chair; it cannot pledge."""

    kind = ParticipantKind.SECRETARIAT
    code = "UN"


class MembershipFactory(DjangoModelFactory):
    """A drafter's place in a delegation."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    participant = factory.SubFactory(ParticipantFactory)
    role = MembershipRole.DRAFTER
    started_at = JOINED_AT


def member_of(participant: Participant, role: str = MembershipRole.DRAFTER, **user: Any) -> User:
    """Return a new person with this role in the delegation; `user` names fields of the account."""
    return MembershipFactory(participant=participant, role=role, user=UserFactory(**user)).user


class InvitationFactory(DjangoModelFactory):
    """An invitation that waits to be accepted."""

    class Meta:
        model = Invitation

    participant = factory.SubFactory(ParticipantFactory)
    email = factory.Sequence(lambda n: f"invited-{n}@mission.example")
    name = "Somebody New"
    role = MembershipRole.DRAFTER
    invited_by = factory.SubFactory(UserFactory)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class ConferenceFactory(DjangoModelFactory):
    """A ministerial that is over."""

    class Meta:
        model = Conference
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"conference-{n}")
    title = factory.LazyAttribute(lambda conference: f"Title of {conference.slug}")
    series = "ministerial"
    starts_on = date(2025, 5, 13)
    starts_on_precision = "day"
    ends_on = date(2025, 5, 14)
    ends_on_precision = "day"
    reference_prefix = "PKM25"
    # Pledges of the factories are years old: in the usual cycle all would be silent. Tests of cycles name their own.
    reporting_cycle_months = 120


class CoChairFactory(DjangoModelFactory):
    """A participant's co-chairmanship."""

    class Meta:
        model = CoChair

    conference = factory.SubFactory(ConferenceFactory)
    participant = factory.SubFactory(ParticipantFactory)
    role = "co-chair"
    position = factory.Sequence(lambda n: n % 1000)


class PreparatoryConferenceFactory(DjangoModelFactory):
    """A preparatory conference of unknown days."""

    class Meta:
        model = PreparatoryConference

    key = factory.Sequence(lambda n: f"preparatory-{n}")
    conference = factory.SubFactory(ConferenceFactory)
    theme = "Safety and security"


class SessionFactory(DjangoModelFactory):
    """A session with a published title."""

    class Meta:
        model = Session

    conference = factory.SubFactory(ConferenceFactory)
    position = factory.Sequence(lambda n: n % 1000)
    title = "The future of peacekeeping"
    title_kind = "published"


class PublishedTotalFactory(DjangoModelFactory):
    """A figure as the UN published it."""

    class Meta:
        model = PublishedTotal

    conference = factory.SubFactory(ConferenceFactory)
    measure = "pledging-states"
    value = 74
    unit = "states"
    qualifier = "exact"
    counted_by = "UN"
    source_title = "Closing note"


class HolidayFactory(DjangoModelFactory):
    """A day on which the Secretariat does not work."""

    class Meta:
        model = Holiday

    day = factory.Sequence(lambda n: date(2031, 1, 1) + timedelta(days=n))
    name = "Founders’ day"
