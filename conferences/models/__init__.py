"""Participants, delegations, conferences and all that belongs to a conference."""

from conferences.models.calendar import Holiday
from conferences.models.conference import CoChair, Conference, PublishedTotal, Series
from conferences.models.invitations import Invitation
from conferences.models.participants import (
    LANGUAGES,
    WRITERS,
    Liaison,
    Membership,
    MembershipRole,
    Participant,
    ParticipantKind,
    RegionalGroup,
    SortKey,
)
from conferences.models.programme import (
    ConferenceSource,
    CrossCuttingTheme,
    OutcomeDocument,
    PreparatoryConference,
    Priority,
    Session,
    SideEvent,
)

__all__ = [
    "LANGUAGES",
    "WRITERS",
    "CoChair",
    "Conference",
    "ConferenceSource",
    "CrossCuttingTheme",
    "Holiday",
    "Invitation",
    "Liaison",
    "Membership",
    "MembershipRole",
    "OutcomeDocument",
    "Participant",
    "ParticipantKind",
    "PreparatoryConference",
    "Priority",
    "PublishedTotal",
    "RegionalGroup",
    "Series",
    "Session",
    "SideEvent",
    "SortKey",
]
