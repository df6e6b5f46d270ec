"""A wrong or missing value of the environment stops the start with a sentence, and never repeats a secret."""

import os
import subprocess
import sys

import pytest

from config.environment import site_address

GOOD = {
    "SECRET_KEY": "x" * 60,
    "BASE_URL": "https://pledges.example.org",
    "DATABASE_URL": "postgres://app:canary@db:5432/pledges",
    "REDIS_URL": "redis://:canary@redis:6379/0",
    "EMAIL_URL": "smtp+tls://user:canary@mail:587",
    "MEDIA_ROOT": "/media",
}
KEY = "a random text of at least 50 characters"
REDIS = "redis://:password@host:6379/0."
POSTGRES = "postgres://user:password@host:5432/name."
MAIL = "smtp+tls://user:password@host:587 or filemail:///folder."
SITE = "https://pledges.example.org."
WRONG = [
    ("SECRET_KEY", "", f"Set SECRET_KEY: {KEY}, kept secret and the same on every machine."),
    ("SECRET_KEY", "short", f"SECRET_KEY is too short: use {KEY}."),
    ("BASE_URL", "", f"Set BASE_URL: the address at which people reach the site, such as {SITE}"),
    ("BASE_URL", "pledges.example.org", f"BASE_URL cannot be read. It must look like {SITE}"),
    ("BASE_URL", "https://a.org/path", f"BASE_URL cannot be read. It must look like {SITE}"),
    ("DATABASE_URL", "", f"Set DATABASE_URL: the application's own database role, {POSTGRES}"),
    ("DATABASE_URL", "mysql://a:canary@h/n", f"DATABASE_URL must name a Postgres database: {POSTGRES}"),
    ("DATABASE_URL", "postgres://a:canary@h:x/n", f"DATABASE_URL cannot be read. It must look like {POSTGRES}"),
    ("REDIS_URL", "", f"Set REDIS_URL: the broker, {REDIS}"),
    ("REDIS_URL", "http://canary", f"REDIS_URL cannot be read. It must look like {REDIS}"),
    ("EMAIL_URL", "", f"Set EMAIL_URL: where mail goes, {MAIL}"),
    ("EMAIL_URL", "smtp+tls://", f"EMAIL_URL cannot be read. It must look like {MAIL}"),
    ("EMAIL_URL", "filemail://", f"EMAIL_URL cannot be read. It must look like {MAIL}"),
    ("EMAIL_URL", "post://canary", f"EMAIL_URL cannot be read. It must look like {MAIL}"),
    (
        "CLAMD_URL",
        "clamav:3310",
        "CLAMD_URL cannot be read. It must look like tcp://host:3310 or unix:///run/clamav/clamd.ctl.",
    ),
    (
        "MAIL_WEBHOOK_PROVIDER",
        "pigeon",
        "MAIL_WEBHOOK_PROVIDER must be one of brevo, mailgun, mailjet, postmark, sendgrid, sparkpost, not 'pigeon'.",
    ),
    (
        "MAIL_WEBHOOK_PROVIDER",
        "postmark",
        "Set MAIL_WEBHOOK_SECRET: user:password of the webhook; for Mailgun its signing key.",
    ),
    (
        "ALARM_PING_URL",
        "file:///canary",
        "ALARM_PING_URL cannot be read. It must look like https://alarm.example.org/ping/name.",
    ),
    ("UPLOAD_MAX_MB", "ten", "UPLOAD_MAX_MB must be a whole number of megabytes from 1 on, not 'ten'."),
    ("UPLOAD_MAX_MB", "0", "UPLOAD_MAX_MB must be a whole number of megabytes from 1 on, not '0'."),
    ("UPLOAD_MAX_FILES", "0", "UPLOAD_MAX_FILES must be a whole number of files from 1 on, not '0'."),
    ("REVIEW_WORKING_DAYS", "0", "REVIEW_WORKING_DAYS must be a whole number of working days from 1 on, not '0'."),
    ("INVITATION_DAYS", "0", "INVITATION_DAYS must be a whole number of days from 1 on, not '0'."),
    ("INVITATION_DAYS", "²", "INVITATION_DAYS must be a whole number of days from 1 on, not '²'."),
    ("MEDIA_ROOT", "", "Set MEDIA_ROOT: the folder for uploaded files, outside the program's own folder."),
    ("HTTPS", "yes", "HTTPS must be 'on' or 'off', not 'yes'."),
    ("CONN_MAX_AGE", "-1", "CONN_MAX_AGE must be a whole number of seconds from 0 on, not '-1'."),
    ("MEDIA_ROOT", "media", "MEDIA_ROOT cannot be read. It must look like /srv/pledges/media."),
    ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of debug, info, warning, error, critical, not 'loud'."),
    ("ALLOWED_HOSTS", "a.org,b.org", "ALLOWED_HOSTS must name the host of BASE_URL, pledges.example.org, as well."),
    ("BASE_URL", "http://a.org", "BASE_URL must begin with https://, unless HTTPS is off: one machine without TLS."),
]


SHOWN = "s.EMAIL_FILE_PATH, s.ALLOWED_HOSTS"


def read_settings(values: dict[str, str], shown: str = SHOWN) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of its own with this environment."""
    environment = {"PATH": os.environ["PATH"]} | GOOD | values
    command = [sys.executable, "-c", f"import config.settings as s; print({shown})"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_a_wrong_value_stops_the_start_with_a_sentence(name: str, value: str, sentence: str) -> None:
    result = read_settings({name: value})
    assert result.returncode != 0
    assert sentence in result.stderr.splitlines()[-1]
    assert "canary" not in result.stderr


def test_right_values_are_taken() -> None:
    result = read_settings({"EMAIL_URL": "filemail:///var/mail%20folder"})
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "/var/mail folder ['pledges.example.org']"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "info"), ("LOG_LEVEL", "DEBUG"), ("ALLOWED_HOSTS", "*"), ("ALLOWED_HOSTS", ".example.org"),
        ("EMAIL_URL", "consolemail://"), ("EMAIL_URL", "smtp://localhost:25"),
    ],
)  # fmt: skip
def test_a_right_value_is_taken(name: str, value: str) -> None:
    result = read_settings({name: value})
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", "{'connect_timeout': 5}"),
        ("?sslmode=verify-full", "{'connect_timeout': 5, 'sslmode': 'verify-full'}"),
        ("?connect_timeout=9", "{'connect_timeout': 9}"),
    ],
)
def test_what_the_address_of_the_database_asks_for_is_kept(query: str, options: str) -> None:
    result = read_settings({"DATABASE_URL": GOOD["DATABASE_URL"] + query}, "s.DATABASES['default']['OPTIONS']")
    assert result.stdout.strip() == options


@pytest.mark.parametrize(
    "wrong", ["", "ftp://a.org", "https://", "https://a.org:x", "https://u:p@a.org", "https://a.org?b"]
)
def test_a_site_address_is_scheme_host_and_port(wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the message is not shown to anyone)
        site_address(wrong)


def test_a_site_address_loses_its_closing_slash() -> None:
    assert site_address("http://a.org:8000/") == "http://a.org:8000"
