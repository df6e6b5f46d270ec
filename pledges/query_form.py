"""Forms that narrow a list: what is asked stands in the query string, and the query string is the whole state.

A value that is in no list, or a question that the list does not know, is an error that is shown, never ignored.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from capabilities.models import CapabilityType, Category, Mission
from conferences.models import Conference, Participant
from pledges.links import address

Options = Iterable[tuple[str, str]]


class Chip(NamedTuple):
    """One filter in use: its words, and the list without it."""

    label: str
    url: str


class ListSelect(forms.Select):
    """A select that writes its options at once: Django's renders a template for each, half the time of a list page."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the element with its options, one of them selected."""
        marked = (
            (code, SafeString(" selected") if str(code) == str(value or "") else "", words)
            for code, words in self.choices
        )
        options = format_html_join("", '<option value="{}"{}>{}</option>', marked)
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<select{}>{}</select>", attributes, options)


class CodesField(forms.Field):
    """One or several codes joined by commas, each of them one of `options`, which are read once per form."""

    widget = ListSelect

    def __init__(self, *, label: Any, options: Callable[[], Options], several: bool = True):
        super().__init__(label=label, required=False)
        self.read_options = options
        self.several = several
        self.options: dict[str, str] = {}

    def prepare(self, asked: str) -> None:
        """Read the options; what was asked for stays selected even when it joins several or is none of them."""
        self.options = {value: str(words) for value, words in self.read_options()}
        choices = [("", _("Any")), *self.options.items()]
        if asked and asked not in self.options:
            choices.append((asked, ", ".join(self.options.get(code, code) for code in asked.split(","))))
        self.widget.choices = choices

    def clean(self, value: Any) -> str:
        """Return the codes as they stand in the address."""
        value = value or ""
        for code in self.codes(value):
            if code not in self.options:
                raise ValidationError(_("“%(value)s” is not in this list: choose another.") % {"value": code})
        return value

    def codes(self, value: str) -> list[str]:
        """Return the single codes of a value."""
        return value.split(",") if value and self.several else [value] if value else []


def choices(words: type) -> Callable[[], Options]:
    """Return the options of an enumeration."""
    return lambda: words.choices  # type: ignore[attr-defined]


def participants() -> Options:
    """Return who can pledge, in alphabetical order."""
    return [(row.code, row.name) for row in Participant.objects.able_to_pledge().alphabetical()]


def conferences() -> Options:
    """Return the conferences at which pledges are made, the newest first."""
    return Conference.objects.filter(has_pledges=True).values_list("slug", "title")


def categories() -> Options:
    """Return the families of capability types."""
    return Category.objects.values_list("code", "name")


def capability_types() -> Options:
    """Return the capability types."""
    return CapabilityType.objects.values_list("code", "name")


def missions() -> Options:
    """Return the missions."""
    return Mission.objects.values_list("acronym", "acronym")


def words_field(label: Any) -> forms.CharField:
    """Return the field to search by words."""
    widget = forms.TextInput(attrs={"type": "search"})
    return forms.CharField(label=label, required=False, max_length=200, widget=widget)


def either_field(label: Any, yes: Any, no: Any) -> CodesField:
    """Return a field that is answered yes or no, each in its own words."""
    return CodesField(label=label, options=lambda: (("true", yes), ("false", no)), several=False)


class QueryForm(forms.Form):
    """The questions of a list. Those in SHOWN stand on the page; the rest come with links and show as chips."""

    SHOWN: ClassVar[tuple[str, ...]] = ()
    NO_FILTERS: ClassVar[tuple[str, ...]] = ("order", "cursor")

    def __init__(self, request: HttpRequest):
        super().__init__(request.GET, auto_id="filter_%s")
        self.path = request.path
        self.asked = {name: str(value) for name, value in request.GET.items() if value}
        self.reader = request.user
        for name, field in self.fields.items():
            if isinstance(field, CodesField) and (self.stands_open(name) or name in self.asked):
                field.prepare(self.asked.get(name, ""))

    def clean(self) -> dict[str, Any]:
        """Refuse questions that nobody can ask here: left unanswered, they would make a number wrong."""
        for name in self.asked:
            if name not in self.fields:
                self.add_error(None, _("There is no filter “%(name)s”: take it out of the address.") % {"name": name})
        return self.cleaned_data

    def stands_open(self, name: str) -> bool:
        """Return whether this question always stands on the page."""
        return name in self.SHOWN

    def open_fields(self) -> list[forms.BoundField]:
        """Return the fields of the page: the usual ones, and any other whose value is wrong."""
        return [self[name] for name in self.fields if self.stands_open(name) or name in self.errors]

    def kept(self) -> dict[str, str]:
        """Return what must stay when the form on the page is sent: the filters it does not show, and the order."""
        return {
            name: value
            for name, value in self.asked.items()
            if name in self.fields and not self.stands_open(name) and name not in {*self.errors, "cursor"}
        }

    @property
    def filters(self) -> dict[str, str]:
        """The filters in use, as they stand in the address."""
        return {name: value for name, value in self.asked.items() if name not in self.NO_FILTERS}

    @property
    def ordered_filters(self) -> dict[str, str]:
        """The filters and the order: all that tells which rows there are and how they follow."""
        return {name: value for name, value in self.asked.items() if name != "cursor"}

    def url(self, **changes: str) -> str:
        """Return this list with some parameters changed, empty ones taken away; it begins at the first page."""
        parameters = {**self.asked, "cursor": "", **changes}
        return address(self.path, {name: value for name, value in parameters.items() if value})

    def chips(self) -> list[Chip]:
        """Return a chip for each value of each filter in use."""
        return [
            Chip(self.words(name, code), self.url(**{name: ",".join(part for part in codes if part != code)}))
            for name, codes in self.values_by_filter().items()
            for code in codes
        ]

    def values_by_filter(self) -> dict[str, list[str]]:
        """Return each filter in use with its values."""
        return {
            name: field.codes(value) if isinstance(field := self.fields[name], CodesField) else [value]
            for name, value in self.filters.items()
            if name in self.fields
        }

    def words(self, name: str, value: str) -> str:
        """Return one value of a filter in words: "Category: Medical", or "Late" where that says enough."""
        field = self.fields[name]
        said = field.options.get(value, value) if isinstance(field, CodesField) else value
        if isinstance(field, CodesField) and value in {"true", "false"}:
            return said
        return _("%(filter)s: %(value)s") % {"filter": field.label, "value": said}
