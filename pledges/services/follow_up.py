"""What managers of the Secretariat set for follow-through: a conference's cycle and coordinator, and desk officers."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.history import acting
from accounts.models import REVIEWERS, SECRETARIAT
from conferences.models import Conference, Liaison, Membership, MembershipRole, Participant
from pledges.errors import Incomplete
from pledges.permissions import check_is_manager

LONGEST_CYCLE = 24  # months


def possible_coordinators(conference: Conference) -> "QuerySet[Any]":
    """Return who may coordinate a conference: people of the Secretariat, and members of its co-chairs as such."""
    chairs = conference.co_chairs.values("participant")
    chairing = Membership.objects.open().filter(role=MembershipRole.CO_CHAIR, participant__in=chairs)
    people = get_user_model()._default_manager.filter(is_active=True)
    return people.filter(Q(role__in=SECRETARIAT) | Q(pk__in=chairing.values("user"))).order_by("last_name", "pk")


@transaction.atomic
def set_follow_up(*, conference: Conference, months: int, coordinator: Any, by: Any) -> Conference:
    """Set the months between two reports on the pledges of a conference, and who hears last of those that stay out.

    Raises NotAllowed, or Incomplete with the field that cannot stand.
    """
    check_is_manager(by)
    if not 1 <= months <= LONGEST_CYCLE:
        words = _("Enter a number from 1 to %(most)s.") % {"most": LONGEST_CYCLE}
        raise Incomplete(_("This cycle cannot stand."), {"reporting_cycle_months": words})
    if coordinator is not None and not possible_coordinators(conference).filter(pk=coordinator.pk).exists():
        raise Incomplete(_("Choose another coordinator."), {"coordinator": _("Choose one of the list.")})
    held = Conference.objects.select_for_update(of=("self",), no_key=True).get(pk=conference.pk)
    if (held.reporting_cycle_months, held.coordinator) != (months, coordinator):
        held.reporting_cycle_months, held.coordinator = months, coordinator
        with acting(by, "follow-through"):
            held.save(update_fields=["reporting_cycle_months", "coordinator"])
    return held


def possible_desk_officers() -> "QuerySet[Any]":
    """Return who may follow a delegation: the Secretariat's officers and managers."""
    people = get_user_model()._default_manager.filter(is_active=True, role__in=REVIEWERS)
    return people.order_by("last_name", "pk")


@transaction.atomic
def set_desk_officers(*, chosen: Mapping[Participant, Any], by: Any) -> int:
    """Set for each participant who follows it up, None for nobody. Return how many changed. Raises NotAllowed."""
    check_is_manager(by)
    now = {row.pk: row for row in Liaison.objects.select_for_update(of=("self",)).filter(pk__in=[p.pk for p in chosen])}
    changed = 0
    with acting(by, "desk officers"):
        for participant, officer in chosen.items():
            row = now.get(participant.pk)
            if (row.desk_officer_id if row else None) == (officer.pk if officer else None):
                continue
            changed += 1
            if row is None:
                Liaison.objects.create(participant=participant, desk_officer=officer)
            else:
                row.desk_officer = officer
                row.save(update_fields=["desk_officer"])
    return changed
