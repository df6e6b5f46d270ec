"""Addresses that pages and mails lead to: the rows behind a number, in three forms, and the report on a step."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from pledges.figures import readers_filters
from pledges.models import Milestone, Partner, Pledge

# The filters of the list of what waits for the Secretariat's assessment (`pledges.waiting.assessments`).
TO_ASSESS = {"to_assess": "true", "order": "oldest"}


class DataLinks(NamedTuple):
    """Where the same rows are to be had for programs."""

    csv: str
    api: str


def address(path: str, parameters: Mapping[str, str]) -> str:
    """Return a path with its query string; commas stay readable."""
    return f"{path}?{urlencode(parameters, safe=',')}" if parameters else path


def rows_url(filters: Mapping[str, str]) -> str:
    """Return the list of pledges narrowed by these filters (`pledges.filters`)."""
    return address(reverse("pledge-list"), filters)


def counted_rows_url(user: Any, **filters: str) -> str:
    """Return the list of just the pledges that a figure of this reader counts."""
    return rows_url(filters | readers_filters(user))


def data_links(resource: str, filters: Mapping[str, str], *key: str) -> DataLinks:
    """Return the API call for the same rows (`resource` as in api.urls), and the same call asking for CSV."""
    path = reverse(f"api-{resource}", args=key)
    return DataLinks(csv=address(path, {**filters, "format": "csv"}), api=address(path, filters))


def late_pledges_url(reason: str) -> str:
    """Return the list of the pledges on which something is late for a reason (`pledges.follow_up.Reason`)."""
    return address(reverse("follow-through"), {"reason": reason})


def step_report_url(step: Milestone) -> str:
    """Return where a step is reported on, by whoever takes it: the lead, or the partner whose share it belongs to."""
    reference, share = step.pledge.reference, step.partner
    own = reverse("pledge-report", args=[reference])
    url = reverse("share-report", args=[reference, share.participant_id]) if share else own
    return f"{url}?milestone={step.pk}"


def renewal_url(pledge: Pledge) -> str:
    """Return where a unit's entry in the readiness system is renewed, by those who may."""
    return reverse("readiness-act", args=[pledge.reference, "renew"])


def readiness_url(pledge: Pledge) -> str:
    """Return where a pledge's page tells of its readiness."""
    return f"{pledge.get_absolute_url()}#readiness"


def snooze_url(pledge: Pledge, partner: Partner | None = None) -> str:
    """Return where a delegation puts off the reminders of a pledge to its own people: the lead, or a partner."""
    if partner:
        return reverse("share-snooze", args=[pledge.reference, partner.participant_id])
    return reverse("pledge-snooze", args=[pledge.reference])
