"""Two people changed one pledge: what differs, field by field, and a merge of both that the second one confirms.

A form carries a fingerprint of each value that the person saw. What only the other one changed is taken over; where
both changed the same field, the box holds the own words, the other's stand beside it, and the person decides.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model
from django.template.defaultfilters import date as format_date

from conferences.dates import ApproximateDate
from pledges.values import Typed

FORMATS = {"day": "j F Y", "month": "F Y", "year": "Y"}


@dataclass(frozen=True)
class Difference:
    """A field that reads otherwise in the two versions. `contested`: both people changed it."""

    name: str
    label: str
    mine: str
    theirs: str
    contested: bool


def fingerprints(values: Mapping[str, Any]) -> str:
    """Return, as JSON, a short fingerprint of each value of a form."""
    return json.dumps({name: fingerprint(value) for name, value in values.items()}, separators=(",", ":"))


def seen_in(text: str) -> dict[str, str]:
    """Return the fingerprints that a form sends back; what cannot be read counts as nothing seen."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # the second where it is nested thousands deep
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def fingerprint(value: Any) -> str:
    """Return the fingerprint of a value: the same for the same meaning, however it was typed."""
    return hashlib.sha256(meaning(value).encode()).hexdigest()[:16]


def meaning(value: Any) -> str:
    """Return a value as one text."""
    if isinstance(value, Typed):
        return f"typed {value.parts}"
    if isinstance(value, ApproximateDate):
        return f"{value.day} {value.precision}"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Model):
        return str(value.pk)
    return " ".join(sorted(str(row.pk) for row in value))


def merge(
    form: forms.Form, mine: Mapping[str, Any], theirs: Mapping[str, Any], seen: Mapping[str, str]
) -> tuple[dict[str, Any], list[Difference]]:
    """Return the values of both versions together, and what differs between them, in the order of `mine`."""
    merged, differences = dict(mine), []
    for name, value in mine.items():
        if meaning(value) == meaning(theirs[name]):
            continue
        i_changed, they_changed = (seen.get(name) != fingerprint(version[name]) for version in (mine, theirs))
        if not i_changed:
            merged[name] = theirs[name]
        field = form.fields[name]
        differences.append(
            Difference(
                name=name,
                label=str(field.label),
                mine=in_words(field, value),
                theirs=in_words(field, theirs[name]),
                contested=i_changed and they_changed,
            )
        )
    return merged, differences


def with_theirs(mine: Mapping[str, Any], theirs: Mapping[str, Any], chosen: Collection[str]) -> dict[str, Any]:
    """Return the own version, with the other's value in the fields where the person chose it."""
    return {name: theirs[name] if name in chosen else value for name, value in mine.items()}


def in_words(field: forms.Field, value: Any) -> str:
    """Return a value as a person reads it; empty where nothing is said."""
    if isinstance(value, Typed):
        return str(value)
    if isinstance(value, ApproximateDate):
        return format_date(value.day, FORMATS[value.precision]) if value.day else ""
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(str(row) for row in value)
    if isinstance(field, forms.ChoiceField):
        return str(flat(field.choices).get(value, value)) if value else ""
    return str(value.pk) if isinstance(value, Model) else meaning(value)


def flat(choices: Any) -> dict[str, Any]:
    """Return the labels of choices by value, those in groups among them."""
    labels: dict[str, Any] = {}
    for value, label in choices:
        labels |= dict(label) if isinstance(label, list | tuple) else {value: label}
    return labels
