"""What missions and member states lack, as managers of the Secretariat state it.

An ask of the published record stays as it was published: what changes is stated anew, in a newer edition. What a
manager entered can be corrected, and removed while no units are counted towards it; history keeps each wording.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.history import acting
from accounts.models import User
from capabilities.models import Edition, Requirement
from conferences.dates import ApproximateDate
from pledges.errors import EditConflict, Incomplete, WrongStatus
from pledges.permissions import check_is_manager
from pledges.references import new_reference
from pledges.services.writing import violated

PREFIX = "REQ"
SENT_TWICE = timedelta(minutes=1)  # the same ask within it is a second click


@transaction.atomic
def state_requirement(*, content: Mapping[str, Any], reason: str, by: Any) -> Requirement:
    """Store an ask, its edition too where there is none of that name, and return it. Sent twice, it is one.

    `content` names columns of Requirement; in place of the edition its `edition` (the name) and `published`, and
    `needed_by` as an approximate date. Raises NotAllowed, or Incomplete with the field that cannot stand.
    """
    check_is_manager(by)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # of two clicks at once the second sees the first
    with acting(by, reason):
        values = columns(content)
        return stated_just_now(values, by=by) or Requirement.objects.create(reference=new_reference(PREFIX), **values)


def stated_just_now(values: Mapping[str, Any], *, by: Any) -> Requirement | None:
    """Return the ask of this very content that this person stated within the last minute, if there is one."""
    stated = apps.get_model("capabilities", "RequirementEvent")._default_manager.filter(
        pgh_label="insert", pgh_context__actor=by.pk, pgh_created_at__gt=Now() - SENT_TWICE
    )
    return Requirement.objects.filter(record_key=None, pk__in=stated.values("pgh_obj"), **values).first()


@transaction.atomic
def change_requirement(
    *, requirement: Requirement, content: Mapping[str, Any], reason: str, version: int, by: Any
) -> Requirement:
    """Correct an ask that a manager entered; `content` as for `state_requirement`, `version` of `version_of`.

    Raises NotAllowed, WrongStatus for an ask of the record, EditConflict, or Incomplete with the field.
    """
    held = held_for(requirement, version=version, by=by)
    with acting(by, reason):
        for name, value in columns(content).items():
            setattr(held, name, value)
        try:
            with transaction.atomic():
                held.save()
        except IntegrityError as error:
            if violated(error) != "allocation_unit_compatible":
                raise
            said = _("Units are counted towards this ask: choose a type that is counted in the same unit.")
            raise Incomplete(said, {"capability_type": said}) from error
    return held


@transaction.atomic
def remove_requirement(*, requirement: Requirement, reason: str, version: int, by: Any) -> None:
    """Remove an ask that a manager entered by mistake, and its edition if it held nothing else.

    Raises NotAllowed, EditConflict, and WrongStatus for an ask of the record or one that units are counted towards.
    """
    held = held_for(requirement, version=version, by=by)
    if held.allocations.exists():
        raise WrongStatus(_("Units of pledges are counted towards this ask, or were refused: it stays."))
    with acting(by, reason):
        held.delete()
        if not held.edition.requirements.exists():
            held.edition.delete()


def held_for(requirement: Requirement, *, version: int, by: Any) -> Requirement:
    """Return an ask as it is stored now, held against every other change."""
    check_is_manager(by)
    rows = Requirement.objects.select_for_update(of=("self",)).select_related("edition")
    held = rows.filter(pk=requirement.pk).first()
    if held is None:
        raise WrongStatus(_("This ask was removed meanwhile."))
    if not is_kept_here(held):
        raise WrongStatus(_("This ask is of the published record: state what has changed in a newer edition."))
    if version_of(held) != version:
        raise EditConflict(_("Another manager changed this ask after you opened the page."))
    return held


def is_kept_here(requirement: Requirement) -> bool:
    """Return whether a manager entered an ask; the others follow the published record."""
    return requirement.record_key is None


def version_of(requirement: Requirement) -> int:
    """Return a number that is another one after each change of an ask."""
    events = apps.get_model("capabilities", "RequirementEvent")._default_manager.filter(pgh_obj=requirement.pk)
    return int(events.aggregate(last=Max("pgh_id"))["last"] or 0)


def columns(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an ask; it is counted in the unit of its capability type."""
    values = {name: value for name, value in content.items() if name not in {"edition", "published", "needed_by"}}
    needed: ApproximateDate = content["needed_by"]
    return values | {
        "edition": edition_of(content["edition"], content["published"]),
        "unit": content["capability_type"].unit_of_measure,
        "needed_by": needed.day,
        "needed_by_precision": needed.precision,
    }


def edition_of(name: str, published: ApproximateDate) -> Edition:
    """Return the edition of a name; a new one takes the day on which it was published. Raises Incomplete."""
    found = Edition.objects.filter(name=name).first()
    if found is None:
        if not published.day:
            said = _("No edition has this name yet: say when it was published.")
            raise Incomplete(said, {"published": said})
        day = {"published_on": published.day, "published_on_precision": published.precision}
        return Edition.objects.get_or_create(name=name, defaults=day)[0]
    if published.day and (found.published_on, found.published_on_precision) != (published.day, published.precision):
        said = _("An edition of this name has another date: leave this empty, or name the newer edition otherwise.")
        raise Incomplete(said, {"published": said})
    return found
