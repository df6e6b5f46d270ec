"""One timeline of a pledge, newest first: what everyone may read, and for insiders what happened on the way."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from conferences.dates import Precision
from conferences.models import Membership
from pledges.enums import CaveatStage, Confirmation
from pledges.models import MilestoneExtension, MilestoneReopening, Pledge, ProgressUpdate
from pledges.permissions import is_insider, sees_plan
from pledges.plan import shown_to
from pledges.timeline_beside import allocations, files, history, links, shares
from pledges.timeline_decisions import decisions
from pledges.timeline_entry import Entry, by, by_context
from pledges.transitions import TRANSITIONS
from pledges.versions import edited_versions, label_of, stored

FROM_HISTORY = {"edit", "share", "file", "allocation", "link"}


def timeline(pledge: Pledge, user: Any, *, edited: Collection[int] | None = None) -> list[Entry]:
    """Return the entries of a pledge that this reader may see, newest first, those without a date last.

    `edited` names the versions whose edits are told; without it all are.
    """
    insider = is_insider(user, pledge)
    entries = [*announcement(pledge), *reports(pledge, insider=insider), *readiness(pledge)]
    entries += [*assessments(pledge, insider=insider), *conditions(pledge, insider=insider)]
    if insider or sees_plan(user, pledge):
        entries += [*plan_changes(pledge, user, insider=insider), *mails(pledge, user)]
    if insider:
        entries += [*steps(pledge), *notes(pledge), *edits(pledge, edited)]
        entries += [*shares(pledge), *files(pledge), *allocations(pledge), *links(pledge, user)]
        entries += decisions(pledge, user)
    return sorted(entries, key=newest_first)


def newest_first(entry: Entry) -> tuple[int, float, int, str]:
    """Return the sort key of an entry; rows of one day keep the order in which they were written, but what the
    history tells of one instant stands as the others do."""
    turn = -int(entry.key) if entry.kind in FROM_HISTORY else 0
    if entry.day is None:
        return (0, 0.0, turn, entry.key)
    return (-entry.day.toordinal(), -(entry.at.timestamp() if entry.at else 0.0), turn, entry.key)


def announcement(pledge: Pledge) -> list[Entry]:
    """Return the announcement, once the embargo has lifted."""
    if not pledge.is_announced or not pledge.announced_at:
        return []
    title = _("Announced at %(conference)s") % {"conference": pledge.conference.title}
    source = {name: getattr(pledge, name) for name in ("source_title", "source_url", "source_confidence")}
    at = pledge.announced_at
    return [Entry("announcement", "0", at.date(), Precision.DAY, title, at=None, **source)]


def reports(pledge: Pledge, *, insider: bool) -> list[Entry]:
    """Return what the delegations reported, each on its own part, and what public sources told.

    What a partner reported is read by others while its share stands confirmed: who is asked is for insiders.
    """
    rows = pledge.progress_updates.select_related("partner__participant", "author")
    if not insider:
        rows = rows.filter(Q(partner=None) | Q(partner__confirmation=Confirmation.CONFIRMED))
    return [
        Entry(
            kind="report",
            key=str(row.pk),
            day=row.happened_on,
            precision=row.happened_on_precision,
            title=row.get_kind_display() if row.source_url else reported(row),
            text=row.text,
            who="" if row.source_url else str(row.partner.participant if row.partner else pledge.participant),
            quantity=row.delivered_quantity,
            unit=row.unit,
            personnel=row.personnel,
            women=row.women,
            expected_on=row.expected_on,
            source_title=row.source_title,
            source_url=row.source_url,
            source_confidence=row.source_confidence,
            at=None if row.source_url else row.created_at,
            people=by(row.author)["people"] if insider and not row.source_url and not row.partner else (),
        )
        for row in rows
    ]


def reported(row: ProgressUpdate) -> str:
    """Return in a few words what a delegation reported, and on what."""
    state = row.get_state_display() or row.get_kind_display()
    return (_("Reported on its share: %(state)s") if row.partner_id else _("Reported: %(state)s")) % {"state": state}


def assessments(pledge: Pledge, *, insider: bool) -> list[Entry]:
    """Return what the Secretariat found, and what public sources state as fact; who found it is for insiders."""
    return [
        Entry(
            kind="assessment",
            key=str(row.pk),
            day=row.assessed_on,
            precision=row.assessed_on_precision,
            title=row.get_state_display(),
            text=row.reason,
            who="" if row.source_url else _("UN Secretariat"),
            quantity=row.confirmed_quantity,
            unit=pledge.unit if row.confirmed_quantity else "",
            source_title=row.source_title,
            source_url=row.source_url,
            source_confidence=row.source_confidence,
            at=None if row.source_url else row.created_at,
            people=by(row.author)["people"] if insider and not row.source_url else (),
        )
        for row in pledge.assessments.select_related("author")
    ]


def level_reached(row: Any) -> str:
    """Return what happened with a level in words; an exception and a lower level are named as such."""
    words = {"level": row.get_level_display()}
    if row.lowered_because:
        return _("Lowered to: %(level)s") % words
    if row.exception:
        return _("Reached by exception: %(level)s") % words
    return _("Reached: %(level)s") % words


def readiness(pledge: Pledge) -> list[Entry]:
    """Return the levels of the readiness system that were reached."""
    return [
        Entry(
            kind="readiness",
            key=str(row.pk),
            day=row.reached_on,
            precision=row.reached_on_precision,
            title=level_reached(row),
            text=row.evidence,
            level=row.level,
            by_exception=bool(row.exception),
            source_title=row.source_title,
            source_url=row.source_url,
            source_confidence=row.source_confidence,
        )
        for row in pledge.readiness.all()
    ]


def conditions(pledge: Pledge, *, insider: bool) -> list[Entry]:
    """Return the conditions that were declared after the pledge; who recorded them, and when, is for insiders."""
    written = {row.pgh_obj_id: row for row in history("Caveat", pledge).filter(pgh_label="insert")} if insider else {}
    return [
        Entry(
            kind="condition",
            key=str(row.pk),
            day=row.declared_on,
            precision=row.declared_on_precision,
            title=_("Condition declared: %(stage)s") % {"stage": row.get_stage_display()},
            text=row.text,
            **recorded(written.get(row.pk)),
        )
        for row in pledge.caveats.all()
        if row.stage != CaveatStage.PLEDGE
    ]


def recorded(event: Any) -> dict[str, Any]:
    """Return what an entry says of who entered a row and when; nothing where this reader may not know."""
    return {**by_context(event), "at": event.pgh_created_at} if event else {}


def plan_changes(pledge: Pledge, user: Any, *, insider: bool) -> list[Entry]:
    """Return which steps were put off or opened again and why, for those who see the plan; who did it is for
    insiders."""
    of_plan = Q(shown_to(user, pledge, prefix="milestone__"), milestone__pledge=pledge)
    moved = MilestoneExtension.objects.filter(of_plan).select_related("milestone", "author")
    opened = MilestoneReopening.objects.filter(of_plan).select_related("milestone", "author")
    return [
        *(plan_change(f"{row.pk}-put-off", row, put_off(row), insider=insider) for row in moved),
        *(plan_change(str(row.pk), row, opened_again(row), insider=insider) for row in opened),
    ]


def put_off(row: MilestoneExtension) -> str:
    """Return that a step is due later."""
    days = {"before": format_date(row.due_before, "j F Y"), "after": format_date(row.due_after, "j F Y")}
    return _("Step put off from %(before)s to %(after)s: “%(step)s”") % {**days, "step": row.milestone.title}


def opened_again(row: MilestoneReopening) -> str:
    """Return that a step is open again."""
    return _("Step opened again: “%(step)s”") % {"step": row.milestone.title}


def plan_change(key: str, row: MilestoneExtension | MilestoneReopening, title: str, *, insider: bool) -> Entry:
    """Return an entry on a change of the plan."""
    return Entry(
        kind="plan",
        key=key,
        day=row.created_at.date(),
        precision=Precision.DAY,
        title=title,
        text=row.reason,
        **by(row.author if insider else None),
        at=row.created_at,
        is_public=False,
    )


def steps(pledge: Pledge) -> list[Entry]:
    """Return the steps of the pledge's life with the person who took them; for insiders."""
    return [
        Entry(
            kind="step",
            key=str(row.pk),
            day=row.created_at.date(),
            precision=Precision.DAY,
            title=str(TRANSITIONS[row.action].label),
            text=row.reason,
            **by(row.proposed_by, row.author),
            at=row.created_at,
            is_public=False,
        )
        for row in pledge.status_changes.select_related("author", "proposed_by")
    ]


