"""Addresses of the REST API, version 1."""

from typing import Any

from django.urls import URLPattern, URLResolver, path, re_path, register_converter
from django.urls.converters import StringConverter

from api import views
from api.docs import docs
from api.schema import SchemaView
from api.writing import STEPS, PledgeWrites


class KeyConverter(StringConverter):
    """A code, slug or reference: no slash, and none of the control characters that the database refuses."""

    regex = r"[^/\x00-\x1f]{1,64}"


register_converter(KeyConverter, "key")


def addresses(name: str, resource: type[views.Resource]) -> list[URLPattern]:
    """Return the addresses of a resource: the list, and each row."""
    rows: dict[str, Any] = {"get": "list"}
    row: dict[str, Any] = {"get": "retrieve"}
    if issubclass(resource, PledgeWrites):
        rows, row = rows | {"post": "create"}, row | {"patch": "change"}
    return [
        path(f"{name}/", resource.as_view(rows), name=f"api-{name}"),
        path(f"{name}/<key:{resource.lookup_field}>/", resource.as_view(row), name=f"api-{name}-row"),
    ]


def step_address(step: str) -> URLPattern:
    """Return the address at which a delegation takes a step."""
    return path(f"pledges/<key:reference>/{step}/", views.PledgeStep.as_view(step=step), name=f"api-{step}")


urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.Root.as_view(), name="api-root"),
    *(address for name, resource in views.RESOURCES.items() for address in addresses(name, resource)),
    path("pledges/<key:reference>/timeline/", views.PledgeTimeline.as_view(), name="api-timeline"),
    path("pledges/<key:reference>/content/", views.PledgeContent.as_view(), name="api-content"),
    *(step_address(step) for step in STEPS),
    path("pledges/<key:reference>/partners/<key:code>/", views.PledgeShare.as_view(), name="api-share"),
    path("statistics/gap/", views.CapabilityGap.as_view(), name="api-gap"),
    path("statistics/delivery/", views.Delivery.as_view(), name="api-delivery"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    # With a closing slash only, so that addresses without one are still completed.
    re_path(r"^.*/$", views.Missing.as_view()),
]
