"""How a list of pledges is narrowed and ordered: one filter set for page, API and export, so they never disagree."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import DateField, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from conferences.filters import CodesFilter
from conferences.keyset import Order
from conferences.models import RegionalGroup
from pledges import waiting, women
from pledges.enums import AssessedState, Kind, KnownState, Match, Outcome, ReadinessLevel, ReportedState, Status
from pledges.figures import readers_pledges
from pledges.models import Pledge
from pledges.querysets import DISCARDED, PledgeQuerySet, today

DEADLINE = Coalesce("deliver_by", Value(date.max), output_field=DateField())
ORDERS: dict[str, Order] = {
    "newest": Order("dated_at", "reference", descending=True),
    "oldest": Order("dated_at", "reference"),
    "participant": Order("participant_id", "reference"),
    "-participant": Order("participant_id", "reference", descending=True),
    "title": Order("title", "reference"),
    "-title": Order("title", "reference", descending=True),
    "deadline": Order("deadline", "reference", expression=DEADLINE),
    "-deadline": Order("deadline", "reference", descending=True, expression=DEADLINE),
}
NEWEST = "newest"


class PledgeFilter(django_filters.FilterSet):
    """Pledges by who, where, what, when and what became of them. Give it the rows that the reader may see."""

    q = django_filters.CharFilter(method="filter_q")
    conference = CodesFilter(field_name="conference_id")
    since = django_filters.DateFilter(field_name="conference__starts_on", lookup_expr="gte")
    participant = CodesFilter(field_name="participant_id")
    region = CodesFilter(field_name="participant__regional_group", words=RegionalGroup)
    partner = CodesFilter(method="filter_partner")
    category = CodesFilter(field_name="category_id")
    capability_type = CodesFilter(field_name="capability_type_id")
    match = CodesFilter(field_name="match", words=Match)
    mission = CodesFilter(method="filter_mission")
    only_mission = django_filters.CharFilter(method="filter_only_mission")
    status = CodesFilter(method="filter_status", words=Status)
    outcome = CodesFilter(field_name="outcome", words=Outcome)
    kind = CodesFilter(field_name="kind", words=Kind)
    known_state = CodesFilter(method="filter_known_state", words=KnownState)
    reported_state = CodesFilter(field_name="reported_state", words=ReportedState)
    assessed_state = CodesFilter(field_name="assessed_state", words=AssessedState)
    to_assess = django_filters.BooleanFilter(method="filter_to_assess")
    readiness = CodesFilter(field_name="readiness_level", words=ReadinessLevel)
    announced = django_filters.BooleanFilter(method="filter_announced")
    quantified = django_filters.BooleanFilter(field_name="quantity", lookup_expr="isnull", exclude=True)
    dated = django_filters.BooleanFilter(field_name="deliver_by", lookup_expr="isnull", exclude=True)
    with_partners = django_filters.BooleanFilter(method="filter_with_partners")
    verified = django_filters.BooleanFilter(method="filter_verified")
    delivered = django_filters.BooleanFilter(method="filter_delivered")
    late = django_filters.BooleanFilter(method="filter_late")
    women_stated = django_filters.BooleanFilter(method="filter_women_stated")
    women_reported = django_filters.BooleanFilter(method="filter_women_reported")
    women_reported_in = django_filters.NumberFilter(
        method="filter_women_reported_in", min_value=1900, max_value=2100, decimal_places=0
    )
    silent = django_filters.BooleanFilter(method="filter_silent")
    from_record = django_filters.BooleanFilter(field_name="author", lookup_expr="isnull")
    updated = django_filters.BooleanFilter(method="filter_updated")
    counted = django_filters.BooleanFilter(method="filter_counted")

    class Meta:
        model = Pledge
        fields: tuple[str, ...] = ()

    def filter_q(self, queryset: PledgeQuerySet, name: str, value: str) -> PledgeQuerySet:
        return queryset.matching(value)

    def filter_status(self, queryset: PledgeQuerySet, name: str, value: list[str]) -> PledgeQuerySet:
        # "Closed" is the end of what was registered: a discarded draft is found without this filter.
        return queryset.filter(status__in=value).exclude(DISCARDED)

    def filter_partner(self, queryset: PledgeQuerySet, name: str, value: list[str]) -> PledgeQuerySet:
        return queryset.with_partner(value)

    def filter_mission(self, queryset: PledgeQuerySet, name: str, value: list[str]) -> PledgeQuerySet:
        return queryset.naming_mission(value)

    def filter_only_mission(self, queryset: PledgeQuerySet, name: str, value: str) -> PledgeQuerySet:
        return queryset.only_for_mission(None if value == "none" else value)

    def filter_known_state(self, queryset: PledgeQuerySet, name: str, value: list[str]) -> PledgeQuerySet:
        return queryset.with_known_state().filter(known_state__in=value)

    def filter_to_assess(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        found = waiting.assessments(Pledge.objects.all()).values("pk")
        return queryset.filter(pk__in=found) if value else queryset.exclude(pk__in=found)

    def filter_announced(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        announced = queryset.announced(at=timezone.now())
        return announced if value else queryset.exclude(pk__in=announced.values("pk"))

    def filter_with_partners(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return queryset.joint() if value else queryset.exclude(pk__in=queryset.joint().values("pk"))

    def filter_verified(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return queryset.verified() if value else queryset.exclude(pk__in=queryset.verified().values("pk"))

    def filter_delivered(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return queryset.delivered() if value else queryset.exclude(pk__in=queryset.delivered().values("pk"))

    def filter_women_stated(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return women.stating(queryset) if value else queryset.exclude(pk__in=women.stating(queryset).values("pk"))

    def filter_women_reported(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return women.reported(queryset) if value else queryset.exclude(pk__in=women.reported(queryset).values("pk"))

    def filter_women_reported_in(self, queryset: PledgeQuerySet, name: str, value: Decimal) -> PledgeQuerySet:
        return women.reported(queryset, year=int(value))

    def filter_late(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        late = queryset.overdue(on=timezone.localdate())
        return late if value else queryset.exclude(pk__in=late.values("pk"))

    def filter_silent(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return queryset.silent(on=today()) if value else queryset.not_silent(on=today())

    def filter_updated(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        return queryset.updated() if value else queryset.exclude(pk__in=queryset.updated().values("pk"))

    def filter_counted(self, queryset: PledgeQuerySet, name: str, value: bool) -> PledgeQuerySet:
        if not value:
            return queryset
        user = getattr(self.request, "user", None)
        return queryset.counted(among=readers_pledges(user) if user else queryset)


def order_named(name: str) -> Order:
    """Return the order of that name, the newest first when there is no name. Raises KeyError for an unknown one."""
    return ORDERS[name or NEWEST]


def narrowed(data: Any, queryset: PledgeQuerySet, request: Any) -> PledgeFilter:
    """Return the bound filter set over what the reader may see; its form holds the errors."""
    return PledgeFilter(data, queryset=queryset, request=request)
