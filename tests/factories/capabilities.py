"""Capability types, missions and requirements."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from capabilities.models import CapabilityType, Category, Edition, GenderTarget, Mission, Requirement


class CategoryFactory(DjangoModelFactory):
    """A family of things to count."""

    class Meta:
        model = Category
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"category-{n}")
    name = factory.LazyAttribute(lambda category: f"Name of {category.code}")
    position = factory.Sequence(lambda n: n % 1000)


class CapabilityTypeFactory(DjangoModelFactory):
    """A registrable unit, counted in units."""

    class Meta:
        model = CapabilityType
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"type-{n}")
    name = factory.LazyAttribute(lambda type: f"Name of {type.code}")
    category = factory.SubFactory(CategoryFactory)
    unit_of_measure = "unit"
    is_pcrs_registrable = True


class MissionFactory(DjangoModelFactory):
    """A running peacekeeping mission."""

    class Meta:
        model = Mission
        django_get_or_create = ("acronym",)

    acronym = factory.Sequence(lambda n: f"UNM{n}")
    name = factory.LazyAttribute(lambda mission: f"Mission {mission.acronym}")
    type = Mission.Type.PEACEKEEPING
    starts_on = date(2015, 3, 1)
    starts_on_precision = "month"


class EditionFactory(DjangoModelFactory):
    """A requirements paper."""

    class Meta:
        model = Edition
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Requirements paper {n}")
    published_on = date(2025, 1, 1)
    published_on_precision = "month"


class RequirementFactory(DjangoModelFactory):
    """An ask for eight units, counted as the type is."""

    class Meta:
        model = Requirement

    reference = factory.Sequence(lambda n: f"REQ-{n}")
    edition = factory.SubFactory(EditionFactory)
    capability_type = factory.SubFactory(CapabilityTypeFactory)
    quantity = 8
    unit = factory.SelfAttribute("capability_type.unit_of_measure")
    source_title = "Uniformed capability requirements"
    source_url = "https://pledges.example/requirements"


class GenderTargetFactory(DjangoModelFactory):
    """A stated target."""

    class Meta:
        model = GenderTarget

    category = factory.Sequence(lambda n: f"gender-category-{n}")
    year = 2025
    target_percent = 12
    source_url = "https://pledges.example/targets"
