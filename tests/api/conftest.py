"""Readers of the API."""

import pytest

from conferences.models import MembershipRole
from pledges.models import Pledge
from tests import factories
from tests.api.readers import Api, World


@pytest.fixture
def anyone(db: None) -> Api:
    """A reader who does not sign in."""
    return Api()


@pytest.fixture
def world(db: None) -> World:
    """Return the world; `sees` names what each reader sees."""
    owner, partner, chair, stranger = factories.ParticipantFactory.create_batch(4)
    conference = factories.ConferenceFactory()
    factories.CoChairFactory(conference=conference, participant=chair)
    made = {"participant": owner, "conference": conference}
    pledges: dict[str, Pledge] = {
        "draft": factories.DraftPledgeFactory(**made),
        "submitted": factories.SubmittedPledgeFactory(**made),
        "registered": factories.RegisteredPledgeFactory(**made),
        "announced": factories.AnnouncedPledgeFactory(**made),
    }
    factories.ConfirmedPartnerFactory(pledge=pledges["draft"], participant=partner)
    factories.PartnerFactory(pledge=pledges["submitted"], participant=partner)
    everything = set(pledges)
    return World(
        pledges=pledges,
        readers={
            "anonymous": Api(),
            "analyst": Api(factories.AnalystFactory()),
            "own delegation": Api(factories.member_of(owner)),
            "partner": Api(factories.member_of(partner)),
            "co-chair": Api(factories.member_of(chair, MembershipRole.CO_CHAIR)),
            "other delegation": Api(factories.member_of(stranger)),
            "Secretariat": Api(factories.ReaderFactory()),
        },
        sees={
            "anonymous": {"announced"},
            "analyst": {"announced"},
            "own delegation": everything,
            "partner": {"announced", "draft"},
            "co-chair": {"announced", "registered"},
            "other delegation": {"announced"},
            "Secretariat": everything,
        },
    )
