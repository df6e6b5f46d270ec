"""What belongs to a pledge from the start: missions, partners, lineage, caveats."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from capabilities.models import Mission
from conferences.dates import dated, precision_field
from conferences.models import Participant
from pledges import triggers
from pledges.enums import (
    CaveatStage,
    Confirmation,
    LineageKind,
    PartnerRole,
)
from pledges.models.common import known, positive
from pledges.models.pledge import Pledge


@tracked()
class PledgeMission(models.Model):
    """A mission that a pledge names; a pledge for several missions is still one pledge."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="mission_links")
    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="pledge_links")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pledge", "mission"], name="mission_once_per_pledge"),
        ]

    def __str__(self) -> str:
        return self.mission_id


@tracked()
class Partner(models.Model):
    """Another participant in a pledge, with its own share and its own confirmation; the rest is the lead's share."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="partners")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="partnerships")
    role = models.CharField(_("role"), max_length=18, choices=PartnerRole.choices)
    share_quantity = models.PositiveBigIntegerField(_("share of the quantity"), null=True, blank=True)
    share_personnel = models.PositiveIntegerField(_("share of the persons"), null=True, blank=True)
    share_amount = models.DecimalField(_("share of the amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    confirmation = models.CharField(
        _("confirmation"), max_length=9, choices=Confirmation.choices, default=Confirmation.AWAITED
    )
    invited_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pledge", "pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["participant", "pledge"], name="partner_by_participant")]
        constraints: ClassVar[list[Any]] = [
            known("role", PartnerRole, "partner_role_known"),
            known("confirmation", Confirmation, "partner_confirmation_known"),
            positive("share_quantity", "partner_share_quantity_positive"),
            positive("share_personnel", "partner_share_personnel_positive"),
            positive("share_amount", "partner_share_amount_positive"),
            models.UniqueConstraint(fields=["pledge", "participant"], name="partner_once_per_pledge"),
            models.CheckConstraint(
                condition=Q(confirmation=Confirmation.CONFIRMED, confirmed_at__isnull=False)
                | ~Q(confirmation=Confirmation.CONFIRMED) & Q(confirmed_at=None),
                name="partner_confirmation_dated",
            ),
        ]
        triggers: ClassVar[list[Any]] = [triggers.PARTNER_SHARES]

    def __str__(self) -> str:
        return f"{self.participant_id} ({self.role})"


@tracked()
class Lineage(models.Model):
    """A later pledge renews, supersedes, repeats or takes over from an earlier one. Repeats never count twice."""

    later = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="descends_from")
    earlier = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="continued_by")
    kind = models.CharField(max_length=10, choices=LineageKind.choices)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            known("kind", LineageKind, "lineage_kind_known"),
            models.UniqueConstraint(fields=["later", "earlier"], name="lineage_once_per_pair"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.LINEAGE_LOOP]

    def __str__(self) -> str:
        return f"{self.later_id} {self.kind} {self.earlier_id}"


@tracked()
class Caveat(models.Model):
    """A condition on a pledge, with the day and stage at which it was declared."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="caveats")
    text = models.TextField(_("caveat"))
    stage = models.CharField(_("declared"), max_length=16, choices=CaveatStage.choices)
    declared_on = models.DateField(_("declared on"))
    declared_on_precision = precision_field()

    class Meta:
        ordering: ClassVar[list[str]] = ["declared_on", "pk"]
        constraints: ClassVar[list[Any]] = [
            known("stage", CaveatStage, "caveat_stage_known"),
            models.CheckConstraint(condition=~Q(text=""), name="caveat_says_something"),
            dated("declared_on", "caveat_dated"),
        ]

    def __str__(self) -> str:
        return self.text[:80]
