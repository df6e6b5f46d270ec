"""The write path of delegations: draft, change, and take a pledge one step on. The rules stand in `pledges`.

In this order a call is refused: who may not write (401, 403), whose pledge it is not to see (404) or to write (403),
a key that came with another call (422), a version that is missing (428) or old (412), then what the pledge allows (409)
and what was sent (400).
"""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.throttling import UserRateThrottle

from accounts.models import ApiToken, TokenScope
from api.content import ContentSerializer, DraftSerializer, Strict, written
from api.once import Answer, once
from api.preconditions import check_version, etag, stale
from api.reading import Reading
from api.renderers import OrjsonParser, OrjsonRenderer
from conferences.models import WRITERS
from pledges import permissions
from pledges.enums import Kind
from pledges.errors import EditConflict, NotAllowed
from pledges.forms import delegations_of
from pledges.models import Pledge
from pledges.services import draft_pledge, edit_pledge, propose
from pledges.services.writing import answer_repeats
from pledges.transitions import TRANSITIONS, apply_transition, possible_actions

# The steps that a delegation takes itself.
STEPS = ("submit", "recall", "withdraw", "discard")


class MayWrite(BasePermission):
    """Signed in by a session, or by a token that is good for writing."""

    message = gettext_lazy("This token is good for reading. Make one for reading and writing.")

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether this call may write at all."""
        if isinstance(request.auth, ApiToken):
            return request.auth.scope == TokenScope.WRITE
        return bool(request.user.is_authenticated)


class WriteThrottle(UserRateThrottle):
    """Bounds what a program gone wrong can write."""

    scope = "write"
    rate = "120/min"


class TooLarge(APIException):
    """More was sent than a pledge can hold."""

    status_code = 413
    default_detail = gettext_lazy("This is more than a pledge can hold.")


class StepSerializer(Strict):
    """What is said with a step."""

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, help_text=gettext_lazy("Why, where the step needs a reason.")
    )


class RepeatsSerializer(Strict):
    """What a pledge is beside those that it may repeat."""

    kind = serializers.ChoiceField(
        Kind.choices, help_text=gettext_lazy("Whether it is new, renews an earlier pledge, or was announced before.")
    )
    earlier = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=16,
        help_text=gettext_lazy("Reference of the pledge that it renews or repeats; null for a new one."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values, an empty text for no earlier pledge. Raises ValidationError for one that is named
        beside `new`: it would be dropped."""
        earlier = attrs.get("earlier") or ""
        if earlier and attrs["kind"] == Kind.NEW:
            raise serializers.ValidationError({"earlier": _("A new pledge has none: leave this out.")})
        return attrs | {"earlier": earlier}


class SubmitSerializer(StepSerializer):
    """What is said with a submission."""

    repeats = RepeatsSerializer(
        required=False,
        help_text=gettext_lazy("For `submit`, where `missing` names `repeats`: what it is beside an earlier pledge."),
    )


# What is sent with a step, where it is more than a reason.
SENT = {"submit": SubmitSerializer}


