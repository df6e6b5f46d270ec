"""Puts a draft of a delegation into a database and signs its drafter in; prints the session's key and the addresses of
the steps of its form. A process of its own: python -m benchmarks.draft"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from capabilities.models import CapabilityType  # noqa: E402
from conferences.models import Conference  # noqa: E402
from pledges.form_steps import steps_of  # noqa: E402
from pledges.services import draft_pledge  # noqa: E402
from pledges.values import values_of  # noqa: E402


def main() -> None:
    """Make the draft and the session, and print them."""
    user = User.objects.get(username="drafter-bgd")
    kind = CapabilityType.objects.get(pk="infantry-battalion")
    pledge = draft_pledge(
        conference=Conference.objects.latest("starts_on"),
        participant=user.memberships.get().participant,
        content={"title": "Infantry battalion", "capability_type": kind, "category": kind.category, "quantity": 1},
        by=user,
        at=timezone.now(),
    )
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    steps = [step.slug for step, _fields in steps_of(pledge, values_of(pledge))]
    addresses = [reverse("pledge-edit-step", args=[pledge.reference, slug]) for slug in steps]
    print(session.session_key, *addresses, reverse("pledge-check", args=[pledge.reference]), sep="\n")


if __name__ == "__main__":
    main()
