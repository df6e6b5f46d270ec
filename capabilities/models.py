"""Categories and capability types, missions, requirements and targets."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from capabilities import triggers
from conferences.dates import dated, precision_field
from conferences.models import Conference, Participant


class Category(models.Model):
    """A family of capability types, such as aviation or training."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField()
    is_deliverable = models.BooleanField(
        default=True, help_text=_("Whether its pledges have something to count; statements of support have not.")
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]

    def __str__(self) -> str:
        return self.name


@tracked()
class CapabilityType(models.Model):
    """What can be asked for or given, and the unit in which its quantities are counted."""

    code = models.SlugField(primary_key=True, max_length=60)
    name = models.CharField(_("name"), max_length=120, unique=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="capability_types")
    unit_of_measure = models.CharField(_("unit of measure"), max_length=40)
    typical_personnel = models.PositiveIntegerField(null=True, blank=True)
    is_pcrs_registrable = models.BooleanField(
        _("can be registered in the PCRS"), help_text=_("Whether the readiness system takes it.")
    )
    note = models.TextField(blank=True)
    source_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(unit_of_measure=""), name="capability_type_has_unit"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.TYPE_IN_USE]

    def __str__(self) -> str:
        return self.name


class CapabilityWording(models.Model):
    """How a source calls a capability, and the type that this means: exactly, broadly, or none."""

    class Match(models.TextChoices):
        EXACT = "exact", _("the same thing")
        BROADER = "broader", _("the same family")
        NONE = "none", _("no type fits")

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="wordings")
    wording = models.CharField(max_length=120, blank=True)
    capability_type = models.ForeignKey(
        CapabilityType, null=True, blank=True, on_delete=models.PROTECT, related_name="wordings"
    )
    match = models.CharField(max_length=8, choices=Match.choices)

    class Meta:
        ordering: ClassVar[list[str]] = ["category", "wording"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["category", "wording"], name="wording_once_per_category"),
            models.CheckConstraint(
                condition=Q(match="none", capability_type=None)
                | Q(match__in=["exact", "broader"], capability_type__isnull=False),
                name="wording_match_with_type",
            ),
        ]

    def __str__(self) -> str:
        return self.wording


@tracked()
class Mission(models.Model):
    """A UN mission, or one of another organisation that pledges name; its acronym is used in addresses."""

    class Type(models.TextChoices):
        PEACEKEEPING = "peacekeeping", _("Peacekeeping")
        SPECIAL_POLITICAL = "special political", _("Special political")
        SUPPORT_OFFICE = "support office", _("Support office")
        PARTNER = "partner", _("Mission of another organisation")

    acronym = models.CharField(primary_key=True, max_length=24)
    name = models.CharField(_("name"), max_length=200)
    type = models.CharField(_("type"), max_length=20, choices=Type.choices)
    host_countries = models.ManyToManyField(Participant, related_name="hosted_missions", blank=True)
    host_territories = models.CharField(
        max_length=40, blank=True, help_text=_("Codes of host territories that are no participants.")
    )
    starts_on = models.DateField(null=True, blank=True)
    starts_on_precision = precision_field()
    ends_on = models.DateField(null=True, blank=True)
    ends_on_precision = precision_field()
    source_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["acronym"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(type__in=["peacekeeping", "special political", "support office", "partner"]),
                name="mission_type_known",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")),
                name="mission_dates_in_order",
            ),
            dated("starts_on", "mission_starts_dated"),
            dated("ends_on", "mission_ends_dated"),
        ]

    def __str__(self) -> str:
        return self.acronym


@tracked()
class Edition(models.Model):
    """A paper, report or resolution that states requirements, at one date. A newer one never erases it."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    published_on = models.DateField(_("published"), null=True, blank=True)
    published_on_precision = precision_field()

    class Meta:
        ordering: ClassVar[list[Any]] = [F("published_on").desc(nulls_last=True), "name"]
        constraints: ClassVar[list[Any]] = [dated("published_on", "edition_dated")]

    def __str__(self) -> str:
        return self.name


@tracked()
class Requirement(models.Model):
    """An ask: so much of a capability type, for a mission or none, in one edition. An unknown quantity stays empty.

    A training need of a member state is one too: then `beneficiary` names the state.
    """

    reference = models.CharField(max_length=16, unique=True)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="requirements")
    conference = models.ForeignKey(
        Conference, null=True, blank=True, on_delete=models.PROTECT, related_name="requirements"
    )
    mission = models.ForeignKey(Mission, null=True, blank=True, on_delete=models.PROTECT, related_name="requirements")
    beneficiary = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="training_needs"
    )
    capability_type = models.ForeignKey(CapabilityType, on_delete=models.PROTECT, related_name="requirements")
    quantity = models.PositiveBigIntegerField(_("quantity"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=40)
    personnel = models.PositiveIntegerField(_("persons"), null=True, blank=True)
    characteristics = models.TextField(_("characteristics"), blank=True)
    needed_by = models.DateField(_("needed by"), null=True, blank=True)
    needed_by_precision = precision_field()
    priority = models.CharField(_("priority in the source's words"), max_length=80, blank=True)
    description = models.TextField(_("description"), blank=True)
    source_title = models.CharField(max_length=300)
    source_url = models.URLField(max_length=1000)
    record_key = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["reference"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["mission", "capability_type"], name="requirement_mission_type"),
            models.Index(fields=["conference", "capability_type"], name="requirement_conference_type"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__gt=0), name="requirement_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(personnel=None) | Q(personnel__gt=0), name="requirement_personnel_positive"
            ),
            models.CheckConstraint(condition=~Q(source_title="") & ~Q(source_url=""), name="requirement_has_source"),
            models.CheckConstraint(condition=~Q(unit=""), name="requirement_has_unit"),
            dated("needed_by", "requirement_dated"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.REQUIREMENT_IN_USE]

    def __str__(self) -> str:
        return f"{self.reference} {self.capability_type_id}"

    def get_absolute_url(self) -> str:
        return reverse("requirement-detail", args=[self.reference])


@tracked()
class GenderTarget(models.Model):
    """The share of women aimed at in a category of uniformed personnel in a year; unknown stays empty.

    Source: Uniformed Gender Parity Strategy 2018-2028.
    """

    category = models.SlugField(max_length=40)
    year = models.PositiveSmallIntegerField()
    target_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    source_url = models.URLField(max_length=1000)

    class Meta:
        ordering: ClassVar[list[str]] = ["category", "year"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["category", "year"], name="gender_target_once_per_year"),
            models.CheckConstraint(
                condition=Q(target_percent=None) | Q(target_percent__gt=0, target_percent__lte=100),
                name="gender_target_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.year}"


class ReadinessCount(models.Model):
    """A published count of units per readiness level; partial counts, never totals of the system."""

    edition = models.CharField(max_length=120)
    capability_type = models.ForeignKey(CapabilityType, on_delete=models.PROTECT, related_name="readiness_counts")
    level_1 = models.PositiveIntegerField(null=True, blank=True)
    level_2 = models.PositiveIntegerField(null=True, blank=True)
    level_3 = models.PositiveIntegerField(null=True, blank=True)
    rdl = models.PositiveIntegerField(null=True, blank=True)
    source_url = models.URLField(max_length=1000)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["edition", "capability_type"], name="readiness_count_once_per_edition"),
        ]

    def __str__(self) -> str:
        return f"{self.edition}: {self.capability_type_id}"
