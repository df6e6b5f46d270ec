"""Readers of the API, and a small world in which each kind of reader sees something else."""

from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from pledges.models import Pledge


class Api:
    """A reader of the API: nobody in particular, or the owner of a token."""

    def __init__(self, user: User | None = None):
        self.headers = {}
        if user:
            _token, secret = ApiToken.objects.issue(user=user, name="tests", at=timezone.now())
            self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer to a call; a path that begins with a slash or a scheme is taken as it is."""
        whole = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        return Client().get(whole, parameters or None, headers=self.headers)

    def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the rows of the answer, which must be one."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def references(self, **parameters: Any) -> set[str]:
        """Return the references of the pledges in the list."""
        return {row["reference"] for row in self.rows("pledges/", **parameters)}


@dataclass
class World:
    """Pledges of one delegation in every state, and readers who stand to them in every way."""

    pledges: dict[str, Pledge]
    readers: dict[str, Api]
    sees: dict[str, set[str]] = field(default_factory=dict)

    def seen_by(self, reader: str) -> set[str]:
        """Return the references that this reader sees."""
        return {self.pledges[name].reference for name in self.sees[reader]}
