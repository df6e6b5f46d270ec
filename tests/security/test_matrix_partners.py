"""What partners of a pledge get: at every address what any other delegation gets, but for partners.txt (S01).

`invited` was asked to take part and has not answered, `partner` has confirmed its share; both are approvers.
"""

from pathlib import Path

import pytest

from conferences.models import MembershipRole
from pledges.models import Pledge, StatusChange
from tests import factories as make
from tests.security.test_matrix import ACTORS, World, lines
from tests.security.test_matrix_writes import send, written

PARTNERS = ("invited", "partner")
OTHER = ACTORS.index("other")
FILE = Path(__file__).parent / "partners.txt"


def differences() -> dict[tuple[str, str, str], list[int]]:
    """Return what each partner gets by method, route and pledge, where it differs from any other delegation."""
    told = (line.split() for line in FILE.read_text().splitlines() if not line.startswith("#"))
    return {
        (words[0], words[1], words[2] if len(words) == 5 else ""): [int(word) for word in words[-2:]] for words in told
    }


@pytest.fixture
def world(db: None) -> World:
    """The world of the matrix, and somebody of each partner."""
    found = World()
    for actor, delegation in zip(PARTNERS, (found.invited, found.taking_part), strict=True):
        found.people[actor] = make.member_of(delegation, MembershipRole.APPROVER)
    return found


def test_each_partner_reads_what_it_may(world: World) -> None:
    surprises, told = {}, differences()
    for route, row, statuses in lines():
        expected = told.get(("GET", route, row), [statuses[OTHER]] * 2)
        found = [world.client(actor).get(world.address(route, row)).status_code for actor in PARTNERS]
        if found != expected:
            surprises["GET", route, row] = found
    assert surprises == {}


def test_each_partner_writes_what_it_may(world: World) -> None:
    surprises, told = {}, differences()
    before = list(Pledge.objects.order_by("pk").values())
    for method, route, row, statuses in written():
        expected = told.get((method.upper(), route, row), [statuses[OTHER]] * 2)
        sent = [send(world, actor, method, route, row) for actor in PARTNERS]
        refused = [one for one in sent if one.status in {401, 403, 404}]
        if [one.status for one in sent] != expected or any(one.wrote for one in refused):
            surprises[method.upper(), route, row] = sent
    assert surprises == {}
    assert list(Pledge.objects.order_by("pk").values()) == before
    assert not StatusChange.objects.exists()


def test_every_difference_is_about_an_address_that_there_is() -> None:
    read = {("GET", route, row) for route, row, _statuses in lines()}
    sent = {(line.method.upper(), line.route, line.row) for line in written()}
    assert differences().keys() <= read | sent
