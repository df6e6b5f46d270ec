"""How lists of requirements and capability types are narrowed, on pages and in the API alike."""

import django_filters

from capabilities.models import CapabilityType, Mission, Requirement
from conferences.filters import CodesFilter


class RequirementFilter(django_filters.FilterSet):
    """Asks by conference, mission, type, category and edition."""

    conference = CodesFilter(field_name="conference_id")
    mission = CodesFilter(field_name="mission_id")
    capability_type = CodesFilter(field_name="capability_type_id")
    category = CodesFilter(field_name="capability_type__category_id")
    edition = django_filters.CharFilter(field_name="edition__name")
    open_missions = django_filters.BooleanFilter(field_name="mission__ends_on", lookup_expr="isnull")

    class Meta:
        model = Requirement
        fields: tuple[str, ...] = ()


class CapabilityTypeFilter(django_filters.FilterSet):
    """Capability types by category and by whether the readiness system takes them."""

    category = CodesFilter(field_name="category_id")
    pcrs = django_filters.BooleanFilter(field_name="is_pcrs_registrable")

    class Meta:
        model = CapabilityType
        fields: tuple[str, ...] = ()


class MissionFilter(django_filters.FilterSet):
    """Missions by type, and those still open."""

    type = CodesFilter(words=Mission.Type)
    open = django_filters.BooleanFilter(field_name="ends_on", lookup_expr="isnull")

    class Meta:
        model = Mission
        fields: tuple[str, ...] = ()
