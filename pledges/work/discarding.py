"""The page on which several drafts of one conference are discarded at once, such as those of a wrong spreadsheet."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.typed import keeps_typed, sent_or_kept
from conferences.models import Conference
from pledges.audience import unshown
from pledges.errors import SeveralRefused
from pledges.forms import delegations_of
from pledges.models import Pledge
from pledges.querysets import PledgeQuerySet
from pledges.services.together import take_together
from pledges.work.common import shows_and_takes
from pledges.work.together import ROWS, whole


class DiscardForm(forms.Form):
    """Which drafts: those that are ticked, each at the version that the person has read."""

    use_required_attribute = False

    pledge = forms.MultipleChoiceField(
        label=gettext_lazy("Drafts"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Tick at least one draft."),
            "invalid_choice": gettext_lazy(
                "%(value)s is no draft in this list any more. Discard again to go on without it."
            ),
        },
    )

    def __init__(self, *args: Any, drafts: list[Pledge], **options: Any) -> None:
        super().__init__(*args, **options)
        self.drafts = {draft.reference: draft for draft in drafts}
        self.fields["pledge"].choices = [(reference, reference) for reference in self.drafts]  # type: ignore[attr-defined]

    @property
    def rows(self) -> list[tuple[Pledge, bool]]:
        """The drafts, each with whether it is ticked."""
        ticked = set(self["pledge"].value() or ())
        return [(draft, reference in ticked) for reference, draft in self.drafts.items()]

    @property
    def versions(self) -> dict[Pledge, int]:
        """The ticked drafts with the versions that were read; 0 where the page does not say."""
        read = {name: whole(self.data.get(f"version-{name}", "")) for name in self.cleaned_data["pledge"]}
        return {self.drafts[name]: version for name, version in read.items()}


@keeps_typed
@shows_and_takes
def conference_discard(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the drafts of this person's delegations at one conference that nobody else has seen, and discard those that
    are ticked: all, or none."""
    conference = get_object_or_404(Conference, slug=slug)
    if not delegations_of(request.user).exists():
        raise PermissionDenied(_("Only drafters and approvers of a delegation discard its drafts."))
    drafts = list(droppable(request.user, conference)[:ROWS])
    every = [draft.reference for draft in drafts] if request.GET.get("tick") == "all" else []
    status = 200
    form = DiscardForm(sent_or_kept(request), initial={"pledge": every}, drafts=drafts)
    if request.method == "POST" and form.is_valid():
        try:
            return discarded(request, conference, form.versions)
        except SeveralRefused as refusal:
            status = 409
            for reference, why in refusal.refusals.items():
                form.add_error("pledge", f"{reference}: {why}")
    context = {"conference": conference, "form": form, "is_all": len(drafts) < ROWS}
    return render(request, "pledges/conference_discard.html", context, status=status)


def droppable(user: Any, conference: Conference) -> PledgeQuerySet:
    """Return the drafts that this person may discard here at one click, the newest first."""
    own = Pledge.objects.visible_to(user).filter(conference=conference, participant__in=delegations_of(user))
    return unshown(own).select_related("participant", "author").order_by("-pk")


def discarded(request: HttpRequest, conference: Conference, versions: dict[Pledge, int]) -> HttpResponse:
    """Discard the drafts together and say how many they were."""
    taken = take_together("discard", versions, by=request.user, at=timezone.now())
    text = ngettext("%(number)s draft is discarded.", "%(number)s drafts are discarded.", len(taken))
    messages.success(request, text % {"number": len(taken)})
    return redirect("conference-work", conference.pk)
