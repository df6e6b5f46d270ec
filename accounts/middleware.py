"""What every request carries: an id for log and history, and caching rules for what a signed-in person sees."""

import uuid
from collections.abc import Callable

import pghistory
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from accounts.zones import zone_of

Handler = Callable[[HttpRequest], HttpResponse]


class HistoryContextMiddleware:
    """Give each request an id, answer with it, and carry it into the history of what the request changes."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        with pghistory.context(request=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class TimeZoneMiddleware:
    """Show a signed-in person every hour in the time zone of their account; one that is not known counts as none."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


class PrivateCacheMiddleware:
    """Keep answers to a signed-in person out of every cache: rights may change with the next request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["Cookie", "Authorization"])
        if request.user.is_authenticated or "Authorization" in request.headers:
            add_never_cache_headers(response)
        return response
