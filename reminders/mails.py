"""What a reminder says. Titles that people typed are cleaned of line breaks and of marks that turn text around."""

import unicodedata
from copy import copy
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language_bidi, get_language_info, gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from accounts.zones import zone_of
from conferences.models import Membership, Participant
from pledges.cycles import FINAL_REPORTS
from pledges.due import owing_reports
from pledges.models import Milestone, Partner, Pledge, ProposedReport
from pledges.permissions import allowed, check_can_choose_links, check_can_edit, check_can_renew, check_can_report
from pledges.services.report_links import link_for
from reminders.digest import waiting_now
from reminders.ladders import IN_DELEGATION
from reminders.models import Audience, Reason, Reminder, ReminderItem
from reminders.people import local_day
from reminders.reasons import kind
from reminders.words import COLON, COMMA, OPEN, day_of, names_of, pledge_of, words_of

SUBJECT_LENGTH = 60
TITLE_LENGTH = 60
TITLE_WORDS = 8
TITLE_LEAST = 8  # characters of a title that say something
LISTED = 3  # items named in a message; a list of all is behind its link
REPORTS = (Reason.REPORT_DUE, Reason.REPORT_OVERDUE, Reason.DELIVERY_DUE)  # a report on the whole pledge answers them
ALL = _("Sign in and see all that waits for you:")
ALL_REPORTS = _("Sign in and report on all of them in one table:")
JOINERS = "\u200c\u200d"  # some scripts cannot be written without
FIRST_STRONG, END_OF_IT = "\u2068", "\u2069"  # around a text whose first letter decides its direction


def message_for(
    reminder: Reminder, items: list[ReminderItem], *, at: datetime, on: date | None = None, for_others: bool = False
) -> EmailMultiAlternatives:
    """Return the message for what is owed, in the recipient's language; `items` are not empty, earliest first.

    `on`: the day of which its words speak, where it is not that of the reader at `at` (`spoken_day`).
    `for_others`: somebody else reads it, and does not get the link through which the recipient reports.
    """
    items = each_once(since_first(items))
    with override(reminder.recipient.language):
        context = context_of(reminder, items, on=on or spoken_day(reminder, at=at), at=at)
        if for_others:
            hide_links(context)
        mail = EmailMultiAlternatives(
            subject=context["subject"],
            body=render_to_string("reminders/mail/reminder.txt", context).strip() + "\n",
            from_email=settings.BOUNCE_EMAIL or settings.DEFAULT_FROM_EMAIL,  # the envelope's: there it comes back
            to=[reminder.recipient.email],
            reply_to=[settings.REPLY_TO_EMAIL],
            headers={
                "From": settings.DEFAULT_FROM_EMAIL,
                "Message-ID": reminder.message_id,
                "Auto-Submitted": "auto-generated",
                "Content-Language": reminder.recipient.language,
            }
            | thread_of(items),
        )
        mail.attach_alternative(render_to_string("reminders/mail/reminder.html", context), "text/html")
    return mail


def spoken_day(reminder: Reminder, *, at: datetime) -> date:
    """Return the day of which a message speaks that goes at an instant: the reader's, so that "due" is true (R09).

    Where one went of which nobody knows whether it arrived, it is that one's: a Message-ID stands for one text.
    """
    if reminder.outcome_unknown:
        return reminder.worded_on or reminder.owed_on
    return local_day(reminder.recipient, at=at)


def since_first(items: list[ReminderItem]) -> list[ReminderItem]:
    """Return the items, copied, each with the day since when it is waited for, the earliest first: one query at most.

    A report that was missed in earlier cycles too is due since the first of them, as lists and pages say.
    """
    found = [copy(item) for item in items]
    reports = [item for item in found if kind(item.reason) == Reason.REPORT_DUE]
    pledges = Pledge.objects.filter(pk__in={item.subject for item in reports})
    first = dict(owing_reports(pledges).values_list("pk", "report_due_on")) if reports else {}
    for item in reports:
        item.due_on = min(item.due_on, first.get(item.subject, item.due_on))
    return sorted(found, key=lambda item: item.due_on)


