"""Delegations with something due, a mail server, and a clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from conferences.models import MembershipRole, Participant
from pledges.models import Milestone
from reminders.models import LadderStep, Reason
from tests.factories import MilestoneFactory, ParticipantFactory, RegisteredPledgeFactory, member_of
from tests.reminders.sink import Sink

TODAY = date(2025, 8, 1)
NOW = datetime(2025, 8, 1, 6, tzinfo=UTC)


def delegation_of(*roles: str, **state: Any) -> Participant:
    """Return a participant with one person in each of these roles."""
    participant = ParticipantFactory(**state)
    for role in roles:
        member_of(participant, role)
    return participant


def due_step(participant: Participant | None = None, *, on: date = TODAY, **step: Any) -> Milestone:
    """Return a step of a registered pledge that is due; without a delegation, of one with a single drafter."""
    pledge = RegisteredPledgeFactory(
        participant=participant or delegation_of(MembershipRole.DRAFTER), title="Level II hospital"
    )
    return MilestoneFactory(pledge=pledge, due_on=on, **step)


@pytest.fixture
def only_steps_on_their_day(db: None) -> None:
    """A single rung on all ladders: the focal points hear of a step on the day it is due."""
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """A mail server to which all mail goes."""
    server = Sink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 2
    yield server
    server.stop()


@pytest.fixture
def mail_folder(settings: Any, tmp_path: Path) -> Path:
    """A folder to which all mail goes."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    return tmp_path
