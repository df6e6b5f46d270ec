"""What a reminder and a calendar say of each thing that is waited for, in the language that is active."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from pledges.links import readiness_url, renewal_url, step_report_url
from pledges.models import Milestone, Partner, Pledge
from reminders.models import Audience, Reason, ReminderItem, Undeliverable


def pledge_of(item: ReminderItem) -> Pledge:
    """Return the pledge of an item; only what the Secretariat alone hears of has none."""
    if item.pledge is None:
        raise ValueError(f"{item} speaks of no pledge")
    return item.pledge


def pledge_url(item: ReminderItem) -> str:
    """Return the pledge's page."""
    return pledge_of(item).get_absolute_url()


@dataclass(frozen=True)
class Words:
    """How one reason is said: how the subject begins, a sentence, what the link is for; `late_…` once the day has
    passed, where that is said otherwise. The sentences may name %(name)s, %(pledge)s, %(reference)s and %(day)s.

    The link leads to `url`, for who only reads to `place`."""

    subject: Any
    sentence: Any
    action: Any
    url: Callable[[ReminderItem], str]
    place: Callable[[ReminderItem], str] = pledge_url
    late_subject: Any = ""
    late_sentence: Any = ""

    def beginning(self, *, is_late: bool) -> str:
        """Return how the subject begins."""
        return str((is_late and self.late_subject) or self.subject)

    def line(self, *, is_late: bool) -> str:
        """Return the sentence."""
        return str((is_late and self.late_sentence) or self.sentence)


def report_url(item: ReminderItem) -> str:
    """Return the form of a report on the whole pledge."""
    return reverse("pledge-report", args=[pledge_of(item).reference])


def step_url(item: ReminderItem) -> str:
    """Return the form of a report on one step."""
    return step_report_url(Milestone.objects.select_related("pledge", "partner").get(pk=item.subject))


def renew_url(item: ReminderItem) -> str:
    """Return the form with which a unit's entry in the readiness system is renewed."""
    return renewal_url(pledge_of(item))


def unit_url(item: ReminderItem) -> str:
    """Return what the pledge's page tells of the unit's readiness."""
    return readiness_url(pledge_of(item))


def notes_url(item: ReminderItem) -> str:
    """Return the page on which delegation and Secretariat talk of a pledge."""
    return reverse("pledge-notes", args=[pledge_of(item).reference])


def invitation_url(item: ReminderItem) -> str:
    """Return the page on which a partner answers."""
    return reverse(
        "pledge-invitation", args=[pledge_of(item).reference, Partner.objects.get(pk=item.subject).participant_id]
    )


def draft_url(item: ReminderItem) -> str:
    """Return the page from which a draft is submitted."""
    return reverse("pledge-check", args=[pledge_of(item).reference])


def proposal_url(item: ReminderItem) -> str:
    """Return the page on which an approver decides on a report that came through a link."""
    return reverse("proposed-report", args=[-item.subject])


def contacts_url(item: ReminderItem) -> str:
    """Return the queue of addresses to mend."""
    return reverse("undeliverable-list")


def workspace_url(item: ReminderItem) -> str:
    """Return the page of everything that waits for a person."""
    return reverse("workspace")


REPORT = _("Sign in and say how it stands; if nothing changed since the last report, that takes one click:")
OPEN = _("Open it here, after signing in:")

WORDS: dict[str, Words] = {
    Reason.REPORT_DUE: Words(
        _("Report by %(day)s"),
        _("A report on the pledge “%(pledge)s” (%(reference)s) is due on %(day)s."),
        REPORT,
        report_url,
        late_subject=_("Report was due %(day)s"),
        late_sentence=_("A report on the pledge “%(pledge)s” (%(reference)s) was due on %(day)s."),
    ),
    Reason.REPORT_OVERDUE: Words(
        _("Report overdue since %(day)s"),
        _("A report on the pledge “%(pledge)s” (%(reference)s) was due on %(day)s."),
        REPORT,
        report_url,
    ),
    Reason.MILESTONE_DUE: Words(
        _("Report by %(day)s"),
        _("“%(name)s” of the pledge “%(pledge)s” (%(reference)s) is due on %(day)s."),
        REPORT,
        step_url,
        late_subject=_("Step was due %(day)s"),
        late_sentence=_("“%(name)s” of the pledge “%(pledge)s” (%(reference)s) was due on %(day)s."),
    ),
    Reason.DELIVERY_DUE: Words(
        _("Delivery by %(day)s"),
        _("The pledge “%(pledge)s” (%(reference)s) is to be delivered by %(day)s, as pledged."),
        REPORT,
        report_url,
        late_subject=_("Delivery was due %(day)s"),
        late_sentence=_("The pledge “%(pledge)s” (%(reference)s) was to be delivered by %(day)s, as pledged."),
    ),
    Reason.RENEWAL_DUE: Words(
        _("Renew by %(day)s"),
        _("In the readiness system “%(pledge)s” (%(reference)s) is to be renewed by %(day)s."),
        OPEN,
        renew_url,
        unit_url,
        late_subject=_("Renewal was due %(day)s"),
        late_sentence=_("In the readiness system “%(pledge)s” (%(reference)s) was to be renewed by %(day)s."),
    ),
    Reason.RDL_CLOCK: Words(
        _("Arrival by %(day)s"),
        _("The unit “%(pledge)s” (%(reference)s) is to arrive by %(day)s, 60 days after the request."),
        OPEN,
        unit_url,
        unit_url,
        late_subject=_("Arrival was due %(day)s"),
        late_sentence=_("The unit “%(pledge)s” (%(reference)s) was to arrive by %(day)s, 60 days after the request."),
    ),
    Reason.CLARIFICATION: Words(
        _("Answer awaited since %(day)s"),
        _("On %(day)s the Secretariat asked about the pledge “%(pledge)s” (%(reference)s), and waits for an answer."),
        OPEN,
        notes_url,
    ),
    Reason.PARTNER_AWAITED: Words(
        _("Confirmation awaited since %(day)s"),
        _("%(name)s was invited on %(day)s to take part in “%(pledge)s” (%(reference)s), without an answer."),
        OPEN,
        invitation_url,
    ),
    Reason.APPROVAL_AWAITED: Words(
        _("Approval awaited since %(day)s"),
        _("The draft “%(pledge)s” (%(reference)s) has waited since %(day)s for an approver to submit it."),
        OPEN,
        draft_url,
    ),
    Reason.WINDOW_CLOSING: Words(
        _("Submit by %(day)s"),
        _("The draft “%(pledge)s” (%(reference)s) is not submitted, and pledging closes on %(day)s."),
        OPEN,
        draft_url,
    ),
    Reason.UNDELIVERABLE: Words(
        _("Mail does not arrive since %(day)s"),
        _("Since %(day)s mail to %(name)s does not arrive: find another address or another person."),
        OPEN,
        contacts_url,
    ),
    Reason.WEEKLY_DIGEST: Words(
        _("The week from %(day)s"),
        _("Waiting now: %(name)s."),
        OPEN,
        workspace_url,
    ),
}


