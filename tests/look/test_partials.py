"""The partials: what they write for their inputs, and that what people typed cannot become markup."""

from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import RequestFactory

from accounts.models import Role
from dashboards.context_processors import PEOPLE, PUBLIC, READINESS, SECRETARIAT, SIGNED_IN, destinations, site

HOSTILE = '<img src=x onerror="alert(1)">'


class OfferForm(forms.Form):
    units = forms.IntegerField(label="Units", help_text="Three helicopters each.")
    women = forms.IntegerField(label="Women", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("new", "New")], widget=forms.RadioSelect, help_text="Why we ask.")
    joint = forms.BooleanField(label="Joint", required=False)

    def clean(self) -> dict[str, Any]:
        self.add_error(None, "A sentence about the whole form.")
        return self.cleaned_data


def partial(name: str, **context: Any) -> str:
    return " ".join(render_to_string(f"partials/{name}.html", context).split())


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("tag", {"kind": "late", "label": HOSTILE}),
        ("page_header", {"title": HOSTILE, "meta": HOSTILE, "lede": HOSTILE}),
        ("breadcrumbs", {"crumbs": [{"label": HOSTILE, "url": "/"}, {"label": HOSTILE}]}),
        ("figures", {"figures": [{"value": HOSTILE, "label": HOSTILE, "url": "/"}]}),
        ("chips", {"chips": [{"label": HOSTILE, "url": "/"}]}),
        ("empty", {"title": HOSTILE, "text": HOSTILE, "action_url": "/", "action_label": HOSTILE}),
        ("visibility", {"text": HOSTILE}),
        ("source", {"title": HOSTILE, "url": f"https://example.org/{HOSTILE}", "confidence": HOSTILE}),
        ("timeline_entry", {"entry": {"when": "2025", "title": HOSTILE, "text": HOSTILE, "by": HOSTILE}}),
        ("tiles", {"groups": [{"name": HOSTILE, "tiles": [{"code": HOSTILE, "says": HOSTILE, "url": "/"}]}]}),
    ],
)
def test_what_people_typed_is_never_markup(name: str, context: dict[str, Any]) -> None:
    html = partial(name, **context)
    assert "&lt;img" in html
    assert "<img" not in html


def test_a_field_ties_hint_and_error_to_its_input() -> None:
    html = partial("field", field=OfferForm(data={})["units"])
    assert 'aria-describedby="id_units_helptext id_units_error"' in html
    assert 'id="id_units_helptext">Three helicopters each.' in html
    assert 'id="id_units_error"><div>This field is required.' in html
    assert 'aria-invalid="true"' in html


def test_only_optional_fields_are_marked_and_not_in_filters() -> None:
    form = OfferForm()
    assert "(optional)" not in partial("field", field=form["units"])
    assert "(optional)" in partial("field", field=form["women"])
    assert "(optional)" not in partial("field", field=form["women"], plain=True)


def test_choices_stand_in_a_fieldset_with_their_hint() -> None:
    html = partial("field", field=OfferForm()["kind"])
    assert '<fieldset aria-describedby="id_kind_helptext"> <legend>Kind' in html


def test_a_single_box_stands_before_its_words() -> None:
    html = partial("field", field=OfferForm()["joint"])
    assert html.index("<input") < html.index('<label for="id_joint">Joint')


def test_the_error_summary_says_everything_and_leads_to_each_field() -> None:
    html = partial("error_summary", form=OfferForm(data={}))
    assert "<li>A sentence about the whole form.</li>" in html
    assert '<a href="#id_units">This field is required.</a>' in html
    assert '<a href="#id_kind_0">This field is required.</a>' in html


def test_a_form_without_errors_has_no_summary() -> None:
    assert partial("error_summary", form=OfferForm()) == ""


def test_pages_that_cannot_be_reached_are_text() -> None:
    html = partial("pagination", range="Pledges 1 to 50 of 387", next_url="?cursor=x")
    assert "<span>Previous</span>" in html
    assert '<a href="?cursor=x" rel="next">Next</a>' in html


def test_a_short_list_has_no_page_links() -> None:
    assert "<ul>" not in partial("pagination", range="3 pledges")


def test_a_figure_leads_to_its_rows() -> None:
    html = partial("figures", figures=[{"value": 28, "label": "pledges", "url": "/pledges/"}])
    assert '<a href="/pledges/"><b>28</b> <span>pledges</span></a>' in html


class Visitor:
    is_authenticated = False


class Delegate:
    is_authenticated, is_secretariat, role = True, False, Role.DELEGATION


class Analyst(Delegate):
    role = Role.ANALYST


class Officer:
    is_authenticated, is_secretariat, role = True, True, Role.OFFICER


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (None, PUBLIC),
        (Visitor(), PUBLIC),
        (Analyst(), SIGNED_IN + PUBLIC + READINESS),
        (Delegate(), SIGNED_IN + PUBLIC + READINESS + PEOPLE),
        (Officer(), SIGNED_IN + PUBLIC + READINESS + PEOPLE + SECRETARIAT),
    ],
)
def test_the_navigation_fits_the_person(user: object, expected: tuple[object, ...]) -> None:
    assert destinations(user) == expected


def test_a_page_outside_all_addresses_has_no_section() -> None:
    context = site(RequestFactory().get("/nowhere/?page=2"))
    assert (context["page_name"], context["section"]) == ("", "")
    assert context["page_address"] == "http://testserver/nowhere/?page=2"
    assert context["contact_email"] == "pledges@localhost"
