"""Texts that the database must not tell: enciphered with the site's secret key."""

import base64
import hashlib

from cryptography.fernet import Fernet
from django.conf import settings


def cipher() -> Fernet:
    """Return the cipher of this site. Another SECRET_KEY reads nothing of what this one wrote."""
    key = hashlib.sha256(b"kept-text:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def sealed(text: str) -> str:
    """Return the text as it may be stored."""
    return cipher().encrypt(text.encode()).decode()


def opened(stored: str) -> str:
    """Return what was sealed. Raises cryptography's InvalidToken for anything that this site did not seal."""
    return cipher().decrypt(stored.encode()).decode()
