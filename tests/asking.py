"""Asking for an address where its status alone matters."""

from django.test import Client


def status_of(client: Client, address: str) -> int:
    """Return the status of the answer. A file is read to its end, which closes it.

    Not `answer.close()`: outside the client that also ends the test's connection to the database.
    """
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return int(answer.status_code)
