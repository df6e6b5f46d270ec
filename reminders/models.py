"""The ledger of reminders: what is owed to whom, written before anything is sent, and what became of it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pledges.models import Milestone, Pledge


class Reason(models.TextChoices):
    """Why a reminder is owed."""

    MILESTONE_DUE = "milestone_due", _("A step of the plan is due")


class State(models.TextChoices):
    """What became of a reminder."""

    OWED = "owed", _("Owed")
    CLAIMED = "claimed", _("Being sent")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("No longer owed")
    FAILED = "failed", _("Could not be sent")


class Reminder(models.Model):
    """One message owed to one recipient for one reason on one day. It may speak of several pledges: its items."""

    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reminders")
    owed_on = models.DateField(_("owed on"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OWED)
    message_id = models.CharField(max_length=120, unique=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    outcome_unknown = models.BooleanField(
        default=False, help_text=_("A worker died while sending: it was sent again under the same Message-ID.")
    )
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-owed_on", "-pk"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["-owed_on", "-id"], name="reminder_newest"),
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state__in=["owed", "claimed"]),
                name="reminder_open_by_time",
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["reason", "recipient", "owed_on"], name="reminder_once_a_day"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="reminder_reason_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="reminder_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.SENT, sent_at__isnull=False) | ~Q(state=State.SENT) & Q(sent_at=None),
                name="reminder_sent_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(state=State.CLAIMED, lease_until__isnull=False) | ~Q(state=State.CLAIMED),
                name="reminder_claimed_with_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} to {self.recipient_id} on {self.owed_on}"


class ReminderItem(models.Model):
    """A debt that a reminder speaks of: this milestone of this pledge, once for this recipient and reason."""

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="items")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reminder_items")
    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="reminder_items")
    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="reminder_items")
    due_on = models.DateField(help_text=_("The day the step was due when this was written: a moved date is owed anew."))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["reason", "recipient", "milestone", "due_on"], name="reminder_item_once_per_debt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.milestone_id}"
