"""What the API keeps of its own: the answers to calls that carried an Idempotency-Key."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pledges.models import Pledge


class IdempotencyKey(models.Model):
    """The answer to a call that was made under a key, so that the same call again is answered alike for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="+")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "digest"], name="idempotency_key_once_per_person"),
        ]

    def __str__(self) -> str:
        return self.digest[:8]
