"""The description of the API for people, made from the filters, shapes and refusals of the code that answers.

Its examples are calls that the page makes itself, as a reader who does not sign in: what is printed is the answer.
"""

import copy
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from rest_framework import serializers

from api import views
from api.content import CaveatsField, DraftSerializer, WrittenSerializer
from api.errors import PROBLEMS
from api.filters import is_boolean
from api.pagination import DEFAULT_SIZE, MAXIMUM_SIZE
from api.serializers import fields_of
from api.words import FILTERS
from api.writing import STEPS
from pledges.transitions import TRANSITIONS

FIRST_CALL = "pledges/?participant=KOR&conference=seoul-2021&page_size=1"
REFUSED_CALL = "pledges/?country=KOR&page_size=5000"
GAP_CALL = "statistics/gap/?mission=MINUSMA&capability_type=infantry-battalion"
# What the answer to a call that writes holds beside what was written.
ANSWERED = ("reference", "status", "version", "partners", "missing", "steps", "url")
TITLES = {
    "pledges": gettext_lazy("Pledges"),
    "requirements": gettext_lazy("Requirements"),
    "conferences": gettext_lazy("Conferences"),
    "participants": gettext_lazy("Participants"),
    "missions": gettext_lazy("Missions"),
    "capability-types": gettext_lazy("Capability types"),
}


@dataclass(frozen=True)
class Line:
    """A field or a parameter: its name, what kind of value it holds, what it means, and its words where it has some."""

    name: str
    kind: str
    about: SafeString
    words: tuple[tuple[str, str], ...] = ()
    may_be_null: bool = False


@dataclass(frozen=True)
class Example:
    """A call and the answer to it."""

    address: str
    answer: str


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of the API."""

    name: str
    title: str
    about: str
    paths: tuple[str, ...]
    fields: tuple[Line, ...]
    example: Example
    filters: tuple[Line, ...] = ()
    orders: tuple[str, ...] = ()


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show how to use the API."""
    root = request.build_absolute_uri(reverse("api-root"))
    context = {
        "root": root,
        "first": example(request, FIRST_CALL),
        "refused": example(request, REFUSED_CALL),
        "endpoints": list(endpoints(request)),
        "written": list(lines_of(DraftSerializer())),
        "answered": [line for line in lines_of(WrittenSerializer()) if line.name in ANSWERED],
        "steps": [(step, marked(str(TRANSITIONS[step].label))) for step in STEPS],
        "problems": [(status, kind.title, marked(str(kind.advice))) for status, kind in PROBLEMS.items()],
        "default_size": DEFAULT_SIZE,
        "maximum_size": MAXIMUM_SIZE,
    }
    return render(request, "api/docs.html", context)


def endpoints(request: HttpRequest) -> Iterator[Endpoint]:
    """Yield the endpoints in the order in which they are told of."""
    for name, resource in views.RESOURCES.items():
        yield Endpoint(
            name=name,
            title=str(TITLES[name]),
            about=str(inspect.getdoc(resource)),
            paths=(f"{name}/", f"{name}/{{{resource.lookup_field}}}/"),
            fields=tuple(lines_of(resource.row_serializer_class())),
            example=example(request, f"{name}/?page_size=1"),
            filters=tuple(filters_of(resource.filterset_class)),
            orders=tuple(resource.orders),
        )
        if name == "pledges":
            yield timeline(request)
            yield gap(request)
            yield delivery(request)


def timeline(request: HttpRequest) -> Endpoint:
    """Return the timeline of a pledge, with that of the first call's pledge for example."""
    shown = json.loads(answer(request, FIRST_CALL).content)["results"]
    reference = shown[0]["reference"] if shown else "PKM21-2345X"
    return Endpoint(
        name="timeline",
        title=_("Timeline of a pledge"),
        about=str(inspect.getdoc(views.PledgeTimeline)),
        paths=("pledges/{reference}/timeline/",),
        fields=tuple(lines_of(views.PledgeTimeline.row_serializer_class())),
        example=example(request, f"pledges/{reference}/timeline/"),
    )


