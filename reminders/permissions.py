"""Who may see the ledger, which names persons and their addresses, and who may steer what goes out."""

from typing import Any

from django.utils.translation import gettext as _

from pledges.enums import Status
from pledges.errors import NotAllowed, WrongStatus
from pledges.models import Partner, Pledge
from pledges.permissions import check_can_draft_for, check_is_own_part, is_manager
from reminders.models import Pause


def check_can_see_mail(user: Any) -> None:
    """Refuse anybody but the Secretariat."""
    if not user.is_authenticated or not user.is_secretariat:
        raise NotAllowed(_("Only the Secretariat can see the mail that was sent."))


def check_can_remind(user: Any) -> None:
    """Refuse anybody but the Secretariat's officers to remind outside the ladder, to pause, and to mend addresses."""
    if not user.is_authenticated or not user.is_reviewer:
        raise NotAllowed(_("Only an officer of the Secretariat can do this."))


def check_can_steer(user: Any) -> None:
    """Refuse anybody but the Secretariat's managers to change ladders, to stop all reminders, and to bound a run."""
    if not is_manager(user):
        raise NotAllowed(_("Only a manager of the Secretariat can do this."))


def check_can_snooze(user: Any, pledge: Pledge, partner: Partner | None = None) -> None:
    """Refuse anybody but the writers of the delegation that leads the pledge, or of the `partner` who confirmed a share
    of it: nobody quiets another's people. And a pledge that is closed."""
    check_is_own_part(user, pledge, partner)
    if pledge.status == Status.CLOSED:
        raise WrongStatus(_("The pledge is closed: nobody is reminded of it any more."))


def check_can_lift(user: Any, pause: Pause) -> None:
    """Refuse to lift a pause but by the Secretariat's officers; a snooze also by the delegation's own writers."""
    if pause.doer is not None and not (user.is_authenticated and user.is_reviewer):
        check_can_draft_for(user, pause.doer)
    else:
        check_can_remind(user)
