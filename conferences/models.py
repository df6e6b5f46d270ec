"""Participants, delegations, conferences and all that belongs to a conference."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from conferences.dates import dated, precision_field
from conferences.querysets import MembershipQuerySet, ParticipantQuerySet

LANGUAGES = ("en", "fr", "es", "ar", "zh", "ru")


class SortKey(Func):
    """The key by which names are put in order: small letters without accents, whatever the database's locale."""

    function = "sort_key"
    output_field = models.TextField()


def sort_column(column: str) -> models.GeneratedField:
    """Return a stored column that sorts `column` alphabetically."""
    return models.GeneratedField(expression=SortKey(column), output_field=models.TextField(), db_persist=True)


class ParticipantKind(models.TextChoices):
    """Who can pledge, and the Secretariat, which can host and co-chair."""

    MEMBER_STATE = "member_state", _("Member state")
    OBSERVER_STATE = "observer_state", _("Observer state")
    ORGANIZATION = "organization", _("Organisation")
    SECRETARIAT = "un_secretariat", _("UN Secretariat")


class RegionalGroup(models.TextChoices):
    """The regional groups of UN member states."""

    AFRICAN = "African Group", _("African Group")
    ASIA_PACIFIC = "Asia-Pacific Group", _("Asia-Pacific Group")
    EASTERN_EUROPEAN = "Eastern European Group", _("Eastern European Group")
    GRULAC = "GRULAC", _("Latin American and Caribbean Group")
    WEOG = "WEOG", _("Western European and Others Group")
    NONE = "none", _("No group")


STATE_CODES = Q(iso2__regex=r"^[A-Z]{2}$", m49__regex=r"^[0-9]{3}$")
NO_STATE_CODES = Q(iso2="", m49="")


@tracked()
class Participant(models.Model):
    """A member state, an observer state or an organisation; its code never changes and is used in addresses."""

    code = models.CharField(_("code"), max_length=8, primary_key=True)
    iso2 = models.CharField(max_length=2, blank=True)
    m49 = models.CharField(max_length=3, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=ParticipantKind.choices)
    name_en = models.CharField(max_length=100, unique=True)
    name_fr = models.CharField(max_length=100)
    name_es = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100)
    name_zh = models.CharField(max_length=100)
    name_ru = models.CharField(max_length=100)
    sort_en = sort_column("name_en")
    sort_fr = sort_column("name_fr")
    sort_es = sort_column("name_es")
    sort_ar = sort_column("name_ar")
    sort_zh = sort_column("name_zh")
    sort_ru = sort_column("name_ru")
    name_source = models.CharField(max_length=8, blank=True)
    regional_group = models.CharField(_("regional group"), max_length=24, choices=RegionalGroup.choices)
    regional_group_note = models.CharField(max_length=300, blank=True)
    un_member_since = models.PositiveSmallIntegerField(_("UN member since"), null=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["sort_en"]
        indexes: ClassVar[list[Any]] = [
            GinIndex(fields=["sort_en"], name="participant_name_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(kind__in=ParticipantKind.values), name="participant_kind_known"),
            models.CheckConstraint(
                condition=Q(regional_group__in=RegionalGroup.values), name="participant_group_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind=ParticipantKind.MEMBER_STATE)
                | STATE_CODES & Q(un_member_since__isnull=False) & ~Q(regional_group=RegionalGroup.NONE),
                name="participant_member_state_is_a_state",
            ),
            models.CheckConstraint(
                condition=Q(kind=ParticipantKind.MEMBER_STATE)
                | Q(un_member_since__isnull=True, regional_group=RegionalGroup.NONE),
                name="participant_only_member_states_in_groups",
            ),
            models.CheckConstraint(
                condition=Q(kind=ParticipantKind.OBSERVER_STATE) & STATE_CODES
                | Q(kind=ParticipantKind.MEMBER_STATE)
                | NO_STATE_CODES,
                name="participant_organization_without_state_codes",
            ),
            # So that no other row can take the codes of a state, and with them its kind.
            models.UniqueConstraint(fields=["iso2"], condition=~Q(iso2=""), name="participant_iso2_once"),
            models.UniqueConstraint(fields=["m49"], condition=~Q(m49=""), name="participant_m49_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("participant-detail", args=[self.code])

    @property
    def name(self) -> str:
        """The official short name in the reader's language."""
        language = (get_language() or "en")[:2]
        return str(getattr(self, f"name_{language if language in LANGUAGES else 'en'}"))


class MembershipRole(models.TextChoices):
    """What a member of a delegation may do. A co-chair member sees what its conference holds under embargo."""

    VIEWER = "viewer", _("Viewer")
    DRAFTER = "drafter", _("Drafter")
    APPROVER = "approver", _("Approver")
    DEPUTY = "deputy", _("Deputy approver")
    CO_CHAIR = "co_chair", _("Co-chair")


@tracked()
class Membership(models.Model):
    """A person's place in a delegation, from one day to another."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=MembershipRole.choices)
    is_focal_point = models.BooleanField(_("focal point"), default=False)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(role__in=MembershipRole.values), name="membership_role_known"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="membership_dates_in_order"
            ),
            models.UniqueConstraint(
                fields=["user", "participant", "role"], condition=Q(ended_at=None), name="membership_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.participant_id}, {self.role})"


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
    reporting_cycle_months = models.PositiveSmallIntegerField(_("months between reports"), default=6)
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
