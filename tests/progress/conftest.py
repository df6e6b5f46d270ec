"""A joint pledge, and the people around it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client

from conferences.models import MembershipRole
from pledges.models import Partner, Pledge
from tests.factories import ConfirmedPartnerFactory, RegisteredPledgeFactory, member_of
from tests.pledges.conftest import Cast, cast
from tests.work.conftest import People, people, signed_in

__all__ = ["Cast", "People", "SignedIn", "cast", "people", "signed_in"]
SignedIn = Callable[[Any], Client]


@dataclass(frozen=True)
class Joint:
    """A registered pledge of two, and a drafter of each."""

    pledge: Pledge
    share: Partner
    lead: Any
    partner: Any


@pytest.fixture
def joint(people: People) -> Joint:
    """A registered pledge of two."""
    pledge = RegisteredPledgeFactory(participant=people.delegation, quantity=4)
    share = ConfirmedPartnerFactory(pledge=pledge, share_quantity=1)
    return Joint(pledge, share, people.drafter, member_of(share.participant, MembershipRole.DRAFTER))


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Any) -> None:
    """An empty folder for uploads."""
    settings.MEDIA_ROOT = str(tmp_path)


def day_boxes(name: str, day: date) -> dict[str, str]:
    """Return what stands in the boxes of a date."""
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}
