"""Reports on several pledges in one table: only the rows that are filled in are stored, all of them or none."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.typed import keeps_typed, sent_or_kept
from conferences.keyset import BadCursor, Order, Page, page_of
from conferences.models import WRITERS, Membership
from pledges.cycles import NEXT_DUE
from pledges.due import owing_reports
from pledges.enums import ReportedState
from pledges.errors import Incomplete, PledgeError
from pledges.fields import WholeNumberField
from pledges.forms import CHOOSE, UNITS
from pledges.models import Pledge
from pledges.numbers import plain
from pledges.services import report_progress
from pledges.work.common import shows_and_takes
from pledges.work.forms import ask_whether_more

ROWS = 50
FIRST_DUE = Order("report_due_on", "reference", expression=NEXT_DUE)
FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]


class DayField(forms.DateField):
    """A day in one box, as people write it: "30 6 2027", "30.6.2027", "30/6/2027" or "2027-06-30"."""

    widget = forms.TextInput(attrs={"class": "short", "autocomplete": "off"})

    def to_python(self, value: Any) -> date | None:
        """Read the day, its digits in any script."""
        parts = [plain(part) for part in str(value or "").split()]
        return super().to_python(".".join(parts)) or None


class RowForm(forms.Form):
    """A row of the table. The state that the page showed comes back with it: who changed nothing reports nothing."""

    use_required_attribute = False

    state = forms.ChoiceField(
        choices=[("", gettext_lazy("Choose one")), *ReportedState.choices],
        required=False,
        show_hidden_initial=True,
        error_messages=CHOOSE,
    )
    delivered_quantity = WholeNumberField(highest=UNITS, required=False)
    expected_on = DayField(
        required=False,
        input_formats=FORMATS,
        error_messages={"invalid": gettext_lazy("Enter the day like 30 6 2027, or leave this empty.")},
    )
    text = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("Shorten this to 1,000 characters or fewer.")},
    )
    no_change = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, pledge: Pledge) -> None:
        super().__init__(data, prefix=pledge.reference, initial={"state": pledge.reported_state})
        self.pledge = pledge
        names = {
            "state": _("State of %(pledge)s"), "delivered_quantity": _("Delivered so far of %(pledge)s"),
            "expected_on": _("Expected on, of %(pledge)s"), "text": _("What happened with %(pledge)s"),
            "no_change": _("No change of %(pledge)s"),
        }  # fmt: skip
        for name, words in names.items():
            self.fields[name].label = words % {"pledge": pledge.reference}
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label
        ask_whether_more(self, pledge.quantity, pledge.unit)

    @property
    def is_filled(self) -> bool:
        """Whether anything was entered in this row."""
        return self.is_bound and self.has_changed()

    def clean_expected_on(self) -> date | None:
        """Return the day, which must not have passed."""
        day: date | None = self.cleaned_data["expected_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("Enter a day that has not passed, or leave this empty."))
        return day

    def clean(self) -> dict[str, Any]:
        """Return what the row says: a state, also where nothing changed; and never at once that it did, and what."""
        values = super().clean() or {}
        if values.get("no_change"):
            others = [name for name in self.changed_data if name != "no_change"]
            if others:
                self.add_error("no_change", _("Leave this empty: the row says what changed."))
        state = self.pledge.reported_state if values.get("no_change") else values.get("state")
        if self.is_filled and not state and not self.errors.keys() & {"state", "no_change"}:
            self.add_error("state", _("Choose how the pledge stands."))
        return values

    @property
    def said(self) -> dict[str, Any]:
        """What the row reports."""
        if self.cleaned_data["no_change"]:
            return {"state": self.pledge.reported_state, "text": ""}
        return {name: self.cleaned_data[name] for name in ("state", "text", "delivered_quantity", "expected_on")}


@dataclass(frozen=True)
class Lost:
    """A row that came for a pledge on which this person owes no report any more, with what was typed there."""

    reference: str
    typed: str


@keeps_typed
@shows_and_takes
def reports(request: HttpRequest) -> HttpResponse:
    """Show the pledges on which this person's delegations owe reports, and store the rows that are filled in."""
    mine = Membership.objects.of(request.user, *WRITERS).values("participant")
    if not mine.exists():
        raise PermissionDenied(_("Only drafters and approvers of a delegation report on its pledges."))
    owed = owing_reports(Pledge.objects.filter(participant__in=mine)).select_related("conference", "participant")
    sent = sent_or_kept(request)
    page = Page([], "", "")
    lost: list[Lost] = []
    if sent is None:
        try:
            page = page_of(owed, order=FIRST_DUE, size=ROWS, cursor=request.GET.get("cursor", ""))
        except BadCursor:
            return redirect("reports")
        rows = [RowForm(pledge=pledge) for pledge in page.rows]
    else:
        rows, lost = sent_rows(sent, owed)
    if request.method == "POST" and not lost and all_stand(rows) and stored(rows, by=request.user, at=timezone.now()):
        number = sum(row.is_filled for row in rows)
        text = ngettext("%(number)s report is recorded.", "%(number)s reports are recorded.", number)
        messages.success(request, text % {"number": number} if number else _("No row was filled in."))
        return redirect(request.get_full_path())
    context = {
        "rows": rows,
        "lost": lost,
        "faulty": [row for row in rows if row.is_filled and row.errors],
        "today": timezone.localdate(),
        "first_url": request.path if page.previous else "",
        "previous_url": f"?cursor={page.previous}" if page.previous else "",
        "next_url": f"?cursor={page.next}" if page.next else "",
    }
    return render(request, "pledges/reports.html", context)


def sent_rows(sent: Any, owed: Any) -> tuple[list[RowForm], list[Lost]]:
    """Return the rows that were sent, as the page showed them, and those whose pledge is no longer among them."""
    references = list(dict.fromkeys(text for text in sent.getlist("row") if "\0" not in text))[:ROWS]
    found = {pledge.reference: pledge for pledge in owed.filter(reference__in=references)}
    rows = [RowForm(sent, pledge=found[reference]) for reference in references if reference in found]
    gone = [reference for reference in references if reference not in found]
    lost = [Lost(reference, typed) for reference in gone if (typed := typed_in(sent, reference))]
    return rows, lost


def typed_in(sent: Any, reference: str) -> str:
    """Return what was typed in a row whose pledge is gone, to be read and copied."""
    names = ("delivered_quantity", "expected_on", "text")
    state = sent.get(f"{reference}-state", "")
    changed = [state] if state != sent.get(f"initial-{reference}-state", "") else []
    return ", ".join(filter(None, [*changed, *(sent.get(f"{reference}-{name}", "") for name in names)]))


def all_stand(rows: list[RowForm]) -> bool:
    """Return whether every row that is filled in can be stored."""
    faults = [row for row in rows if row.is_filled and not row.is_valid()]  # all of them, to be named at once
    return not faults


def stored(rows: list[RowForm], *, by: Any, at: datetime) -> bool:
    """Store the rows that are filled in, all or none; a refusal is put at its row. Pledges are held in one order."""
    filled = sorted((row for row in rows if row.is_filled), key=lambda row: row.pledge.pk)
    try:
        with transaction.atomic():
            for row in filled:
                refused = row
                report_progress(pledge=row.pledge, by=by, at=at, **row.said)
    except PledgeError as refusal:
        found = refusal.fields if isinstance(refusal, Incomplete) else {}
        refused.add_error(None, " ".join(found.values()) or str(refusal))
        return False
    return True
