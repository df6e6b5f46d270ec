"""Participants and the delegations that people belong to."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
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


# Those who write for their delegation.
WRITERS = (MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.DEPUTY)


@tracked()
class Membership(models.Model):
    """A person's place in a delegation, from one day to another."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=MembershipRole.choices)
    is_focal_point = models.BooleanField(_("focal point"), default=False)
    is_head_of_mission = models.BooleanField(_("head of mission"), default=False)
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


@tracked()
class Liaison(models.Model):
    """How the Secretariat and a delegation keep in touch: who follows it up, and how it may report."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="liaison")
    desk_officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followed_delegations",
        verbose_name=_("desk officer"),
    )
    reports_by_link = models.BooleanField(
        _("reports through links"),
        default=False,
        help_text=_("Reminders carry a link through which their reader reports without signing in."),
    )

    def __str__(self) -> str:
        return self.participant_id
