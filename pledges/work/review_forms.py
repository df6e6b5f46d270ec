"""The forms of the review: a word at each field, a word on the whole, and the thread."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.models import Conference
from pledges.forms import CHOOSE, TextField, offer
from pledges.models import Pledge
from pledges.querysets import PledgeQuerySet
from pledges.versions import FIELDS, label_of

PREFIX = "note_"


class QueueForm(forms.Form):
    """Narrows the queue to one conference."""

    use_required_attribute = False

    conference = forms.ModelChoiceField(
        label=gettext_lazy("Conference"),
        queryset=Conference.objects.none(),
        required=False,
        empty_label=gettext_lazy("All"),
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, among: PledgeQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "conference", Conference.objects.filter(pk__in=among.values("conference")))


class ReviewForm(forms.Form):
    """What the delegation is to change: at fields, or on the whole. `version` is the one that the officer has read."""

    use_required_attribute = False

    reason = TextField(
        label=gettext_lazy("What the delegation is to change, as a whole"),
        help_text=gettext_lazy("The delegation reads it with your name. It never becomes public."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=4000,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, pledge: Pledge, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in FIELDS:
            label = _("Ask for a change: %(field)s") % {"field": label_of(name, pledge)}
            too_long = {"max_length": _("Shorten this to 1,000 characters or fewer.")}
            self.fields[PREFIX + name] = forms.CharField(
                label=label, required=False, max_length=1000, error_messages=too_long
            )

    @property
    def notes(self) -> dict[str, str]:
        """What is said at each field."""
        return {name: self.cleaned_data[PREFIX + name] for name in FIELDS if self.cleaned_data.get(PREFIX + name)}


class NoteForm(forms.Form):
    """A word in the thread between delegation and Secretariat."""

    use_required_attribute = False

    text = TextField(
        label=gettext_lazy("Your message"),
        error_messages={"required": gettext_lazy("Write what you want to say or ask.")},
        max_length=4000,
    )


class MergeForm(forms.Form):
    """Which of two pledges is kept, and why both are the same."""

    use_required_attribute = False

    keep = forms.ChoiceField(
        label=gettext_lazy("Which one is kept?"), widget=forms.RadioSelect, choices=(), error_messages=CHOOSE
    )
    reason = TextField(
        label=gettext_lazy("Why are they the same commitment?"),
        help_text=gettext_lazy("The delegation and the Secretariat read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why both are the same commitment.")},
        max_length=4000,
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # the versions of both that are shown

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["keep"].choices = choices  # type: ignore[attr-defined]
