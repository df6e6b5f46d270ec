"""What the tables of pledges have in common: constraints with a name, and where a row of the record was read."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pledges.enums import (
    Confidence,
)

AUTHOR = settings.AUTH_USER_MODEL


def known(field: str, choices: type[models.TextChoices], name: str, *, blank: bool = False) -> models.CheckConstraint:
    """Return the constraint that a column holds one of its words, or nothing where `blank`."""
    allowed = [*choices.values, ""] if blank else choices.values
    return models.CheckConstraint(condition=Q(**{f"{field}__in": allowed}), name=name)


def positive(field: str, name: str) -> models.CheckConstraint:
    """Return the constraint that a number, where known, is above zero: unknown is empty, never 0."""
    return models.CheckConstraint(condition=Q(**{field: None}) | Q(**{f"{field}__gt": 0}), name=name)


def in_order(name: str, *pairs: tuple[str, str]) -> models.CheckConstraint:
    """Return the constraint that of each pair of instants, where both are there, the second is not the earlier."""
    condition = Q()
    for first, second in pairs:
        condition &= Q(**{first: None}) | Q(**{second: None}) | Q(**{f"{second}__gte": F(first)})
    return models.CheckConstraint(condition=condition, name=name)


def vouched_for(name: str, author: str = "author") -> models.CheckConstraint:
    """Return the constraint that a row has an author, or a whole source."""
    sourced = ~Q(source_title="") & ~Q(source_url="") & ~Q(source_confidence="")
    return models.CheckConstraint(condition=Q(**{f"{author}__isnull": False}) | sourced, name=name)


class Sourced(models.Model):
    """A row that may come from the public record: then it names title, address and confidence of its source."""

    source_title = models.CharField(max_length=300, blank=True)
    source_url = models.URLField(max_length=1000, blank=True)
    source_confidence = models.CharField(max_length=8, choices=Confidence.choices, blank=True)
    record_key = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)

    class Meta:
        abstract = True