def each_once(items: list[ReminderItem]) -> list[ReminderItem]:
    """Return the items in their order without those that say the same: of a report that is due and overdue, which two
    ladders may tell of at once, one, and rather the one for the reader's own delegation."""
    kept: dict[tuple[str, int, date], ReminderItem] = {}
    for item in sorted(items, key=lambda one: (one.audience in IN_DELEGATION, one.reason == Reason.REPORT_OVERDUE)):
        kept[kind(item.reason), item.subject, item.due_on] = item
    told = {item.pk for item in kept.values()}
    return [item for item in items if item.pk in told]


def hide_links(context: dict[str, Any]) -> None:
    """Leave of each link through which the recipient reports only that it is there."""
    for shown in (context, *context["lines"]):
        shown["by_link"] = shown["by_link"] and f"{settings.BASE_URL}/…"


def thread_of(items: list[ReminderItem]) -> dict[str, str]:
    """Return the header that puts all messages on one pledge into one thread of the recipient's mail program."""
    references = {item.pledge.reference for item in items if item.pledge}
    if len(references) != 1:
        return {}
    return {"References": f"<{references.pop()}@{urlsplit(settings.BASE_URL).hostname}>"}


def context_of(reminder: Reminder, items: list[ReminderItem], *, on: date, at: datetime) -> dict[str, Any]:
    """Return what the message's templates show; `on` is the day of which it speaks."""
    language = reminder.recipient.language
    names = names_of(items)
    links = [link_without_sign_in(reminder.recipient, item, at=at) for item in items[:LISTED]]
    is_one = len(items) == 1
    return {
        "why": why(reminder.recipient, items[0]),
        "lines": [
            {"text": line_of(item, names.get(item.pk, ""), on=on), "by_link": "" if is_one else link}
            for item, link in zip(items, links, strict=False)
        ],
        "more": len(items) - LISTED,
        "action": action_of(items, reminder.recipient),
        "link": settings.BASE_URL + link_of(items, reminder.recipient),
        "by_link": links[0] if is_one else "",
        "subject": subject_of(items, on=on, at=at),
        "is_of_delegation": items[0].audience in IN_DELEGATION,
        "is_personal": any(links),
        "contact": settings.REPLY_TO_EMAIL,
        "language": language,
        "direction": direction_of(language),
    }


def direction_of(language: str) -> str:
    """Return in which direction a language is written, as HTML names it."""
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def link_without_sign_in(recipient: Any, item: ReminderItem, *, at: datetime) -> str:
    """Return the address at which the reader reports without signing in, where the delegation chose that; else ""."""
    is_step = item.reason == Reason.MILESTONE_DUE
    if not (is_step or item.reason in REPORTS) or item.audience not in IN_DELEGATION:
        return ""
    step = Milestone.objects.select_related("partner").get(pk=item.subject) if is_step else None
    path = link_for(pledge_of(item), recipient, at, milestone=step)
    return settings.BASE_URL + path if path else ""


def why(recipient: Any, item: ReminderItem) -> str:
    """Return in a sentence why this person hears of it: the post it holds."""
    if item.audience == Audience.COORDINATOR and pledge_of(item).conference.coordinator_id == recipient.pk:
        return gettext("You coordinate the co-chairs of the %(conference)s.") % {
            "conference": apart(str(pledge_of(item).conference))
        }
    if item.audience not in IN_DELEGATION:  # managers hear where nobody is named
        return gettext("You follow up what delegations pledged, for the Secretariat.")
    places = Membership.objects.of(recipient).filter(participant=answering(item)).select_related("participant")
    place = places.order_by("-is_focal_point", "-is_head_of_mission", "pk").first()
    delegation = {"delegation": place.participant if place else ""}
    if place and place.is_focal_point:
        return gettext("You are a focal point of the delegation of %(delegation)s.") % delegation
    if place and place.is_head_of_mission:
        return gettext("You head the mission of %(delegation)s.") % delegation
    return gettext("You write for the delegation of %(delegation)s.") % delegation


