"""The settings, embedded and served: whatever differs between them comes from the environment (docs/operation.md)."""

from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import redis
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from config.environment import (
    folder_path,
    issuer_address,
    mail_address,
    one_of,
    optional,
    parsed,
    required,
    scanner_address,
    site_address,
    switch,
    web_address,
    whole_number,
    words,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Safety first -----------------------------------------------------------------------------------------------------
SECRET_KEY = required(
    "SECRET_KEY", "a random text of at least 50 characters, kept secret and the same on every machine"
)
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: use a random text of at least 50 characters.")
DEBUG = False
BASE_URL_FORM = "https://pledges.example.org"
BASE_URL = required("BASE_URL", f"the address at which people reach the site, such as {BASE_URL_FORM}")
BASE_URL = parsed("BASE_URL", BASE_URL, site_address, BASE_URL_FORM)
HOST = urlsplit(BASE_URL).hostname or ""
ALLOWED_HOSTS = words("ALLOWED_HOSTS", HOST)
if not validate_host(HOST, ALLOWED_HOSTS):
    raise ImproperlyConfigured(f"ALLOWED_HOSTS must name the host of BASE_URL, {HOST}, as well.")
HTTPS = switch("HTTPS", default=True)
if HTTPS and not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must begin with https://, unless HTTPS is off: one machine without TLS.")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if switch("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_HTTPONLY = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- What the site is made of -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_filters",
    "drf_spectacular",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "accounts",
    "conferences",
    "capabilities",
    "pledges",
    "reminders",
    "dashboards",
    "api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.stay.SignedInUntilMiddleware",
    "accounts.middleware.HistoryContextMiddleware",
    "accounts.middleware.PrivateCacheMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "conferences.people.second_factor.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboards.context_processors.site",
            ],
        },
    }
]

# --- Database: one Postgres -------------------------------------------------------------------------------------------
DATABASE_FORM = "postgres://user:password@host:5432/name"