class Writes(Reading):
    """What endpoints have in common that also write."""

    http_method_names = ["get", "head", "post", "patch"]
    parser_classes = (OrjsonParser,)

    @property
    def is_write(self) -> bool:
        """Whether this call would change something."""
        return self.request.method in {"POST", "PATCH"}

    def get_permissions(self) -> Any:
        """Return who may: everybody reads."""
        return [MayWrite()] if self.is_write else super().get_permissions()

    def get_throttles(self) -> list[Any]:
        """Return what bounds the number of calls."""
        return [WriteThrottle()] if self.is_write else []

    def get_renderers(self) -> list[Any]:
        """Return the formats: what was written is answered as JSON."""
        return [OrjsonRenderer()] if self.is_write else super().get_renderers()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Keep the body whole before anything parses it: it tells whether a repeated call is the same."""
        try:
            request.body  # noqa: B018  (kept by the request)
        except RequestDataTooBig as error:
            raise TooLarge from error
        super().initial(request, *args, **kwargs)

    def visible(self, reference: str) -> Pledge:
        """Return a pledge that this person may see. Raises NotFound for any other."""
        rows = Pledge.objects.visible_to(self.request.user).filter(reference=reference).defer("search")
        pledge = rows.select_related("conference", "participant", "capability_type__category").first()
        if pledge is None:
            raise NotFound
        return pledge

    def check_reader(self, pledge: Pledge) -> None:
        """Refuse the working side of a pledge to all but its delegation and the Secretariat."""
        if not Pledge.objects.visible_to(self.request.user).filter(pk=pledge.pk).exists():
            raise NotFound
        if not permissions.is_insider(self.request.user, pledge):
            raise NotAllowed(gettext_lazy("Only its delegation and the Secretariat read this."))

    def answer(self, pledge: Pledge, **options: Any) -> Answer:
        """Return a pledge as its delegation reads it, with the ETag of its version."""
        steps = [step for step in possible_actions(pledge, self.request.user) if step in STEPS]
        data = written(pledge, steps, self.site(), self.request.user)
        return Answer(pledge, data, headers={"ETag": etag(pledge.version)}, **options)


def clean(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """Return what was sent as clean values. Raises ValidationError, field by field."""
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = dict(serializer.validated_data)
    return values


class PledgeWrites(Writes):
    """Drafting and changing, for the list of pledges and its rows."""

    def create(self, request: Request) -> Response:
        """Draft a pledge. Needs an Idempotency-Key, so that a call that is sent twice drafts one."""
        if not delegations_of(request.user).exists():
            raise NotAllowed(gettext_lazy("Only drafters and approvers of a delegation can write pledges."))
        return once(request, self.draft, self.check_reader, needed=True)

    def draft(self) -> Answer:
        """Store the draft."""
        content = clean(DraftSerializer(data=self.request.data))
        conference, participant = content.pop("conference"), content.pop("participant")
        pledge = draft_pledge(
            conference=conference, participant=participant, content=content, by=self.request.user, at=timezone.now()
        )
        answer = self.answer(self.visible(pledge.reference), status=201)
        location = reverse("api-pledges-row", args=[pledge.reference], request=self.request)
        return answer._replace(headers=answer.headers | {"Location": location})

    def change(self, request: Request, reference: str) -> Response:
        """Change a draft or returned pledge: the fields that are sent, and no others."""
        pledge = self.visible(reference)
        permissions.check_can_draft_for(request.user, pledge.participant)
        return once(request, lambda: self.changed(pledge), self.check_reader)

    def changed(self, pledge: Pledge) -> Answer:
        """Store the change."""
        check_version(self.request, pledge)
        permissions.check_can_edit(self.request.user, pledge)
        content = clean(ContentSerializer(pledge, data=self.request.data, partial=True))
        try:
            edit_pledge(pledge=pledge, content=content, version=pledge.version, by=self.request.user, at=timezone.now())
        except EditConflict as conflict:
            raise stale(self.request, self.visible(pledge.reference)) from conflict
        return self.answer(self.visible(pledge.reference))

    def with_etag(self, response: Response, reference: str) -> Response:
        """Add the ETag for those who may write the pledge: they need it for If-Match."""
        user = self.request.user
        if user.is_authenticated:
            pledge = Pledge.objects.only("version", "participant_id").get(reference=reference)
            if permissions.is_member(user, pledge.participant_id, WRITERS):
                response["ETag"] = etag(pledge.version)
        return response


class StepWrites(Writes):
    """One step of a pledge's life."""

    step: str = ""

    def post(self, request: Request, reference: str) -> Response:
        """Take the step."""
        pledge = self.visible(reference)
        TRANSITIONS[self.step].check_actor(request.user, pledge)
        return once(request, lambda: self.taken(pledge), self.check_reader)

    def taken(self, pledge: Pledge) -> Answer:
        """Take it; one that needs a second person is proposed to the Secretariat (202)."""
        check_version(self.request, pledge)
        said = clean(SENT.get(self.step, StepSerializer)(data=self.request.data))
        repeats = said.pop("repeats", None)
        by, at = self.request.user, timezone.now()
        if TRANSITIONS[self.step].takes_two(pledge):
            propose(self.step, [pledge], by=by, at=at, **said)
            return self.answer(self.visible(pledge.reference), status=202)
        try:
            if repeats:
                pledge = answer_repeats(pledge=pledge, version=pledge.version, by=by, at=at, **repeats)
            apply_transition(self.step, pledge=pledge, by=by, at=at, version=pledge.version, **said)
        except EditConflict as conflict:
            raise stale(self.request, self.visible(pledge.reference)) from conflict
        return self.answer(self.visible(pledge.reference))
