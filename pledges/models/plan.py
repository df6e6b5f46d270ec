"""What changes a plan: a step put off or opened again, each with its reason, and a step that waits for another."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from pledges import triggers
from pledges.models.common import AUTHOR
from pledges.models.follow_through import Milestone


@tracked()
class MilestoneExtension(models.Model):
    """A step of the plan put off from one day to another, with the reason. Append-only."""

    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="extensions")
    due_before = models.DateField(_("was due on"))
    due_after = models.DateField(_("is due on"))
    reason = models.TextField(_("reason"))
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(reason=""), name="extension_has_reason"),
            models.CheckConstraint(condition=~Q(due_after=F("due_before")), name="extension_moves_the_day"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.due_before} to {self.due_after}"


@tracked()
class MilestoneReopening(models.Model):
    """A step that was taken for done and is open again, with the reason and the day it is due now. Append-only."""

    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="reopenings")
    done_before = models.DateField(_("was taken for done on"))
    due_before = models.DateField(_("was due on"))
    due_after = models.DateField(_("is due on"))
    reason = models.TextField(_("reason"))
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(reason=""), name="reopening_has_reason"),
            models.CheckConstraint(condition=Q(due_after__gte=F("due_before")), name="reopening_is_due_no_earlier"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.milestone_id} open again, due {self.due_after}"


@tracked()
class MilestoneDependency(models.Model):
    """A step that can only be done after another of the same pledge, often one of another partner's share."""

    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="waits_for")
    needs = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="needed_by")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["milestone", "needs"], name="dependency_once_per_pair"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.DEPENDENCY_LOOP]

    def __str__(self) -> str:
        return f"{self.milestone_id} after {self.needs_id}"
