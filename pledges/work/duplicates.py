"""The pages on which an officer finds a duplicate, and closes one of two pledges that are the same commitment."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.deciding import fingerprint, proposed_before
from pledges.enums import JointAction
from pledges.errors import Incomplete, PledgeError
from pledges.links import address
from pledges.models import Pledge
from pledges.repeats import likely_repeats
from pledges.services import merge_duplicates, propose_merge
from pledges.services.review import MERGEABLE
from pledges.versions import FIELDS, contents, label_of, versions
from pledges.work.common import refused, sent_over, shows_and_takes, visible_pledge, without_nul
from pledges.work.decisions import proposed
from pledges.work.review_forms import DuplicateForm, MergeForm


@keeps_typed
@shows_and_takes
def pledge_merge(request: HttpRequest, reference: str) -> HttpResponse:
    """Show two pledges side by side, and close one as superseded by the other; what everyone sees, by two people."""
    pledge = visible_pledge(request, reference)
    try:
        permissions.check_is_reviewer(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    named = request.GET.get("with", "")
    if not named:
        return find_duplicate(request, pledge)
    other = visible_pledge(request, without_nul(named))
    both = {row.reference: row for row in (pledge, other)}
    choices = [(name, f"{name}: {row.title}") for name, row in both.items()]
    seen = " ".join(f"{name}:{row.version}" for name, row in sorted(both.items()))
    form = MergeForm(sent_or_kept(request), choices=choices, initial={"seen": seen})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["seen"] == seen:
            answer = merge(request, form, both)
            if answer:
                return answer
        else:
            form.add_error(None, _("One of the two has changed since you opened the page: read both, then decide."))
        form.data = sent_over(form.data, "seen", seen)
    context = {"pledge": pledge, "other": other, "form": form, "rows": side_by_side(pledge, other, request.user)}
    return render(request, "pledges/merge.html", context)


def find_duplicate(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    """Ask which other pledge may be the same, and name those that look alike."""
    among = Pledge.objects.visible_to(request.user).filter(participant=pledge.participant_id).exclude(pk=pledge.pk)
    form = DuplicateForm(request.GET if "named" in request.GET else None, among=among)
    if form.is_valid():
        return redirect(merge_url(pledge, form.cleaned_data["named"]))
    alike = [
        (row.earlier, row.reason, merge_url(pledge, row.earlier))
        for row in likely_repeats(pledge, request.user)
        if row.earlier.status in MERGEABLE
    ]
    return render(request, "pledges/merge_find.html", {"pledge": pledge, "form": form, "alike": alike})


def merge_url(pledge: Pledge, other: Pledge) -> str:
    """Return where the two stand side by side."""
    return address(reverse("pledge-merge", args=[pledge.reference]), {"with": other.reference})


def merge(request: HttpRequest, form: MergeForm, both: dict[str, Pledge]) -> HttpResponse | None:
    """Merge as the form says and lead to the kept pledge, or propose it where two people decide; None where the page
    is to be shown again."""
    keep = both[form.cleaned_data["keep"]]
    drop = next((row for row in both.values() if row.pk != keep.pk), keep)
    given = {"keep": keep, "drop": drop, "reason": form.cleaned_data["reason"], "by": request.user}
    try:
        if drop.announced_at:
            before = proposed_before(request.user, JointAction.MERGE, fingerprint([drop.reference]))
            if not before or (before.kept_id, before.reason) != (keep.pk, given["reason"]):
                before = propose_merge(**given, at=timezone.now())
            return proposed(request, before, None)
        merge_duplicates(**given, at=timezone.now())
    except PledgeError as refusal:
        form.add_error(None, " ".join(refusal.fields.values()) if isinstance(refusal, Incomplete) else str(refusal))
        return None
    messages.success(
        request,
        _("%(drop)s is closed as superseded by %(keep)s. Both pages stay, each linked to the other.")
        % {"drop": drop.reference, "keep": keep.reference},
    )
    return redirect(keep)


def side_by_side(pledge: Pledge, other: Pledge, user: Any) -> list[tuple[str, str, str]]:
    """Return what both pledges say to a reader, field by field."""
    (first,), (second,) = (contents(row, versions(row, [row.version]), user) for row in (pledge, other))
    return [(label_of(name, pledge), first[name], second[name]) for name in FIELDS if first[name] or second[name]]
