"""Who sees which pledge, on every endpoint that tells of pledges."""

import pytest

from tests.api.readers import World

READERS = ["anonymous", "analyst", "own delegation", "partner", "co-chair", "other delegation", "Secretariat"]


@pytest.mark.parametrize("reader", READERS)
def test_the_list_holds_what_the_reader_may_see(world: World, reader: str) -> None:
    assert world.readers[reader].references() == world.seen_by(reader)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("page", ["", "timeline/"])
def test_a_pledge_that_is_hidden_is_not_there(world: World, reader: str, page: str) -> None:
    api = world.readers[reader]
    for pledge in world.pledges.values():
        expected = 200 if pledge.reference in world.seen_by(reader) else 404
        assert api.get(f"pledges/{pledge.reference}/{page}").status_code == expected
