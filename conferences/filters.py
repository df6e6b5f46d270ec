"""Filters that page, API and export share."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from conferences.models import Conference, Participant, ParticipantKind, RegionalGroup, Series


def one_of(words: type[TextChoices]) -> Callable[[str], None]:
    """Return the check that a code is one of `words`."""

    def check(code: str) -> None:
        if code not in words.values:
            known = ", ".join(words.values)
            raise ValidationError(_("“%(code)s” is not known here. Known: %(known)s.") % {"code": code, "known": known})

    return check


class CodesFilter(django_filters.BaseInFilter, django_filters.CharFilter):
    """One or several codes joined by commas, compared with a key that is itself the code: no look-up is needed.

    `words` lists the codes there are, where the program knows them; any other is an error of the form.
    """

    def __init__(self, *, words: type[TextChoices] | None = None, **options: Any) -> None:
        self.words = words
        options.setdefault("lookup_expr", "in")
        if words:
            options["validators"] = [one_of(words)]
        super().__init__(**options)


class ParticipantFilter(django_filters.FilterSet):
    """Participants by kind and regional group."""

    kind = CodesFilter(words=ParticipantKind)
    region = CodesFilter(field_name="regional_group", words=RegionalGroup)

    class Meta:
        model = Participant
        fields: tuple[str, ...] = ()


class ConferenceFilter(django_filters.FilterSet):
    """Conferences by series, first day and host."""

    series = CodesFilter(words=Series)
    since = django_filters.DateFilter(field_name="starts_on", lookup_expr="gte")
    host = CodesFilter(method="filter_host")

    class Meta:
        model = Conference
        fields: tuple[str, ...] = ()

    def filter_host(self, queryset: Any, name: str, value: list[str]) -> Any:
        hosted = Conference.hosts.through.objects.filter(participant__in=value)
        return queryset.filter(pk__in=hosted.values("conference"))
