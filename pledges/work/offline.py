"""The offline way: download the template of a conference, upload it filled in, correct it here or there."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.typed import keeps_typed, sent_or_kept
from conferences.models import Conference
from pledges.errors import FileRefused
from pledges.forms import delegations_of, open_conferences
from pledges.models import Pledge
from pledges.offline.checking import Problem, check_rows, store_rows
from pledges.offline.columns import Column, columns_of, empty_form
from pledges.offline.correcting import MOST_SHOWN, carried, carry, corrected, forms_for
from pledges.offline.reading import Table, read_table
from pledges.offline.template import build_template
from pledges.work.common import shows_and_takes

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LISTED = 200  # problems


class UploadForm(forms.Form):
    """A filled-in template."""

    use_required_attribute = False

    file = forms.FileField(
        label=gettext_lazy("The template, filled in"),
        allow_empty_file=True,  # our own sentence says how to mend it
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": gettext_lazy("Choose the spreadsheet on your computer.")},
    )


@login_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show the conferences whose template can be downloaded and uploaded."""
    check_writes(request.user)
    return render(request, "pledges/offline.html", {"conferences": open_conferences(timezone.now())})


@login_required
@require_safe
def offline_template(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out the template of a conference."""
    conference = conference_of(request, slug)
    columns = columns_of(empty_form(request.user, timezone.now(), conference))
    address = settings.BASE_URL + reverse("offline-conference", args=[slug])
    file = build_template(conference, columns, address=address)
    return HttpResponse(
        file,
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="pledges-{slug}.xlsx"'},
    )


@keeps_typed
@shows_and_takes
def offline_conference(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the filled-in template, or the rows corrected on the page; nothing is stored until every row is right."""
    conference = conference_of(request, slug)
    sent = sent_or_kept(request)
    if sent is None:
        return show(request, conference, UploadForm())
    columns = columns_of(empty_form(request.user, timezone.now(), conference))
    if "carried" in sent:
        table = carried(str(sent["carried"]), conference.pk, request.user)
        if table is None:
            return show(request, conference, complaining(_("The rows are no longer here. Upload the file again.")))
        return take(request, conference, corrected(table, sent, columns), columns)
    form = UploadForm(request.POST, request.FILES)
    if request.META.get("UPLOAD_CUT_OFF"):
        limit = filesizeformat(settings.UPLOAD_MAX_BYTES)
        return show(request, conference, complaining(_("The file is far above the limit of %s.") % limit))
    if not form.is_valid():
        return show(request, conference, form)
    try:
        table = read_table(form.cleaned_data["file"], conference, columns)
    except FileRefused as refusal:
        form.add_error("file", str(refusal))
        return show(request, conference, form)
    return take(request, conference, table, columns)


def complaining(sentence: str) -> UploadForm:
    """Return the form with something to say about the file."""
    form = UploadForm({})
    form.full_clean()
    form.errors.pop("file", None)
    form.add_error("file", sentence)
    return form


def check_writes(user: Any) -> None:
    """Refuse whoever writes for no delegation."""
    if not delegations_of(user).exists():
        raise PermissionDenied(_("Only drafters and approvers of a delegation can write pledges."))


def conference_of(request: HttpRequest, slug: str) -> Conference:
    """Return the conference if it takes pledges and this person writes any. Raises Http404 or PermissionDenied."""
    check_writes(request.user)
    return get_object_or_404(open_conferences(timezone.now()), pk=slug)


def take(request: HttpRequest, conference: Conference, table: Table, columns: list[Column]) -> HttpResponse:
    """Store the rows if all are right and were sent, else show every problem and the rows that have one."""
    at = timezone.now()
    checked = check_rows(table.rows, columns, conference, user=request.user, at=at)
    problems = checked.problems
    if not problems and request.method == "POST":
        pledges, problems = store_rows(checked.values, conference, by=request.user, at=at)
        if pledges:
            return stored(request, pledges, at)
    return show_problems(request, conference, table, columns, problems)


def stored(request: HttpRequest, pledges: list[Pledge], at: datetime) -> HttpResponse:
    """Say which drafts there are now."""
    new = [pledge.reference for pledge in pledges if pledge.created_at == at]
    before = [pledge.reference for pledge in pledges if pledge.created_at != at]
    if new:
        text = ngettext("%(n)s draft is stored: %(names)s.", "%(n)s drafts are stored: %(names)s.", len(new))
        messages.success(request, text % {"n": len(new), "names": ", ".join(new)})
    if before:
        text = _("This file was uploaded before. Nothing was stored twice: %(names)s.")
        messages.info(request, text % {"names": ", ".join(before)})
    return redirect("workspace")


def show(request: HttpRequest, conference: Conference, form: UploadForm, **more: Any) -> HttpResponse:
    """Show the page on which the file is uploaded."""
    return render(request, "pledges/offline_conference.html", {"conference": conference, "form": form, **more})


def show_problems(
    request: HttpRequest, conference: Conference, table: Table, columns: list[Column], problems: list[Problem]
) -> HttpResponse:
    """Show every problem by sheet, row and column with what was typed, and the rows to correct."""
    kept = carry(table, conference.pk, request.user)
    rows = forms_for(table.rows, problems, columns) if kept else []
    shown = {form.line for form in rows}
    labels = {column.name: column.label for column in columns}
    listed = [
        {
            "problem": problem,
            "cell": f"{table.letters.get(problem.name, '')}{problem.line}",
            "label": labels.get(problem.name, ""),
            "anchor": f"id_row{problem.line}-{problem.name}" if problem.name and problem.line in shown else "",
        }
        for problem in problems[:MOST_LISTED]
    ]
    more = {
        "sheet": table.sheet,
        "listed": listed,
        "problems": problems,
        "wrong": len({problem.line for problem in problems}),
        "right": len(table.rows) - len({problem.line for problem in problems}),
        "rows": rows,
        "carried": kept,
        "most_shown": MOST_SHOWN,
    }
    return show(request, conference, UploadForm(), **more)