def postgres(name: str, url: str) -> dict[str, Any]:
    """Return Django's settings for a Postgres address; any other kind of database is refused.

    What stands behind a `?` goes to libpq, such as sslmode=verify-full.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must name a Postgres database: {DATABASE_FORM}.")
    found = parsed(name, url, environ.Env.db_url_config, DATABASE_FORM)
    return found | {"OPTIONS": {"connect_timeout": 5} | found.get("OPTIONS", {})}


DATABASE_URL = required("DATABASE_URL", f"the application's own database role, {DATABASE_FORM}")
DATABASES = {
    "default": postgres("DATABASE_URL", DATABASE_URL)
    | {
        "CONN_MAX_AGE": whole_number("CONN_MAX_AGE", default=60, unit="seconds"),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Counts attempts to sign in: shared by all processes, and there whenever somebody can sign in at all (decision 5).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "attempts",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "workspace"
LOGOUT_REDIRECT_URL = "home"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
REQUIRE_SECOND_FACTOR = switch("REQUIRE_SECOND_FACTOR", default=True)  # of all who write
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
INVITATION_DAYS = whole_number("INVITATION_DAYS", default=7, unit="days", least=1)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}  # an email address is turned into its account's username first
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # who was invited by mail has shown the address
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True  # for SESSION_COOKIE_AGE, on every machine alike
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.ForgottenForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
}
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/h/key",
    "reauthenticate": "20/h/user",
    "change_password": "20/h/user",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
}
# With a proxy in front the caller's address is the one that the proxy adds itself; what came before it may be forged.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SECURE_PROXY_SSL_HEADER else 0
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Peacekeeping pledges"
MFA_TOTP_TOLERANCE = 1  # steps of half a minute, for clocks that are a little wrong
MFA_TRUST_ENABLED = True  # chosen on the page for the code: accounts/trust.py
MFA_TRUST_COOKIE_AGE = timedelta(days=14)
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeAtSignInForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.FirstCodeForm",
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Signing in through an organisation's identity provider: only where one is named, only to accounts that are there.
OIDC_ISSUER = optional("OIDC_ISSUER").rstrip("/")
OIDC_NAME = optional("OIDC_NAME", "your organisation")
SOCIALACCOUNT_ADAPTER = "accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
if OIDC_ISSUER:
    parsed("OIDC_ISSUER", OIDC_ISSUER, issuer_address, "https://login.example.org/realm")
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [urlsplit(OIDC_ISSUER)._replace(path="").geturl()]
    OIDC_APP = {
        "provider_id": "sso",
        "name": OIDC_NAME,
        "client_id": required("OIDC_CLIENT_ID", "the name under which the identity provider knows this site"),
        "secret": required("OIDC_CLIENT_SECRET", "what this site proves itself with to the identity provider"),
        "settings": {"server_url": OIDC_ISSUER},
    }
    SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [OIDC_APP]}}

# --- Words and time ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = required("MEDIA_ROOT", "the folder for uploaded files, outside the program's own folder")
parsed("MEDIA_ROOT", MEDIA_ROOT, folder_path, "/srv/pledges/media")
# From source: no collectstatic, no hashes in names, for one machine and the tests.
WHITENOISE_USE_FINDERS = switch("SERVE_STATIC_FROM_SOURCE", default=False)
STATIC_ROOT = None if WHITENOISE_USE_FINDERS else optional("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STATICFILES_BACKEND = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if WHITENOISE_USE_FINDERS
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATICFILES_BACKEND},
}
RECORD_DIR = BASE_DIR / "data"
REVIEW_WORKING_DAYS = whole_number(
    "REVIEW_WORKING_DAYS", default=5, unit="working days", least=1
)  # for a submitted pledge
UPLOAD_MAX_BYTES = whole_number("UPLOAD_MAX_MB", default=10, unit="megabytes", least=1) * 1024 * 1024  # of one file
UPLOAD_MAX_FILES = whole_number("UPLOAD_MAX_FILES", default=20, unit="files", least=1)  # of one pledge
FILE_UPLOAD_HANDLERS = [
    "pledges.upload_handler.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
CLAMD_FORM = "tcp://host:3310 or unix:///run/clamav/clamd.ctl"
CLAMD_URL = parsed("CLAMD_URL", optional("CLAMD_URL"), scanner_address, CLAMD_FORM)  # a virus scanner, if there is one

# --- Mail -------------------------------------------------------------------------------------------------------------
EMAIL_FORM = "smtp+tls://user:password@host:587 or filemail:///folder"
EMAIL_URL = required("EMAIL_URL", f"where mail goes, {EMAIL_FORM}")
EMAIL_SETTINGS = parsed("EMAIL_URL", EMAIL_URL, mail_address, EMAIL_FORM)
EMAIL_BACKEND = EMAIL_SETTINGS["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_SETTINGS["EMAIL_HOST"]
EMAIL_PORT = EMAIL_SETTINGS["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_SETTINGS["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_SETTINGS["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_SETTINGS.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_SETTINGS.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 30
EMAIL_FILE_PATH = "/" + EMAIL_SETTINGS["EMAIL_FILE_PATH"].lstrip("/")  # used by filemail:// only
DEFAULT_FROM_EMAIL = optional("DEFAULT_FROM_EMAIL", "Peacekeeping pledges <pledges@localhost>")
REPLY_TO_EMAIL = optional("REPLY_TO_EMAIL", parseaddr(DEFAULT_FROM_EMAIL)[1])  # where people's answers are read
BOUNCE_EMAIL = optional("BOUNCE_EMAIL", "")  # the envelope's sender of reminders: where what comes back is read
# A mail provider that tells what became of a message: /hooks/mail/ is there only where one is named.
MAIL_PROVIDERS = ("brevo", "mailgun", "mailjet", "postmark", "sendgrid", "sparkpost")
MAIL_WEBHOOK_PROVIDER = one_of("MAIL_WEBHOOK_PROVIDER", MAIL_PROVIDERS)
if MAIL_WEBHOOK_PROVIDER:
    MAIL_WEBHOOK_SECRET = required("MAIL_WEBHOOK_SECRET", "user:password of the webhook; for Mailgun its signing key")
    ANYMAIL = {"WEBHOOK_SECRET": MAIL_WEBHOOK_SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": MAIL_WEBHOOK_SECRET}
# An alarm outside that rings when it is not called, and a token with which a monitor reads /metrics.
ALARM_FORM = "https://alarm.example.org/ping/name"
ALARM_PING_URL = parsed("ALARM_PING_URL", optional("ALARM_PING_URL"), web_address, ALARM_FORM)
METRICS_TOKEN = optional("METRICS_TOKEN")

# --- Jobs: the broker carries hints, the ledger in Postgres the facts -------------------------------------------------
REDIS_FORM = "redis://:password@host:6379/0"
REDIS_URL = required("REDIS_URL", f"the broker, {REDIS_FORM}")
parsed("REDIS_URL", REDIS_URL, redis.connection.parse_url, REDIS_FORM)
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Unacknowledged tasks come back after this long; it must exceed CELERY_TASK_TIME_LIMIT.
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "reminders.beat:LockedScheduler"
CELERY_IMPORTS = ["reminders.heartbeats"]

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.OrjsonRenderer", "api.renderers.CSVRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.renderers.Negotiation",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "api.schema.Description",
    "EXCEPTION_HANDLER": "api.errors.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": "format",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Peacekeeping pledges",
    "DESCRIPTION": "What UN peacekeeping missions asked for, what states pledged, and what became of it.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],
}

# --- Logs: one line an event, to standard error -----------------------------------------------------------------------
LOG_LEVEL = one_of("LOG_LEVEL", ("debug", "info", "warning", "error", "critical")) or "info"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL.upper()},
}
