"""What stands between a draft and its submission: one answer for the pages, the API and the transition itself."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from pledges.models import Pledge
from pledges.repeats import Likeness, most_alike_of, to_answer, unnamed
from pledges.validators import missing_for_submission


def left_to_do(pledge: Pledge, user: Any, likely: list[Likeness] | None = None) -> dict[str, str]:
    """Return each field that keeps a pledge from being submitted by this person, with a sentence.

    What is missing or contradicts itself, words that could not be read, an earlier pledge that it speaks of without
    naming it, and likely repeats that nobody has spoken of (both `repeats`): those in `likely`, where they are known.
    """
    unanswered = to_answer(pledge, user, likely)
    repeated = unanswered[0].earlier.reference if unanswered else ""
    return in_sentences(pledge, repeated, names_none=bool(unnamed([pledge])))


def left_to_do_each(pledges: Sequence[Pledge], user: Any) -> dict[int, dict[str, str]]:
    """Return what `left_to_do` says of each of these pledges, by its key, in three queries for all of them."""
    prefetch_related_objects(pledges, "unread")
    likely, naming_none = most_alike_of(pledges, user), unnamed(pledges)
    return {
        pledge.pk: in_sentences(pledge, likely.get(pledge.pk, ""), names_none=pledge.pk in naming_none)
        for pledge in pledges
    }


def in_sentences(pledge: Pledge, repeated: str, *, names_none: bool) -> dict[str, str]:
    """Return all that keeps a pledge from being submitted; `repeated` is the reference that it may repeat, if any, and
    `names_none` whether it renews or repeats a pledge that it does not name."""
    unread = {row.field: _("Correct “%(text)s”: it could not be read.") % {"text": row} for row in pledge.unread.all()}
    sentence = _("Say whether this is new: it may repeat %(reference)s.") % {"reference": repeated}
    if names_none:
        sentence = _("Name the earlier pledge that this one renews or repeats, or say that it is new.")
    return missing_for_submission(pledge) | unread | ({"repeats": sentence} if repeated or names_none else {})
