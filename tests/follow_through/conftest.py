"""Pledges whose cycle goes by."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pledges.models import Pledge
from pledges.querysets import today
from tests.factories import AnnouncedPledgeFactory


def at_nine(day: date) -> datetime:
    """An instant of that day."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@pytest.fixture
def announced() -> Callable[..., Pledge]:
    """A pledge that its delegation entered and that was announced so many days ago; a report is owed every month."""

    def make(days: int, **fields: Any) -> Pledge:
        day = today() - timedelta(days=days)
        fields = {"conference__reporting_cycle_months": 1, **fields}
        instants = dict.fromkeys(("created_at", "submitted_at", "registered_at", "announced_at"), at_nine(day))
        return AnnouncedPledgeFactory(**instants, **fields)

    return make


@pytest.fixture
def signed_in() -> Callable[[Any], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(person: Any) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def counted_queries() -> Callable[[Client, str], int]:
    """The number of queries that a page takes."""

    def count(client: Client, page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    return count
