"""The names of accounts: finding one by what people type, and making one of an email address."""

from accounts.models import User


def username_for(typed: str) -> str:
    """Return the username of the account that a name or an address means, or what was typed where there is none.

    A username goes before an address. An address that several accounts share means none of them.
    """
    typed = typed.strip()
    by_name = list(User.objects.filter(username__iexact=typed).values_list("username", flat=True)[:2])
    by_mail = list(User.objects.filter(email__iexact=typed).values_list("username", flat=True)[:2])
    found = by_name or by_mail
    return found[0] if len(found) == 1 else typed


def free_username(email: str) -> str:
    """Return the address as a username, or with a number where somebody has taken that name."""
    name, number = email.lower(), 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{email.lower()[:140]}-{number}"
    return name
