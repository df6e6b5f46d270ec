"""Parameters of a call: what is not known, or does not fit, is refused by name and never ignored."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import FilterSet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.words import FILTERS

PAGING = ("order", "page_size", "cursor")
FORMAT = "format"


def unknown_parameters(request: Request, known: Iterable[str]) -> dict[str, str]:
    """Return what is wrong with the names of the parameters: not among `known`, given twice, or empty."""
    known = sorted({*known, FORMAT})
    wrong = {}
    for name, values in request.query_params.lists():
        if name not in known:
            wrong[name] = _("There is no such parameter here. There are: %(known)s.") % {"known": ", ".join(known)}
        elif len(values) > 1:
            wrong[name] = _("Given more than once: several values are joined by commas.")
        elif not values[0]:
            wrong[name] = _("Empty: give a value, or leave the parameter out.")
    return wrong


def bound(filters: type[FilterSet], request: Request) -> FilterSet | None:
    """Return the filter set with the values that were given, or None when none was."""
    given = request.query_params.keys() & filters.base_filters.keys()
    if not given:
        return None
    found = filters(request.query_params, request=request)
    found.filters = {name: found.filters[name] for name in given}  # a form of the whole set costs more than the rows
    return found


def wrong_values(filters: FilterSet) -> dict[str, Any]:
    """Return what is wrong with the values of filters. Forms take any word but true and false for "not given"."""
    wrong = dict(filters.errors)
    for name, value in filters.data.items():
        if is_boolean(filters.filters.get(name)) and value not in {"true", "false"}:
            wrong[name] = _("Write true or false.")
    return wrong


def filtered(filters: FilterSet | None, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows that a bound filter set leaves, all of them without one."""
    if filters is None:
        return queryset
    filters.queryset = queryset
    return filters.qs


def is_boolean(filter_: Any) -> bool:
    """Return whether a filter takes true or false."""
    return isinstance(filter_, django_filters.BooleanFilter)


class StrictFilterBackend(BaseFilterBackend):
    """Narrows a list by the filters of its view, which were checked before."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that the request leaves."""
        return filtered(view.filters, queryset)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters for the schema."""
        return filter_parameters(view.filterset_class)


def filter_parameters(filters: type[FilterSet]) -> list[dict[str, Any]]:
    """Return a filter set's parameters in the words of OpenAPI."""
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": str(FILTERS[name]),
            **type_of(filter_),
        }
        for name, filter_ in filters.base_filters.items()
    ]


def type_of(filter_: django_filters.Filter) -> dict[str, Any]:
    """Return the OpenAPI schema of a filter's value; several codes are joined by commas."""
    if is_boolean(filter_):
        return {"schema": {"type": "boolean"}}
    if isinstance(filter_, django_filters.DateFilter):
        return {"schema": {"type": "string", "format": "date"}}
    if isinstance(filter_, django_filters.BaseCSVFilter):
        words = getattr(filter_, "words", None)
        item = {"type": "string", "enum": words.values} if words else {"type": "string"}
        return {"schema": {"type": "array", "items": item}, "style": "form", "explode": False}
    return {"schema": {"type": "string"}}
