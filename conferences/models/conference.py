"""A conference, who hosts and co-chairs it, and what others counted there."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from conferences.dates import dated, precision_field
from conferences.models.participants import Participant


class Series(models.TextChoices):
    """The kinds of meeting in the line since 2014."""

    LEADERS_SUMMIT = "leaders_summit", _("Leaders' summit")
    DEFENCE_MINISTERIAL = "defence_ministerial", _("Defence ministerial")
    MINISTERIAL = "ministerial", _("Ministerial")
    RELATED = "related", _("Related meeting")


@tracked()
class Conference(models.Model):
    """A summit or ministerial at which participants pledge; its slug never changes and is used in addresses."""

    slug = models.SlugField(primary_key=True, max_length=40)
    title = models.CharField(_("title"), max_length=200)
    formal_title = models.CharField(max_length=300, blank=True)
    series = models.CharField(_("series"), max_length=24, choices=Series.choices)
    related_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="related")
    has_pledges = models.BooleanField(default=True)
    sequence_since_2014 = models.PositiveSmallIntegerField(null=True, blank=True, unique=True)
    starts_on = models.DateField(_("first day"))
    starts_on_precision = precision_field()
    ends_on = models.DateField(_("last day"))
    ends_on_precision = precision_field()
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.ForeignKey(Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    venue = models.CharField(_("venue"), max_length=200, blank=True)
    format = models.CharField(_("format"), max_length=20, blank=True)
    level = models.CharField(_("level"), max_length=80, blank=True)
    theme = models.CharField(_("theme"), max_length=300, blank=True)
    motto = models.CharField(_("motto"), max_length=300, blank=True)
    objective = models.TextField(_("objective"), blank=True)
    notes = models.TextField(_("notes"), blank=True)
    reference_prefix = models.CharField(
        max_length=6,
        validators=[RegexValidator(r"^[A-Z]{3}\d{2}$")],
        help_text=_("Begins the reference of its pledges."),
    )
    window_opens_at = models.DateTimeField(_("pledging opens"), null=True, blank=True)
    window_closes_at = models.DateTimeField(_("pledging closes"), null=True, blank=True)
    window_version = models.PositiveIntegerField(
        default=0, help_text=_("How often managers set the window: at 0 it is what the record says.")
    )
    reporting_cycle_months = models.PositiveSmallIntegerField(_("months between reports"), default=6)
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="coordinated_conferences",
        verbose_name=_("coordinator of the co-chairs"),
        help_text=_("Hears last of reports that stay out."),
    )
    hosts = models.ManyToManyField(Participant, related_name="hosted_conferences", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-starts_on"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(series__in=Series.values), name="conference_series_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="conference_days_in_order"),
            models.CheckConstraint(
                condition=Q(window_opens_at=None)
                | Q(window_closes_at=None)
                | Q(window_closes_at__gt=F("window_opens_at")),
                name="conference_window_in_order",
            ),
            models.CheckConstraint(condition=Q(reporting_cycle_months__gte=1), name="conference_cycle_positive"),
            models.CheckConstraint(
                condition=Q(reference_prefix__regex=r"^[A-Z]{3}[0-9]{2}$"), name="conference_reference_prefix_form"
            ),
            dated("starts_on", "conference_starts_dated"),
            dated("ends_on", "conference_ends_dated"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("conference-detail", args=[self.slug])


@tracked()
class CoChair(models.Model):
    """A participant that chairs a conference together with others; the host is one of them."""

    class Role(models.TextChoices):
        HOST = "host", _("Host")
        CO_HOST = "co-host", _("Co-host")
        CO_CHAIR = "co-chair", _("Co-chair")

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="co_chairs")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="co_chairships")
    role = models.CharField(max_length=8, choices=Role.choices)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conference", "participant"], name="co_chair_once_per_conference"),
            models.CheckConstraint(condition=Q(role__in=["host", "co-host", "co-chair"]), name="co_chair_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} ({self.role})"


@tracked()
class PublishedTotal(models.Model):
    """One figure about a conference as somebody published it: attendance, pledgers, things pledged.

    Totals conflict; each stands with who counted, when and from what, and they are never averaged.
    """

    class Qualifier(models.TextChoices):
        EXACT = "exact", _("exactly")
        MORE_THAN = "more-than", _("more than")
        ABOUT = "about", _("about")

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="published_totals")
    measure = models.SlugField(max_length=60)
    value = models.PositiveBigIntegerField()
    unit = models.CharField(max_length=40)
    qualifier = models.CharField(max_length=10, choices=Qualifier.choices)
    counted_by = models.CharField(max_length=40)
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="published_totals"
    )
    published_on = models.DateField(null=True, blank=True)
    published_on_precision = precision_field()
    source_title = models.CharField(max_length=300)
    source_url = models.URLField(max_length=1000, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "measure", "published_on", "counted_by"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=[
                    "conference",
                    "measure",
                    "value",
                    "qualifier",
                    "counted_by",
                    "published_on",
                    "source_title",
                    "participant",
                ],
                nulls_distinct=False,
                name="published_total_once",
            ),
            models.CheckConstraint(
                condition=Q(qualifier__in=["exact", "more-than", "about"]), name="published_total_qualifier_known"
            ),
            models.CheckConstraint(
                condition=~Q(counted_by="") & ~Q(source_title=""), name="published_total_has_counter_and_source"
            ),
            dated("published_on", "published_total_dated"),
        ]

    def __str__(self) -> str:
        return f"{self.measure}: {self.value} ({self.counted_by})"
