"""The page on which an officer closes one of two pledges that are the same commitment."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.errors import Incomplete, PledgeError
from pledges.models import Pledge
from pledges.services import merge_duplicates
from pledges.versions import FIELDS, contents, label_of, versions
from pledges.work.common import refused, sent_over, shows_and_takes, visible_pledge, without_nul
from pledges.work.review_forms import MergeForm


@keeps_typed
@shows_and_takes
def pledge_merge(request: HttpRequest, reference: str) -> HttpResponse:
    """Show two pledges side by side, and close one as superseded by the other."""
    pledge = visible_pledge(request, reference)
    try:
        permissions.check_is_reviewer(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    named = request.GET.get("with", "")
    if not named:
        return redirect(pledge)
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
    context = {"pledge": pledge, "other": other, "form": form, "rows": side_by_side(pledge, other)}
    return render(request, "pledges/merge.html", context)


def merge(request: HttpRequest, form: MergeForm, both: dict[str, Pledge]) -> HttpResponse | None:
    """Merge as the form says and lead to the kept pledge; None where the page is to be shown again."""
    keep = both[form.cleaned_data["keep"]]
    drop = next((row for row in both.values() if row.pk != keep.pk), keep)
    try:
        merge_duplicates(keep=keep, drop=drop, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
    except PledgeError as refusal:
        form.add_error(None, " ".join(refusal.fields.values()) if isinstance(refusal, Incomplete) else str(refusal))
        return None
    messages.success(
        request,
        _("%(drop)s is closed as superseded by %(keep)s. Both pages stay, each linked to the other.")
        % {"drop": drop.reference, "keep": keep.reference},
    )
    return redirect(keep)


def side_by_side(pledge: Pledge, other: Pledge) -> list[tuple[str, str, str]]:
    """Return what both pledges say, field by field."""
    (first,), (second,) = (contents(row, versions(row, [row.version])) for row in (pledge, other))
    return [(label_of(name, pledge), first[name], second[name]) for name in FIELDS if first[name] or second[name]]
