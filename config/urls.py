"""The addresses of the product."""

from django.urls import URLPattern, URLResolver, path

from dashboards.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health, name="healthz"),
]
