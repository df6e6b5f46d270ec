"""The keys with which a person's programs use the API: made, listed and revoked by that person alone.

A token is never more than its owner: each call is judged by the owner's rights of that moment. Its secret leaves the
server once, in the answer to the form that makes it, and is kept nowhere: not in the session, a message or a log.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.history import acting
from accounts.mail import owe_notice
from accounts.models import ApiToken, TokenScope, User
from conferences.models import WRITERS, Membership
from conferences.people.errors import CannotBe

MOST_LIVE = 20  # of one person: enough for programs, and a list that can be overlooked
MOST_SHOWN = 50
NOTICE = "accounts/email/token_made"


def scopes_for(user: Any) -> list[tuple[str, Any]]:
    """Return what a token of this person may be good for: writing only for those who write for a delegation."""
    writes = Membership.objects.of(user, *WRITERS).exists()
    return [choice for choice in TokenScope.choices if writes or choice[0] == TokenScope.READ]


def tokens_of(user: Any) -> QuerySet[ApiToken]:
    """Return the latest tokens of a person, those that ended too."""
    return ApiToken.objects.filter(user=user).order_by("-pk")[:MOST_SHOWN]


@transaction.atomic
def make_token(*, user: User, name: str, scope: str, life: timedelta, at: datetime) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret; its owner is told by mail.

    The names of live tokens differ, so that a form sent twice makes one. Raises CannotBe for a scope that is not this
    person's, a name in use, and more tokens than anybody needs.
    """
    owner = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if scope not in dict(scopes_for(owner)):
        raise CannotBe(_("Only those who write for a delegation can make a token for writing."))
    live = ApiToken.objects.live(at=at).filter(user=owner)
    if live.filter(name=name).exists():
        raise CannotBe(_("You have a token of this name: revoke it first, or choose another name."))
    if live.count() >= MOST_LIVE:
        raise CannotBe(_("You have %(most)s tokens: revoke one that is no longer used.") % {"most": MOST_LIVE})
    with acting(owner, "make an API token"):
        made = ApiToken.objects.issue(user=owner, name=name, at=at, scope=scope, life=life)
    owe_notice(owner, NOTICE, at=at)
    return made


@transaction.atomic
def revoke_token(token: ApiToken, *, at: datetime) -> None:
    """End a token of its owner: the next call with it is refused. One that was revoked keeps its instant."""
    with acting(token.user, "revoke an API token"):
        for held in ApiToken.objects.select_for_update().filter(pk=token.pk, revoked_at=None):
            held.revoked_at = at
            held.save(update_fields=["revoked_at"])
