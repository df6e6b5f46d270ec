"""What is due from delegations on a day, as the rows of the work page: what is due first on top."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.models import Participant
from pledges.due import owing_delivery, owing_reports, unanswered, unanswered_deliveries
from pledges.enums import ReportedState
from pledges.links import readiness_url, renewal_url, snooze_url, step_report_url
from pledges.models import Milestone, Partner, Pledge
from pledges.readiness import renewable_from
from pledges.waiting import arrivals, renewals, steps

ROWS = 50  # of each list of the work page


class Stage(TextChoices):
    """How far a task is, in the five words of the task list of GOV.UK."""

    NOT_STARTED = "not_started", gettext_lazy("Not yet started")
    IN_PROGRESS = "in_progress", gettext_lazy("In progress")
    COMPLETED = "completed", gettext_lazy("Completed")
    CANNOT_START = "cannot_start", gettext_lazy("Cannot start yet")
    PROBLEM = "problem", gettext_lazy("There is a problem")


@dataclass(frozen=True)
class Due:
    """Something that a delegation is to do: to report, to renew a unit's entry, to let it arrive."""

    on: date
    pledge: Pledge
    title: str
    url: str
    is_late: bool
    days: int
    is_renewal: bool = False
    partner: Partner | None = None

    @property
    def doer(self) -> str:
        """Whose it is: the partner's whose share it belongs to, else the lead's."""
        return self.partner.participant_id if self.partner else self.pledge.participant_id

    @property
    def snooze_url(self) -> str:
        """Where that delegation puts off the reminders of the pledge."""
        return snooze_url(self.pledge, self.partner)

    @property
    def stage(self) -> Stage:
        """Whether it is late, or else whether anything was ever reported; a renewal is done at once."""
        if self.is_late:
            return Stage.PROBLEM
        begun = not self.is_renewal and self.pledge.reported_state not in {"", ReportedState.NOT_STARTED}
        return Stage.IN_PROGRESS if begun else Stage.NOT_STARTED


def due_for(delegations: list[Participant], *, writes_for: Collection[str], on: date) -> list[Due]:
    """Return the steps, deliveries and reports of these delegations, and what of their units is to be renewed or to
    arrive, what is due first on top; beyond ROWS there may be more. Who does not write for a delegation is led to where
    it stands."""
    waiting = unanswered(steps(), days_before=0)  # what was reported on since its day is nobody's to do again
    own = waiting.filter(partner=None, pledge__participant__in=delegations)
    shares = waiting.filter(partner__participant__in=delegations)  # one condition for both would read all steps
    owed = owing_reports(Pledge.objects.filter(participant__in=delegations)).select_related("conference", "participant")
    found = [
        step_due(step, on)
        for part in (own, shares)
        for step in part.select_related("partner").order_by("due_on", "pk")[: ROWS + 1]
    ]
    pledged = unanswered_deliveries(owing_delivery(Pledge.objects.filter(participant__in=delegations)), days_before=0)
    pledged = pledged.select_related("conference", "participant").order_by("deliver_by", "reference")[: ROWS + 1]
    found += [delivery_due(pledge, on) for pledge in pledged]
    soonest = owed.order_by("report_due_on", "reference")[: ROWS + 1]
    found += [report_due(pledge, pledge.report_due_on, on) for pledge in soonest]
    found = [due if due.doer in writes_for else replace(due, url=due.pledge.get_absolute_url()) for due in found]
    found += renewals_due(delegations, writes_for, on)
    found += [arrival_due(request, on) for request in soonest_of(arrivals(), delegations, "arrival_due_on")]
    return sorted(found, key=lambda due: (due.on, due.pledge.reference))


def step_due(step: Milestone, on: date) -> Due:
    """Return a step of the plan as something due from whoever takes it."""
    days = abs((step.due_on - on).days)
    url = step_report_url(step)
    return Due(step.due_on, step.pledge, step.title, url, step.due_on < on, days, partner=step.partner)


def delivery_due(pledge: Any, on: date) -> Due:
    """Return the delivery of a pledge as something due: one reports on it."""
    return on_whole(pledge, _("Delivery as pledged"), pledge.deliver_by, on)


def report_due(pledge: Pledge, day: date, on: date) -> Due:
    """Return the next report on a pledge as something due."""
    return on_whole(pledge, _("Regular report"), day, on)


def on_whole(pledge: Pledge, title: str, day: date, on: date) -> Due:
    """Return what is due on a pledge as a whole: its form is that of a report."""
    url = reverse("pledge-report", args=[pledge.reference])
    return Due(day, pledge, title, url, day < on, abs((day - on).days))


def soonest_of(units: Any, delegations: list[Participant], day: str) -> Any:
    """Return the rows beside these delegations' own pledges that are due first."""
    mine = units.filter(pledge__participant__in=delegations).select_related("pledge__conference", "pledge__participant")
    return mine.order_by(day, "pk")[: ROWS + 1]


def renewals_due(delegations: list[Participant], writes_for: Collection[str], on: date) -> list[Due]:
    """Return the entries in the readiness system that can be renewed by now, as something due; of one that was renewed
    late, the next renewal could come on the same day, and is not shown then."""
    found = []
    for entry in soonest_of(renewals(), delegations, "renewal_due_on"):
        day, pledge = entry.renewal_due_on, entry.pledge
        if renewable_from(day) < on:
            may = pledge.participant_id in writes_for
            title = _("Renew the entry in the readiness system") if may else _("Renewal in the readiness system")
            url = renewal_url(pledge) if may else readiness_url(pledge)
            found.append(Due(day, pledge, title, url, day < on, abs((day - on).days), is_renewal=True))
    return found


def arrival_due(request: Any, on: date) -> Due:
    """Return the arrival of a unit as something due; an officer notes that it arrived."""
    day, pledge = request.arrival_due_on, request.pledge
    return Due(day, pledge, _("Arrival of the unit"), readiness_url(pledge), day < on, abs((day - on).days))