def answering(item: ReminderItem) -> Participant:
    """Return who is to answer: of a step or a report on a share its partner, of an invitation who was invited, else the
    lead."""
    partner: Partner | None = None
    if item.reason == Reason.PARTNER_AWAITED:
        partner = Partner.objects.select_related("participant").get(pk=item.subject)
    elif item.reason == Reason.MILESTONE_DUE:
        partner = Milestone.objects.select_related("partner__participant").get(pk=item.subject).partner
    elif item.reason == Reason.APPROVAL_AWAITED and item.is_of_other_kind:
        partner = ProposedReport.objects.select_related("link__partner__participant").get(pk=-item.subject).link.partner
    return partner.participant if partner else pledge_of(item).participant


def line_of(item: ReminderItem, name: str, *, on: date) -> str:
    """Return one thing that is waited for as a sentence; whose it is, for readers outside that delegation, where the
    sentence does not name it."""
    text = words_of(item).line(is_late=item.due_on < on) % {
        "name": digest_line() if item.reason == Reason.WEEKLY_DIGEST else apart(shortened(name)),
        "pledge": apart(shortened(item.pledge.title)) if item.pledge else "",
        "reference": item.pledge.reference if item.pledge else "",
        "day": str(COMMA).join([day_said(item, on=on), *hour_of(item)]),
    }
    if item.pledge and item.audience not in IN_DELEGATION and item.reason != Reason.PARTNER_AWAITED:
        return f"{answering(item)}{COLON}{text}"
    return text


def digest_line() -> str:
    """Return what waits for the Secretariat now, in numbers."""
    return str(COMMA).join(number.words for number in waiting_now())


def link_of(items: list[ReminderItem], recipient: Any) -> str:
    """Return where to act: the one thing, or a list on which the reader finds them. It signs nobody in."""
    if len(items) > 1:
        return list_of(items, recipient)
    [item] = items
    if item.pledge and (item.audience not in IN_DELEGATION or not may_act(recipient, item)):
        return words_of(item).place(item)
    return words_of(item).url(item)


def list_of(items: list[ReminderItem], recipient: Any) -> str:
    """Return the list of what waits for the reader: a delegation's, its reports where it is nothing else, who is late,
    or a coordinator's conference."""
    conferences = [pledge_of(item).conference for item in items if item.audience == Audience.COORDINATOR]
    if recipient.is_secretariat:
        return reverse("follow-through")
    if all_reports(items, recipient):
        return reverse("reports")
    return conferences[0].get_absolute_url() if len(conferences) == len(items) else reverse("workspace")


def all_reports(items: list[ReminderItem], recipient: Any) -> bool:
    """Return whether all of these are reports that the reader may write: they stand in one table, the next regular
    reports on top, so that deliveries alone may stand far below."""
    if all(item.reason == Reason.DELIVERY_DUE for item in items):
        return False
    return all(in_table(item) for item in items) and all(may_act(recipient, item) for item in items)


def in_table(item: ReminderItem) -> bool:
    """Return whether this is a delegation's report on a pledge that still owes some: only those stand in the table."""
    is_report = item.reason in REPORTS and item.audience in IN_DELEGATION
    return is_report and pledge_of(item).reported_state not in FINAL_REPORTS


