"""Asking for an address where its status alone matters."""

from django.test import Client


def status_of(client: Client, address: str) -> int:
    """Return the status of the answer, which is closed: one with a file would keep it open."""
    answer = client.get(address)
    answer.close()
    return int(answer.status_code)
