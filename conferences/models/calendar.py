"""The days on which the UN Secretariat does not work."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked


@tracked()
class Holiday(models.Model):
    """An official UN holiday at headquarters: clocks that count working days stand still on it."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        ordering: ClassVar[list[str]] = ["day"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(name=""), name="holiday_has_name"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
