"""What nobody is to read stands in no answer, and a hidden row is answered as none (tests/security draws the rest)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from conferences.models import MembershipRole
from pledges.services import draft_pledge
from tests import factories
from tests.api.readers import Api

CANARY = "canary"


def test_no_person_and_no_working_paper_stands_in_any_answer(db: None) -> None:
    state, partner = factories.ParticipantFactory.create_batch(2)
    author = factories.member_of(
        state, MembershipRole.DRAFTER, username=f"{CANARY}-user", first_name=f"{CANARY}-first", last_name=CANARY
    )
    conference = factories.ConferenceFactory()
    factories.CoChairFactory(conference=conference, participant=partner)
    content = {"responsible_office": CANARY, "means_of_verification": CANARY}
    drafted = draft_pledge(
        conference=conference, participant=state, content=content, by=author, at=factories.DRAFTED_AT
    )
    announced = factories.AnnouncedPledgeFactory(
        participant=state, conference=conference, author=author, earlier_pledge=CANARY, **content
    )
    declined = factories.PartnerFactory(pledge=announced, participant=partner, confirmation="declined")
    for pledge in (drafted, announced):
        factories.ReviewNoteFactory(pledge=pledge, text=CANARY, author=author)
        factories.MilestoneFactory(pledge=pledge, title=CANARY)
        factories.EvidenceFileFactory(pledge=pledge, original_name=CANARY, author=author)
    factories.ProgressUpdateFactory(pledge=announced, author=author)
    readers: list[User | None] = [None, author, factories.OfficerFactory(), factories.member_of(partner)]
    for reader in readers:
        api = Api(reader)
        for pledge in (drafted, announced):
            for page in ("", "timeline/", "?format=csv", "timeline/?format=csv"):
                assert CANARY.encode() not in b"".join(api.get(f"pledges/{pledge.reference}/{page}"))
        for path in ("pledges/", "pledges/?format=csv", "statistics/gap/", "participants/", "conferences/"):
            body = b"".join(api.get(path))
            assert CANARY.encode() not in body
    assert Api().get(f"pledges/{announced.reference}/").json()["partners"] == []
    assert declined.participant_id not in str(Api(author).rows("pledges/"))


def test_the_embargo_lifts_at_its_instant(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    instant = timezone.now() + timedelta(hours=1)
    pledge = factories.AnnouncedPledgeFactory(announced_at=instant)
    anyone = Api()
    for moment, seen in ((instant - timedelta(seconds=1), False), (instant, True), (instant + timedelta(60), True)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert (pledge.reference in anyone.references()) is seen
        assert anyone.get(f"pledges/{pledge.reference}/").status_code == (200 if seen else 404)
        assert anyone.get(f"pledges/{pledge.reference}/timeline/").status_code == (200 if seen else 404)
        assert anyone.references(announced="false") == set()


def test_a_hidden_row_and_no_row_are_answered_alike(db: None) -> None:
    hidden = factories.RegisteredPledgeFactory().reference
    for page in ("", "timeline/", "?format=csv"):
        one, two = Api().get(f"pledges/{hidden}/{page}"), Api().get(f"pledges/PKM25-NONE2/{page}")
        assert (one.status_code, one.content, dict(one.headers, **{"X-Request-ID": ""})) == (
            404, two.content, dict(two.headers, **{"X-Request-ID": ""}),
        )  # fmt: skip
