"""Conditions on a pledge that were declared after it was registered: in the talks on its deployment, in the memorandum
of understanding, or later. Those declared with the pledge are its delegation's own words (pledges/services/writing.py).
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.dates import Precision
from pledges import permissions
from pledges.enums import CaveatKnowledge, CaveatStage
from pledges.models import Caveat, Pledge
from pledges.services.readiness import check_days, check_says, problem

LATER = tuple(stage for stage in CaveatStage if stage != CaveatStage.PLEDGE)


@transaction.atomic
def record_condition(*, pledge: Pledge, stage: str, declared_on: date, text: str, by: Any, at: datetime) -> Caveat:
    """Record a condition that a contributor declared after its pledge: each is asked to state its conditions during
    deployment talks, and later ones may not stand (HIPPO, 2015).

    From then on conditions are declared, whatever was said with the pledge: "none" and "unknown" no longer hold. The
    same one is recorded once. Raises NotAllowed, WrongStatus, or Incomplete with the field that cannot stand.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_record_condition(by, locked)
    if stage not in LATER:
        raise problem(stage=_("Choose one of those listed."))
    check_days(at, declared_on=declared_on)
    check_says(text=text)
    with acting(by, "record a condition"):
        row, _is_new = Caveat.objects.get_or_create(
            pledge=locked,
            stage=stage,
            declared_on=declared_on,
            declared_on_precision=Precision.DAY,
            text=text.strip(),
        )
        if locked.caveats_known != CaveatKnowledge.DECLARED:
            locked.caveats_known, locked.updated_at = CaveatKnowledge.DECLARED, at
            locked.save(update_fields=["caveats_known", "updated_at"])
    return row
