"""The description of the API for programs (OpenAPI 3.1), made from the code that answers."""

import inspect
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views import View
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from api.content import ContentSerializer, DraftSerializer, WrittenSerializer
from api.errors import PROBLEM, PROBLEMS
from api.filters import filter_parameters
from api.renderers import OrjsonRenderer
from api.serializers import ProblemSerializer
from api.shares import AnswerSerializer, ShareWrites
from api.words import FORMAT
from api.writing import SENT
from pledges.transitions import TRANSITIONS

REFUSALS = (400, 401, 404, 406)
REFUSED_WRITES = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429)
KEY = _lazy("A key of your own for this call, such as a UUID: sent again with the same body, it is answered alike.")
VERSION = _lazy("The ETag of the version that this change was made from.")


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the API token is described."""

    target_class = "api.authentication.BearerTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}


class Description(AutoSchema):
    """What one call takes and answers, refusals included."""

    @property
    def is_write(self) -> bool:
        """Whether this call changes something."""
        return self.method in {"POST", "PATCH"}

    def get_description(self) -> str:  # type: ignore[override]
        """Return what the endpoint holds; a single row of a list is told by its key, a call that writes by its own."""
        view: Any = self.view
        if self.is_write:
            step = getattr(view, "step", "")
            written_by = getattr(view, getattr(view, "action", None) or self.method.lower())
            return str(TRANSITIONS[step].label) if step else str(inspect.getdoc(written_by))
        if getattr(view, "action", "") == "retrieve":
            return _("One row of the list, by its %(key)s.") % {"key": view.lookup_field}
        return str(inspect.getdoc(type(view)))

    def get_request_serializer(self) -> Any:
        """Return what is sent."""
        sent: dict[str, Any] = {"create": DraftSerializer, "change": ContentSerializer}
        if self.is_write and isinstance(self.view, ShareWrites):
            return AnswerSerializer
        step = getattr(self.view, "step", "")
        if step in SENT:
            return SENT[step]
        return sent.get(getattr(self.view, "action", None) or "", super().get_request_serializer())

    def get_response_serializers(self) -> Any:
        """Return what is answered; a step that waits for a second person is accepted (202)."""
        if not self.is_write or isinstance(self.view, ShareWrites):
            return super().get_response_serializers()
        if getattr(self.view, "action", "") == "create":
            return {201: WrittenSerializer}
        return {200: WrittenSerializer} | ({202: WrittenSerializer} if getattr(self.view, "step", "") else {})

    def get_override_parameters(self) -> list[Any]:
        """Return the headers of a call that writes."""
        if not self.is_write:
            return []
        is_new = getattr(self.view, "action", "") == "create"
        key = OpenApiParameter("Idempotency-Key", str, "header", required=is_new, description=str(KEY))
        version = OpenApiParameter("If-Match", str, "header", required=True, description=str(VERSION))
        return [key] if is_new else [key, version]

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        """Return the filters, also of figures that are no lists."""
        filters = getattr(self.view, "filterset_class", None)
        is_list = getattr(self.view, "action", "list") == "list" and not self.is_write
        return filter_parameters(filters) if filters and is_list else []

    def _get_format_parameters(self) -> list[dict[str, Any]]:
        """Return the parameter that chooses the format."""
        if self.is_write or list(self.view.renderer_classes) == [OrjsonRenderer]:
            return []
        schema = {"type": "string", "enum": ["json", "csv"], "default": "json"}
        return [{"name": "format", "in": "query", "required": False, "description": str(FORMAT), "schema": schema}]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        """Return the answers: CSV is a text, and each refusal a problem."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self._get_format_parameters():
            bodies["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
        problem = {PROBLEM: {"schema": self.resolve_serializer(ProblemSerializer, direction).ref}}
        for status in REFUSED_WRITES if self.is_write else REFUSALS:
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
