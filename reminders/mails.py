"""What a reminder says. Titles that people typed are cleaned of line breaks and of marks that turn text around."""

import unicodedata
from datetime import date
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import get_language_info, gettext, ngettext, override

from conferences.models import Membership
from reminders.models import Reminder, ReminderItem

SUBJECT_LENGTH = 60
TITLE_LENGTH = 60
TITLE_WORDS = 8
LISTED = 3  # items named in a message; a list of all is behind its link
JOINERS = "\u200c\u200d"  # some scripts cannot be written without


def message_for(reminder: Reminder, items: list[ReminderItem]) -> EmailMultiAlternatives:
    """Return the message for what is owed, in the recipient's language; `items` are not empty, earliest first."""
    with override(reminder.recipient.language):
        context = words_of(reminder, items)
        mail = EmailMultiAlternatives(
            subject=subject_of(items, on=reminder.owed_on),
            body=render_to_string("reminders/mail/milestone_due.txt", context).strip() + "\n",
            to=[reminder.recipient.email],
            reply_to=[settings.REPLY_TO_EMAIL],
            headers={"Message-ID": reminder.message_id, "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("reminders/mail/milestone_due.html", context), "text/html")
    return mail


def words_of(reminder: Reminder, items: list[ReminderItem]) -> dict[str, Any]:
    """Return what the message's templates show."""
    place = Membership.objects.of(reminder.recipient).filter(participant=items[0].pledge.participant)
    language = reminder.recipient.language
    return {
        "delegation": items[0].pledge.participant,
        "is_focal_point": place.filter(is_focal_point=True).exists(),
        "steps": [
            {
                "step": shortened(item.milestone.title),
                "pledge": shortened(item.pledge.title),
                "reference": item.pledge.reference,
                "day": day_of(item.due_on, on=reminder.owed_on),
                "is_late": item.due_on < reminder.owed_on,
            }
            for item in items[:LISTED]
        ],
        "more": len(items) - LISTED,
        "link": link_of(items),
        "subject": subject_of(items, on=reminder.owed_on),
        "contact": settings.REPLY_TO_EMAIL,
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
    }


def link_of(items: list[ReminderItem]) -> str:
    """Return where to report: the one step, or the list of all that is due. It signs nobody in."""
    if len(items) > 1:
        return settings.BASE_URL + reverse("workspace")
    item = items[0]
    return f"{settings.BASE_URL}{reverse('pledge-report', args=[item.pledge.reference])}?milestone={item.milestone_id}"


def subject_of(items: list[ReminderItem], *, on: date) -> str:
    """Return at most 60 characters that begin with the deadline and the pledge."""
    last = max(item.due_on for item in items)
    day, pledge = day_of(last, on=on), items[0].pledge
    if len(items) == 1:
        begin = gettext("Report was due %(day)s") if last < on else gettext("Report by %(day)s")
    else:
        begin = ngettext("%(count)s step due by %(day)s", "%(count)s steps due by %(day)s", len(items))
    begin = begin % {"day": day, "count": len(items)} + ": "
    others = len({item.pledge_id for item in items}) - 1
    end = f" ({pledge.reference})" + (gettext(" and %(count)s more") % {"count": others} if others else "")
    return begin + cut(one_line(pledge.title), SUBJECT_LENGTH - len(begin) - len(end)) + end


def day_of(day: date, *, on: date) -> str:
    """Return a day in words, with its year where it is another one."""
    return format_date(day, "j F" if day.year == on.year else "j F Y")


def shortened(title: str) -> str:
    """Return a title of a few words, as one of several in a short message."""
    words = one_line(title).split()
    text = " ".join(words[:TITLE_WORDS]) + ("…" if len(words) > TITLE_WORDS else "")
    return cut(text, TITLE_LENGTH)


def cut(text: str, length: int) -> str:
    """Return a text of at most so many characters, with a sign where something is left out."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip(" …") + "…"


def one_line(text: str) -> str:
    """Return a text without line breaks, control characters and marks that change the direction of writing."""
    plain = (" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in text)
    kept = (letter for letter in plain if unicodedata.category(letter) != "Cf" or letter in JOINERS)
    return " ".join("".join(kept).split())
