"""Whether a pledge of the public record is made for the first time, from what its source says of an earlier one."""

import re

from pledges.enums import Kind

# Said before in full: nothing is added to what was already on the table.
SAID_BEFORE = frozenset(
    {"already", "announced", "confirms", "declared", "entered", "keeps", "made", "recalls", "registered", "repeats"}
)
# Goes on from an earlier one, or adds to it.
GOES_ON = frozenset(
    {"advances", "builds", "carries", "comes", "continues", "counts", "extends", "follows", "part", "raises", "renews",
     "update"}
)  # fmt: skip


def kind_of(earlier_pledge: str) -> Kind:
    """Return the kind of a pledge from the words on an earlier one: the first verb of either list decides.

    Empty is new. "Repeats the pledge of 2015" is already announced; "Continues the project announced in 2017" renews
    an earlier one, and so does a text with none of the verbs.
    """
    if not earlier_pledge:
        return Kind.NEW
    for word in re.findall(r"[a-z]+", earlier_pledge.lower()):
        if word in SAID_BEFORE:
            return Kind.ALREADY_ANNOUNCED
        if word in GOES_ON:
            return Kind.RENEWED
    return Kind.RENEWED
