"""Reports made through a link in a mail, without signing in: they count only once an approver confirms them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from conferences.models import Participant
from pledges import triggers
from pledges.enums import ReportedState, Verdict
from pledges.models.beside import Partner
from pledges.models.common import AUTHOR, known, positive
from pledges.models.follow_through import Milestone, ProgressUpdate
from pledges.models.pledge import Pledge


@tracked()
class ReportLink(models.Model):
    """A signed address at which one person may report on one thing, until a stated instant. It signs nobody in.

    That is a pledge, a `partner`'s share of it, or one step (`milestone`) of the plan of either.
    """

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="report_links")
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.CASCADE, related_name="report_links")
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.CASCADE, related_name="report_links"
    )
    recipient = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="report_links")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="report_link_expires"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.LINK_PARTNER, triggers.LINK_MILESTONE]

    def __str__(self) -> str:
        return f"{self.pledge_id} for {self.recipient_id}"

    @property
    def participant(self) -> Participant:
        """Whose part of the pledge is reported on: the partner's whose share it is, else the lead's."""
        return self.partner.participant if self.partner else self.pledge.participant


@tracked()
class ProposedReport(models.Model):
    """What was reported through a link; an approver of the delegation makes it a report, or turns it down."""

    link = models.OneToOneField(ReportLink, on_delete=models.PROTECT, related_name="report")
    state = models.CharField(_("state of the work"), max_length=16, choices=ReportedState.choices, blank=True)
    delivered_quantity = models.PositiveBigIntegerField(_("delivered so far"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    text = models.TextField(_("report"), blank=True)
    step_done = models.BooleanField(_("the step is done"), default=False)
    created_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(_("verdict"), max_length=9, choices=Verdict.choices, blank=True)
    decided_by = models.ForeignKey(AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    update = models.OneToOneField(
        ProgressUpdate, null=True, blank=True, on_delete=models.PROTECT, related_name="proposed"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            known("state", ReportedState, "proposed_report_state_known", blank=True),
            known("verdict", Verdict, "proposed_report_verdict_known", blank=True),
            positive("delivered_quantity", "proposed_report_quantity_positive"),
            models.CheckConstraint(
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | ~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="proposed_report_verdict_signed",
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.CONFIRMED, update__isnull=False)
                | ~Q(verdict=Verdict.CONFIRMED) & Q(update=None),
                name="proposed_report_counts_once_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link_id}: {self.state or 'no change'}"
