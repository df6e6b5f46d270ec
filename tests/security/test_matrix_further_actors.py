"""Co-chairs and closed accounts: what they get at every address, told as a rule beside a column of the matrix (S01)."""

from collections.abc import Iterator

import pytest

from conferences.models import MembershipRole
from pledges.models import Pledge
from tests import factories as make
from tests.asking import status_of
from tests.security.test_matrix import ACTORS, World, lines
from tests.security.test_matrix_writes import Sent, send, written

Found = tuple[str, str, str, int, Sent]
# A co-chair reads what is registered for its conference, announced or not, and what was then withdrawn.
CHAIRED = {"registered", "withdrawn"}
READ = {"pledge-detail", "api-pledges-row", "api-timeline"}
HIDDEN = {"file-download"}  # a document is no part of what it may read


@pytest.fixture
def world(db: None) -> World:
    """The world of the matrix, with a co-chair of its conferences and an approver whose account is closed."""
    found, chair = World(), make.ParticipantFactory()
    for pledge in found.pledges.values():
        make.CoChairFactory(conference=pledge.conference, participant=chair)
    found.people["co-chair"] = make.member_of(chair, MembershipRole.CO_CHAIR)
    found.people["closed"] = make.member_of(found.lead, MembershipRole.APPROVER, is_active=False)
    return found


def answers(world: World, actor: str, like: str) -> Iterator[Found]:
    """Yield method, route and pledge with what `like` gets, and what the actor gets."""
    column, client = ACTORS.index(like), world.client(actor)
    for route, row, statuses in lines():
        yield "get", route, row, statuses[column], Sent(status_of(client, world.address(route, row)), wrote=False)
    for method, route, row, statuses in written():
        yield method, route, row, statuses[column], send(world, actor, method, route, row)


def chairs(method: str, route: str, row: str, status: int) -> int:
    """Return what a co-chair gets where somebody who belongs to no delegation gets `status`."""
    if row not in CHAIRED or status != 404 or route in HIDDEN:
        return status
    return 200 if method == "get" and route in READ else 403


def test_a_co_chair_reads_what_is_registered_and_writes_nothing(world: World) -> None:
    before = list(Pledge.objects.order_by("pk").values())
    surprises = [
        (method, route, row, sent)
        for method, route, row, status, sent in answers(world, "co-chair", like="analyst")
        if sent.status != chairs(method, route, row, status) or (sent.status >= 400 and sent.wrote)
    ]
    assert surprises == []
    assert list(Pledge.objects.order_by("pk").values()) == before


def test_a_closed_account_gets_what_a_visitor_gets(world: World) -> None:
    surprises = [
        (method, route, row, sent)
        for method, route, row, status, sent in answers(world, "closed", like="anonymous")
        if sent.status != status or (sent.wrote and sent.status in {302, 401, 403, 404})
    ]
    assert surprises == []
