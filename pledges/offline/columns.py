"""The columns of the spreadsheet: the fields of the form, with its own labels, hints and choices."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import gettext as _

from capabilities.kinds import CapabilityKind
from conferences.models import Conference
from pledges.fields import AmountField, ApproximateDateField, WholeNumberField
from pledges.form_steps import APPLY
from pledges.forms import PledgeForm

SHORT_NAME = ": "  # ends the short name of a choice, such as a mission's acronym


@dataclass(frozen=True)
class Column:
    """One field of the form as a column; `choices` are pairs of value and words, none where anything can be typed."""

    name: str
    label: str
    hint: str
    asked: forms.Field
    choices: list[tuple[str, str]] = field(default_factory=list)

    @property
    def takes_several(self) -> bool:
        """Whether a cell may name several of the choices."""
        return isinstance(self.asked, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)

    @property
    def is_date(self) -> bool:
        """Whether the column holds dates."""
        return isinstance(self.asked, ApproximateDateField)

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return isinstance(self.asked, WholeNumberField | AmountField)

    @property
    def is_long(self) -> bool:
        """Whether the column holds sentences."""
        return isinstance(self.asked.widget, forms.Textarea)

    @cached_property
    def known(self) -> dict[str, str]:
        """The values by everything that people may write for them, in small letters."""
        found = {value.casefold(): value for value, _words in self.choices}
        if self.takes_several:
            found |= {words.split(SHORT_NAME)[0].casefold(): value for value, words in self.choices}
        return found | {words.casefold(): value for value, words in self.choices}


def columns_of(form: PledgeForm) -> list[Column]:
    """Return the columns for whoever the form is made for. The conference is the template's own, and so is the
    delegation where there is just one."""
    left_out = {"conference"} | ({"participant"} if len(delegations(form)) == 1 else set())
    return [
        Column(name, str(asked.label), f"{asked.help_text} {only_for(name)}".strip(), asked, choices_of(asked))
        for name, asked in form.fields.items()
        if name not in left_out and not asked.widget.is_hidden
    ]


def only_for(name: str) -> str:
    """Return in a sentence to which kinds of pledge a field applies; empty where it applies to each."""
    kinds = [str(kind.label).casefold() for kind in CapabilityKind if kind in APPLY.get(name, ())]
    return _("Only for: %(kinds)s.") % {"kinds": ", ".join(kinds)} if kinds else ""


def delegations(form: PledgeForm) -> list[Any]:
    """Return the delegations for which the person may write."""
    asked = form.fields["participant"]
    return list(asked.queryset) if isinstance(asked, forms.ModelChoiceField) and asked.queryset is not None else []


def choices_of(asked: forms.Field) -> list[tuple[str, str]]:
    """Return the choices of a field without groups; words that stand in two groups get the group's name."""
    flat: list[tuple[str, str, str]] = []
    choices: Iterable[Any] = getattr(asked, "choices", ())
    for value, words in choices:
        if isinstance(words, list | tuple):
            flat += [(str(inner), str(label), str(value)) for inner, label in words]
        else:
            flat.append((str(value), str(words), ""))
    labels = [words for _value, words, _group in flat]
    return [
        (value, f"{words} ({group})" if group and labels.count(words) > 1 else words)
        for value, words, group in flat
        if value
    ]


def form_data(columns: list[Column], cells: dict[str, str], fixed: dict[str, str]) -> QueryDict:
    """Return what a browser would send for a row: `cells` as typed, by the names of their columns, and `fixed`."""
    data = QueryDict(mutable=True)
    for name, value in fixed.items():
        data[name] = value
    for column in columns:
        put(data, column, cells.get(column.name, "").strip())
    return data


def put(data: QueryDict, column: Column, text: str) -> None:
    """Put one cell into the form's data; what is no choice goes as it is, so that the form refuses it."""
    if column.is_date:
        for part, box in zip(("day", "month", "year"), date_boxes(text), strict=True):
            data[f"{column.name}_{part}"] = box
    elif column.takes_several:
        data.setlist(column.name, several(column, text))
    elif not text and column.asked.required and column.asked.initial is not None:
        data[column.name] = str(column.asked.initial)  # what the form has chosen when it opens
    else:
        data[column.name] = column.known.get(text.casefold(), text) if column.choices else text


def several(column: Column, text: str) -> list[str]:
    """Return the values named in a cell, between commas, semicolons or line ends."""
    if text.casefold() in column.known:
        return [column.known[text.casefold()]]
    parts = [part.strip() for part in re.split(r"[;\n]" if ";" in text or "\n" in text else ",", text)]
    return [column.known.get(part.casefold(), part) for part in parts if part]


def date_boxes(text: str) -> list[str]:
    """Return day, month and year of "30 6 2027", "30.6.2027", "2027-06-30", "June 2027", "6/2027" or "2027".

    What is nothing of the kind stands in the box of the year, where the form refuses it.
    """
    parts = [month_number(part) for part in re.split(r"[\s./\-,]+", text.strip()) if part]
    if len(parts) > 1 and len(parts[0]) == 4:
        parts.reverse()
    if not 1 <= len(parts) <= 3:
        return ["", "", text]
    return [""] * (3 - len(parts)) + parts


def month_number(word: str) -> str:
    """Return the number of a month for its name, in English or the reader's language; anything else unchanged."""
    if word.isdigit():
        return word
    for names in (MONTHS, MONTHS_3):
        for number, name in names.items():
            if word.casefold().strip(".") in {str(name).casefold(), english(number, short=names is MONTHS_3)}:
                return str(number)
    return word


def english(number: int, *, short: bool) -> str:
    """Return the English name of a month in small letters."""
    return (calendar.month_abbr if short else calendar.month_name)[number].casefold()


def empty_form(user: Any, at: datetime, conference: Conference | None = None) -> PledgeForm:
    """Return the form from which the columns are read; it asks for a session only where a conference has any."""
    return PledgeForm(user=user, at=at, conference=conference)


def how_to_write(column: Column) -> str:
    """Return in a sentence what a cell of the column may hold; empty where anything may."""
    if column.takes_several:
        return _("One or more of the list, with commas between them.")
    if column.choices:
        return _("One of the list.")
    if column.is_date:
        return _("A day, a month or a year: 30 6 2027, 6 2027 or 2027.")
    if column.is_number:
        return _("A number in digits.")
    return ""
