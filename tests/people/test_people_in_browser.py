"""The pages of accounts and people in a real browser: accessible, and no wider than a narrow window."""

from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode
from playwright.sync_api import Browser

from accounts.addresses import SALT
from accounts.models import AddressChange, RoleGrant, User
from conferences.models import MembershipRole
from tests import factories as make
from tests.look.axe import sideways_scroll, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def link_of(change: AddressChange) -> str:
    """Return what the link to another address leads to."""
    return f"{reverse('address-confirm')}?{urlencode({'key': signing.dumps(change.pk, salt=SALT)})}"


def addresses() -> dict[str, tuple[User | None, str]]:
    """Return the pages with what they hold at their fullest, and who opens them."""
    lead = make.ParticipantFactory()
    manager, analyst = make.ManagerFactory(), make.AnalystFactory()
    drafter = make.member_of(lead, MembershipRole.DRAFTER, email=f"{'long' * 12}@mission.example")
    place = drafter.memberships.get()
    approver = make.member_of(lead, MembershipRole.APPROVER)
    invitation = make.InvitationFactory(participant=lead, email=f"{'much' * 12}@mission.example")
    RoleGrant.objects.create(user=analyst, role="secretariat_reader", reason="x" * 300, proposed_by=manager)
    return {
        "forgotten": (None, reverse("account_reset_password")),
        "sent": (None, reverse("account_reset_password_done")),
        "dead link": (None, reverse("account_reset_password_from_key", args=["1", "set-password"])),
        "invitation": (None, f"{reverse('people-accept')}?{urlencode({'key': invitation.key})}"),
        "over": (None, reverse("people-accept")),
        "who may": (None, reverse("who-may")),
        "account": (drafter, reverse("mfa_index")),
        "own address": (drafter, reverse("address-change")),
        "confirm address": (
            drafter,
            link_of(make.AddressChangeFactory(user=drafter, email=f"{'new' * 15}@mission.example")),
        ),
        "phone": (drafter, reverse("mfa_activate_totp")),
        "list": (manager, reverse("people-list")),
        "delegation": (approver, reverse("people-delegation", args=[lead.pk])),
        "invite": (approver, reverse("people-invite", args=[lead.pk])),
        "role": (approver, reverse("people-role", args=[place.pk])),
        "hand over": (approver, reverse("people-hand-over", args=[place.pk])),
        "address": (approver, reverse("people-address", args=[place.pk])),
        "end": (approver, reverse("people-end", args=[place.pk])),
        "one account": (manager, reverse("people-account", args=[drafter.pk])),
        "staff": (manager, reverse("people-staff")),
        "propose": (manager, reverse("people-staff-propose")),
    }


def test_every_page_is_accessible_and_fits_a_narrow_window(browser: Browser, live_server: Any) -> None:
    found = {}
    for name, (user, url) in addresses().items():
        context = browser.new_context()
        page = context.new_page()
        if user:
            client = Client()
            client.force_login(user)
            value = client.cookies["session"].value
            context.add_cookies([{"name": "session", "value": value, "url": live_server.url}])
        page.goto(f"{live_server.url}{url}")
        assert page.locator("h1").count() == 1, name
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found[name, width] = [*violations(page), *(["sideways"] if sideways_scroll(page) else [])]
        context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}
