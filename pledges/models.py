"""A pledge and all that belongs to it. What the database refuses stands in the constraints here and in triggers.py."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from capabilities.models import CapabilityType, Category, Mission, Requirement
from conferences.dates import dated, precision_field
from conferences.models import Conference, Participant
from pledges import triggers
from pledges.enums import (
    AssessedState,
    CaveatKnowledge,
    CaveatStage,
    Confidence,
    Confirmation,
    DocumentKind,
    EventKind,
    Kind,
    LineageKind,
    Match,
    Outcome,
    PartnerRole,
    ReadinessLevel,
    ReportedState,
    ScanState,
    Status,
)
from pledges.querysets import PledgeQuerySet, ReportQuerySet

AUTHOR = settings.AUTH_USER_MODEL


def known(field: str, choices: type[models.TextChoices], name: str, *, blank: bool = False) -> models.CheckConstraint:
    """Return the constraint that a column holds one of its words, or nothing where `blank`."""
    allowed = [*choices.values, ""] if blank else choices.values
    return models.CheckConstraint(condition=Q(**{f"{field}__in": allowed}), name=name)


def positive(field: str, name: str) -> models.CheckConstraint:
    """Return the constraint that a number, where known, is above zero: unknown is empty, never 0."""
    return models.CheckConstraint(condition=Q(**{field: None}) | Q(**{f"{field}__gt": 0}), name=name)


def in_order(name: str, *pairs: tuple[str, str]) -> models.CheckConstraint:
    """Return the constraint that of each pair of instants, where both are there, the second is not the earlier."""
    condition = Q()
    for first, second in pairs:
        condition &= Q(**{first: None}) | Q(**{second: None}) | Q(**{f"{second}__gte": F(first)})
    return models.CheckConstraint(condition=condition, name=name)


def vouched_for(name: str, author: str = "author") -> models.CheckConstraint:
    """Return the constraint that a row has an author, or a whole source."""
    sourced = ~Q(source_title="") & ~Q(source_url="") & ~Q(source_confidence="")
    return models.CheckConstraint(condition=Q(**{f"{author}__isnull": False}) | sourced, name=name)


class Sourced(models.Model):
    """A row that may come from the public record: then it names title, address and confidence of its source."""

    source_title = models.CharField(max_length=300, blank=True)
    source_url = models.URLField(max_length=1000, blank=True)
    source_confidence = models.CharField(max_length=8, choices=Confidence.choices, blank=True)
    record_key = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)

    class Meta:
        abstract = True


@tracked(exclude=("search", "dated_at", "form_key"))
class Pledge(Sourced):
    """ONE trackable commitment of one lead participant at one conference."""

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    conference = models.ForeignKey(Conference, on_delete=models.PROTECT, related_name="pledges")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="pledges")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.NEW)
    earlier_pledge = models.CharField(
        max_length=300, blank=True, help_text=_("What the source says of an earlier pledge, in its words.")
    )

    title = models.CharField(_("title"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="pledges")
    capability_type = models.ForeignKey(
        CapabilityType, null=True, blank=True, on_delete=models.PROTECT, related_name="pledges"
    )
    capability_wording = models.CharField(_("capability in the source's words"), max_length=120, blank=True)
    match = models.CharField(max_length=8, choices=Match.choices, default=Match.NONE)
    quantity = models.PositiveBigIntegerField(_("quantity"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    personnel = models.PositiveIntegerField(_("persons"), null=True, blank=True)
    women = models.PositiveIntegerField(_("women among them"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    missions = models.ManyToManyField(Mission, through="PledgeMission", related_name="pledges", blank=True)
    deliver_from = models.DateField(_("available from"), null=True, blank=True)
    deliver_from_precision = precision_field()
    deliver_by = models.DateField(_("deliver by"), null=True, blank=True)
    deliver_by_precision = precision_field()
    intended_outcome = models.TextField(_("intended outcome"), blank=True)
    responsible_office = models.CharField(_("who in the capital is responsible"), max_length=200, blank=True)
    means_of_verification = models.TextField(_("how delivery can be shown"), blank=True)
    caveats_known = models.CharField(max_length=13, choices=CaveatKnowledge.choices, default=CaveatKnowledge.UNKNOWN)

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    registered_at = models.DateTimeField(_("registered"), null=True, blank=True)
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    # Kept by triggers from the rows beside the pledge: the latest report, the latest assessment, the latest level.
    reported_state = models.CharField(max_length=16, choices=ReportedState.choices, blank=True, editable=False)
    last_reported_on = models.DateField(null=True, editable=False)
    assessed_state = models.CharField(max_length=16, choices=AssessedState.choices, blank=True, editable=False)
    delivered_quantity = models.PositiveBigIntegerField(null=True, editable=False)
    readiness_level = models.CharField(max_length=3, choices=ReadinessLevel.choices, blank=True, editable=False)

    author = models.ForeignKey(AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="pledges")
    form_key = models.UUIDField(
        null=True, editable=False, help_text=_("Of the form in which it was drafted: sent twice, it is one draft.")
    )
    is_synthetic = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    dated_at = models.GeneratedField(
        expression=Coalesce("announced_at", "created_at"), output_field=models.DateTimeField(), db_persist=True
    )
    search = SearchVectorField(null=True, editable=False)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-dated_at", "-reference"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["-dated_at", "-reference"], name="pledge_newest"),
            models.Index(fields=["conference", "-dated_at", "-reference"], name="pledge_by_conference"),
            models.Index(fields=["participant", "-dated_at", "-reference"], name="pledge_by_participant"),
            models.Index(fields=["capability_type", "-dated_at", "-reference"], name="pledge_by_type"),
            models.Index(fields=["status", "-dated_at", "-reference"], name="pledge_by_status"),
            models.Index(fields=["deliver_by", "reference"], name="pledge_by_deadline"),
            GinIndex(fields=["search"], name="pledge_search"),
            GinIndex(fields=["title"], name="pledge_title_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints: ClassVar[list[Any]] = [
            known("kind", Kind, "pledge_kind_known"),
            known("match", Match, "pledge_match_known"),
            known("status", Status, "pledge_status_known"),
            known("outcome", Outcome, "pledge_outcome_known", blank=True),
            known("caveats_known", CaveatKnowledge, "pledge_caveats_known"),
            known("source_confidence", Confidence, "pledge_confidence_known", blank=True),
            positive("quantity", "pledge_quantity_positive"),
            positive("personnel", "pledge_personnel_positive"),
            positive("amount", "pledge_amount_positive"),
            vouched_for("pledge_has_source_or_author"),
            models.UniqueConstraint(fields=["author", "form_key"], name="pledge_form_used_once"),
            dated("deliver_from", "pledge_deliver_from_dated"),
            dated("deliver_by", "pledge_deliver_by_dated"),
            models.CheckConstraint(
                condition=Q(women=None) | Q(personnel__isnull=False, women__lte=F("personnel")),
                name="pledge_women_within_personnel",
            ),
            models.CheckConstraint(
                condition=Q(amount=None, currency="") | Q(amount__isnull=False, currency__regex=r"^[A-Z]{3}$"),
                name="pledge_amount_with_currency",
            ),
            in_order("pledge_dates_in_order", ("deliver_from", "deliver_by")),
            in_order(
                "pledge_life_in_order",
                ("submitted_at", "registered_at"),
                ("registered_at", "announced_at"),
                ("registered_at", "closed_at"),
            ),
            models.CheckConstraint(
                condition=Q(match=Match.NONE, capability_type=None)
                | Q(match__in=[Match.EXACT, Match.BROADER], capability_type__isnull=False),
                name="pledge_match_with_type",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.RETURNED])
                | (Q(category__isnull=False) & ~Q(title="") & ~Q(description="")),
                name="pledge_complete_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | Q(submitted_at__isnull=False) | Q(author=None),
                name="pledge_submission_dated",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.REGISTERED, Status.CLOSED]) | Q(registered_at__isnull=False),
                name="pledge_registration_dated",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.RETURNED]) | Q(quantity=None) | ~Q(unit=""),
                name="pledge_quantity_with_unit_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(announced_at=None) | Q(status__in=[Status.REGISTERED, Status.CLOSED]),
                name="pledge_announced_once_registered",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.CLOSED, closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(status=Status.CLOSED) & Q(closed_at=None, outcome=""),
                name="pledge_closed_with_outcome",
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            triggers.PLEDGE_LEAD,
            triggers.PLEDGE_SUMS,
            triggers.PLEDGE_SEARCH,
            triggers.PLEDGE_VERSION,
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}".strip()

    def get_absolute_url(self) -> str:
        return reverse("pledge-detail", args=[self.reference])

    @property
    def is_announced(self) -> bool:
        """Whether the embargo has lifted."""
        return self.announced_at is not None and self.announced_at <= timezone.now()

    @property
    def is_from_record(self) -> bool:
        """Whether the pledge was read in public sources rather than entered by its delegation."""
        return bool(self.source_url)


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


@tracked()
class ProgressUpdate(Sourced):
    """What a delegation reports, or a public source tells, of a pledge. Append-only: a correction is another one."""

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
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    text = models.TextField(_("report"), blank=True)
    happened_on = models.DateField(_("date"), null=True, blank=True)
    happened_on_precision = precision_field()
    author = models.ForeignKey(AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="progress_updates")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = [F("happened_on").desc(nulls_last=True), "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["pledge", "-happened_on"], name="progress_by_pledge")]
        constraints: ClassVar[list[Any]] = [
            known("kind", EventKind, "progress_kind_known"),
            known("state", ReportedState, "progress_state_known", blank=True),
            known("source_confidence", Confidence, "progress_confidence_known", blank=True),
            positive("delivered_quantity", "progress_quantity_positive"),
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
        ]
        triggers: ClassVar[list[Any]] = [
            triggers.READINESS_REGISTRABLE,
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


@tracked()
class EvidenceFile(models.Model):
    """A document of a pledge or of one report; served only with its pledge's rights."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="files")
    progress_update = models.ForeignKey(
        ProgressUpdate, null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    kind = models.CharField(_("kind of document"), max_length=21, choices=DocumentKind.choices)
    file = models.FileField(upload_to="evidence/")
    original_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scan_state = models.CharField(max_length=11, choices=ScanState.choices, default=ScanState.UNSCANNED)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="files")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            known("kind", DocumentKind, "file_kind_known"),
            known("scan_state", ScanState, "file_scan_state_known"),
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="file_sha256_form"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.FILE_UPDATE]

    def __str__(self) -> str:
        return self.original_name


@tracked()
class ReviewNote(models.Model):
    """A word between delegation and Secretariat on a pledge, or on one of its fields."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="review_notes")
    field = models.CharField(max_length=40, blank=True, help_text=_("Empty where the note is on the whole pledge."))
    text = models.TextField(_("note"))
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="review_notes")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(text=""), name="review_note_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class StatusChange(models.Model):
    """One step in the life of a pledge: what was done, by whom, when and why. Append-only."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="status_changes")
    action = models.CharField(max_length=12)
    source = models.CharField(max_length=10, choices=Status.choices)
    target = models.CharField(max_length=10, choices=Status.choices)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="status_changes")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            known("source", Status, "status_change_source_known"),
            known("target", Status, "status_change_target_known"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.action} {self.pledge_id}"
