"""A call repeated under its Idempotency-Key is one call: the first answer comes back, and nothing happens twice.

One transaction holds a lock on the key, the effect and the stored answer. So a crash leaves neither effect nor key, and
the lock goes with its connection: a key is free again at once. A refusal changes nothing and leaves the key free.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import digest_of
from api.models import IdempotencyKey
from pledges.models import Pledge

HEADER = "Idempotency-Key"
FORM = re.compile(r"[\x21-\x7e]{1,255}")
LIFETIME = timedelta(hours=24)
# Should a machine vanish without closing its connection, the database ends the transaction, and the lock with it.
LONGEST_SILENCE = "60s"


class Answer(NamedTuple):
    """What a call is answered: the pledge that it was about, the body and the headers."""

    pledge: Pledge
    data: dict[str, Any]
    status: int = HTTPStatus.OK
    headers: dict[str, str] = {}

    def response(self) -> Response:
        """Return it as a response."""
        return Response(self.data, status=self.status, headers=self.headers)


class UnderWay(APIException):
    """The same key is in use at this moment."""

    status_code = HTTPStatus.CONFLICT
    default_detail = gettext_lazy("A call with this Idempotency-Key is under way: wait a moment, then send it again.")


class OtherCall(APIException):
    """The key came with another call before."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = gettext_lazy("This Idempotency-Key came with another call before: make a new key for a new call.")


def key_of(request: Request, *, needed: bool) -> str:
    """Return the key that came with a call, or nothing. Raises ValidationError for a missing or malformed one."""
    key: str = request.headers.get(HEADER, "")
    if not key and not needed:
        return ""
    if not FORM.fullmatch(key):
        message = _("Send a key of your own with this call, 1 to 255 letters and digits such as a UUID.")
        raise ValidationError({HEADER: message})
    return key


def once(
    request: Request, write: Callable[[], Answer], check_reader: Callable[[Pledge], None], *, needed: bool = False
) -> Response:
    """Return the answer of `write`, or the one that it gave before under the same key of the same person.

    `check_reader` refuses who may no longer read the stored answer. Raises UnderWay, OtherCall, and what `write` does.
    """
    key = key_of(request, needed=needed)
    with transaction.atomic():
        if not key:
            return write().response()
        user = int(request.user.pk or 0)  # signed in: `MayWrite` lets nobody else come here
        found = IdempotencyKey(user_id=user, digest=digest_of(f"{user}:{key}"))
        lock(found.digest)
        found.fingerprint = fingerprint(request)
        earlier = live(timezone.now()).filter(user=found.user_id, digest=found.digest).select_related("pledge").first()
        return replay(earlier, found.fingerprint, check_reader) if earlier else keep(found, write())


def lock(digest: str) -> None:
    """Take the lock of a key until the end of the transaction, or refuse at once."""
    number = int(digest[:16], 16) - 2**63
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_SILENCE}'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise UnderWay


def fingerprint(request: Request) -> str:
    """Return what makes a call the same call: method, address and body."""
    told = b"\x1f".join([str(request.method).encode(), request.get_full_path().encode(), request.body])
    return hashlib.sha256(told).hexdigest()


def live(at: datetime) -> Any:
    """Return the keys that still count."""
    return IdempotencyKey.objects.filter(created_at__gt=at - LIFETIME)


def replay(earlier: IdempotencyKey, now: str, check_reader: Callable[[Pledge], None]) -> Response:
    """Return the stored answer, to the same call by somebody who may still read it."""
    if earlier.fingerprint != now:
        raise OtherCall
    check_reader(earlier.pledge)
    return Response(orjson.loads(earlier.body), status=earlier.status, headers=earlier.headers)


def keep(key: IdempotencyKey, answer: Answer) -> Response:
    """Store an answer under its key, in place of one that has expired, and return it."""
    key.pledge, key.status, key.headers = answer.pledge, answer.status, answer.headers
    key.body = orjson.dumps(answer.data)
    IdempotencyKey.objects.filter(user=key.user_id, digest=key.digest).delete()
    key.save(force_insert=True)
    return answer.response()


def forget_expired(at: datetime) -> int:
    """Delete the keys that no longer count at this instant, and return how many."""
    deleted, _by_model = IdempotencyKey.objects.filter(created_at__lte=at - LIFETIME).delete()
    return deleted
