"""Numbers as people type them: "1 200", "1,200", "١٢٠٠", "１２００". Groups of three digits, any one separator."""

import re
import unicodedata
from decimal import Decimal

SEPARATORS = str.maketrans({"٫": ".", "，": ",", "．": "."})  # Arabic decimal separator, full-width comma and stop
SPACES = re.compile(r"[\s'’٬_]+")  # also the Arabic thousands separator
WHOLE = re.compile(r"\d+|[1-9]\d{0,2}(?:([ .,])\d{3})(?:\1\d{3})*")
DECIMAL = re.compile(r"(?P<whole>\d+|[1-9]\d{0,2}(?:([ .,])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](?P<cents>\d{1,2}))?")


def plain(text: str) -> str:
    """Return the text with digits of any script as 0-9, and one space for any spaces and apostrophes between them."""
    digits = (str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)
    return SPACES.sub(" ", "".join(digits)).strip().translate(SEPARATORS)


def parse_whole(text: str) -> int:
    """Read a whole number that is not negative. Raises ValueError for anything else, "1.5" among them."""
    found = plain(text)
    if not WHOLE.fullmatch(found):
        raise ValueError(f"{text!r} is no whole number")
    return int(re.sub("[ .,]", "", found))


def parse_decimal(text: str) -> Decimal:
    """Read an amount with at most two decimals: three digits after a separator are thousands, one or two are decimals.

    Raises ValueError for anything else.
    """
    found = DECIMAL.fullmatch(plain(text))
    if not found:
        raise ValueError(f"{text!r} is no amount")
    return Decimal(re.sub("[ .,]", "", found["whole"]) + "." + (found["cents"] or "0"))
