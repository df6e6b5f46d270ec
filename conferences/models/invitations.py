"""Invitations into a delegation."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import MailLanguage
from conferences.models.participants import MembershipRole, Participant

SALT = "invitation"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def waiting(self) -> "InvitationQuerySet":
        """Return those that nobody accepted or took back; some may be past their day."""
        return self.filter(accepted_at=None, revoked_at=None)

    def behind(self, key: str, *, at: datetime) -> "Invitation | None":
        """Return the invitation that the key of a link is good for at this instant, or None."""
        try:
            pk, sends = signing.loads(key, salt=SALT)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return self.waiting().select_related("participant").filter(pk=pk, sends=sends, expires_at__gt=at).first()


@tracked()
class Invitation(models.Model):
    """A place in a delegation that waits for a person, who proves the address by following the link sent to it."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(_("email address"), max_length=150)
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=8, choices=MembershipRole.choices)
    language = models.CharField(
        _("language of mail"), max_length=8, choices=MailLanguage.choices, default=MailLanguage.ENGLISH
    )
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    sends = models.PositiveSmallIntegerField(default=1)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(role__in=MembershipRole.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(language__in=MailLanguage.values), name="invitation_language_known"),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at=None),
                name="invitation_accepted_by_somebody_or_revoked",
            ),
            models.UniqueConstraint(
                Lower("email"),
                "participant",
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.participant_id}, {self.role})"

    @property
    def key(self) -> str:
        """What the link holds; each sending makes a new one, and the one before is of no use any more."""
        return signing.dumps([self.pk, self.sends], salt=SALT)
