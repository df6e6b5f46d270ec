"""Form fields for what people type and choose: numbers with separators, dates known to the day, the month or the year,
rows."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.dates import UNKNOWN, ApproximateDate, parse_date
from pledges.numbers import parse_decimal, parse_whole

Number = TypeVar("Number", int, Decimal)
YEARS = range(1945, 2101)


class WholeNumberField(forms.Field):
    """A whole number from `lowest` to `highest`, or None when empty."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "short", "autocomplete": "off"})

    def __init__(self, *, highest: int, lowest: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.lowest, self.highest = lowest, highest

    def to_python(self, value: Any) -> int | None:
        """Read the number as typed."""
        number = read(value, parse_whole, _("Enter a whole number in digits, such as 1,200, or leave this empty."))
        if number is not None and number > self.highest:
            raise forms.ValidationError(_("Enter a number no higher than %(highest)s.") % {"highest": self.highest})
        if number is not None and number < self.lowest:
            raise forms.ValidationError(_("Enter a number above zero, or leave this empty."))
        return number


class AmountField(forms.Field):
    """An amount of money with at most two decimals, or None when empty."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "medium", "autocomplete": "off"})
    highest = Decimal("9999999999999999.99")  # what the column holds

    def to_python(self, value: Any) -> Decimal | None:
        """Read the amount as typed."""
        amount = read(value, parse_decimal, _("Enter an amount in digits, such as 1,200.50, or leave this empty."))
        if amount is not None and not 0 < amount <= self.highest:
            raise forms.ValidationError(_("Enter an amount above zero, of at most 16 digits, or leave this empty."))
        return amount


def read(value: Any, parse: Callable[[str], Number], complaint: str) -> Number | None:
    """Return the number in a text, None when the text is empty; the complaint is for what is no number."""
    text = str(value or "").strip()
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise forms.ValidationError(complaint) from error


class RowField(forms.ModelChoiceField):
    """One of some rows, which are read once however often the field is asked."""

    def __init__(self, queryset: Any, **options: Any):
        empty = gettext_lazy("Choose one") if options.get("required", True) else gettext_lazy("None")
        super().__init__(queryset, **({"empty_label": empty} | options))

    @cached_property
    def rows(self) -> dict[str, Any]:
        """The rows to choose from, by their keys."""
        return {str(row.pk): row for row in self.queryset or ()}

    def to_python(self, value: Any) -> Any:
        """Return the row of a key, None for an empty one."""
        if value in self.empty_values:
            return None
        if str(value) not in self.rows:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.rows[str(value)]


class RowsField(forms.ModelMultipleChoiceField):
    """Any number of some rows, which are read once however often the field is asked."""

    @cached_property
    def rows(self) -> dict[str, Any]:
        """The rows to choose from, by their keys."""
        return {str(row.pk): row for row in self.queryset or ()}

    def clean(self, value: Any) -> Any:
        """Return the rows of a list of keys, in their own order."""
        keys = {str(key) for key in value or ()}
        if keys - self.rows.keys():
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return [row for key, row in self.rows.items() if key in keys]


class DateBoxes(forms.MultiWidget):
    """Three boxes: day, month, year."""

    template_name = "pledges/_date_boxes.html"
    parts = (("day", gettext_lazy("Day")), ("month", gettext_lazy("Month")), ("year", gettext_lazy("Year")))

    def __init__(self) -> None:
        box = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(widgets={name: forms.TextInput(attrs={**box, "class": name}) for name, _label in self.parts})

    def decompress(self, value: ApproximateDate | None) -> list[str]:
        """Return what stands in the boxes for a date."""
        if not value or not value.day:
            return ["", "", ""]
        day, month = (str(value.day.day), str(value.day.month))
        return [
            day if value.precision == "day" else "",
            month if value.precision != "year" else "",
            str(value.day.year),
        ]

    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        """Add the label of each box."""
        boxes = self.decompress(value) if isinstance(value, ApproximateDate) else value
        context = super().get_context(name, boxes, dict(attrs or {}))
        for box, (_name, label) in zip(context["widget"]["subwidgets"], self.parts, strict=True):
            box["label"] = label
        return context

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> Any:
        """Draw with the site's own templates rather than with those of Django's forms."""
        return render_to_string(template_name, context)


class ApproximateDateField(forms.Field):
    """A date of which the day, or day and month, may be left empty. Where `deadline`, the end of the period counts."""

    widget = DateBoxes

    def __init__(self, *, deadline: bool = False, day_needed: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.deadline, self.day_needed = deadline, day_needed

    def to_python(self, value: Any) -> ApproximateDate:
        """Read the boxes; all empty gives UNKNOWN."""
        texts = [str(part or "").strip() for part in value or ["", "", ""]]
        if not any(texts):
            return UNKNOWN
        check_boxes(*texts, day_needed=self.day_needed)
        day, month, year = (digits(text) for text in texts)
        if year is None or year not in YEARS:
            raise forms.ValidationError(_("Enter the year with four digits, such as 2026."))
        text = f"{year:04}" + "".join(f"-{part:02}" for part in (month, day) if part is not None)
        try:
            return parse_date(text, deadline=self.deadline)
        except ValueError as error:
            raise forms.ValidationError(_("There is no such day: check the day and the month.")) from error

    def validate(self, value: ApproximateDate) -> None:
        """Refuse an empty date where one is needed."""
        if self.required and not value.day:
            raise forms.ValidationError(self.error_messages["required"], code="required")


def check_boxes(day: str, month: str, year: str, *, day_needed: bool) -> None:
    """Refuse a date whose boxes do not fit together."""
    if not year:
        raise forms.ValidationError(_("Enter the year too."))
    if day and not month:
        raise forms.ValidationError(_("Enter the month too, or empty the day."))
    if day_needed and not day:
        raise forms.ValidationError(_("Enter the day and the month too."))


def digits(text: str) -> int | None:
    """Return the number in a box, None when it is empty."""
    return read(text, parse_whole, _("Enter day, month and year in digits, such as 30 6 2026."))
