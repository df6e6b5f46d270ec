"""The few pages of an account that the sign-in library does not have."""

from typing import Any

from allauth.account.views import INTERNAL_RESET_SESSION_KEY, LoginView, password_change
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import MailLanguageForm, MailRhythmForm, TimeZoneForm
from accounts.history import acting


class SignInView(LoginView):
    """The sign-in page, with a button for the organisation's own way where there is one."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add `elsewhere`, the name of that organisation, empty where there is none."""
        found: dict[str, Any] = super().get_context_data(
            elsewhere=settings.OIDC_ISSUER and settings.OIDC_NAME, **context
        )
        return found


@never_cache
@require_safe
def reset_link(request: HttpRequest) -> HttpResponse:
    """Take the key of a mailed link out of the address into the session, and go on to the form for a new password.

    The key stands in the query, which the access log leaves out. A wrong one is refused by the form's page.
    """
    uid, _dash, key = request.GET.get("key", "").partition("-")
    request.session[INTERNAL_RESET_SESSION_KEY] = key
    return redirect(
        "account_reset_password_from_key", uidb36=uid if uid.isalnum() and uid.isascii() else "0", key="set-password"
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_time_zone(request: HttpRequest) -> HttpResponse:
    """Choose the time zone in which this person reads and states hours."""
    user: Any = request.user
    form = TimeZoneForm(request.POST or None, user=user)
    if form.is_valid():
        user.time_zone = form.cleaned_data["time_zone"]
        with acting(user, "change time zone"):
            user.save(update_fields=["time_zone"])
        messages.success(
            request, _("Hours are shown in this time zone from now on: %(zone)s.") % {"zone": user.time_zone}
        )
        return redirect("mfa_index")
    return render(request, "account/time_zone.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_mail_rhythm(request: HttpRequest) -> HttpResponse:
    """Choose how often this person is reminded at most."""
    user: Any = request.user
    form = MailRhythmForm(request.POST or None, initial={"mail_rhythm": user.mail_rhythm})
    if form.is_valid():
        user.mail_rhythm = form.cleaned_data["mail_rhythm"]
        with acting(user, "change how often reminders come"):
            user.save(update_fields=["mail_rhythm"])
        messages.success(request, _("Reminders from now on: %(rhythm)s.") % {"rhythm": user.get_mail_rhythm_display()})
        return redirect("mfa_index")
    return render(request, "account/mail_rhythm.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_mail_language(request: HttpRequest) -> HttpResponse:
    """Choose the language in which mail comes to this person."""
    user: Any = request.user
    form = MailLanguageForm(request.POST or None, initial={"language": user.language})
    if form.is_valid():
        user.language = form.cleaned_data["language"]
        with acting(user, "change language of mail"):
            user.save(update_fields=["language"])
        messages.success(
            request, _("Mail comes in this language from now on: %(name)s.") % {"name": user.get_language_display()}
        )
        return redirect("mfa_index")
    return render(request, "account/mail_language.html", {"form": form})


@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the password; whoever signs in elsewhere has none here."""
    user: Any = request.user
    if not user.has_usable_password():
        return redirect("mfa_index")
    changed: HttpResponse = password_change(request)
    return changed
