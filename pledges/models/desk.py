"""What people hand to each other: a draft to its approver, an item of the review queue, a decision that needs two."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from pledges.enums import JointAction, Verdict
from pledges.models.common import AUTHOR, known
from pledges.models.pledge import Pledge


@tracked()
class Handover(models.Model):
    """A draft put before the delegation's approvers, with a note that only the delegation reads."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="handovers")
    note = models.TextField(_("note"), blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="handovers")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was submitted or taken back."))

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pledge"], condition=Q(ended_at=None), name="handover_open_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("created_at")), name="handover_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} from {self.created_at:%Y-%m-%d}"


class Claim(models.Model):
    """A submitted pledge that one officer is reading; it runs out by itself, so that nobody holds up the queue."""

    pledge = models.OneToOneField(Pledge, on_delete=models.CASCADE, related_name="claim")
    officer = models.ForeignKey(AUTHOR, on_delete=models.CASCADE, related_name="claims")
    claimed_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(until__gt=F("claimed_at")), name="claim_runs_out"),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} by {self.officer_id}"


class Presence(models.Model):
    """Somebody who has the form of a draft open; it runs out by itself, since nobody says that they close a page."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey(AUTHOR, on_delete=models.CASCADE, related_name="presences")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pledge", "person"], name="presence_once_per_person"),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="presence_runs_out"),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} by {self.person_id}"


@tracked()
class Decision(models.Model):
    """A proposal to announce or withdraw pledges, or to merge one into another, and the word of a second person on it.

    Two people, never one.
    """

    action = models.CharField(_("what"), max_length=8, choices=JointAction.choices)
    kept = models.ForeignKey(
        Pledge,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merges",
        help_text=_("Where two pledges are merged: the one that is kept."),
    )
    reason = models.TextField(_("reason"), blank=True)
    takes_effect_at = models.DateTimeField(
        _("takes effect"), help_text=_("Not before this instant; at once where it has passed when it is confirmed.")
    )
    proposed_by = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="proposed_decisions")
    proposed_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(_("verdict"), max_length=9, choices=Verdict.choices, blank=True)
    decided_by = models.ForeignKey(AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField(null=True, blank=True)
    verdict_reason = models.TextField(_("reason of the verdict"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            known("action", JointAction, "decision_action_known"),
            known("verdict", Verdict, "decision_verdict_known", blank=True),
            models.CheckConstraint(
                condition=Q(action=JointAction.MERGE, kept__isnull=False) | ~Q(action=JointAction.MERGE) & Q(kept=None),
                name="decision_merge_names_what_is_kept",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | (~Q(verdict="") & Q(decided_by__isnull=False, decided_at__gte=F("proposed_at"))),
                name="decision_verdict_signed",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.CONFIRMED) | ~Q(decided_by=F("proposed_by")),
                name="decision_takes_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.verdict or 'proposed'}"


@tracked()
class DecisionPledge(models.Model):
    """One pledge of a decision, and what became of it: carried out, or kept from it by a problem."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="items")
    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="decision_items")
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True, help_text=_("Why it was not carried out."))

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["pledge"], condition=Q(ended_at=None), name="decision_open_once_per_pledge"
            ),
            models.UniqueConstraint(fields=["decision", "pledge"], name="decision_names_pledge_once"),
            models.CheckConstraint(
                condition=Q(problem="") | Q(ended_at__isnull=False), name="decision_problem_ends_item"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id}: {self.pledge_id}"
