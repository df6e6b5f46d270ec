"""Signing in."""

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Username and password. One answer for a wrong name, a wrong password and an ended account: it tells nobody
    which accounts there are."""

    use_required_attribute = False
    wrong = _("Username and password do not fit together. Check both; capital letters count in the password.")
    error_messages = {"invalid_login": wrong, "inactive": wrong}

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["username"].error_messages["required"] = _("Enter your username.")
        self.fields["password"].error_messages["required"] = _("Enter your password.")