def may_act(recipient: Any, item: ReminderItem) -> bool:
    """Return whether this reader may use the form behind a reminder; who heads a mission may only read."""
    if item.reason == Reason.APPROVAL_AWAITED and item.is_of_other_kind:
        report = ProposedReport.objects.select_related("link__partner", "link__pledge").get(pk=-item.subject)
        return allowed(check_can_choose_links, recipient, report.link.participant)
    if item.reason in (Reason.APPROVAL_AWAITED, Reason.WINDOW_CLOSING):
        return allowed(check_can_edit, recipient, item.pledge)
    if item.reason == Reason.RENEWAL_DUE:
        return allowed(check_can_renew, recipient, item.pledge)
    if item.reason == Reason.MILESTONE_DUE:
        step = Milestone.objects.select_related("partner").get(pk=item.subject)
        return allowed(check_can_report, recipient, item.pledge, step.partner)
    return item.reason not in REPORTS or allowed(check_can_report, recipient, item.pledge)


def action_of(items: list[ReminderItem], recipient: Any) -> Any:
    """Return what the link is for."""
    if len(items) > 1:
        return ALL_REPORTS if all_reports(items, recipient) else ALL
    return words_of(items[0]).action if may_act(recipient, items[0]) else OPEN


def subject_of(items: list[ReminderItem], *, on: date, at: datetime) -> str:
    """Return at most 60 characters that begin with the deadline and the pledge of the first thing; then, where there is
    room, how many more there are.

    A subject shows on locked screens: of a pledge under embargo it names the reference alone.
    """
    item, others = items[0], len(items) - 1
    begin = words_of(item).beginning(is_late=item.due_on < on) % {"day": day_said(item, on=on)}
    end = ngettext(" and %(count)s more", " and %(count)s more", others) % {"count": others} if others else ""
    short = begin
    if item.pledge:
        title, reference = one_line(item.pledge.title), item.pledge.reference
        room = SUBJECT_LENGTH - len(f"{begin}{COLON} ({reference}){end}")
        is_secret = item.pledge.announced_at is None or item.pledge.announced_at > at
        if not is_secret and room >= min(TITLE_LEAST, len(title)):
            return f"{begin}{COLON}{cut(title, room)} ({reference}){end}"
        short = f"{begin}{COLON}{reference}"
    endings = (short + tail for tail in (end, f" +{others}") if len(short + tail) <= SUBJECT_LENGTH)
    return next(endings, cut(short, SUBJECT_LENGTH))


def day_said(item: ReminderItem, *, on: date) -> str:
    """Return the day of an item in words; pledging closes at an instant, on the day that it has where the reader is."""
    closes = closing(item)
    return day_of(closes.date() if closes else item.due_on, on=on)


def hour_of(item: ReminderItem) -> list[str]:
    """Return at which hour of the reader's time zone pledging closes; nothing for what is due on a day as a whole."""
    closes = closing(item)
    return [f"{closes:%H:%M %Z}"] if closes else []


def closing(item: ReminderItem) -> datetime | None:
    """Return when pledging closes for the draft that an item speaks of, in the reader's time zone."""
    closes = pledge_of(item).conference.window_closes_at if item.reason == Reason.WINDOW_CLOSING else None
    return closes.astimezone(zone_of(item.recipient)) if closes else None


def shortened(title: str) -> str:
    """Return a title of a few words, as one of several in a short message."""
    words = one_line(title).split()
    text = " ".join(words[:TITLE_WORDS]) + ("…" if len(words) > TITLE_WORDS else "")
    return cut(text, TITLE_LENGTH)


def apart(text: str) -> str:
    """Return what people typed set apart where lines run from the right: its own direction stays within it."""
    return f"{FIRST_STRONG}{text}{END_OF_IT}" if text and get_language_bidi() else text


def cut(text: str, length: int) -> str:
    """Return a text of at most so many characters, with a sign where something is left out."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip(" …") + "…"


def one_line(text: str) -> str:
    """Return a text without line breaks, control characters and marks that change the direction of writing."""
    plain = (" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in text)
    kept = (letter for letter in plain if unicodedata.category(letter) != "Cf" or letter in JOINERS)
    return " ".join("".join(kept).split())
