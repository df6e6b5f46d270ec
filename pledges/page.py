"""What the page of one pledge shows to one reader: nothing of it is read again in the template."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.dates import Precision
from conferences.models import WRITERS, Membership
from pledges import quality
from pledges.audience import who_sees
from pledges.cycles import FINAL_REPORTS, FINISHED
from pledges.deciding import open_decision
from pledges.documents import documents_of
from pledges.enums import Confidence, Confirmation, LineageKind, Outcome, Status
from pledges.figures import months_to_deployment
from pledges.links import data_links
from pledges.models import Allocation, Lineage, Partner, Pledge, ProgressUpdate, StatusChange
from pledges.models.follow_through import LAST_SAID_FIRST
from pledges.permissions import allowed, can_edit, can_report, check_can_report, is_insider, sees_plan
from pledges.plan import plan_of
from pledges.quantities import quantity
from pledges.querysets import handovers_of
from pledges.readiness_page import readiness_section
from pledges.shares import remainder, takes_a_share
from pledges.timeline import Entry
from pledges.timeline_page import timeline_page
from pledges.transitions import possible_actions
from pledges.waiting import assessments

ON_PAPER = 14  # entries of the history that are printed: with the facts they fill two sheets
ISO_LENGTHS: dict[str, int] = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}
KINDS = {
    "announcement": gettext_lazy("Announcement"),
    "report": gettext_lazy("Reports"),
    "assessment": gettext_lazy("Assessments"),
    "readiness": gettext_lazy("Readiness"),
    "condition": gettext_lazy("Conditions"),
    "plan": gettext_lazy("Plan"),
    "step": gettext_lazy("Steps"),
    "decision": gettext_lazy("Decisions of two people"),
    "edit": gettext_lazy("Edits"),
    "note": gettext_lazy("Notes"),
    "mail": gettext_lazy("Reminders"),
    "share": gettext_lazy("Partners"),
    "file": gettext_lazy("Documents"),
    "allocation": gettext_lazy("Units counted"),
    "link": gettext_lazy("Links"),
}


def pledge_page(pledge: Pledge, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page; the number of queries does not depend on what belongs to the pledge."""
    user = request.user
    insider = is_insider(user, pledge)
    prefetch_related_objects([pledge], "caveats")  # they are told twice
    shown = request.GET.get("show", "") if request.GET.get("show") in KINDS else ""
    told = timeline_page(pledge, user, insider=insider, shown=shown, number=request.GET.get("page", ""))
    parts = shares(pledge, insider=insider)
    return {
        "pledge": pledge,
        "insider": insider,
        "visibility": who_sees(pledge, insider=insider),
        "quality": quality.check(pledge) if insider else [],
        **parts,
        "own_shares": own_shares(parts["partners"], user, pledge),
        "missions": pledge.missions.all(),
        "caveats": pledge.caveats.all(),
        "plan": plan_of(pledge, user) if sees_plan(user, pledge) else (),
        "documents": documents_of(pledge, user) if insider else (),
        "earlier": lineage(pledge, user, "later", "earlier"),
        "later": lineage(pledge, user, "earlier", "later"),
        "allocations": allocations(pledge, insider=insider),
        "readiness": readiness_section(pledge, user, insider=insider),
        "months": months_to_deployment(pledge),
        "entries": [shown_entry(entry) for entry in told.entries],
        "on_paper": ON_PAPER,
        "unprinted": max(0, told.page.paginator.count - max(0, told.page.start_index() - 1) - ON_PAPER),
        "history": told.page,
        "history_urls": told.urls(shown),
        "kinds": kind_links(told.counts, shown),
        "rests_on_press": any(entry.source_confidence == Confidence.PRESS for entry in told.entries),
        "data": data_links("pledges-row", {}, pledge.reference),
        "is_late": Pledge.objects.filter(pk=pledge.pk).overdue(on=timezone.localdate()).exists(),
        **next_actions(pledge, user, insider=insider),
    }


def shares(pledge: Pledge, *, insider: bool) -> dict[str, Any]:
    """Return who takes part and what remains for the lead; whose answer is awaited is for insiders."""
    rows = pledge.partners.select_related("participant")
    taking_part = rows.exclude(confirmation=Confirmation.DECLINED)
    partners = list(taking_part if insider else rows.filter(confirmation=Confirmation.CONFIRMED))
    add_last_reports(pledge, partners)
    left = remainder(pledge, partners) if any(takes_a_share(partner) for partner in partners) else {}
    return {"partners": partners, "lead_share": left}


def add_last_reports(pledge: Pledge, partners: Sequence[Any]) -> None:
    """Give each partner its `last_report`, what its delegation reported last on its share, or none: one query."""
    rows = ProgressUpdate.objects.filter(pledge=pledge, partner__isnull=False)
    last = {row.partner_id: row for row in rows.order_by("partner_id", *LAST_SAID_FIRST).distinct("partner_id")}
    for partner in partners:
        partner.last_report = last.get(partner.pk)


def own_shares(partners: Sequence[Partner], user: Any, pledge: Pledge) -> list[Partner]:
    """Return the shares on which this person reports now."""
    if not user.is_authenticated:
        return []
    mine = set(Membership.objects.of(user, *WRITERS).values_list("participant_id", flat=True))
    return [
        share for share in partners if share.participant_id in mine and allowed(check_can_report, user, pledge, share)
    ]


