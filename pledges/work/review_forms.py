"""The forms of the review: a word at each field, a word on the whole, and the thread."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.models import Conference
from pledges.forms import CHOOSE, TextField, offer
from pledges.models import Pledge
from pledges.querysets import PledgeQuerySet
from pledges.services.review import MERGEABLE
from pledges.versions import FIELDS, label_of
from pledges.work.typing_it import TypedReference, means

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


class DuplicateForm(forms.Form):
    """Which other pledge may be the same."""

    use_required_attribute = False

    named = forms.CharField(
        label=gettext_lazy("Reference of the other pledge"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "medium", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the reference of the other pledge.")},
    )

    def __init__(self, *args: Any, among: PledgeQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.among = among

    def clean_named(self) -> Pledge:
        """Return the pledge that is named."""
        found = self.among.filter(reference__iexact=self.cleaned_data["named"]).first()
        if not found:
            raise forms.ValidationError(_("The participant has no other pledge with this reference."))
        if found.status not in MERGEABLE:
            raise forms.ValidationError(
                _("This pledge is “%(status)s”: only submitted and registered ones are merged.")
                % {"status": found.status_word}
            )
        return found


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
    typed_reference = TypedReference(
        label=gettext_lazy("Type the reference of the one that is closed, to confirm"),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # the versions of both that are shown

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.references = [reference for reference, _label in choices]
        self.fields["keep"].choices = choices  # type: ignore[attr-defined]

    def clean_typed_reference(self) -> str:
        """Return the reference, which must be that of the pledge that is not kept."""
        typed: str = self.cleaned_data["typed_reference"]
        closed = [reference for reference in self.references if reference != self.cleaned_data.get("keep")]
        return means(typed, closed[0]) if len(closed) == 1 else typed
