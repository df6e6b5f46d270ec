"""The addresses of the product; each app names its own."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

from accounts.forms import SignInForm
from dashboards.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health, name="healthz"),
    path(
        "sign-in/", LoginView.as_view(redirect_authenticated_user=True, authentication_form=SignInForm), name="sign-in"
    ),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("api/v1/", include("api.urls")),
    path("work/", include("pledges.work.urls")),
    path("reminders/", include("reminders.urls")),
    path("pledges/", include("pledges.urls")),
    path("", include("dashboards.urls")),
]
