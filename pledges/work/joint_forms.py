"""The small forms of a joint pledge: who is invited, and what a partner answers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.models import Participant
from pledges.errors import Incomplete, PledgeError
from pledges.fields import AmountField, WholeNumberField
from pledges.forms import CHOOSE, PEOPLE, UNITS, TextField, offer
from pledges.models import Partner, Pledge
from pledges.services.joint import ROLES
from pledges.shares import WHOLES, remainder, state_of
from pledges.work.common import sent_over


def unit_of(share: str, pledge: Pledge) -> str:
    """Return the unit in which a share counts."""
    return {"share_quantity": pledge.unit, "share_personnel": _("persons"), "share_amount": pledge.currency}[share]


class ShareForm(forms.Form):
    """A share in each number that the pledge states, and what of the partner the person has read."""

    use_required_attribute = False

    share_quantity = WholeNumberField(label=gettext_lazy("Share of the quantity"), highest=UNITS, required=False)
    share_personnel = WholeNumberField(label=gettext_lazy("Share of the persons"), highest=PEOPLE, required=False)
    share_amount = AmountField(label=gettext_lazy("Share of the amount"), required=False)
    state = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, pledge: Pledge, partner: Partner | None = None, ends: bool = False, **options: Any
    ) -> None:
        """Take what was sent; where the pressed button `ends` a partner's place, its terms are not read."""
        super().__init__(*args, **options)
        self.partner, self.ends = partner, ends
        room = remainder(pledge, pledge.partners.all(), besides=partner)
        for share, left in room.items():
            if left is None:
                del self.fields[share]
            else:
                self.fields[share].help_text = self.hint(share, f"{left:,}", pledge)
        if partner:
            self.initial.update({share: getattr(partner, share) for share in WHOLES}, state=state_of(partner))
        for name in ("role", *WHOLES) if ends else ():
            self.fields.pop(name, None)

    def hint(self, share: str, left: str, pledge: Pledge) -> str:
        """Say in what a share counts and how much nobody has taken."""
        names = {"left": left, "unit": unit_of(share, pledge)}
        return _("At most %(left)s (%(unit)s). Leave it empty if it is not known.") % names

    @property
    def shares(self) -> dict[str, Any]:
        """Return the clean shares by column; a number that the pledge does not state is in no share."""
        return {share: self.cleaned_data.get(share) for share in WHOLES}

    def read_again(self, partner: Partner) -> None:
        """Keep what was typed, to be sent for the partner as it is stored now."""
        self.data = sent_over(self.data, "state", state_of(partner))

    def complain(self, refusal: PledgeError) -> None:
        """Put a refusal where it can be mended."""
        found: Mapping[str, str] = refusal.fields if isinstance(refusal, Incomplete) else {}
        for name, sentence in found.items():
            self.add_error(name if name in self.fields else None, sentence)
        if not found:
            self.add_error(None, str(refusal))


class TermsForm(ShareForm):
    """On what terms a partner takes part."""

    field_order = ("participant", "role", *WHOLES)
    role = forms.ChoiceField(
        label=gettext_lazy("What it does"),
        choices=[("", gettext_lazy("Choose one")), *((role, role.label) for role in ROLES)],
        error_messages=CHOOSE,
        widget=forms.Select(attrs={"class": "medium"}),
    )

    def __init__(self, *args: Any, partner: Partner | None = None, **options: Any) -> None:
        super().__init__(*args, partner=partner, **options)
        if partner:
            self.initial["role"] = partner.role


class InviteForm(TermsForm):
    """Whom the lead asks to take part, and on what terms."""

    participant = forms.ModelChoiceField(
        label=gettext_lazy("Whom do you invite?"),
        queryset=Participant.objects.none(),
        empty_label=gettext_lazy("Choose one"),
        error_messages=CHOOSE,
        widget=forms.Select(attrs={"class": "medium"}),
    )

    def __init__(self, *args: Any, pledge: Pledge, **options: Any) -> None:
        super().__init__(*args, pledge=pledge, **options)
        others = Participant.objects.able_to_pledge().exclude(pk=pledge.participant_id)
        offer(self, "participant", others.alphabetical())


class AnswerForm(ShareForm):
    """What a partner says to its share."""

    note = TextField(
        label=gettext_lazy("A word to the lead"),
        help_text=gettext_lazy("For example why you decline. The lead and the Secretariat read it."),
        required=False,
        max_length=500,
        error_messages={"max_length": gettext_lazy("Shorten this to 500 characters or fewer.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    field_order = (*WHOLES, "note")

    def hint(self, share: str, left: str, pledge: Pledge) -> str:
        """Say in what a share counts; how much others have taken is not this partner's to know."""
        return _("Counted in this unit: %(unit)s. Leave it empty if it is not known.") % {
            "unit": unit_of(share, pledge)
        }
