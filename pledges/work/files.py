"""The documents of a pledge: the list, taking one in, removing one, and handing one out."""

import logging
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.typed import keeps_typed, sent_or_kept
from pledges.documents import documents_of
from pledges.enums import DocumentKind, ScanState
from pledges.errors import FileRefused, NotAllowed, PledgeError
from pledges.forms import CHOOSE, offer
from pledges.models import EvidenceFile, Pledge, ProgressUpdate
from pledges.permissions import allowed, check_can_attach, is_insider
from pledges.services.files import attach_file, is_readable, remove_file
from pledges.uploads import KINDS, labels
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.typing_it import TypedReference

log = logging.getLogger(__name__)


class ReportChoice(forms.ModelChoiceField):
    """One of a pledge's reports, by its day and first words."""

    def label_from_instance(self, obj: Any) -> str:
        """Return both."""
        words = Truncator(obj.text or obj.get_kind_display()).chars(60)
        return f"{date_format(obj.happened_on, 'j F Y')}: {words}"


class RemoveForm(forms.Form):
    """A document goes for good: the reference of its pledge is typed."""

    use_required_attribute = False

    def __init__(self, *args: Any, pledge: Pledge, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["typed_reference"] = TypedReference(of=pledge.reference)


class DocumentForm(forms.Form):
    """A document and what it is; the report that it belongs to, where there are reports."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"),
        choices=DocumentKind.choices,
        widget=forms.RadioSelect,
        error_messages={**CHOOSE, "required": gettext_lazy("Choose what kind of document it is.")},
    )
    report = ReportChoice(
        label=gettext_lazy("Which report does it belong to?"),
        queryset=ProgressUpdate.objects.none(),
        widget=forms.Select(attrs={"class": "medium"}),
        error_messages={**CHOOSE, "required": gettext_lazy("Choose the report that this document belongs to.")},
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # our own sentence says how to mend it
        error_messages={
            "required": gettext_lazy("Choose a file from your computer."),
            "invalid": gettext_lazy("Choose a file from your computer."),
        },
    )

    def __init__(self, *args: Any, user: Any, pledge: Pledge, **options: Any) -> None:
        super().__init__(*args, **options)
        reports = pledge.progress_updates.filter(author__isnull=False, partner=None)
        offer(self, "report", reports)
        self.fields["report"].required = not allowed(check_can_attach, user, pledge)
        if not reports.exists():
            del self.fields["report"]
        self.fields["file"].help_text = _("%(kinds)s, up to %(size)s. Photos keep the day and place in them.") % {
            "kinds": labels(tuple(KINDS)),
            "size": filesizeformat(settings.UPLOAD_MAX_BYTES),
        }

    def add_cut_off(self) -> None:
        """Say of a file that was cut off on its way in that it is too large."""
        self.errors.pop("file", None)
        self.add_error(
            "file",
            _("The file is far above the limit of %(limit)s. Split it, or save its pictures at a lower resolution.")
            % {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)},
        )


def working_pledge(request: HttpRequest, reference: str) -> Pledge:
    """Return the pledge for those who work on it. Raises PermissionDenied for others who see it, else Http404."""
    pledge = visible_pledge(request, reference)
    if not is_insider(request.user, pledge):
        raise PermissionDenied(_("Only the delegation of the pledge and the Secretariat see its documents."))
    return pledge


@keeps_typed
@shows_and_takes
def pledge_files(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the documents of a pledge, and take one in."""
    pledge, user = working_pledge(request, reference), request.user
    to_report = not allowed(check_can_attach, user, pledge)
    can_attach = not to_report or can_attach_to_report(user, pledge)
    if request.method == "POST" and not can_attach:
        return refuse_attaching(request, pledge)
    form = DocumentForm(sent_or_kept(request), request.FILES or None, user=user, pledge=pledge) if can_attach else None
    if form and request.method == "POST":
        if request.META.get("UPLOAD_CUT_OFF"):
            form.add_cut_off()
        elif form.is_valid():
            try:
                return attached(request, pledge, form.cleaned_data)
            except FileRefused as refusal:
                form.add_error("file", str(refusal))
            except PledgeError as refusal:
                return refused(request, pledge, refusal)
    context = {
        "pledge": pledge,
        "form": form,
        "documents": documents_of(pledge, user),
        "limit": settings.UPLOAD_MAX_FILES,
    }
    return render(request, "pledges/files.html", context)


def can_attach_to_report(user: Any, pledge: Pledge) -> bool:
    """Return whether this person may add a document to a report of the pledge, and there is one."""
    reports = pledge.progress_updates.filter(author__isnull=False, partner=None)
    return reports.exists() and allowed(lambda: check_can_attach(user, pledge, to_report=True))


def refuse_attaching(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    """Say why nothing can be attached now: 403 for those who never may."""
    try:
        check_can_attach(request.user, pledge)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except PledgeError as refusal:
        messages.error(request, str(refusal))
    return redirect("pledge-files", pledge.reference)


def attached(request: HttpRequest, pledge: Pledge, values: dict[str, Any]) -> HttpResponse:
    """Keep the document and say so. Raises PledgeError."""
    row = attach_file(
        pledge=pledge,
        file=values["file"],
        kind=values["kind"],
        by=request.user,
        at=timezone.now(),
        progress_update=values.get("report"),
    )
    if row.scan_state == ScanState.QUARANTINED:
        text = _("“%(name)s” is kept, but waits for the virus scanner: nobody can open it before that.")
        messages.warning(request, text % {"name": row.original_name})
    else:
        messages.success(request, _("“%(name)s” is attached.") % {"name": row.original_name})
    return redirect("pledge-files", pledge.reference)


@keeps_typed
@shows_and_takes
def file_remove(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Ask to confirm that a document goes, and remove it."""
    row = visible_file(request, reference, pk)
    form = RemoveForm(sent_or_kept(request), pledge=row.pledge)
    try:
        check_can_attach(request.user, row.pledge)
        if request.method == "POST" and form.is_valid():
            remove_file(row=row, by=request.user)
            messages.success(request, _("“%(name)s” is removed.") % {"name": row.original_name})
            return redirect("pledge-files", reference)
    except PledgeError as refusal:
        return refused(request, row.pledge, refusal)
    return render(request, "pledges/file_remove.html", {"pledge": row.pledge, "row": row, "form": form})


def visible_file(request: HttpRequest, reference: str, pk: int) -> EvidenceFile:
    """Return a document of this pledge if this person may read it now. Raises Http404 as if there were none."""
    rows = EvidenceFile.objects.visible_to(request.user).select_related("pledge__participant")
    return get_object_or_404(rows, pk=pk, pledge__reference=reference)


@login_required
@require_safe
def file_download(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    """Hand out a document, always to be saved and never to be shown: what is in it cannot act on this site."""
    row = visible_file(request, reference, pk)
    if not is_readable(row):
        messages.error(request, why_withheld(row))
        return redirect("pledge-files", reference)
    try:
        opened = row.file.open("rb")
    except FileNotFoundError as error:
        log.exception("document %s has no file", row.pk)
        raise Http404 from error
    log.info("download document=%s pledge=%s user=%s", row.pk, reference, request.user.pk)
    response = FileResponse(
        opened, as_attachment=True, filename=row.original_name, content_type="application/octet-stream"
    )
    response["Cache-Control"] = "no-store, private"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def why_withheld(row: EvidenceFile) -> str:
    """Return why a document is not handed out."""
    if row.scan_state == ScanState.INFECTED:
        text = _("The virus scanner found something harmful in “%(name)s”. Nobody can open it: remove it.")
    else:
        text = _("“%(name)s” waits for the virus scanner. Try again in a few minutes.")
    return text % {"name": row.original_name}
