"""Errors of the API: every refusal is a problem (RFC 9457) that says what is wrong and, field by field, where."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from django.db import IntegrityError
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from api.content import renamed
from pledges.errors import Incomplete, NotAllowed, PledgeError

PROBLEM = "application/problem+json"
CHECK_VIOLATION = "23514"
Text = str | Promise


class Problem(NamedTuple):
    """A kind of problem: its title, and what to do about it."""

    title: Text
    advice: Text


PROBLEMS: dict[int, Problem] = {
    400: Problem(
        _("The call is not as described here"),
        _("`errors` names each parameter that is unknown or has a value that does not fit. Nothing is ever ignored."),
    ),
    401: Problem(
        _("The token does not sign in"),
        _("Leave the header out for public data, or make a new token. Writing needs one."),
    ),
    403: Problem(_("Not yours to do"), _("`detail` says who may.")),
    404: Problem(
        _("Nothing here that you may see"),
        _("The address is not one of the API, there is no such row, or it is not public and not yours to see."),
    ),
    405: Problem(_("Not with this method"), _("`Allow` lists the methods of this address.")),
    406: Problem(_("Not in this format"), _("Ask for JSON or CSV: `?format=json`, `?format=csv`, or `Accept`.")),
    409: Problem(
        _("Not at this point"),
        _("`detail` says what stands in the way. Read the row again; somebody may have been quicker."),
    ),
    412: Problem(
        _("Somebody changed it in between"),
        _(
            "`changed` holds each field that differs: as you read it, as it is stored, as you sent it. Send again "
            "with the new `ETag`."
        ),
    ),
    413: Problem(_("Too much"), _("Send less at once.")),
    415: Problem(_("Not in this format"), _("Send JSON: `Content-Type: application/json`.")),
    422: Problem(_("The key came with another call"), _("Make a new `Idempotency-Key` for each new call.")),
    428: Problem(_("The version is missing"), _("Send the `ETag` of what you read as `If-Match`.")),
    429: Problem(_("Too many calls"), _("Wait as many seconds as `Retry-After` says.")),
}


def problem_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer for a refusal, always as JSON whatever was asked for; None for a fault of ours."""
    response = own_response(exc) or exception_handler(exc, context)
    if response is None:
        return None
    errors = list(field_errors(response.data)) if isinstance(exc, ValidationError | Incomplete) else []
    response.data = problem(response.status_code, detail_of(exc, response), errors) | getattr(exc, "extra", {})
    response.content_type = PROBLEM
    for name, value in getattr(exc, "headers", {}).items():
        response[name] = value
    force_json(context["request"])
    return response


def force_json(request: Any) -> None:
    """Make the answer to this request JSON."""
    from api.renderers import OrjsonRenderer

    request.accepted_renderer, request.accepted_media_type = OrjsonRenderer(), PROBLEM


def own_response(exc: Exception) -> Response | None:
    """Return the status for a refusal of the product's own or of its database; None for anything else."""
    if isinstance(exc, Incomplete):
        return Response(renamed(exc.fields), status=HTTPStatus.BAD_REQUEST)
    if isinstance(exc, NotAllowed):
        return Response(status=HTTPStatus.FORBIDDEN)
    if isinstance(exc, PledgeError) or rule_of(exc):
        return Response(status=HTTPStatus.CONFLICT)
    return None


def rule_of(exc: Exception) -> str:
    """Return the sentence of a rule with which the database refused what was sent; nothing for other faults."""
    diagnosis = getattr(exc.__cause__, "diag", None) if isinstance(exc, IntegrityError) else None
    if diagnosis is None or diagnosis.sqlstate != CHECK_VIOLATION:
        return ""
    if "RAISE" in (diagnosis.context or ""):  # by a trigger, in words for people
        return str(diagnosis.message_primary)
    return str(_("A rule of the record refuses this: %(rule)s.") % {"rule": diagnosis.constraint_name})


def problem(status: int, detail: str, errors: list[dict[str, str]]) -> dict[str, Any]:
    """Return the body of a problem."""
    kind = PROBLEMS.get(status)
    return {
        "type": f"{reverse('api-docs')}#error-{status}" if kind else "about:blank",
        "title": str(kind.title) if kind else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors,
    }


def detail_of(exc: Exception, response: Response) -> str:
    """Return one sentence on what is wrong."""
    if isinstance(exc, ValidationError):
        return str(_("The fields under “errors” say what does not fit."))
    if isinstance(exc, PledgeError):
        return str(exc)
    if rule_of(exc):
        return rule_of(exc)
    if response.status_code == HTTPStatus.NOT_FOUND:
        return str(_("There is nothing here that you may see."))
    return str(response.data.get("detail", ""))


def field_errors(found: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield each message with the path of its field, such as `partners.0.role`."""
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from field_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(found, list) and all(isinstance(item, ErrorDetail) for item in found):
        for item in found:
            yield {"field": path, "message": str(item)}
    elif isinstance(found, list):
        for index, inner in enumerate(found):
            yield from field_errors(inner, f"{path}.{index}")
    else:
        yield {"field": path, "message": str(found)}
