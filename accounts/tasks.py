"""Celery tasks of accounts."""

from celery import shared_task
from django.utils import timezone

from accounts.mail import send_owed


@shared_task(name="accounts.tasks.send_account_mail")
def send_account_mail() -> None:
    """Send what is owed about accounts: links to passwords, invitations, notices of changes."""
    send_owed(at=timezone.now())
