"""What whoever ends a pledge for good types, so that no other is meant: its reference, or how many end at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.numbers import parse_whole

NEEDED = gettext_lazy("Type the reference, so that no other pledge is meant.")


class TypedReference(forms.CharField):
    """The reference of `of`, or of a pledge that the form knows later (`means`)."""

    widget = forms.TextInput(attrs={"class": "medium", "autocomplete": "off"})

    def __init__(self, *, of: str = "", **options: Any) -> None:
        self.of = of
        if of:
            options["label"] = _("Type the reference %(reference)s to confirm") % {"reference": of}
        super().__init__(max_length=40, error_messages={"required": NEEDED}, **options)

    def clean(self, value: Any) -> Any:
        """Return what was typed, which must be the reference if that is known by now."""
        typed = super().clean(value)
        return means(typed, self.of) if typed and self.of else typed


class TypedNumber(forms.CharField):
    """The number of pledges that end at once, `of` them."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "short", "autocomplete": "off"})

    def __init__(self, *, of: int, **options: Any) -> None:
        self.of = of
        label = _("Type how many pledges end, %(number)s, to confirm") % {"number": of}
        needed = _("Type the number, %(number)s, so that no other pledges are meant.") % {"number": of}
        super().__init__(label=label, max_length=40, error_messages={"required": needed}, **options)

    def clean(self, value: Any) -> Any:
        """Return what was typed, which must be the number, in whatever digits."""
        typed = super().clean(value)
        if typed and not is_number(typed, self.of):
            raise forms.ValidationError(_("This is another number: type %(own)s.") % {"own": self.of})
        return typed


def is_number(typed: str, number: int) -> bool:
    """Return whether a text, as typed, is this number."""
    try:
        return parse_whole(typed) == number
    except ValueError:
        return False


def asked_where(form: forms.Form, name: str, *, ends: bool) -> None:
    """Ask in a form's clean() for what is typed into the field `name`, if something `ends`; else whatever it is."""
    if not ends:
        form.errors.pop(name, None)
    elif not form.cleaned_data.get(name) and name not in form.errors:
        form.add_error(name, form.fields[name].error_messages["required"])


def means(typed: str, reference: str) -> str:
    """Return a reference as typed, if it is this one: capitals, blanks and dashes do not matter.

    Raises ValidationError.
    """
    if bare(typed) != bare(reference):
        raise forms.ValidationError(_("This is another reference: type %(own)s.") % {"own": reference})
    return typed


def bare(text: str) -> str:
    """Return the letters and digits of a reference alone."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
