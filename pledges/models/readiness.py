"""The readiness system (PCRS) around a pledge: registration, renewals, visits, requirements for units, requests.

Facts and sources: docs/readiness.md.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from capabilities.models import CapabilityType, Mission
from conferences.models import Participant
from pledges import triggers
from pledges.enums import VisitKind
from pledges.models.common import AUTHOR, in_order, known
from pledges.models.pledge import Pledge


@tracked()
class Registration(models.Model):
    """The entry of a uniformed pledge in the readiness system: received, acknowledged and accepted are three days.

    Without acceptance the unit is below level 1: an open state with things to mend, no refusal.
    """

    pledge = models.OneToOneField(Pledge, on_delete=models.CASCADE, related_name="registration")
    received_on = models.DateField(_("received on"))
    acknowledged_on = models.DateField(_("acknowledged on"), null=True, blank=True)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    to_mend = models.TextField(_("what to mend before level 1"), blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            in_order(
                "registration_days_in_order",
                ("received_on", "acknowledged_on"),
                ("received_on", "accepted_on"),
                ("acknowledged_on", "accepted_on"),
            ),
        ]
        triggers: ClassVar[list[Any]] = [triggers.READINESS_REGISTRABLE]

    def __str__(self) -> str:
        return f"{self.pledge_id} from {self.received_on}"


@tracked()
class Renewal(models.Model):
    """The delegation's word that a registered unit is still offered."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="renewals")
    renewed_on = models.DateField(_("renewed on"))
    note = models.TextField(_("note"), blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["renewed_on", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["registration", "renewed_on"], name="renewal_once_a_day"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.registration_id} on {self.renewed_on}"


@tracked()
class Visit(models.Model):
    """An assessment and advisory visit, or a verification visit, to one or several units of a participant."""

    kind = models.CharField(_("kind of visit"), max_length=12, choices=VisitKind.choices)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="visits")
    planned_on = models.DateField(_("planned for"))
    held_on = models.DateField(_("held on"), null=True, blank=True)
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-planned_on", "-pk"]
        constraints: ClassVar[list[Any]] = [
            known("kind", VisitKind, "visit_kind_known"),
            models.CheckConstraint(condition=Q(held_on=None) | Q(cancelled_on=None), name="visit_held_or_cancelled"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.planned_on}"


@tracked()
class VisitedUnit(models.Model):
    """One pledge that a visit covers: whether it passed, and what to mend."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="units")
    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="visits")
    is_passed = models.BooleanField(_("passed"), null=True, blank=True)
    to_mend = models.TextField(_("what to mend"), blank=True)
    mended_on = models.DateField(_("mended on"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["visit", "pledge"], name="visit_covers_a_unit_once"),
            models.CheckConstraint(
                condition=Q(is_passed=True) | Q(is_passed=None) | ~Q(to_mend=""), name="visit_failed_says_what_to_mend"
            ),
            models.CheckConstraint(condition=Q(mended_on=None) | ~Q(to_mend=""), name="visit_mends_what_was_named"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.READINESS_REGISTRABLE, triggers.VISIT_OF_LEAD]

    def __str__(self) -> str:
        return f"{self.visit_id}: {self.pledge_id}"


@tracked()
class UnitStatement(models.Model):
    """A version of a Statement of Unit Requirements for a type of unit: generic, or for one mission."""

    capability_type = models.ForeignKey(CapabilityType, on_delete=models.PROTECT, related_name="unit_statements")
    mission = models.ForeignKey(Mission, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=200)
    version = models.CharField(_("version"), max_length=40)
    issued_on = models.DateField(_("issued on"))
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    note = models.TextField(_("what changed"), blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["capability_type", "-issued_on", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["capability_type", "mission", "version"],
                nulls_distinct=False,
                name="unit_statement_version_once",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(version=""), name="unit_statement_has_title_and_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.version}"


@tracked()
class UnitAgreement(models.Model):
    """A pledge held against a statement of unit requirements: matched for level 3, signed for rapid deployment."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="agreements")
    statement = models.ForeignKey(UnitStatement, on_delete=models.PROTECT, related_name="agreements")
    matched_on = models.DateField(_("matched on"))
    signed_on = models.DateField(_("rapid deployment agreement signed on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-matched_on", "-pk"]
        constraints: ClassVar[list[Any]] = [
            in_order("agreement_days_in_order", ("matched_on", "signed_on"), ("matched_on", "ended_on")),
            models.UniqueConstraint(fields=["pledge"], condition=Q(ended_on=None), name="agreement_open_once"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.READINESS_REGISTRABLE, triggers.AGREEMENT_TYPE]

    def __str__(self) -> str:
        return f"{self.pledge_id} on {self.statement_id}"


@tracked()
class Variation(models.Model):
    """A way in which a unit differs from its statement of requirements, as proposed and, perhaps, accepted."""

    agreement = models.ForeignKey(UnitAgreement, on_delete=models.CASCADE, related_name="variations")
    text = models.TextField(_("variation"))
    proposed_on = models.DateField(_("proposed on"))
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["proposed_on", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(text=""), name="variation_says_something"),
            in_order("variation_days_in_order", ("proposed_on", "accepted_on")),
        ]

    def __str__(self) -> str:
        return self.text[:80]


@tracked()
class DeploymentRequest(models.Model):
    """The UN's request to deploy a unit. From the rapid deployment level it has 60 days to arrive."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="deployment_requests")
    mission = models.ForeignKey(Mission, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    requested_on = models.DateField(_("requested on"))
    arrived_on = models.DateField(_("arrived on"), null=True, blank=True)
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True)
    is_rapid = models.BooleanField(
        _("from the rapid deployment level"), help_text=_("Whether the unit held that level on the day of the request.")
    )
    exception = models.TextField(
        _("exception"), blank=True, help_text=_("Why the unit was chosen though it passed no assessment visit.")
    )
    note = models.TextField(_("note"), blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_on", "-pk"]
        constraints: ClassVar[list[Any]] = [
            in_order("deployment_days_in_order", ("requested_on", "arrived_on"), ("requested_on", "cancelled_on")),
            models.CheckConstraint(
                condition=Q(arrived_on=None) | Q(cancelled_on=None), name="deployment_arrived_or_cancelled"
            ),
            models.UniqueConstraint(
                fields=["pledge"], condition=Q(arrived_on=None, cancelled_on=None), name="deployment_open_once"
            ),
        ]
        triggers: ClassVar[list[Any]] = [triggers.READINESS_REGISTRABLE, triggers.CHOSEN_AFTER_VISIT]

    def __str__(self) -> str:
        return f"{self.pledge_id} requested {self.requested_on}"
