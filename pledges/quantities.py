"""Amounts and quantities in words that cannot be misread ("CAD 70,000,000", "3 battalions")."""

from decimal import Decimal

from django.utils.formats import number_format

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
UNCHANGING_UNITS = frozenset({"aircraft", "percent", "personnel", "police"})


def amount(value: Decimal | int | None, currency: str) -> str:
    """Return "CAD 70,000,000": code, whole units, separated thousands, not to be broken; "" without a value."""
    if value is None:
        return ""
    return f"{currency}{NO_BREAK_SPACE}{grouped(value)}"


def quantity(value: Decimal | int | None, unit: str = "") -> str:
    """Return "3 battalions" or "1 battalion"; a unit that is a currency makes an amount; "" without a value.

    Units are the English words of the record; a translated unit would need its own plural rule.
    """
    if value is None:
        return ""
    if len(unit) == 3 and unit.isupper():
        return amount(value, unit)
    return f"{grouped(value)} {unit if value == 1 else plural(unit)}".strip()


def grouped(value: Decimal | int) -> str:
    """Return the number with its thousands separated, with decimals only where it has some."""
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return number_format(value, use_l10n=True, force_grouping=True)


def plural(unit: str) -> str:
    """Return the English plural of a unit of measure: its last word takes s, es or ies, or stays as it is."""
    last = unit.rpartition(" ")[2]
    if not unit or last in UNCHANGING_UNITS or last.endswith("s"):
        return unit
    if last.endswith(("x", "ch", "sh")):
        return f"{unit}es"
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return f"{unit[:-1]}ies"
    return f"{unit}s"
