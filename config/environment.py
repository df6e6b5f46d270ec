"""Reading the environment: a missing or wrong value stops the start with a sentence that says what to do."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def required(name: str, meaning: str) -> str:
    """Return the value of an environment variable; `meaning` tells the operator what to put there."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {meaning}.")
    return value


def optional(name: str, default: str = "") -> str:
    """Return the value of an environment variable, or the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def switch(name: str, *, default: bool) -> bool:
    """Return an on/off value."""
    value = optional(name, "on" if default else "off").lower()
    if value not in {"on", "off"}:
        raise ImproperlyConfigured(f"{name} must be 'on' or 'off', not {value!r}.")
    return value == "on"


def whole_number(name: str, *, default: int, unit: str, least: int = 0) -> int:
    """Return a whole number from `least` on; `unit` is named in the error."""
    value = optional(name, str(default))
    if not (value.isascii() and value.isdigit()) or int(value) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of {unit} from {least} on, not {value!r}.")
    return int(value)


def one_of(name: str, allowed: tuple[str, ...]) -> str:
    """Return the value of an environment variable in small letters, empty when unset; only these values are taken."""
    value = optional(name).lower()
    if value and value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without blanks."""
    return [word.strip() for word in optional(name, default).split(",") if word.strip()]


def parsed(name: str, value: str, parse: Callable[[str], T], form: str) -> T:
    """Return `parse(value)`; `form` shows what a right value looks like. The value may be secret: not repeated."""
    try:
        return parse(value)
    except Exception:
        raise ImproperlyConfigured(f"{name} cannot be read. It must look like {form}.") from None


def site_address(value: str) -> str:
    """Return a site's address without a closing slash. Raises ValueError for anything but scheme, host and port."""
    address = urlsplit(value.rstrip("/"))
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ValueError("no scheme or no host")
    if address.path or address.query or address.fragment or address.username:
        raise ValueError("more than scheme, host and port")
    if address.port == 0:  # reading the port checks it
        raise ValueError("port 0")
    return address.geturl()


def web_address(value: str) -> str:
    """Return an address to call, empty for none. Raises ValueError for anything but http and https."""
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
        raise ValueError("no address of the web")
    return value


def scanner_address(value: str) -> str:
    """Return the address of clamd, empty for none. Raises ValueError for anything but tcp://host:port or unix:///path."""
    address = urlsplit(value)
    if value and not (address.scheme == "tcp" and address.hostname) and not (address.scheme == "unix" and address.path):
        raise ValueError("neither tcp://host:port nor unix:///path")
    return value


def mail_address(value: str) -> dict[str, Any]:
    """Return Django's settings for an address of mail. Raises ValueError for one that leaves out server or folder."""
    found: dict[str, Any] = environ.Env.email_url_config(value)
    needed = {"smtp": "EMAIL_HOST", "filebased": "EMAIL_FILE_PATH"}.get(found["EMAIL_BACKEND"].split(".")[-2])
    if needed and not found[needed]:
        raise ValueError(needed)
    return found


def folder_path(value: str) -> str:
    """Return the full path of a folder. Raises ValueError for one that depends on where a process was started."""
    if not Path(value).is_absolute():
        raise ValueError("no full path")
    return value


def issuer_address(value: str) -> str:
    """Return the address of an identity provider. Raises ValueError for one that others on the way could change."""
    address = urlsplit(value)
    if address.scheme != "https" and address.hostname not in {"127.0.0.1", "localhost"}:
        raise ValueError("not https")
    if not address.hostname or address.query or address.fragment or address.username:
        raise ValueError("more than host, port and path")
    return value
