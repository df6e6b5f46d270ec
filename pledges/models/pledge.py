"""A pledge: one commitment of one lead participant at one conference."""

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from capabilities.models import CapabilityType, Category, Mission
from conferences.dates import dated, precision_field
from conferences.models import Conference, Participant, Session
from pledges import triggers
from pledges.cycles import ENDED_AS_REPORTED, OWES_REPORTS
from pledges.enums import (
    AssessedState,
    CaveatKnowledge,
    Commitment,
    Confidence,
    Kind,
    Match,
    Outcome,
    ReadinessLevel,
    ReportedState,
    Status,
)
from pledges.models.common import AUTHOR, Sourced, in_order, known, positive, vouched_for
from pledges.querysets import DISCARDED, PledgeQuerySet

UNSUBMITTED = Q(status__in=[Status.DRAFT, Status.RETURNED]) | DISCARDED


@tracked(exclude=("search", "dated_at", "form_key"))
class Pledge(Sourced):
    """ONE trackable commitment of one lead participant at one conference."""

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    conference = models.ForeignKey(Conference, on_delete=models.PROTECT, related_name="pledges")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="pledges")
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.SET_NULL, related_name="pledges")
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
    fund = models.CharField(_("fund or programme"), max_length=120, blank=True)
    courses = models.PositiveIntegerField(_("courses"), null=True, blank=True)
    places = models.PositiveIntegerField(_("training places"), null=True, blank=True)
    places_for_women = models.PositiveSmallIntegerField(_("share of places for women, %"), null=True, blank=True)
    languages = models.CharField(_("languages of the training"), max_length=120, blank=True)
    declared_readiness = models.CharField(
        _("readiness as the delegation states it"), max_length=3, choices=ReadinessLevel.choices, blank=True
    )
    commitment = models.CharField(_("level of commitment"), max_length=20, choices=Commitment.choices, blank=True)
    missions = models.ManyToManyField(Mission, through="PledgeMission", related_name="pledges", blank=True)
    deliver_from = models.DateField(_("available from"), null=True, blank=True)
    deliver_from_precision = precision_field()
    deliver_by = models.DateField(_("deliver by"), null=True, blank=True)
    deliver_by_precision = precision_field()
    intended_outcome = models.TextField(_("intended outcome"), blank=True)
    responsible_office = models.CharField(_("who in the capital is responsible"), max_length=200, blank=True)
    means_of_verification = models.TextField(_("how delivery can be shown"), blank=True)
    caveats_known = models.CharField(max_length=13, choices=CaveatKnowledge.choices, default=CaveatKnowledge.UNKNOWN)

    repeats_answered_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the delegation said whether this repeats an earlier pledge.")
    )
    quality_score = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text=_("Share of the ingredients of a measurable pledge, in per cent.")
    )
    quality_rules = models.CharField(max_length=8, blank=True, editable=False)

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
            # All that says when a report is due, of those on which one is owed: read from the index alone.
            models.Index(
                fields=["participant", "reference"],
                include=["id", "conference", "announced_at", "registered_at", "last_reported_on"],
                condition=OWES_REPORTS,
                name="pledge_owes_reports",
            ),
            models.Index(fields=["id"], condition=ENDED_AS_REPORTED, name="pledge_ended_as_reported"),
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
            known("declared_readiness", ReadinessLevel, "pledge_declared_readiness_known", blank=True),
            known("commitment", Commitment, "pledge_commitment_known", blank=True),
            positive("courses", "pledge_courses_positive"),
            positive("places", "pledge_places_positive"),
            models.CheckConstraint(
                condition=Q(places_for_women=None) | Q(places__isnull=False, places_for_women__lte=100),
                name="pledge_places_for_women_percent",
            ),
            models.CheckConstraint(condition=Q(fund="") | Q(amount__isnull=False), name="pledge_fund_with_amount"),
            models.CheckConstraint(
                condition=Q(quality_score=None, quality_rules="")
                | (Q(quality_score__isnull=False, quality_score__lte=100) & ~Q(quality_rules="")),
                name="pledge_quality_with_rules",
            ),
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
                condition=UNSUBMITTED | (Q(category__isnull=False) & ~Q(title="") & ~Q(description="")),
                name="pledge_complete_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | DISCARDED | Q(submitted_at__isnull=False) | Q(author=None),
                name="pledge_submission_dated",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.REGISTERED, Status.CLOSED], registered_at__isnull=False)
                | ~Q(status__in=[Status.REGISTERED, Status.CLOSED]) & Q(registered_at=None)
                | DISCARDED & Q(outcome=Outcome.WITHDRAWN, announced_at=None),
                name="pledge_registration_dated",
            ),
            models.CheckConstraint(
                condition=UNSUBMITTED | Q(quantity=None) | ~Q(unit=""),
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
            triggers.PLEDGE_SESSION,
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
    def is_discarded(self) -> bool:
        """Whether it was closed before it was ever registered, or after it was returned."""
        return self.status == Status.CLOSED and self.registered_at is None

    @property
    def status_word(self) -> str:
        """The word for where the pledge stands."""
        return Status.word(self.status, self.registered_at)

    @property
    def is_from_record(self) -> bool:
        """Whether the pledge was read in public sources rather than entered by its delegation."""
        return bool(self.source_url)
