"""A partner's own word on its share of a joint pledge, through the API. The rules stand in `pledges.services.joint`."""

import hashlib
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.content import Strict
from api.once import Answer, once
from api.preconditions import Stale, sent_of, tags
from api.serializers import amount_field, number_field, text_field, word_field
from api.shapes import money
from api.writing import Writes, clean
from pledges import permissions
from pledges.enums import Confirmation, PartnerRole
from pledges.errors import EditConflict
from pledges.models import Partner, Pledge
from pledges.querysets import invitations_of, places_of
from pledges.services.joint import answer_share
from pledges.shares import WHOLES, state_of

ANSWERS = [choice for choice in Confirmation.choices if choice[0] != Confirmation.AWAITED]


class AnswerSerializer(Strict):
    """What a partner answers: yes to its share, as proposed or with numbers of its own, or no."""

    confirmation = serializers.ChoiceField(ANSWERS, help_text=gettext_lazy("Your answer."))
    share_quantity = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, allow_null=True, help_text=gettext_lazy("Of the quantity.")
    )
    share_personnel = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text=gettext_lazy("Of the persons.")
    )
    share_amount = serializers.DecimalField(
        18, 2, required=False, allow_null=True, help_text=gettext_lazy("Of the amount.")
    )
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, help_text=gettext_lazy("For the lead and the Secretariat.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse numbers beside a refusal: they would count for nothing."""
        if attrs["confirmation"] == Confirmation.DECLINED:
            beside = {share: _("Leave this out to decline.") for share in WHOLES if attrs.get(share) is not None}
            if beside:
                raise serializers.ValidationError(beside)
        return attrs


class ShareSerializer(serializers.Serializer[Any]):
    """What a delegation is asked to take part in, and its share of it."""

    reference = text_field(gettext_lazy("Reference of the pledge."), unknown=False)
    conference = text_field(gettext_lazy("Slug of the conference."), unknown=False)
    lead = text_field(gettext_lazy("Code of the participant that leads."), unknown=False)
    title = text_field(gettext_lazy("Title of the pledge."))
    capability_type = text_field(gettext_lazy("Code of the capability type."))
    participant = text_field(gettext_lazy("Code of the participant that is asked."), unknown=False)
    role = word_field(PartnerRole, gettext_lazy("What it does."), unknown=False)
    confirmation = word_field(Confirmation, gettext_lazy("Its answer."), unknown=False)
    share_quantity = number_field(gettext_lazy("Its share of the quantity."))
    share_personnel = number_field(gettext_lazy("Its share of the persons."))
    share_amount = amount_field(gettext_lazy("Its share of the amount."))


def share(partner: Partner) -> dict[str, Any]:
    """Return a share as its delegation reads it; of a pledge in which it declined to take part, no words."""
    pledge, is_out = partner.pledge, partner.confirmation == Confirmation.DECLINED
    return {
        "reference": pledge.reference,
        "conference": pledge.conference_id,
        "lead": pledge.participant_id,
        "title": None if is_out else pledge.title or None,
        "capability_type": None if is_out else pledge.capability_type_id,
        "participant": partner.participant_id,
        "role": partner.role,
        "confirmation": partner.confirmation,
        "share_quantity": partner.share_quantity,
        "share_personnel": partner.share_personnel,
        "share_amount": money(partner.share_amount),
    }


def tag_of(partner: Partner) -> str:
    """Return the strong validator of a share as it stands."""
    return f'"{hashlib.sha256(state_of(partner).encode()).hexdigest()[:16]}"'


class ShareWrites(Writes):
    """One partner's share of a pledge, for the delegation that is asked."""

    def place(self, rows: Any, reference: str, code: str) -> Partner:
        """Return the place of a delegation in a pledge, among these rows. Raises NotFound for anything else."""
        found: Partner | None = (
            rows.select_related("pledge", "participant").filter(pledge__reference=reference, participant=code).first()
        )
        if found is None:
            raise NotFound
        return found

    def invited(self, reference: str, code: str) -> Partner:
        """Return the place that this person's delegation has in a pledge, unless it declined. Raises NotFound."""
        return self.place(invitations_of(self.request.user), reference, code)

    def asked(self, reference: str, code: str) -> Partner:
        """Return the same, also where it declined: for answers alone, since a call may be sent twice."""
        return self.place(places_of(self.request.user), reference, code)

    def get(self, request: Request, reference: str, code: str) -> Response:
        """Return the share, with the ETag that an answer needs."""
        return self.shown(self.invited(reference, code)).response()

    def patch(self, request: Request, reference: str, code: str) -> Response:
        """Confirm a share, as proposed or with numbers of your own, or decline it. For approvers."""
        permissions.check_is_invited(request.user, self.asked(reference, code))
        return once(
            request,
            lambda: self.answered(self.invited(reference, code)),
            lambda pledge: self.check_answered(pledge, code),
        )

    def check_answered(self, pledge: Pledge, code: str) -> None:
        """Refuse the stored answer to whom the delegation no longer counts among its members."""
        self.asked(pledge.reference, code)

    def answered(self, partner: Partner) -> Answer:
        """Store the answer."""
        if tag_of(partner) not in tags(self.request):
            raise self.stale(partner)
        values = clean(AnswerSerializer(data=self.request.data))
        try:
            stored = answer_share(
                partner=partner,
                confirmation=values["confirmation"],
                shares=shares_of(partner, values),
                note=values.get("note", ""),
                by=self.request.user,
                at=timezone.now(),
                expected=state_of(partner),
            )
        except EditConflict as conflict:
            raise self.stale(self.invited(partner.pledge.reference, partner.participant_id)) from conflict
        return self.shown(stored)

    def shown(self, partner: Partner) -> Answer:
        """Return a share with its ETag."""
        return Answer(partner.pledge, share(partner), headers={"ETag": tag_of(partner)})

    def stale(self, partner: Partner) -> Stale:
        """Return the refusal that tells how the share stands now."""
        stored, sent = share(partner), sent_of(self.request)
        return Stale(
            tag_of(partner),
            [
                {"field": name, "stored": stored[name]} | ({"sent": sent[name]} if name in sent else {})
                for name in ("role", *WHOLES, "confirmation")
            ],
        )


def shares_of(partner: Partner, values: dict[str, Any]) -> dict[str, Any] | None:
    """Return the shares that an answer leaves, None where it names none: then they are those proposed."""
    if not values.keys() & WHOLES.keys():
        return None
    return {share: values.get(share, getattr(partner, share)) for share in WHOLES}
