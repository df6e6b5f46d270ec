"""What waits for the Secretariat now, in numbers: the week at a glance says them, the page of work links them."""

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from pledges.enums import Status
from pledges.follow_up import count_late
from pledges.links import TO_ASSESS, address, rows_url
from pledges.models import Pledge
from pledges.querysets import today
from pledges.readiness import renewals
from pledges.waiting import assessments
from reminders.people import broken_addresses


class Number(NamedTuple):
    """A number with its words, in the language that is active, and where its rows are."""

    words: str
    url: str


def waiting_now() -> list[Number]:
    """Return what waits: pledges to review and to assess, late pledges, contacts to mend; the units past renewal where
    that is an alarm. Six queries."""
    submitted = Pledge.objects.filter(status=Status.SUBMITTED).count()
    ended = assessments(Pledge.objects.all()).count()
    late = count_late(Pledge.objects.all(), on=today())
    broken = broken_addresses().count()
    units = renewals(Pledge.objects.all(), on=today())
    words = gettext("%(percent)s%% of units past their renewal in the readiness system") % {"percent": units.percent}
    past = Number(words, address(reverse("readiness-renewals"), {"only": "overdue"}))
    return [
        Number(
            ngettext("%(n)s pledge to review", "%(n)s pledges to review", submitted) % {"n": submitted},
            reverse("review-queue"),
        ),
        Number(
            ngettext("%(n)s pledge to assess", "%(n)s pledges to assess", ended) % {"n": ended}, rows_url(TO_ASSESS)
        ),
        Number(ngettext("%(n)s late pledge", "%(n)s late pledges", late) % {"n": late}, reverse("follow-through")),
        Number(
            ngettext("%(n)s contact that mail does not reach", "%(n)s contacts that mail does not reach", broken)
            % {"n": broken},
            reverse("undeliverable-list"),
        ),
        *([past] if units.is_alarming else []),
    ]
