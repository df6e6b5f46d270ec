"""Forms about the people of a delegation."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import PASSWORD_HINT, AddressForm, NewPasswordForm, Plain
from accounts.models import MailLanguage, User
from conferences.models import Membership, MembershipRole, Participant

ROLE_HINTS = {
    MembershipRole.VIEWER: _("sees the delegation's pledges"),
    MembershipRole.DRAFTER: _("also drafts pledges and reports on them"),
    MembershipRole.APPROVER: _("also submits pledges and changes who is in the delegation"),
    MembershipRole.DEPUTY: _("also submits pledges, in the approver's absence"),
    MembershipRole.CO_CHAIR: _("sees what is registered for the conference that it co-chairs"),
}


def role_choices(roles: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the roles to choose from, each with what it may do."""
    known = [MembershipRole(role) for role in roles]
    return [(role.value, f"{role.label}: {ROLE_HINTS[role]}") for role in known]


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    use_required_attribute = False
    name = forms.CharField(
        label=_("Name"), max_length=100, error_messages={"required": _("Enter the name of the person.")}
    )
    email = forms.EmailField(
        label=_("Email address"),
        help_text=_("The link goes there. A person's own address, not one that an office shares."),
        max_length=150,
        error_messages={"required": _("Enter an email address."), "invalid": _("Enter an address like a@b.org.")},
    )
    role = forms.ChoiceField(
        label=_("Role"), widget=forms.RadioSelect, error_messages={"required": _("Choose a role.")}
    )
    language = forms.ChoiceField(
        label=_("Language of mails"),
        help_text=_("The person can choose another one later. The pages of this site are in English."),
        choices=MailLanguage.choices,
        error_messages={"required": _("Choose a language."), "invalid_choice": _("Choose a language.")},
    )

    def __init__(self, *args: Any, roles: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = role_choices(roles)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """What a member may do, and whether they are the one to turn to."""

    use_required_attribute = False
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    is_focal_point = forms.BooleanField(
        label=_("Contact person"), required=False, help_text=_("The one whom the Secretariat turns to first.")
    )
    was_focal_point = forms.NullBooleanField(widget=forms.HiddenInput)  # as it was read

    def __init__(self, *args: Any, roles: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = role_choices(roles)  # type: ignore[attr-defined]


class MemberAddressForm(AddressForm):
    """Another address for a member: not what a browser knows of who types it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class MemberField(forms.ModelChoiceField):
    """A choice among people of a delegation."""

    def label_from_instance(self, obj: Any) -> str:
        """Return name and address: two people may share a name."""
        return f"{obj} ({obj.email})"


class HandOverForm(forms.Form):
    """Who follows, and from which day."""

    use_required_attribute = False
    successor = MemberField(
        queryset=User.objects.none(),
        label=_("Successor"),
        empty_label=_("Choose"),
        error_messages={"required": _("Choose who follows.")},
    )
    on = forms.DateField(
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date", "class": "medium"}),
        help_text=_("From the start of this day (UTC) the successor has the role, and the one before no longer."),
        error_messages={"required": _("Enter the day."), "invalid": _("Enter a day like 2027-03-01.")},
    )

    def __init__(self, *args: Any, membership: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        others = Membership.objects.open().filter(participant=membership.participant_id)
        people = User.objects.filter(pk__in=others.exclude(user=membership.user_id).values("user"))
        self.fields["successor"].queryset = people.order_by("first_name", "username")  # type: ignore[attr-defined]

    def clean_on(self) -> datetime:
        """Return the instant at which the day begins. Raises ValidationError for a day that is over."""
        day = self.cleaned_data["on"]
        if day < timezone.now().date():
            raise ValidationError(_("This day is over: enter today or a later day."))
        return datetime.combine(day, time.min, tzinfo=UTC)


class AcceptForm(Plain):
    """Name and password of somebody who follows an invitation."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    password1 = forms.CharField(strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    password2 = forms.CharField(strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    labels = {"password1": _("Password"), "password2": _("Password again")}
    hints = {"password1": PASSWORD_HINT}
    missing = NewPasswordForm.missing

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ, and one that is weak."""
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ: enter the same one twice."))
        elif first:
            somebody = User(username=self.email, email=self.email, first_name=data.get("name", ""))
            try:
                validate_password(first, somebody)
            except ValidationError as weak:
                self.add_error("password1", weak)
        return data


class PeopleFilter(forms.Form):
    """Which people of which delegations to list."""

    participant = forms.ModelChoiceField(
        queryset=Participant.objects.none(), label=_("Participant"), required=False, empty_label=_("All")
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All")), *MembershipRole.choices])
    name = forms.CharField(label=_("Name or address holds"), required=False, max_length=100)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = Participant.objects.able_to_pledge().alphabetical()
        self.fields["participant"].queryset = choices  # type: ignore[attr-defined]
