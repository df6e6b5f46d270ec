"""What every answer carries: an id of its own, and who may keep it."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts.middleware import HistoryContextMiddleware, PrivateCacheMiddleware, TimeZoneMiddleware
from accounts.models import User


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Here you are.")


def answer_to(user: Any, **headers: str) -> HttpResponse:
    request = RequestFactory().get("/", headers=headers)
    request.user = user
    return PrivateCacheMiddleware(view)(request)


def test_each_answer_has_an_id_of_its_own() -> None:
    answers = [HistoryContextMiddleware(view)(RequestFactory().get("/")) for _ in range(2)]
    first, second = (answer["X-Request-ID"] for answer in answers)
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{32}", first)


@pytest.mark.parametrize(
    ("user", "headers", "kept"),
    [
        (AnonymousUser(), {}, True),
        (User(username="person"), {}, False),
        (AnonymousUser(), {"authorization": "Bearer pk_x"}, False),
    ],
    ids=["visitor", "signed in", "token"],
)
def test_what_one_person_may_see_is_kept_nowhere(user: Any, headers: dict[str, str], *, kept: bool) -> None:
    answer = answer_to(user, **headers)
    assert ("no-store" in answer.get("Cache-Control", "")) is not kept
    assert answer["Vary"] == "Cookie, Authorization"


@pytest.mark.parametrize(
    ("user", "zone"),
    [
        (AnonymousUser(), "UTC"),
        (User(time_zone="Africa/Nairobi"), "Africa/Nairobi"),
        (User(time_zone="Atlantis/Capital"), "UTC"),
        (User(time_zone="../etc/passwd"), "UTC"),
        (User(time_zone=""), "UTC"),
    ],
    ids=["visitor", "own zone", "no such zone", "no name of a zone", "none"],
)
def test_hours_are_those_of_the_reader(user: Any, zone: str) -> None:
    request = RequestFactory().get("/")
    request.user = user
    answer = TimeZoneMiddleware(lambda _request: HttpResponse(timezone.get_current_timezone_name()))(request)
    assert answer.content.decode() == zone
    assert timezone.get_current_timezone_name() == "UTC"