def notes(pledge: Pledge) -> list[Entry]:
    """Return the words between delegation and Secretariat; for insiders."""
    return [
        Entry(
            kind="note",
            key=str(row.pk),
            day=row.created_at.date(),
            precision=Precision.DAY,
            title=_("Asked for at “%(field)s”") % {"field": label_of(row.field, pledge)} if row.field else _("Message"),
            text=row.text,
            **by(row.author),
            at=row.created_at,
            is_public=False,
        )
        for row in pledge.review_notes.select_related("author")
    ]


def mails(pledge: Pledge, user: Any) -> list[Entry]:
    """Return the reminders of this pledge that went out, one entry a message; for insiders and those who take part.

    Each delegation reads of those to its own people; of none that went to others, for whom those remind is their own
    matter.
    """
    sent = pledge.reminder_items.filter(reminder__sent_at__isnull=False)
    if not (user.is_authenticated and user.is_secretariat):
        confirmed = pledge.partners.filter(confirmation=Confirmation.CONFIRMED).values("participant")
        taking_part = Q(participant=pledge.participant_id) | Q(participant__in=confirmed)
        sent = sent.told_to(Membership.objects.of(user).filter(taking_part).values("participant"))
    found: dict[int, Entry] = {}
    for item in sent.select_related("reminder", "recipient").order_by("reminder", "pk"):
        reminder, sent_at = item.reminder, item.reminder.sent_at or item.reminder.created_at
        words = {"person": item.recipient, "reason": item.get_reason_display()}
        found.setdefault(
            reminder.pk,
            Entry(
                kind="mail",
                key=str(reminder.pk),
                day=sent_at.date(),
                precision=Precision.DAY,
                title=_("Reminder to %(person)s: %(reason)s") % words,
                text=reminder.get_delivery_display(),
                at=sent_at,
                is_public=False,
            ),
        )
    return list(found.values())


def edits(pledge: Pledge, numbers: Collection[int] | None = None) -> list[Entry]:
    """Return the versions of the pledge that a person wrote, with the fields that changed; for insiders.

    `numbers` names the versions that are wanted. Where no field is named, rows beside changed: missions or conditions.
    """
    written = edited_versions(pledge) if numbers is None else numbers
    return [
        Entry(
            kind="edit",
            key=str(rows[0].pgh_id),
            day=rows[0].pgh_created_at.date(),
            precision=Precision.DAY,
            title=_("Edited"),
            **by_context(rows[0]),
            at=rows[0].pgh_created_at,
            is_public=False,
            changes=tuple(changed_fields(before, rows[-1])) if before else (),
        )
        for before, rows in stored(pledge, written)
    ]


def changed_fields(before: Any, after: Any) -> list[str]:
    """Return the labels of the fields in which two versions of a pledge differ."""
    ignored = {"version", "updated_at", "quality_score", "quality_rules", "repeats_answered_at"}
    return [
        str(field.verbose_name)
        for field in Pledge._meta.concrete_fields
        if field.name not in ignored
        and hasattr(after, field.attname)
        and getattr(before, field.attname) != getattr(after, field.attname)
    ]
