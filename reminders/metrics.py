"""GET /metrics: how the reminders and the renewals of units stand, and who lives, for a monitor with the token."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from pledges.models import Pledge
from pledges.readiness import ALARM_PERCENT, renewals
from reminders import heartbeats
from reminders.overview import standing
from reminders.pauses import control


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the text format of Prometheus; 404 where no token is configured, 401 without the right one."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(measured()), content_type=CONTENT_TYPE_LATEST)


def measured() -> CollectorRegistry:
    """Return how the ledger stands now, who lives, and the renewals. Failed, unknown, bounced: of the last 30 days."""
    at = timezone.now()
    now = standing(at=at)
    registry = CollectorRegistry()
    for name, words, value in (
        (
            "oldest_unsent_seconds",
            "How long ago the oldest unsent reminder was first ready to go",
            now.oldest_unsent.total_seconds(),
        ),
        ("owed", "Reminders ready to go", now.owed),
        ("waiting", "Reminders that wait for their time or for another try", now.retrying),
        ("failed", "Reminders that could not be sent, of the last 30 days", now.failed),
        ("outcome_unknown", "Reminders perhaps sent twice, of the last 30 days", now.unknown),
        ("lease_takeovers", "Leases of dead workers that others took over, of the last 30 days", now.takeovers),
        ("bounced", "Reminders that came back or were unwanted, of the last 30 days", now.bounced),
        ("undeliverable_contacts", "Addresses that wait to be mended", now.contacts),
        ("stopped", "1 while all reminders are stopped", int(control().is_stopped)),
    ):
        Gauge(f"pledges_reminders_{name}", words, registry=registry).set(value)
    for name, lives in heartbeats.alive().items():
        words = f"1 while the {name} gave a sign of life lately; 0 also where the broker does not answer"
        Gauge(f"pledges_alive_{name}", words, registry=registry).set(int(lives))
    units = renewals(Pledge.objects.all(), on=at.date())
    for name, words, value in (
        ("entries_live", "Units of live pledges that are entered in the readiness system", units.live),
        ("entries_past_renewal", "Those of them that are past their renewal", units.overdue),
        ("renewal_alarm", f"1 while more than {ALARM_PERCENT} per cent are past their renewal", int(units.is_alarming)),
    ):
        Gauge(f"pledges_readiness_{name}", words, registry=registry).set(value)
    return registry
