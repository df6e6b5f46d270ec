"""The end of the form: all answers to check, what the pledge may repeat, and the receipt once it is submitted."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from conferences.working_days import WorkingDays
from pledges import permissions
from pledges.audience import consequences, who_sees
from pledges.completeness import left_to_do
from pledges.enums import Kind, Status
from pledges.errors import Incomplete, NotAllowed, PledgeError
from pledges.form_steps import STEP_OF
from pledges.forms import CHOOSE, PledgeForm
from pledges.merging import in_words
from pledges.models import Pledge
from pledges.querysets import handovers_of
from pledges.repeats import LINKS, Likeness, likely_repeats, unnamed
from pledges.review import Clock, clock
from pledges.services.writing import answer_repeats
from pledges.transitions import TRANSITIONS
from pledges.values import FIELD_OF
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.form_page import Page, beside, page_of, step_url, task_list
from pledges.work.forms import StepForm


class RepeatsForm(forms.Form):
    """One question: what is this pledge beside those that it may repeat, or beside another of its delegation?"""

    use_required_attribute = False

    answer = forms.ChoiceField(
        label=gettext_lazy("Is this pledge new?"),
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    earlier = forms.CharField(
        label=gettext_lazy("Reference of another earlier pledge"),
        help_text=gettext_lazy("Only where it is none of those listed."),
        max_length=16,
        required=False,
        widget=forms.TextInput(attrs={"class": "medium", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, likely: list[Likeness], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(Kind.NEW.value, _("It is new: a further commitment, never made here before"))]
        for reference in (likeness.earlier.reference for likeness in likely):
            name = {"reference": reference}
            choices += [
                (f"{Kind.RENEWED}:{reference}", _("It renews or continues %(reference)s") % name),
                (f"{Kind.ALREADY_ANNOUNCED}:{reference}", _("It is %(reference)s, said again") % name),
            ]
        choices += [
            (f"{Kind.RENEWED}:", _("It renews or continues another one, named below")),
            (f"{Kind.ALREADY_ANNOUNCED}:", _("It is another one, named below, said again")),
        ]
        self.fields["answer"].choices = choices  # type: ignore[attr-defined]


@keeps_typed
@shows_and_takes
def pledge_check(request: HttpRequest, reference: str) -> HttpResponse:
    """Show all answers, and take the answer to what the pledge may repeat. Who may submit does so on the same page."""
    pledge = visible_pledge(request, reference)
    try:
        permissions.check_can_edit(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    sent, is_approver = sent_or_kept(request), permissions.allowed(permissions.check_is_approver, request.user, pledge)
    if sent is None and is_approver:
        return redirect("pledge-step", pledge.reference, "submit")
    if sent is None:
        return render(request, "pledges/check.html", check_context(request, pledge))
    likely = likely_repeats(pledge, request.user)
    question = RepeatsForm(sent, likely=likely)
    if request.method == "POST" and question.is_valid():
        kind, _colon, earlier = question.cleaned_data["answer"].partition(":")
        earlier = earlier or question.cleaned_data["earlier"]
        try:
            answer_repeats(pledge=pledge, kind=kind, earlier=earlier, by=request.user, at=timezone.now())
        except Incomplete as refusal:
            question.add_error("answer", " ".join(refusal.fields.values()))
        except PledgeError as refusal:
            return refused(request, pledge, refusal)
        else:
            messages.success(request, _("Your answer is saved."))
            return redirect("pledge-check", pledge.reference)
    form = submit_form(pledge) if is_approver else None
    context = check_context(request, pledge, form=form, question=question, likely=likely)
    return render(request, "pledges/check.html", context)


def submit_form(pledge: Pledge) -> StepForm:
    """Return the form with which an approver submits the pledge as it is read now."""
    return StepForm(initial={"version": pledge.version}, step=TRANSITIONS["submit"], pledge=pledge)


def check_context(
    request: HttpRequest,
    pledge: Pledge,
    *,
    form: forms.Form | None = None,
    question: RepeatsForm | None = None,
    likely: list[Likeness] | None = None,
) -> dict[str, Any]:
    """Return what the page shows; `form` submits, for those who may. What it may repeat is looked for once."""
    page = page_of(pledge, None)
    likely = likely_repeats(pledge, request.user) if likely is None else likely
    question = question or RepeatsForm(likely=likely, initial={"answer": answer_given(pledge)})
    return {
        "pledge": pledge,
        "form": form,
        "tasks": task_list(page),
        "missing": [line(page, name, said) for name, said in left_to_do(pledge, request.user, likely).items()],
        "groups": groups(request, page),
        "question": question if likely or Kind(pledge.kind) in LINKS else None,
        "is_answered": bool(pledge.repeats_answered_at) and not unnamed([pledge]),
        "earlier": [link.earlier for link in pledge.descends_from.select_related("earlier")],
        "consequences": consequences("submit", pledge),
        "handover": handovers_of(request.user).filter(pledge=pledge).first(),
        "who_sees": who_sees(pledge, insider=True),
        **beside(pledge, request.user, likely),
        "likely_repeats": likely,
    }


def line(page: Page, name: str, sentence: str) -> tuple[str, str]:
    """Return where something that is missing is filled in, and the sentence."""
    field = FIELD_OF.get(name, name)
    step = STEP_OF.get(field)
    return (f"{step_url(page.pledge, step)}#id_{field}" if step else "#repeats", sentence)


def groups(request: HttpRequest, page: Page) -> list[dict[str, Any]]:
    """Return every answer under its step, with the address at which it is changed; going on leads back here."""
    form = PledgeForm(user=request.user, at=timezone.now(), pledge=page.pledge, only=page.fields)
    unit = {"quantity": page.pledge.unit}
    return [
        {
            "title": step.title,
            "answers": [
                {
                    "label": form.fields[name].label,
                    "text": in_words(form.fields[name], page.written[name]),
                    "unit": unit.get(name, ""),
                    "url": f"{step_url(page.pledge, step)}?then=check#id_{name}",
                }
                for name in names
            ],
        }
        for step, names in page.steps
    ]


def answer_given(pledge: Pledge) -> str:
    """Return the answer to what the pledge may repeat as the question lists it; empty as long as there is none."""
    if Kind(pledge.kind) not in LINKS:
        return Kind.NEW.value if pledge.repeats_answered_at else ""
    link = pledge.descends_from.filter(kind=LINKS[Kind(pledge.kind)]).first()
    return f"{pledge.kind}:{link.earlier.reference if link else ''}"


@keeps_typed
@shows_and_takes
def pledge_receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what was submitted, by whom and when, and what happens next: a page to print and to come back to."""
    pledge = visible_pledge(request, reference)
    if not permissions.is_insider(request.user, pledge):
        return refused(request, pledge, NotAllowed(_("Only the delegation and the Secretariat see this receipt.")))
    submission = pledge.status_changes.filter(action="submit").select_related("author").last()
    if not submission:
        messages.warning(request, _("This pledge has not been submitted: there is no receipt yet."))
        return redirect(pledge)
    is_waiting = pledge.status == Status.SUBMITTED
    since = pledge.status_changes.filter(pk__gt=submission.pk).order_by("pk").first()
    context = {
        "pledge": pledge,
        "submission": submission,
        "clock": review_clock(pledge) if is_waiting else None,
        "is_recalled": since is not None and since.action == "recall",
        "address": request.build_absolute_uri(reverse("pledge-receipt", args=[pledge.reference])),
        "who_sees": who_sees(pledge, insider=True),
    }
    return render(request, "pledges/receipt.html", context)


def review_clock(pledge: Pledge) -> Clock:
    """Return by when the Secretariat answers."""
    at = timezone.now()
    return clock(pledge.submitted_at or at, pledge.status_changes.all(), WorkingDays.load(), at=at)
