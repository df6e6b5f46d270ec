"""Addresses of the REST API, version 1."""

from django.urls import URLPattern, URLResolver, path, re_path, register_converter
from django.urls.converters import StringConverter

from api import views
from api.schema import SchemaView


class KeyConverter(StringConverter):
    """A code, slug or reference: no slash, and none of the control characters that the database refuses."""

    regex = r"[^/\x00-\x1f]{1,64}"


register_converter(KeyConverter, "key")


def resource(name: str, viewset: type[views.Resource]) -> list[URLPattern]:
    """Return the addresses of a resource: the list, and each row."""
    return [
        path(f"{name}/", viewset.as_view({"get": "list"}), name=f"api-{name}"),
        path(f"{name}/<key:key>/", viewset.as_view({"get": "retrieve"}), name=f"api-{name}-detail"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.Root.as_view(), name="api-root"),
    *resource("participants", views.Participants),
    *resource("conferences", views.Conferences),
    *resource("missions", views.Missions),
    *resource("capability-types", views.CapabilityTypes),
    *resource("requirements", views.Requirements),
    *resource("pledges", views.Pledges),
    path("pledges/<key:key>/timeline/", views.PledgeTimeline.as_view(), name="api-pledge-timeline"),
    path("statistics/gap/", views.CapabilityGap.as_view(), name="api-gap"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", views.Root.as_view(), name="api-docs"),
    # With a closing slash only, so that addresses without one are still completed.
    re_path(r"^.*/$", views.Missing.as_view()),
]
