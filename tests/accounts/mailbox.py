"""What the job for mail about accounts sent."""

import re

from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.mail import send_owed


def mails_sent() -> list[EmailMessage]:
    """Run the job and return all that was sent in this test."""
    send_owed(at=timezone.now())
    return list(mail.outbox)


def link_in(message: EmailMessage) -> str:
    """Return the first address in a message, without the site's name."""
    found = re.search(r"^http://testserver(/\S+)$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found[1]
