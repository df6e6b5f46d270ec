"""What stands between a draft and its submission: one answer for the pages, the API and the transition itself."""

from typing import Any

from django.utils.translation import gettext as _

from pledges.models import Pledge
from pledges.repeats import to_answer
from pledges.validators import missing_for_submission


def left_to_do(pledge: Pledge, user: Any) -> dict[str, str]:
    """Return each field that keeps a pledge from being submitted by this person, with a sentence.

    What is missing or contradicts itself, words that could not be read, and likely repeats that nobody has spoken of
    (`repeats`).
    """
    unread = {row.field: _("Correct “%(text)s”: it could not be read.") % {"text": row} for row in pledge.unread.all()}
    likely = to_answer(pledge, user)
    repeats = {"repeats": _("Say whether this is new: it may repeat %(reference)s.") % name(likely)} if likely else {}
    return missing_for_submission(pledge) | unread | repeats


def name(likely: list[Any]) -> dict[str, str]:
    """Return the reference of the most alike pledge, for a sentence."""
    return {"reference": likely[0].earlier.reference}
