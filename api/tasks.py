"""What the API has done beside its calls."""

from celery import shared_task
from django.utils import timezone

from api.once import forget_expired


@shared_task(name="api.tasks.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Delete the answers that were kept for a day."""
    forget_expired(timezone.now())
