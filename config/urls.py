"""The addresses of the product; each app names its own."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from dashboards.health import health
from pledges.work.report_links import report_by_link

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health, name="healthz"),
    path("", include("accounts.urls")),
    path("", include("conferences.people.urls")),
    path("api/v1/", include("api.urls")),
    path("work/", include("pledges.work.urls")),
    path("report/<str:signed>/", report_by_link, name="report-by-link"),
    path("reminders/", include("reminders.urls")),
    path("", include("reminders.open_urls")),
    path("pledges/", include("pledges.urls")),
    path("", include("dashboards.urls")),
]
if settings.OIDC_ISSUER:
    urlpatterns.append(path("", include("accounts.single_sign_on")))
