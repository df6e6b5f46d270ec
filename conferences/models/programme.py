"""What a conference is made of: preparatory conferences, sessions, themes, side events, documents, sources."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from conferences.dates import dated, precision_field
from conferences.models.conference import Conference
from conferences.models.participants import Participant


def days_in_order(name: str) -> models.CheckConstraint:
    """Return the constraint that a meeting has a last day only with a first day not after it."""
    ended = Q(starts_on__isnull=False, ends_on__gte=F("starts_on"))
    return models.CheckConstraint(condition=Q(ends_on=None) | ended, name=name)


class Meeting(models.Model):
    """What preparatory conferences and side events have in common: a span of days that may be known roughly."""

    starts_on = models.DateField(null=True, blank=True)
    starts_on_precision = precision_field()
    ends_on = models.DateField(null=True, blank=True)
    ends_on_precision = precision_field()
    note = models.TextField(blank=True)

    class Meta:
        abstract = True


class PreparatoryConference(Meeting):
    """A meeting that prepares a conference on one theme, held by its co-hosts."""

    key = models.SlugField(max_length=60, unique=True)
    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="preparatory_conferences")
    theme = models.CharField(max_length=300)
    format = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=80, blank=True)
    country = models.ForeignKey(Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    co_hosts = models.ManyToManyField(Participant, related_name="co_hosted_preparatory_conferences", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_on", "key"]
        constraints: ClassVar[list[Any]] = [
            dated("starts_on", "preparatory_starts_dated"),
            dated("ends_on", "preparatory_ends_dated"),
            days_in_order("preparatory_days_in_order"),
        ]

    def __str__(self) -> str:
        return self.theme


class Session(models.Model):
    """A substantive session of a conference."""

    class TitleKind(models.TextChoices):
        PUBLISHED = "published", _("published")
        DESCRIBED = "described", _("described")

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="sessions")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    title_kind = models.CharField(max_length=10, choices=TitleKind.choices)
    kind = models.CharField(max_length=40, blank=True)
    day = models.DateField(null=True, blank=True)
    day_precision = precision_field()
    note = models.TextField(blank=True)
    prepared_by = models.ForeignKey(
        PreparatoryConference, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions"
    )
    co_hosts = models.ManyToManyField(Participant, related_name="+", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conference", "position"], name="session_position_once"),
            models.CheckConstraint(
                condition=Q(title_kind__in=["published", "described"]), name="session_title_kind_known"
            ),
            dated("day", "session_dated"),
        ]

    def __str__(self) -> str:
        return self.title


class CrossCuttingTheme(models.Model):
    """A theme that runs through all sessions of a conference."""

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="cross_cutting_themes")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conference", "name"], name="theme_once_per_conference"),
        ]

    def __str__(self) -> str:
        return self.name


class SideEvent(Meeting):
    """A meeting beside a conference."""

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="side_events")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    co_hosts = models.ManyToManyField(Participant, related_name="+", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conference", "position"], name="side_event_position_once"),
            dated("starts_on", "side_event_starts_dated"),
            dated("ends_on", "side_event_ends_dated"),
            days_in_order("side_event_days_in_order"),
        ]

    def __str__(self) -> str:
        return self.title


class OutcomeDocument(models.Model):
    """A text that came out of a conference, with the governments behind it as far as they are known."""

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="outcome_documents")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=60)
    dated_on = models.DateField(null=True, blank=True)
    dated_on_precision = precision_field()
    endorsed_by = models.ManyToManyField(Participant, related_name="endorsed_documents", blank=True)
    endorsed_count = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)
    source_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conference", "position"], name="outcome_document_position_once"),
            dated("dated_on", "outcome_document_dated"),
        ]

    def __str__(self) -> str:
        return self.title


class ConferenceSource(models.Model):
    """Where a fact about a conference, or about one of its preparatory conferences, was read."""

    conference = models.ForeignKey(Conference, on_delete=models.CASCADE, related_name="sources")
    preparatory_conference = models.ForeignKey(
        PreparatoryConference, null=True, blank=True, on_delete=models.CASCADE, related_name="sources"
    )
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    url = models.URLField(max_length=1000, blank=True)
    dated_on = models.DateField(null=True, blank=True)
    dated_on_precision = precision_field()

    class Meta:
        ordering: ClassVar[list[str]] = ["conference", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["conference", "preparatory_conference", "position"],
                nulls_distinct=False,
                name="conference_source_position_once",
            ),
            dated("dated_on", "conference_source_dated"),
        ]

    def __str__(self) -> str:
        return self.title


class Priority(models.Model):
    """A priority of a framework: Action for Peacekeeping (A4P), A4P+, or the themes of a ministerial (PKM and year)."""

    framework = models.CharField(max_length=20)
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()
    source_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["framework", "position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["framework", "code"], name="priority_once_per_framework"),
        ]

    def __str__(self) -> str:
        return f"{self.framework}: {self.name}"
