"""What a page of the form shows: one step of a pledge or all of them, its fields, and what stands beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pledges import quality
from pledges.audience import who_sees
from pledges.errors import PledgeError
from pledges.form_steps import NEEDED, STEP, STEP_OF, Step, StepState, state_of, steps_of
from pledges.forms import PledgeForm, as_sent
from pledges.links import address
from pledges.merging import Difference, fingerprints
from pledges.models import Pledge
from pledges.needs import still_needed
from pledges.repeats import Likeness, to_answer
from pledges.review import returned_notes
from pledges.services.presence import note_presence
from pledges.values import BESIDE, FIELD_OF, Typed, values_of, written_in
from pledges.versions import label_of


@dataclass(frozen=True)
class Page:
    """A page of the form of a pledge, as the pledge is stored now; `step` is None where all fields stand on it."""

    pledge: Pledge
    step: Step | None
    steps: list[tuple[Step, list[str]]]
    stored: dict[str, Any]
    written: dict[str, Any]

    @property
    def fields(self) -> list[str]:
        """The names of the fields on this page."""
        return [name for step, fields in self.steps for name in fields if self.step in {None, step}]

    @property
    def fields_of_form(self) -> set[str]:
        """The names of the fields on all pages of the form."""
        return {name for _step, fields in self.steps for name in fields}

    @property
    def url(self) -> str:
        """Where this page is."""
        return step_url(self.pledge, self.step)

    @property
    def next_url(self) -> str:
        """Where one goes on: the next step, or the check of all answers after the last."""
        slugs = [step.slug for step, _fields in self.steps]
        after = slugs[slugs.index(self.step.slug) + 1 :] if self.step else []
        return step_url(self.pledge, STEP[after[0]]) if after else reverse("pledge-check", args=[self.pledge.reference])


def step_url(pledge: Pledge, step: Step | None) -> str:
    """Return where a step of a pledge is filled in, or all of them."""
    if not step:
        return reverse("pledge-edit", args=[pledge.reference])
    return reverse("pledge-edit-step", args=[pledge.reference, step.slug])


def page_of(pledge: Pledge, step: Step | None) -> Page:
    """Return a page of the form, from what is stored."""
    prefetch_related_objects([pledge.conference], "sessions")  # asked for by the steps and by the form
    written = written_in(pledge)
    stored = values_of(pledge) if any(isinstance(value, Typed) for value in written.values()) else written
    return Page(pledge, step, steps_of(pledge, written), stored, written)


def task_list(page: Page) -> list[dict[str, Any]]:
    """Return each step with its address and how far it is, in the order in which they are offered."""
    lines = []
    for step, fields in page.steps:
        state: StepState = state_of(step, fields, page.pledge, page.written)
        lines.append({"title": step.title, "url": step_url(page.pledge, step), "state": state, "slug": step.slug})
    return lines


def sent_form(request: HttpRequest, data: QueryDict, page: Page) -> PledgeForm:
    """Return the form with what was sent. What applied when the page was opened is read too, if it was filled in."""
    filled = [name for name in (page.step.fields if page.step else STEP_OF) if data.get(name)]
    only = {*page.fields, *filled, *(BESIDE[name] for name in filled if name in BESIDE)}
    return PledgeForm(data, user=request.user, at=timezone.now(), pledge=page.pledge, only=only)


def fresh_form(request: HttpRequest, page: Page, values: Mapping[str, Any]) -> PledgeForm:
    """Return the form showing these values, to be stored over the pledge as it is now."""
    only = {*page.fields, *values.keys()}
    seen = fingerprints({name: page.written[name] for name in only})
    initial = {**page.written, **values, "version": page.pledge.version, "seen": seen}
    options: dict[str, Any] = {"user": request.user, "at": timezone.now(), "pledge": page.pledge, "only": only}
    form = PledgeForm(initial=initial, **options)
    if any(isinstance(initial[name], Typed) for name in only):
        return PledgeForm(as_sent(form, initial), initial=initial, **options)
    return form


def show_page(
    request: HttpRequest,
    form: PledgeForm,
    page: Page,
    *,
    differences: list[Difference] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show a page of the form; `differences` are those of an edit conflict."""
    pledge = page.pledge
    by_name = {difference.name: difference for difference in differences or ()}
    asked = returned_notes(pledge)
    notes = {FIELD_OF.get(name, name): said for name, said in asked.items()}
    returns = request.GET.get("then") == "check"
    context = {
        "form": form,
        "pledge": pledge,
        "page": page,
        "tasks": task_list(page),
        "sections": [
            (title, [(field, by_name.get(field.name), notes.get(field.name, ())) for field in fields])
            for title, fields in form.sections
        ],
        "asked_elsewhere": [
            (label_of(name, pledge), said)
            for name, said in asked.items()
            if FIELD_OF.get(name, name) not in page.fields_of_form
        ],
        "needed": NEEDED,
        "contested": [difference for difference in by_name.values() if difference.contested],
        "other_differences": [difference for difference in by_name.values() if not difference.contested],
        "is_conflict": differences is not None,
        "who_sees": who_sees(pledge, insider=True),
        "others": who_else(pledge, request.user),
        "returns": returns,
        "action": f"{page.url}?then=check" if returns else page.url,
        "autosave_key": f"{request.user.pk}:{pledge.reference}:{page.step.slug if page.step else ''}",
        **beside(pledge, request.user),
    }
    return render(request, "pledges/form.html", context, status=status)


def who_else(pledge: Pledge, user: Any) -> str:
    """Note that this person has the form of a pledge open, and say who else has; nothing where it is no draft."""
    try:
        others = note_presence(pledge, by=user, at=timezone.now())
    except PledgeError:
        return ""
    sentence = _("%(person)s is editing this too, since %(time)s.")
    times = [(other.person, date_format(timezone.localtime(other.since), "H:i e")) for other in others]
    return " ".join(sentence % {"person": person, "time": time} for person, time in times)


def beside(pledge: Pledge, user: Any, likely: list[Likeness] | None = None) -> dict[str, Any]:
    """Return what stands beside the fields: how measurable it is, what is needed, what it may repeat.

    `likely` are its likely repeats, where they are known.
    """
    return {
        "quality": quality.check(pledge),
        "quality_score": quality.score(pledge),
        "needs": still_needed(pledge, user, on=timezone.localdate()),
        "needs_url": address(reverse("gap"), {"capability_type": pledge.capability_type_id or ""}),
        "likely_repeats": to_answer(pledge, user, likely),
    }
