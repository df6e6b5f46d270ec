"""Users, their role, and API tokens."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.triggers import TIME_ZONE_KNOWN

TOKEN_LIFETIME = timedelta(days=365)


class Role(models.TextChoices):
    """What a person is here for. What a member of a delegation may do stands in the membership."""

    DELEGATION = "delegation", _("Delegation")
    ANALYST = "analyst", _("Analyst")
    READER = "secretariat_reader", _("Secretariat reader")
    OFFICER = "secretariat_officer", _("Secretariat officer")
    MANAGER = "secretariat_manager", _("Secretariat manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class MailRhythm(models.TextChoices):
    """How often a person is reminded at most: what is owed goes out together."""

    DAILY = "daily", _("At most one message a day")
    WEEKLY = "weekly", _("One message a week, on Monday")


class MailLanguage(models.TextChoices):
    """The languages in which mail is written: the six of the United Nations in its order, each by its own name."""

    ARABIC = "ar", "العربية"
    CHINESE = "zh-hans", "中文"
    ENGLISH = "en", "English"
    FRENCH = "fr", "Français"
    RUSSIAN = "ru", "Русский"
    SPANISH = "es", "Español"


SECRETARIAT = frozenset({Role.READER, Role.OFFICER, Role.MANAGER, Role.ADMINISTRATOR})
REVIEWERS = frozenset({Role.OFFICER, Role.MANAGER})


@tracked(exclude=("password", "last_login", "calendar_key"))
class User(AbstractUser):
    """A person who signs in."""

    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.DELEGATION)
    email = models.EmailField(_("email address"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(
        _("language of mail"), max_length=8, choices=MailLanguage.choices, default=MailLanguage.ENGLISH
    )
    mail_rhythm = models.CharField(_("reminders"), max_length=6, choices=MailRhythm.choices, default=MailRhythm.DAILY)
    calendar_key = models.UUIDField(
        null=True,
        blank=True,
        unique=True,
        help_text=_("Names this person's calendar of due days; none where it is off."),
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(condition=Q(mail_rhythm__in=MailRhythm.values), name="user_mail_rhythm_known"),
            models.CheckConstraint(condition=Q(language__in=MailLanguage.values), name="user_language_known"),
        ]
        triggers: ClassVar[list[Any]] = [TIME_ZONE_KNOWN]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def is_secretariat(self) -> bool:
        """Whether this person works in the Secretariat, in whatever role; an account that was ended does not count."""
        return self.is_active and self.role in SECRETARIAT

    @property
    def is_reviewer(self) -> bool:
        """Whether this person may review and register pledges."""
        return self.is_active and self.role in REVIEWERS

    @property
    def is_manager(self) -> bool:
        """Whether this person may announce and withdraw."""
        return self.is_active and self.role == Role.MANAGER

    @property
    def address_waiting(self) -> "AddressChange | None":
        """The other address that this person is to confirm, None where there is none now."""
        return self.address_changes.waiting(at=timezone.now()).select_related("asked_by").first()


def digest_of(secret: str) -> str:
    """Return the keyed hash under which a token is stored: a stolen database holds nothing that signs in."""
    return hmac.new(settings.SECRET_KEY.encode(), b"api-token:" + secret.encode(), hashlib.sha256).hexdigest()


class TokenScope(models.TextChoices):
    """What a token is good for; its owner's rights bound both."""

    READ = "read", _("Reading")
    WRITE = "write", _("Reading and writing")


class ApiTokenManager(models.Manager["ApiToken"]):
    """Issuing and checking API tokens."""

    def issue(
        self, *, user: User, name: str, at: datetime, scope: str = TokenScope.READ, life: timedelta = TOKEN_LIFETIME
    ) -> tuple["ApiToken", str]:
        """Create a token and return it with its secret, which is shown once and never stored."""
        secret = "pk_" + secrets.token_urlsafe(32)
        token = self.create(
            user=user,
            name=name,
            scope=scope,
            digest=digest_of(secret),
            created_at=at,
            expires_at=at + life,
        )
        return token, secret

    def live(self, *, at: datetime) -> models.QuerySet["ApiToken"]:
        """Return those that are neither revoked nor over."""
        return self.filter(revoked_at=None, expires_at__gt=at)

    def matching(self, secret: str, *, at: datetime) -> "ApiToken | None":
        """Return the live token with this secret and note its use, or None."""
        found = self.live(at=at).filter(digest=digest_of(secret), user__is_active=True)
        token = found.select_related("user").first()
        if token and (token.last_used_at is None or at - token.last_used_at > timedelta(minutes=5)):
            self.filter(pk=token.pk).update(last_used_at=at)
        return token


@tracked(exclude=("digest", "last_used_at"))
class ApiToken(models.Model):
    """A key with which a person's program uses the API as that person: to read, or to write as well."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    scope = models.CharField(_("good for"), max_length=5, choices=TokenScope.choices, default=TokenScope.READ)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenManager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + TOKEN_LIFETIME),
                name="token_expires_within_a_year",
            ),
            models.CheckConstraint(condition=Q(scope__in=TokenScope.values), name="token_scope_known"),
        ]

    def __str__(self) -> str:
        return self.name


class OwedMail(models.Model):
    """A message about an account that is still to be sent; the row goes when it was.

    Without a text it is a request for a new password by whoever has this address.
    """

    address = models.EmailField()
    subject = models.CharField(max_length=200, blank=True)
    sealed_text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.subject} ({self.address})"


@tracked()
class RoleGrant(models.Model):
    """A role of the site for somebody, which one person proposes and another confirms or declines."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    reason = models.CharField(_("reason"), max_length=300)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_confirmed = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_grant_role_known"),
            models.CheckConstraint(
                condition=Q(is_confirmed=False)
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(decided_by=F("proposed_by"))
                & ~Q(decided_by=F("user")),
                name="role_grant_confirmed_by_a_second_person",
            ),
            models.CheckConstraint(condition=~Q(proposed_by=F("user")), name="role_grant_not_for_oneself"),
            models.UniqueConstraint(fields=["user"], condition=Q(decided_at=None), name="role_grant_waits_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    """Addresses that were entered for accounts."""

    def waiting(self, *, at: datetime) -> "AddressChangeQuerySet":
        """Return those that can still be confirmed at this instant."""
        return self.filter(confirmed_at=None, ended_at=None, expires_at__gt=at)


@tracked()
class AddressChange(models.Model):
    """Another address for an account, which its owner confirms: signed in, through a link that was sent there."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="address_changes")
    email = models.EmailField(_("email address"), max_length=150)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text=_("When it was taken back, or another was entered."))

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="address_change_expires"),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(ended_at=None, confirmed_at__lte=F("expires_at")),
                name="address_change_confirmed_in_time_or_ended",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(confirmed_at=None, ended_at=None), name="address_change_waits_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.email}"
