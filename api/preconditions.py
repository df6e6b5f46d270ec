"""Nobody's edit is lost: a change names, in If-Match, the version that it was made from (RFC 9110, 13.1.1)."""

import re
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from api.content import content_of, named
from pledges.models import Pledge
from pledges.services import CONTENT

TAG = re.compile(r'(W/)?"([^"]*)"')
BESIDE = {"missions", "caveats"}  # rows of their own: an earlier version of them is not told here


class NoVersion(APIException):
    """The call does not say from which version it was made."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = gettext_lazy("Send the ETag of the version that you read, in the header If-Match.")


class Stale(APIException):
    """Somebody stored another version in between."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = gettext_lazy(
        "Somebody changed this pledge after the version that you read. “changed” holds both versions where they differ."
    )

    def __init__(self, pledge: Pledge, asked: list[int], sent: dict[str, Any]) -> None:
        super().__init__()
        self.extra = {"version": pledge.version, "changed": differences(pledge, asked, sent)}
        self.headers = {"ETag": etag(pledge.version)}


def etag(version: int) -> str:
    """Return the strong validator of a version."""
    return f'"{version}"'


def versions(request: Request) -> list[int]:
    """Return the versions that If-Match names; a weak or foreign tag names none. Raises NoVersion without one.

    “*” would match whatever is stored, and so overwrite what the caller has not read: it counts as no version.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        raise NoVersion
    return [int(tag) for weak, tag in TAG.findall(header) if not weak and re.fullmatch(r"[0-9]{1,9}", tag)]


def check_version(request: Request, pledge: Pledge) -> None:
    """Refuse a call that was made from another version than the one stored."""
    asked = versions(request)
    if pledge.version not in asked:
        raise stale(request, pledge, asked)


def stale(request: Request, pledge: Pledge, asked: list[int] | None = None) -> Stale:
    """Return the refusal that tells the other version."""
    sent = request.data if isinstance(request.data, dict) else {}
    return Stale(pledge, versions(request) if asked is None else asked, sent)


def differences(pledge: Pledge, asked: list[int], sent: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each field that was stored or is now sent otherwise than in the version that the caller read.

    `read` is the value in that version (left out where it is not known), `stored` the one now, `sent` the caller's.
    """
    before, now, rows = earlier(pledge, asked), content_of(pledge), []
    for name, stored in now.items():
        row = {"field": name, "stored": stored}
        row |= {"read": before[name]} if name in before else {}
        row |= {"sent": sent[name]} if name in sent else {}
        if any(row.get(version, stored) != stored for version in ("read", "sent")):
            rows.append(row)
    return rows


def earlier(pledge: Pledge, asked: list[int]) -> dict[str, Any]:
    """Return the content of the version that the caller read, as history holds it."""
    events: Any = pledge.events.filter(version__in=asked).order_by("-pgh_id")  # type: ignore[attr-defined]
    event = events.first()
    if event is None:
        return {}
    columns = CONTENT - BESIDE
    found = content_of(Pledge(pk=pledge.pk, **{attname(column): getattr(event, attname(column)) for column in columns}))
    return {named(column): found[named(column)] for column in columns}


def attname(column: str) -> str:
    """Return the attribute under which a row holds a column: the code, where it names another row."""
    return str(Pledge._meta.get_field(column).get_attname())  # type: ignore[union-attr]
