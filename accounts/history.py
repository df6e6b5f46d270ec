"""Who did what and why: database triggers write the history, the transaction carries the context.

Every tracked table has an event table beside it, filled by triggers that no path can forget. The application's database
role may add and read event rows but neither change nor delete them (`grant_app_role`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
from django.db.models import Model


def tracked(*, exclude: tuple[str, ...] = ()) -> Callable[[type[Model]], type[Model]]:
    """Decorate a model so that each insert, update and delete leaves an event row; `exclude` names columns left out."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(exclude),
        # Each event row carries who, why and the request itself: no second table could be changed behind it.
        context_field=pghistory.ContextJSONField(),
        context_id_field=pghistory.ContextUUIDField(),
        append_only=True,
    )


@contextmanager
def acting(by: Any, reason: str = "") -> Iterator[None]:
    """Carry the actor (a user, or None for the system) and the reason into the history of what happens inside.

    Inside a request they stand beside the request's id. What is around keeps its own words: pghistory's contexts alone
    would carry the inner ones on.
    """
    with pghistory.context() as around:
        before = dict(around.metadata)
        around.metadata.update(actor=by.pk if by else None, actor_name=by.get_username() if by else "system")
        around.metadata["reason"] = reason
        try:
            yield
        finally:
            around.metadata.clear()
            around.metadata.update(before)
