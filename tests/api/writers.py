"""Programs that write through the API."""

import json
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, TokenScope, User
from tests.api.readers import Api


class Writer(Api):
    """The owner of a token that is good for writing."""

    def __init__(self, user: User, scope: str = TokenScope.WRITE):
        super().__init__()
        self.user = user
        self.token, secret = ApiToken.objects.issue(user=user, name="tests", at=timezone.now(), scope=scope)
        self.headers = {"Authorization": f"Bearer {secret}"}

    def send(self, method: str, path: str, sent: Any = None, **headers: str) -> Any:
        """Return the answer to a call with this body; `If_Match` and `Idempotency_Key` name headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        call = getattr(Client(raise_request_exception=False), method)
        body = sent if isinstance(sent, str | bytes) else json.dumps({} if sent is None else sent)
        whole = path if path.startswith("/") else f"/api/v1/{path}"
        return call(whole, body, content_type="application/json", headers=self.headers | named)

    def draft(self, sent: dict[str, Any], key: str = "") -> Any:
        """Return the answer to a new draft."""
        return self.send("post", "pledges/", sent, Idempotency_Key=key or str(uuid.uuid4()))

    def change(self, reference: str, sent: Any, version: int, **headers: str) -> Any:
        """Return the answer to a change made from this version."""
        return self.send("patch", f"pledges/{reference}/", sent, If_Match=f'"{version}"', **headers)

    def step(self, reference: str, step: str, version: int, sent: Any = None, **headers: str) -> Any:
        """Return the answer to a step made from this version."""
        return self.send("post", f"pledges/{reference}/{step}/", sent, If_Match=f'"{version}"', **headers)


def complaints(answer: Any, status: int = 400) -> dict[str, str]:
    """Return what a refusal says, by field."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return {found["field"]: found["message"] for found in answer.json()["errors"]}
