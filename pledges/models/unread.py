"""Words in a draft that no column takes: kept as they were typed, until somebody corrects them."""

from typing import Any, ClassVar

from django.db import models

from pledges.models.pledge import Pledge


class Unread(models.Model):
    """What stands in a field of the form and could not be read, one part for each of its boxes."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="unread")
    field = models.CharField(max_length=40)
    parts = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["field"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pledge", "field"], name="unread_once_per_field"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in self.parts if part)
