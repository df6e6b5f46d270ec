"""The points at which a process of the sender can be told to die, and the notes that it leaves for the judge.

Only processes that the fault tests start load this: it wraps functions of the product from outside. A process dies, as
by kill -9, at the first point for which a file of that name lies in the folder; the file goes, so one process dies.
"""

import functools
import os
import signal
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

END_OF_DATA = b"\r\n.\r\n"
# In the order in which a task passes them.
POINTS = (
    "write_owed:before", "write:before", "write:after", "write_owed:after",
    "claim_next:before", "drop_settled:before", "drop_settled:after", "save:after", "claim_next:after",
    "written:before", "written:after", "connected:before", "connected:after", "hand_over:before",
    "mail:before", "mail:after", "rcpt:after", "content:before", "content:after", "data:after",
    "hand_over:after", "record_sent:before", "record_sent:after",
)  # fmt: skip
WHEN_REFUSED = ("record_failure:before", "record_failure:after", "address_failed:before", "address_failed:after")


class Notes:
    """What processes wrote down before they died: one line each, which survives kill -9."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "notes"

    def write(self, *words: Any) -> None:
        """Append a line that begins with the process' number."""
        line = " ".join(map(str, (os.getpid(), *words))) + "\n"
        handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, line.encode())
        os.close(handle)

    def read(self) -> list[list[str]]:
        """Return the words of all whole lines."""
        text = self.file.read_text() if self.file.exists() else ""
        return [line.split() for line in text[: text.rfind("\n") + 1].splitlines()]

    def arm(self, point: str) -> None:
        """Let the next process that reaches a point die there."""
        (self.folder / point).touch()

    def is_armed(self, point: str) -> bool:
        """Return whether nobody died at a point yet."""
        return (self.folder / point).exists()

    def disarm(self) -> None:
        """Let nobody die any more."""
        for point in (*POINTS, *WHEN_REFUSED):
            (self.folder / point).unlink(missing_ok=True)

    def reached(self, point: str) -> None:
        """Die here, if this point is armed."""
        try:
            os.unlink(self.folder / point)
        except FileNotFoundError:
            return
        self.write("died", point)
        os.kill(os.getpid(), signal.SIGKILL)


def install(notes: Notes) -> None:
    """Put the points around the functions of the sender, in this process."""
    from reminders import delivery, owed, tasks
    from reminders.models import Reminder

    for module, name in [
        (tasks, "write_owed"), (owed, "write"), (delivery, "claim_next"), (delivery, "drop_settled"),
        (delivery, "written"), (delivery, "hand_over"), (delivery, "record_sent"), (delivery, "record_failure"),
        (delivery, "address_failed"), (smtplib.SMTP, "mail"), (smtplib.SMTP, "rcpt"), (smtplib.SMTP, "data"),
        (Reminder, "save"),
    ]:  # fmt: skip
        setattr(module, name, around(getattr(module, name), name, notes))
    delivery.connected = opened(delivery.connected, notes)
    smtplib.SMTP.send = sending(smtplib.SMTP.send, notes)  # type: ignore[method-assign]


def around(function: Callable[..., Any], name: str, notes: Notes) -> Callable[..., Any]:
    """Return a function with a point before it and one after it; the claim notes which reminder is held."""

    @functools.wraps(function)
    def with_points(*args: Any, **kwargs: Any) -> Any:
        if name == "drop_settled":
            notes.write("claims", args[0].pk, args[0].attempts + 1)
        notes.reached(f"{name}:before")
        result = function(*args, **kwargs)
        if name == "record_sent":
            notes.write("recorded", args[0].pk, args[0].attempts)
        notes.reached(f"{name}:after")
        return result

    return with_points


def opened(connected: Callable[..., Any], notes: Notes) -> Callable[..., Any]:
    """Return the opening of the line to the mail server with its points."""

    @contextmanager
    def with_points(**options: Any) -> Iterator[Any]:
        notes.reached("connected:before")
        with connected(**options) as server:
            notes.reached("connected:after")
            yield server

    return with_points


def sending(send: Callable[..., Any], notes: Notes) -> Callable[..., Any]:
    """Return what writes to the line with points around a message's text."""

    @functools.wraps(send)
    def with_points(server: smtplib.SMTP, text: Any) -> Any:
        is_content = isinstance(text, bytes) and text.endswith(END_OF_DATA)
        if is_content:
            notes.reached("content:before")
        send(server, text)
        if is_content:
            notes.reached("content:after")

    return with_points
