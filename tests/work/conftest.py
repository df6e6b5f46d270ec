"""People of the write path, and what the form sends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from conferences.models import Conference, MembershipRole, Participant
from tests.factories import (
    AnalystFactory,
    CapabilityTypeFactory,
    ConferenceFactory,
    ManagerFactory,
    MissionFactory,
    OfficerFactory,
    ParticipantFactory,
    member_of,
)


@dataclass(frozen=True)
class People:
    """One person of each kind."""

    delegation: Participant
    drafter: User
    approver: User
    viewer: User
    other_approver: User
    officer: User
    manager: User
    analyst: User


@pytest.fixture
def people(db: None) -> People:
    """A delegation, somebody of another delegation, the Secretariat and an analyst."""
    delegation, other = ParticipantFactory(), ParticipantFactory()
    return People(
        delegation=delegation,
        drafter=member_of(delegation, MembershipRole.DRAFTER),
        approver=member_of(delegation, MembershipRole.APPROVER),
        viewer=member_of(delegation, MembershipRole.VIEWER),
        other_approver=member_of(other, MembershipRole.APPROVER),
        officer=OfficerFactory(),
        manager=ManagerFactory(),
        analyst=AnalystFactory(),
    )


@pytest.fixture
def conference(db: None) -> Conference:
    """A conference that takes pledges."""
    return ConferenceFactory()


@pytest.fixture
def signed_in() -> Callable[[User | None], Client]:
    """Return a browser in which somebody is signed in, or nobody."""

    def client(user: User | None) -> Client:
        browser = Client()
        if user:
            browser.force_login(user)
        return browser

    return client


@pytest.fixture
def answers(people: People, conference: Conference) -> dict[str, Any]:
    """What a browser sends of a filled form."""
    capability = CapabilityTypeFactory(name="Level 2 hospital", unit_of_measure="facility")
    return {
        "participant": people.delegation.pk,
        "conference": conference.pk,
        "capability": capability.pk,
        "title": "Level 2 hospital",
        "description": "A field hospital with surgery.",
        "kind": "new",
        "quantity": "1",
        "personnel": "1 200",
        "women": "٣٠٠",
        "amount": "",
        "currency": "",
        "missions": [MissionFactory().pk],
        "deliver_from_day": "",
        "deliver_from_month": "",
        "deliver_from_year": "",
        "deliver_by_day": "",
        "deliver_by_month": "6",
        "deliver_by_year": "2027",
        "intended_outcome": "",
        "responsible_office": "",
        "means_of_verification": "",
        "caveats_known": "unknown",
        "caveats": "",
    }


def form_of(client: Client, url: str) -> dict[str, Any]:
    """Return what a browser would send back of the form at this address, unchanged."""
    form = client.get(url).context["form"]
    sent: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if bound.name in {"deliver_from", "deliver_by"}:
            sent |= {
                f"{bound.name}_{part}": box
                for part, box in zip(("day", "month", "year"), bound.field.widget.decompress(value), strict=True)
            }
        elif bound.name == "missions":
            sent["missions"] = list(value or ())
        else:
            sent[bound.name] = "" if value is None else value
    return sent


def edit_url(pledge: Any, step: str = "") -> str:
    """Return where a pledge is edited: on one page, or one step of it."""
    if not step:
        return reverse("pledge-edit", args=[pledge.reference])
    return reverse("pledge-edit-step", args=[pledge.reference, step])


def step_url(pledge: Any, action: str) -> str:
    """Return where a step of a pledge is taken."""
    return reverse("pledge-step", args=[pledge.reference, action])
