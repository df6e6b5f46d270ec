"""The messages as they were sent, where mail goes to a folder rather than to a server."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

NONE = Path("/")  # what EMAIL_FILE_PATH holds where mail goes to a server
END = b"\n" + b"-" * 79 + b"\n"  # stands after each message in a file


def mail_folder() -> Path | None:
    """Return the folder into which mail is written, None where it is not."""
    folder = Path(settings.EMAIL_FILE_PATH)
    return folder if folder != NONE and folder.is_dir() else None


def sent_message(message_id: str) -> EmailMessage | None:
    """Return the message with this Message-ID, the last one where it was sent twice.

    The id is only ever compared: no path is made of it.
    """
    for message in written_messages():
        if message["Message-ID"] == message_id:
            return message
    return None


def written_messages() -> Iterator[EmailMessage]:
    """Yield what the folder holds, the newest first: names of files begin with the time."""
    folder = mail_folder()
    for file in sorted(folder.glob("*.log"), reverse=True) if folder else ():
        for text in reversed(file.read_bytes().split(END)):
            if text.strip():
                yield message_from_bytes(text, _class=EmailMessage, policy=policy.default)


def text_of(message: EmailMessage) -> str:
    """Return the plain text of a message."""
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""