def next_actions(pledge: Pledge, user: Any, *, insider: bool) -> dict[str, Any]:
    """Return what this person can do now; nothing for a reader."""
    if not insider:
        return {"actions": [], "can_edit": False, "can_report": False, "decision": None, "own": None}
    return {
        "actions": possible_actions(pledge, user),
        "can_edit": can_edit(user, pledge),
        "can_report": can_report(user, pledge),
        "to_assess": waits_for_assessment_since(pledge),
        "found_ended": is_found_ended(pledge),
        "decision": open_decision(pledge) if pledge.registered_at else None,
        "own": own_side(pledge, user),
    }


def waits_for_assessment_since(pledge: Pledge) -> date | None:
    """Return the day since which it is the Secretariat's turn to assess what the delegation said last, None where it is
    not: one query, of a delegation's last word alone."""
    if pledge.reported_state not in FINAL_REPORTS:
        return None
    found = assessments(Pledge.objects.filter(pk=pledge.pk)).values_list("since", flat=True)
    return cast("date | None", found.first())


def is_found_ended(pledge: Pledge) -> bool:
    """Return whether the Secretariat found that a delegation's pledge has ended, and has yet to close it."""
    entered = pledge.author_id is not None
    return entered and pledge.status == Status.REGISTERED and pledge.assessed_state in FINISHED


def own_side(pledge: Pledge, user: Any) -> dict[str, Any] | None:
    """Return what the pledge is to the delegation that leads it; nothing for anybody else."""
    roles = set(Membership.objects.of(user).filter(participant=pledge.participant_id).values_list("role", flat=True))
    if not roles:
        return None
    handover = handovers_of(user).filter(pledge=pledge).select_related("author").first()
    return {"handover": handover, "is_writer": bool(roles & set(WRITERS))}


def lineage(pledge: Pledge, user: Any, this: str, other: str) -> list[tuple[str, Pledge]]:
    """Return the pledges on the other side of the links of this one, as far as the reader may see them, each after how
    the two relate."""
    visible = Pledge.objects.visible_to(user)
    links = Lineage.objects.filter(**{this: pledge, f"{other}__in": visible})
    closed_here = StatusChange.objects.filter(
        pledge=OuterRef("earlier"), action="close"
    )  # no step of the record's life
    merges = Q(Exists(closed_here), kind=LineageKind.SUPERSEDES, earlier__outcome=Outcome.SUPERSEDED)
    links = links.annotate(is_merge=ExpressionWrapper(merges, output_field=BooleanField()))
    found = []
    for link in links.select_related(f"{other}__conference", f"{other}__participant"):
        there: Pledge = getattr(link, other)
        words = _("Merged into %(pledge)s") if other == "later" else _("Merged into this one, %(pledge)s")
        found.append((words % {"pledge": there.reference} if link.is_merge else link.get_kind_display(), there))
    return found


def allocations(pledge: Pledge, *, insider: bool) -> Any:
    """Return what the pledge counts for; refusals are for insiders."""
    rows = Allocation.objects.filter(pledge=pledge).select_related(
        "requirement__capability_type", "requirement__edition"
    )
    return rows if insider else rows.filter(quantity__isnull=False)


def kind_links(counts: Counter[str], shown: str) -> list[dict[str, Any]]:
    """Return a link per kind of entry that is there, with how many there are."""
    present = [
        {"label": KINDS[kind], "count": counts[kind], "url": f"?show={kind}#timeline", "is_current": kind == shown}
        for kind in KINDS
        if counts[kind]
    ]
    if len(present) < 2:
        return []
    everything = {"label": _("All"), "count": counts.total(), "url": "?#timeline", "is_current": shown not in KINDS}
    return [everything, *present]


def shown_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as `partials/timeline_entry.html` takes it."""
    source = {"title": entry.source_title, "url": entry.source_url, "confidence": entry.confidence}
    return {
        "day": entry.day,
        "precision": entry.precision,
        "iso": entry.day.isoformat()[: ISO_LENGTHS[entry.precision]] if entry.day else "",
        "anchor": entry.anchor,
        "title": entry.title,
        "text": with_numbers(entry),
        "by": signed(entry),
        "sources": [source] if entry.source_title else [],
    }


def with_numbers(entry: Entry) -> str:
    """Return the text of an entry, its numbers or the changed fields after it."""
    numbers = []
    if entry.quantity is not None:
        numbers.append(quantity(entry.quantity, entry.unit))
    if entry.personnel is not None:
        numbers.append(_("persons %(n)s") % {"n": f"{entry.personnel:,}"})
    if entry.women is not None:
        numbers.append(_("women among them %(n)s") % {"n": f"{entry.women:,}"})
    if entry.expected_on:
        numbers.append(_("expected on %(day)s") % {"day": format_date(entry.expected_on, "j F Y")})
    parts = [entry.text, f"({', '.join(numbers)})" if numbers else "", ", ".join(entry.changes)]
    return " ".join(part for part in parts if part)


def signed(entry: Entry) -> str:
    """Return who wrote an entry, and when where the hour is known."""
    written = format_date(timezone.localtime(entry.at), "j F Y, H:i e") if entry.at else ""
    return ", ".join(part for part in (entry.who, written) if part)
