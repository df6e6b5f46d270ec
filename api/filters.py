"""Parameters of a call: what is not known, or does not fit, is refused by name and never ignored."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.words import FILTERS

PAGING = ("order", "page_size", "cursor")
FORMAT = "format"


def check_parameters(request: Request, known: Iterable[str]) -> None:
    """Refuse parameters that are not among `known`, are given twice, or are empty."""
    known = sorted({*known, FORMAT})
    errors = {}
    for name, values in request.query_params.lists():
        if name not in known:
            errors[name] = _("There is no such parameter here. There are: %(known)s.") % {"known": ", ".join(known)}
        elif len(values) > 1:
            errors[name] = _("Given more than once: several values are joined by commas.")
        elif not values[0]:
            errors[name] = _("Empty: give a value, or leave the parameter out.")
    if errors:
        raise ValidationError(errors)


def filtered(filters: type[django_filters.FilterSet], request: Request, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows that the parameters of this filter set leave; refuse values that do not fit."""
    given = request.query_params.keys() & filters.base_filters.keys()
    if not given:
        return queryset
    check_booleans(filters, request, given)
    bound = filters(request.query_params, queryset=queryset, request=request)
    if not bound.is_valid():
        raise ValidationError(bound.errors)
    return bound.qs


def check_booleans(filters: type[django_filters.FilterSet], request: Request, given: Iterable[str]) -> None:
    """Refuse anything but true and false, which the form would take for "not given"."""
    wrong = [name for name in given if is_boolean(filters.base_filters[name])]
    wrong = [name for name in wrong if request.query_params[name] not in {"true", "false"}]
    if wrong:
        raise ValidationError({name: _("Write true or false.") for name in wrong})


def is_boolean(filter_: django_filters.Filter) -> bool:
    """Return whether a filter takes true or false."""
    return isinstance(filter_, django_filters.BooleanFilter)


class StrictFilterBackend(BaseFilterBackend):
    """Narrows a list by the `filterset_class` of its view."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that the request leaves."""
        return filtered(view.filterset_class, request, queryset)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters for the schema."""
        return filter_parameters(view.filterset_class)


def filter_parameters(filters: type[django_filters.FilterSet]) -> list[dict[str, Any]]:
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