# Of the reasons that speak of two kinds of things, the other one (ReminderItem.is_of_other_kind).
OTHER_WORDS: dict[str, Words] = {
    Reason.APPROVAL_AWAITED: Words(
        _("Confirmation awaited since %(day)s"),
        _("A report on “%(pledge)s” (%(reference)s) came through a link on %(day)s: an approver is to confirm it."),
        OPEN,
        proposal_url,
    ),
}

# Of a delegation in which nobody of an audience can be reminded.
NOBODY: dict[str, Words] = {
    Audience.FOCAL_POINT: Words(
        _("Contact missing since %(day)s"),
        _(
            "Since %(day)s no focal point or writer of %(name)s can be reminded: "
            "find another address or another person."
        ),
        OPEN,
        contacts_url,
    ),
    Audience.APPROVER: Words(
        _("Contact missing since %(day)s"),
        _(
            "Since %(day)s no approver or head of mission of %(name)s can be reminded: "
            "find another address or another person."
        ),
        OPEN,
        contacts_url,
    ),
}


def words_of(item: ReminderItem) -> Words:
    """Return how an item is said."""
    if not item.is_of_other_kind:
        return WORDS[item.reason]
    if item.reason == Reason.UNDELIVERABLE:
        return NOBODY[Undeliverable.objects.get(pk=-item.subject).audience]
    return OTHER_WORDS[item.reason]


# What an entry of the calendar begins with, for those reasons that have a day in it; it may name %(day)s.
ENTRIES: dict[str, Any] = {
    Reason.REPORT_DUE: _("Report due"),
    Reason.MILESTONE_DUE: _("Step due"),
    Reason.DELIVERY_DUE: _("Delivery due as pledged"),
    Reason.RENEWAL_DUE: _("Renew in the readiness system"),
    Reason.RDL_CLOCK: _("Arrival by %(day)s"),
    Reason.WINDOW_CLOSING: _("Pledging closes: submit your draft"),
}
CALENDAR = _("Peacekeeping pledges: due days")
COLON = pgettext_lazy("between a few words and what they are about", ": ")
COMMA = pgettext_lazy("between the parts of a list", ", ")


def names_of(items: list[ReminderItem]) -> dict[int, str]:
    """Return for each item, by key, what its subject is called: a step's title, a partner's or a person's name."""
    found: dict[int, str] = {}
    for reason, read in {
        Reason.MILESTONE_DUE: lambda keys: Milestone.objects.filter(pk__in=keys).values_list("pk", "title"),
        Reason.PARTNER_AWAITED: lambda keys: [
            (row.pk, row.participant.name) for row in Partner.objects.filter(pk__in=keys).select_related("participant")
        ],
        Reason.UNDELIVERABLE: lambda keys: [
            (row.pk if row.user else -row.pk, str(row.user or row.participant))
            for row in Undeliverable.objects.filter(pk__in=map(abs, keys)).select_related("user", "participant")
        ],
    }.items():
        mine = [item for item in items if item.reason == reason]
        names = dict(read([item.subject for item in mine])) if mine else {}
        found |= {item.pk: names.get(item.subject, "") for item in mine}
    return found


def day_of(day: date, *, on: date) -> str:
    """Return a day in words, with its year where it is another one; each language has its own order and endings."""
    is_near = day.year == on.year
    if day.day == 1:
        pattern = pgettext("first of a month", "j F") if is_near else pgettext("first of a month", "j F Y")
    else:
        pattern = pgettext("day of a month", "j F") if is_near else pgettext("day of a month", "j F Y")
    return format_date(day, pattern)
