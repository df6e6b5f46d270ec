"""How we ask for participants and memberships."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language

if TYPE_CHECKING:
    from conferences.models import Membership, MembershipRole, Participant  # noqa: F401


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Participants."""

    def of(self, user: Any, *roles: str) -> "ParticipantQuerySet":
        """Return those whose delegation the user belongs to now, in one of `roles` if any (`MembershipQuerySet.of`)."""
        from conferences.models import Membership

        return self.filter(pk__in=Membership.objects.of(user, *roles).values("participant"))

    def able_to_pledge(self) -> "ParticipantQuerySet":
        """Return all but the Secretariat, which hosts and co-chairs but does not pledge."""
        return self.exclude(kind="un_secretariat")

    def alphabetical(self) -> "ParticipantQuerySet":
        """Return them in the alphabetical order of their names in the reader's language."""
        from conferences.models import LANGUAGES

        language = (get_language() or "en")[:2]
        return self.order_by(f"sort_{language if language in LANGUAGES else 'en'}")


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Places in delegations."""

    def open(self) -> "MembershipQuerySet":
        """Return those that run now and whose holder's account is alive."""
        now = timezone.now()
        running = Q(ended_at=None) | Q(ended_at__gt=now)
        return self.filter(running, started_at__lte=now, user__is_active=True)

    def in_delegations(self) -> "MembershipQuerySet":
        """Return the places of those who belong to the delegation itself: a co-chair's only lets its holder see what
        the conference holds under embargo, and nothing of the delegation's own."""
        return self.exclude(role="co_chair")

    def of(self, user: Any, *roles: str) -> "MembershipQuerySet":
        """Return the open memberships of this user in their own delegations, or in `roles` if any are named (a
        co-chair's place only so); none for a visitor."""
        if not user.is_authenticated:
            return self.none()
        mine = self.open().filter(user_id=user.pk)
        return mine.filter(role__in=roles) if roles else mine.in_delegations()
