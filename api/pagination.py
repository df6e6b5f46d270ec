"""Lists in pages by key: `next` and `previous` are whole addresses, and a page at any depth costs the same."""

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.words import PAGING
from conferences.keyset import BadCursor, Order, page_of

DEFAULT_SIZE = 50
MAXIMUM_SIZE = 1000


def order_of(request: Request, orders: dict[str, Order]) -> Order:
    """Return the order that was asked for, the first one when none was."""
    name = request.query_params.get("order") or next(iter(orders))
    if name not in orders:
        known = ", ".join(orders)
        raise ValidationError({"order": _("There is no such order here. There are: %(known)s.") % {"known": known}})
    return orders[name]


def size_of(request: Request) -> int:
    """Return the number of rows that was asked for."""
    text = request.query_params.get("page_size", str(DEFAULT_SIZE))
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > MAXIMUM_SIZE:
        message = _("Write a number from 1 to %(maximum)s.") % {"maximum": MAXIMUM_SIZE}
        raise ValidationError({"page_size": message})
    return int(text)


def wrong_paging(request: Request, orders: dict[str, Order]) -> dict[str, Any]:
    """Return what is wrong with the order and the size of the page."""
    wrong: dict[str, Any] = {}
    for read in (lambda: order_of(request, orders), lambda: size_of(request)):
        try:
            read()
        except ValidationError as error:
            wrong |= dict(error.detail)  # type: ignore[arg-type]
    return wrong


class KeysetPagination(BasePagination):
    """Pages of the rows of a view in one of the view's `orders`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that was asked for, in one query."""
        self.request = request
        order, size = order_of(request, view.orders), size_of(request)
        try:
            self.page = page_of(queryset, order=order, size=size, cursor=request.query_params.get("cursor", ""))
        except BadCursor as error:
            raise ValidationError({"cursor": str(error)}) from error
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the answer with the addresses of the neighbouring pages, null where there is none."""
        neighbours = {"next": self.link(self.page.next), "previous": self.link(self.page.previous)}
        return Response(neighbours | {"results": data})

    def link(self, cursor: str) -> str | None:
        """Return the address of this list at another cursor."""
        if not cursor:
            return None
        query = self.request.query_params.copy()
        query["cursor"] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode(safe=',')}")

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the shape of a page for the schema."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters for the schema."""
        types: dict[str, dict[str, Any]] = {
            "order": {"type": "string", "enum": list(view.orders), "default": next(iter(view.orders))},
            "page_size": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_SIZE, "default": DEFAULT_SIZE},
            "cursor": {"type": "string"},
        }
        return [
            {"name": name, "in": "query", "required": False, "description": str(PAGING[name]), "schema": schema}
            for name, schema in types.items()
        ]
