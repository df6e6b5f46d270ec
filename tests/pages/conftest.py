"""The small world on which pages are tried."""

import pytest

from tests.pages import world as worlds


@pytest.fixture
def world(db: None) -> worlds.World:
    """What anybody may see."""
    return worlds.build()
