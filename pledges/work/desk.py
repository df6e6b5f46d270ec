"""The page on which a person finds what waits for them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import ApiToken
from pledges.workspace import delegation_desk, secretariat_desk


@login_required
@require_safe
def workspace(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person."""
    at = timezone.now()
    context = {
        "delegation": delegation_desk(request.user, at=at),
        "secretariat": secretariat_desk(request.user, at=at),
        "tokens": ApiToken.objects.live(at=at).filter(user=request.user.pk).order_by("-pk")[:10],
        "today": timezone.localdate(at),
    }
    return render(request, "pledges/workspace.html", context)
