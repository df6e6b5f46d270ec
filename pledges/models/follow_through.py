"""What becomes of a pledge: plan, reports, assessments, readiness, and what it is counted towards."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from capabilities.models import Requirement
from conferences.dates import dated, precision_field
from conferences.models import Participant
from pledges import triggers
from pledges.enums import (
    AssessedState,
    Confidence,
    EventKind,
    ReadinessLevel,
    ReportedState,
)
from pledges.models.beside import Partner
from pledges.models.common import AUTHOR, Sourced, known, positive, vouched_for
from pledges.models.pledge import Pledge
from pledges.querysets import ReportQuerySet


@tracked()
class Milestone(models.Model):
    """A dated step of the plan, of the whole pledge or of one partner's share."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="milestones")
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("step"), max_length=200)
    due_on = models.DateField(_("due on"))
    done_on = models.DateField(_("done on"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["due_on", "pk"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["due_on"], condition=Q(done_on=None), name="milestone_open_by_day"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(title=""), name="milestone_has_title"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.MILESTONE_PARTNER]

    def __str__(self) -> str:
        return self.title

    @property
    def participant(self) -> Participant:
        """Who takes the step: the partner whose share it belongs to, else the lead."""
        return self.partner.participant if self.partner else self.pledge.participant


LAST_SAID_FIRST: list[Any] = [F("happened_on").desc(nulls_last=True), "-created_at", "-pk"]  # as triggers.REPORTED


@tracked()
class ProgressUpdate(Sourced):
    """What a delegation reports, or a public source tells, of a pledge. Append-only: a correction is another one.

    `created_at` is when a delegation said it, also where an approver confirmed it later; the latest comes first.
    """

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="progress_updates")
    partner = models.ForeignKey(
        Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="progress_updates"
    )
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.PROTECT, related_name="progress_updates"
    )
    kind = models.CharField(_("what happened"), max_length=20, choices=EventKind.choices, default=EventKind.REPORTED)
    state = models.CharField(_("state of the work"), max_length=16, choices=ReportedState.choices, blank=True)
    delivered_quantity = models.PositiveBigIntegerField(_("delivered so far"), null=True, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    personnel = models.PositiveIntegerField(_("persons"), null=True, blank=True)
    women = models.PositiveIntegerField(_("women among them"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    text = models.TextField(_("report"), blank=True)
    happened_on = models.DateField(_("date"), null=True, blank=True)
    happened_on_precision = precision_field()
    author = models.ForeignKey(AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="progress_updates")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = LAST_SAID_FIRST
        indexes: ClassVar[list[Any]] = [models.Index(fields=["pledge", "-happened_on"], name="progress_by_pledge")]
        constraints: ClassVar[list[Any]] = [
            known("kind", EventKind, "progress_kind_known"),
            known("state", ReportedState, "progress_state_known", blank=True),
            known("source_confidence", Confidence, "progress_confidence_known", blank=True),
            positive("delivered_quantity", "progress_quantity_positive"),
            models.CheckConstraint(
                condition=Q(women=None) | Q(personnel__isnull=False, women__lte=F("personnel")),
                name="progress_women_within_personnel",
            ),
            vouched_for("progress_has_source_or_author"),
            dated("happened_on", "progress_dated"),
        ]
        triggers: ClassVar[list[Any]] = [
            triggers.UPDATE_PARTNER,
            triggers.UPDATE_MILESTONE,
            triggers.REPORTED,
            triggers.STATEMENTS_STAY,
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_on or ''}"


@tracked()
class Assessment(Sourced):
    """The Secretariat's own judgement with its reason, or a fact that a public source states. Append-only."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="assessments")
    state = models.CharField(_("state"), max_length=16, choices=AssessedState.choices)
    confirmed_quantity = models.PositiveBigIntegerField(_("confirmed as delivered"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    assessed_on = models.DateField(_("date"), null=True, blank=True)
    assessed_on_precision = precision_field()
    author = models.ForeignKey(AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="assessments")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = [F("assessed_on").desc(nulls_last=True), "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["pledge", "-assessed_on"], name="assessment_by_pledge")]
        constraints: ClassVar[list[Any]] = [
            known("state", AssessedState, "assessment_state_known"),
            known("source_confidence", Confidence, "assessment_confidence_known", blank=True),
            positive("confirmed_quantity", "assessment_quantity_positive"),
            vouched_for("assessment_has_source_or_author"),
            models.CheckConstraint(condition=~Q(reason=""), name="assessment_has_reason"),
            dated("assessed_on", "assessment_dated"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.ASSESSED, triggers.STATEMENTS_STAY]

    def __str__(self) -> str:
        return f"{self.state} {self.assessed_on or ''}"


@tracked()
class Readiness(Sourced):
    """A level of the readiness system that a pledge reached, with date and evidence; its history is kept."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="readiness")
    level = models.CharField(_("level"), max_length=3, choices=ReadinessLevel.choices)
    reached_on = models.DateField(_("reached on"), null=True, blank=True)
    reached_on_precision = precision_field()
    evidence = models.TextField(_("evidence"))
    exception = models.TextField(
        _("exception"), blank=True, help_text=_("Why the level is recorded though a step before it is missing.")
    )
    lowered_because = models.TextField(_("why it was lowered"), blank=True)
    author = models.ForeignKey(
        AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="readiness_records"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = [F("reached_on").desc(nulls_last=True), "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["pledge", "-reached_on"], name="readiness_by_pledge")]
        constraints: ClassVar[list[Any]] = [
            known("level", ReadinessLevel, "readiness_level_known"),
            known("source_confidence", Confidence, "readiness_confidence_known", blank=True),
            vouched_for("readiness_has_source_or_author"),
            models.CheckConstraint(condition=~Q(evidence=""), name="readiness_has_evidence"),
            dated("reached_on", "readiness_dated"),
            models.CheckConstraint(
                condition=Q(author=None) | Q(reached_on__isnull=False), name="readiness_dated_by_its_author"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            triggers.READINESS_REGISTRABLE,
            triggers.LEVEL_LOWERED,
            triggers.LEVELLED,
            triggers.STATEMENTS_STAY,
        ]
        verbose_name_plural = "readiness"

    def __str__(self) -> str:
        return f"{self.level} {self.reached_on or ''}"


@tracked()
class Allocation(models.Model):
    """So many units of a pledge counted towards a requirement, or the refusal to count it, with the reason."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="allocations")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="allocations")
    quantity = models.PositiveBigIntegerField(
        _("units counted"), null=True, blank=True, help_text=_("Empty where the pledge was refused.")
    )
    reason = models.TextField(_("reason"))
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="allocations")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            positive("quantity", "allocation_quantity_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="allocation_has_reason"),
            models.UniqueConstraint(fields=["pledge", "requirement"], name="allocation_once_per_pair"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.ALLOCATION_SUM]

    def __str__(self) -> str:
        return f"{self.pledge_id} for {self.requirement_id}: {self.quantity or 'refused'}"
