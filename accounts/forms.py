"""Signing in, passwords and second factors: the library's forms in our words."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp
from django import forms
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.mail import owe_reset
from accounts.models import MailLanguage, MailRhythm
from accounts.names import username_for
from accounts.trust import may_trust
from accounts.zones import zone_choices, zone_of

PASSWORD_HINT = _("At least 12 characters: several words that do not belong together are easy to keep in mind.")
LONGEST_ADDRESS = 254  # characters, as the database keeps them
ENTER_PASSWORD = _("Enter your password.")
CHOOSE_ZONE = _("Choose a time zone of the list.")
CODE_HINT = _("Six digits from the app on your phone, or one of your recovery codes.")


class Plain(forms.Form):
    """What all forms of an account have in common: words above the boxes, none in them, and our own errors."""

    use_required_attribute = False
    labels: dict[str, Any] = {}
    hints: dict[str, Any] = {}
    missing: dict[str, Any] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            if name in self.missing:
                field.error_messages["required"] = self.missing[name]


class SignInForm(Plain, account.LoginForm):
    """Username or email address, and password. One answer for a wrong name, a wrong password and a closed account."""

    labels = {"login": _("Username or email address"), "password": _("Password")}
    missing = {"login": _("Enter your username or your email address."), "password": ENTER_PASSWORD}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        box = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})
        self.fields["login"] = forms.CharField(label=self.labels["login"], widget=box, max_length=LONGEST_ADDRESS)
        self.fields["login"].error_messages["required"] = self.missing["login"]

    def user_credentials(self) -> dict[str, str]:
        """Return the account's username and the password: one hash is made whether there is an account or not."""
        typed: str = self.cleaned_data["login"]
        return {"username": username_for(typed), "password": self.cleaned_data["password"]}


class ForgottenForm(Plain):
    """The address to which a link to a new password goes. Nothing is looked up: the page cannot tell who is here."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("Enter an address like a@b.org."),
            "max_length": _("Enter an address of at most 254 characters."),
        },
    )

    def save(self, request: HttpRequest) -> str:
        """Note the request; a job finds out whose address it is."""
        address: str = self.cleaned_data["email"]
        owe_reset(address)
        return address


class AddressForm(Plain):
    """Another address for an account. Nothing is looked up: the form cannot tell who has an account."""

    email = forms.EmailField(
        label=_("New email address"),
        max_length=150,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Enter the new address."),
            "invalid": _("Enter an address like a@b.org."),
            "max_length": _("Enter an address of at most 150 characters."),
        },
    )
    hints = {"email": _("A person's own address, not one that an office shares.")}


class NewPasswordForm(Plain, account.ResetPasswordKeyForm):
    """A new password, by a link."""

    labels = {"password1": _("New password"), "password2": _("New password again")}
    hints = {"password1": PASSWORD_HINT}
    missing = {"password1": _("Enter a new password."), "password2": _("Enter the new password again.")}


class ChangePasswordForm(Plain, account.ChangePasswordForm):
    """A new password, by somebody who is signed in."""

    labels = {"oldpassword": _("Your password of today")} | NewPasswordForm.labels
    hints = NewPasswordForm.hints
    missing = {"oldpassword": ENTER_PASSWORD} | NewPasswordForm.missing


class TimeZoneForm(Plain):
    """The time zone in which a person reads and states hours."""

    labels = {"time_zone": _("Time zone")}
    hints = {"time_zone": _("Choose the city whose clocks show your time. UTC is the time of this site.")}
    missing = {"time_zone": CHOOSE_ZONE}

    time_zone = forms.ChoiceField(choices=zone_choices, error_messages={"invalid_choice": CHOOSE_ZONE})

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, initial={"time_zone": zone_of(user).key}, **options)


class MailRhythmForm(Plain):
    """How often a person is reminded at most."""

    mail_rhythm = forms.ChoiceField(
        choices=MailRhythm.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )
    labels = {"mail_rhythm": _("How often do you want reminders?")}
    hints = {
        "mail_rhythm": _(
            "Each message holds everything that is due. When nothing is due, none comes. "
            "A reminder that pledging closes comes on its own day, also if you choose once a week."
        )
    }


class MailLanguageForm(Plain):
    """The language in which mail comes."""

    language = forms.ChoiceField(
        choices=[(code, format_html('<bdi lang="{}">{}</bdi>', code, name)) for code, name in MailLanguage.choices],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a language."), "invalid_choice": _("Choose a language.")},
    )
    labels = {"language": _("In which language do you want mail?")}
    hints = {"language": _("Reminders, your calendar, and mail about your account. The pages here are in English.")}


class PasswordAgainForm(Plain, account.ReauthenticateForm):
    """The password once more, before something that an unwatched screen must not allow."""

    labels = {"password": _("Password")}
    missing = {"password": ENTER_PASSWORD}


class CodeForm(Plain, second_factor.AuthenticateForm):
    """The code that follows the password."""

    labels = {"code": _("Code")}
    hints = {"code": CODE_HINT}
    missing = {"code": _("Enter the code.")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs.update({"class": "medium", "inputmode": "numeric", "maxlength": 20})


class CodeAtSignInForm(CodeForm):
    """The code at sign-in, with the choice not to be asked on this browser for a while."""

    trust = forms.BooleanField(required=False)
    labels = CodeForm.labels | {"trust": _("Nobody else uses this browser: do not ask for a code here for 14 days")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_trust(self.user):
            del self.fields["trust"]


class CodeAgainForm(second_factor.ReauthenticateForm, CodeForm):
    """The code once more."""


class FirstCodeForm(Plain, totp.ActivateTOTPForm):
    """The first code of an app, which shows that it has the secret."""

    labels = {"code": _("Code that the app shows")}
    missing = CodeForm.missing

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs.update({"class": "medium", "inputmode": "numeric", "maxlength": 20})
