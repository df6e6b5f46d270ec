"""Finding an account by what people type: their username or their email address."""

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
