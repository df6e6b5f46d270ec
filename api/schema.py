"""The description of the API for programs (OpenAPI 3.1), made from the code that answers."""

import inspect
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views import View
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from api.errors import PROBLEM, PROBLEMS
from api.filters import filter_parameters
from api.serializers import ProblemSerializer
from api.words import FORMAT

REFUSALS = (400, 401, 404, 406)


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the API token is described."""

    target_class = "api.authentication.BearerTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}


class Description(AutoSchema):
    """What one call takes and answers, refusals included."""

    def get_description(self) -> str:  # type: ignore[override]
        """Return what the endpoint holds; a single row of a list is told by its key."""
        view: Any = self.view
        if getattr(view, "action", "") == "retrieve":
            return _("One row of the list, by its %(key)s.") % {"key": view.lookup_field}
        return str(inspect.getdoc(type(view)))

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        """Return the filters, also of figures that are no lists."""
        filters = getattr(self.view, "filterset_class", None)
        is_list = getattr(self.view, "action", "list") == "list"
        return filter_parameters(filters) if filters and is_list else []

    def _get_format_parameters(self) -> list[dict[str, Any]]:
        """Return the parameter that chooses the format."""
        schema = {"type": "string", "enum": ["json", "csv"], "default": "json"}
        return [{"name": "format", "in": "query", "required": False, "description": str(FORMAT), "schema": schema}]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        """Return the answers: CSV is a text, and each refusal a problem."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        bodies["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
        problem = {PROBLEM: {"schema": self.resolve_serializer(ProblemSerializer, direction).ref}}
        for status in REFUSALS:
            if status != 404 or "{" in self.path:
                bodies[str(status)] = {"description": str(PROBLEMS[status].title), "content": problem}
        return bodies


@cache
def openapi(language: str) -> dict[str, Any]:
    """Return the whole description in a language, made once per process."""
    with override(language):
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


class SchemaView(View):
    """The description as JSON."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return it."""
        body = orjson.dumps(openapi(get_language() or "en"))
        return HttpResponse(body, content_type="application/vnd.oai.openapi+json")
