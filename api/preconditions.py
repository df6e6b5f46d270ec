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
        "Somebody changed this after the version that you read. “changed” holds both versions where they differ."
    )

    def __init__(self, tag: str, changed: list[dict[str, Any]]) -> None:
        super().__init__()
        self.extra = {"changed": changed}
        self.headers = {"ETag": tag}


def etag(version: int) -> str:
    """Return the strong validator of a version."""
    return f'"{version}"'


def tags(request: Request) -> list[str]:
    """Return the strong tags that If-Match names; a weak one names no version. Raises NoVersion without any header.

    “*” would match whatever is stored, and so overwrite what the caller has not read: it counts as no version.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        raise NoVersion
    return [f'"{tag}"' for weak, tag in TAG.findall(header) if not weak]


def check_version(request: Request, pledge: Pledge) -> None:
    """Refuse a call that was made from another version than the one stored."""
    if etag(pledge.version) not in tags(request):
        raise stale(request, pledge)


def stale(request: Request, pledge: Pledge) -> Stale:
    """Return the refusal that tells the other version."""
    asked = [int(tag.strip('"')) for tag in tags(request) if re.fullmatch('"[0-9]{1,9}"', tag)]
    return Stale(etag(pledge.version), differences(pledge, asked, sent_of(request)))


def sent_of(request: Request) -> dict[str, Any]:
    """Return what was sent, as far as it is an object."""
    return request.data if isinstance(request.data, dict) else {}


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