def gap(request: HttpRequest) -> Endpoint:
    """Return the capability gap."""
    return Endpoint(
        name="gap",
        title=_("Capability gap"),
        about=str(inspect.getdoc(views.CapabilityGap)),
        paths=("statistics/gap/",),
        fields=tuple(lines_of(views.CapabilityGap.row_serializer_class())),
        example=example(request, GAP_CALL),
        filters=tuple(filters_of(views.CapabilityGap.filterset_class)),
    )


def delivery(request: HttpRequest) -> Endpoint:
    """Return delivery by age of conference."""
    return Endpoint(
        name="delivery",
        title=_("Delivery by conference"),
        about=str(inspect.getdoc(views.Delivery)),
        paths=("statistics/delivery/",),
        fields=tuple(lines_of(views.Delivery.row_serializer_class())),
        example=example(request, "statistics/delivery/"),
    )


def lines_of(serializer: serializers.BaseSerializer[Any], above: str = "") -> Iterator[Line]:
    """Yield the fields of a shape, those of what is nested in it with their path."""
    for name, field in fields_of(serializer).items():
        yield Line(
            name=above + name,
            kind=kind_of_field(field),
            about=marked(str(field.help_text)),
            words=tuple(field.choices.items()) if isinstance(field, serializers.ChoiceField) else (),
            may_be_null=field.allow_null,
        )
        if isinstance(field, serializers.BaseSerializer):
            yield from lines_of(field, f"{above}{name}.")


def kind_of_field(field: Any) -> str:
    """Return what kind of value a field holds, in a word or two."""
    kinds: list[tuple[type, str]] = [
        (serializers.ListSerializer, _("list of objects")),
        (serializers.BaseSerializer, _("object")),
        (CaveatsField, _("list of texts")),
        (serializers.ListField, _("list of codes")),
        (serializers.ManyRelatedField, _("list of codes")),
        (serializers.PrimaryKeyRelatedField, _("code")),
        (serializers.ChoiceField, _("one of")),
        (serializers.BooleanField, _("true or false")),
        (serializers.IntegerField, _("whole number")),
        (serializers.DecimalField, _("amount, as text")),
        (serializers.DateTimeField, _("instant")),
        (serializers.DateField, _("day")),
        (serializers.URLField, _("address")),
    ]
    return next((word for kind, word in kinds if isinstance(field, kind)), _("text"))


def filters_of(filters: type[django_filters.FilterSet]) -> Iterator[Line]:
    """Yield the filters of a list."""
    for name, filter_ in sorted(filters.base_filters.items()):
        words = getattr(filter_, "words", None)
        yield Line(name, kind_of_filter(filter_), marked(str(FILTERS[name])), tuple(words.choices) if words else ())


def kind_of_filter(filter_: django_filters.Filter) -> str:
    """Return what a filter takes, in a word or two."""
    if is_boolean(filter_):
        return _("true or false")
    if isinstance(filter_, django_filters.DateFilter):
        return _("day")
    if isinstance(filter_, django_filters.BaseCSVFilter):
        return _("one or several, joined by commas")
    return _("text")


def marked(text: str) -> SafeString:
    """Return text with what stands between backticks as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308  (escaped before)


def example(request: HttpRequest, call: str) -> Example:
    """Return a call with the answer to it."""
    content = json.loads(answer(request, call).content)
    address = request.build_absolute_uri(reverse("api-root") + call)
    return Example(address=address, answer=json.dumps(content, indent=2, ensure_ascii=False))


def answer(request: HttpRequest, call: str) -> Any:
    """Return the answer to a call as a reader gets it who does not sign in."""
    path, _mark, query = (reverse("api-root") + call).partition("?")
    call_request = copy.copy(request)
    call_request.path = call_request.path_info = path
    call_request.GET = QueryDict(query)
    call_request.META = {
        name: value for name, value in request.META.items() if name not in {"HTTP_AUTHORIZATION", "HTTP_ACCEPT"}
    }
    call_request.user = AnonymousUser()
    match = resolve(path)
    return match.func(call_request, *match.args, **match.kwargs).render()
