"""The page of one conference: what led to it, what was pledged there, what became of it, and who counted otherwise."""

from collections import Counter
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from capabilities.models import Category, Requirement
from conferences.models import Conference, ConferenceSource, Participant, ParticipantKind, PublishedTotal, RegionalGroup
from dashboards.follow_through_rates import rate_line
from dashboards.measures import measure_words, published_value
from dashboards.templatetags.pledge_words import state_shape
from pledges import figures, permissions
from pledges.enums import KnownState
from pledges.links import address, counted_rows_url, data_links, rows_url
from pledges.listing import PAGE_SIZE, for_table
from pledges.models import Pledge
from pledges.querysets import PledgeQuerySet, today

STATES = ",".join(figures.STATES)
LEVELS = ((6, 3), (3, 2), (1, 1))  # from so many pledges on, a tile takes this level


@require_safe
def conference_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one conference, in a number of queries that depends neither on its pledges nor on its programme."""
    conference = get_object_or_404(Conference.objects.select_related("country", "related_to"), pk=slug)
    user = request.user
    pledges = figures.readers_pledges(user).filter(conference=conference)
    summary = figures.summary(pledges)
    comparisons = figures.published_beside(conference, pledges)
    context = {
        "conference": conference,
        "summary": summary,
        "as_of": timezone.localdate(),
        "rule": figures.counting_rule(user),
        "data": data_links("pledges", {"conference": slug, **figures.readers_filters(user)}),
        "is_over": conference.ends_on < timezone.localdate(),
        "all_rows_url": rows_url({"conference": slug}),
        **programme(conference),
        **comparison_tables(comparisons),
    }
    context["lede"] = lede(context, comparisons)
    if summary.in_record:
        context |= pledged(conference, pledges, summary, comparisons, user)
        rate = figures.follow_up(pledges, by=figures.CONFERENCE, on=today())[slug]
        context["rates"] = [rate_line(str(conference), rate, user, conference=slug)]
    context["can_set"] = permissions.is_manager(user)
    context["pledges"] = for_table(Pledge.objects.visible_to(user).filter(conference=conference)).order_by(
        "participant_id", "reference"
    )[:PAGE_SIZE]
    context["asks"] = asks_by_category(conference, user)
    return render(request, "conferences/detail.html", context)


def programme(conference: Conference) -> dict[str, Any]:
    """Return who held the conference, what prepared it, and what was on."""
    preparatory = conference.preparatory_conferences.select_related("country").prefetch_related("co_hosts")
    return {
        "hosts": list(conference.hosts.all()),
        "co_chairs": list(conference.co_chairs.select_related("participant")),
        "preparatory": list(preparatory),
        "sessions": list(conference.sessions.select_related("prepared_by").prefetch_related("co_hosts")),
        "themes": list(conference.cross_cutting_themes.all()),
        "side_events": list(conference.side_events.prefetch_related("co_hosts")),
        "documents": list(conference.outcome_documents.prefetch_related("endorsed_by")),
        "sources": sources(conference),
    }


def sources(conference: Conference) -> list[ConferenceSource]:
    """Return where the facts on the conference and what prepared it were read, each source once."""
    rows = conference.sources.order_by(F("preparatory_conference").asc(nulls_first=True), "position")
    return list({(row.title, row.url): row for row in reversed(rows)}.values())[::-1]


def lede(context: dict[str, Any], comparisons: list[figures.Comparison]) -> str:
    """Return what the data say of the conference in two or three sentences."""
    summary: figures.Summary = context["summary"]
    sentences = [way_here(context)]
    if summary.in_record:
        words = {
            "pledges": ngettext("%(n)s pledge", "%(n)s pledges", summary.in_record) % {"n": summary.in_record},
            "participants": ngettext("%(n)s participant", "%(n)s participants", summary.participants)
            % {"n": summary.participants},
        }
        sentences.append(_("This record holds %(pledges)s of %(participants)s.") % words)
    pledgers = [beside.published for beside in comparisons if beside.published.measure == "pledging-states"]
    if pledgers:
        counts = ", ".join(f"{published_value(total)} ({total.counted_by})" for total in pledgers)
        sentences.append(_("Pledging states as published: %(counts)s.") % {"counts": counts})
    return " ".join(capfirst(sentence) for sentence in sentences if sentence)


def way_here(context: dict[str, Any]) -> str:
    """Return the sentence on preparatory conferences, sessions and themes, as far as they are known."""
    preparatory, sessions = len(context["preparatory"]), len(context["sessions"])
    themes = [theme.name for theme in context["themes"]]
    words = {
        "preparatory": ngettext("%(n)s preparatory conference", "%(n)s preparatory conferences", preparatory)
        % {"n": apnumber(preparatory)},
        "sessions": ngettext("%(n)s session", "%(n)s sessions", sessions) % {"n": apnumber(sessions)},
        "themes": ngettext("%(n)s cross-cutting theme", "%(n)s cross-cutting themes", len(themes))
        % {"n": apnumber(len(themes))},
        "names": "; ".join(themes),
    }
    if preparatory and sessions and themes:
        return _("%(preparatory)s led to %(sessions)s under %(themes)s: %(names)s.") % words
    if preparatory and sessions:
        return _("%(preparatory)s led to %(sessions)s.") % words
    if preparatory:
        return _("%(preparatory)s led to it.") % words
    return ""


def pledged(
    conference: Conference,
    pledges: PledgeQuerySet,
    summary: figures.Summary,
    comparisons: list[figures.Comparison],
    user: Any,
) -> dict[str, Any]:
    """Return the numbers and charts of the pledges, each with the address of its rows."""

    def rows(**filters: str) -> str:
        return counted_rows_url(user, conference=conference.pk, **filters)

    states = figures.by_known_state(pledges)
    categories = figures.by_category(pledges)
    return {
        "figures": headline(conference, summary, comparisons, rows),
        "states": [segment(state, n, rows(known_state=state)) for state, n in states.items()],
        "states_finding": states_finding(states, summary.in_record),
        "categories": [
            {
                "label": row.name,
                "url": rows(category=row.category),
                "segments": [
                    segment(state, n, rows(category=row.category, known_state=state)) for state, n in row.states.items()
                ],
                "total": row.total,
            }
            for row in categories
        ],
        "categories_finding": categories_finding(categories),
        "category_key": [segment(state, n, "") for state, n in states.items()],
        **who_pledged(figures.by_participant(pledges), rows),
    }


def headline(
    conference: Conference, summary: figures.Summary, comparisons: list[figures.Comparison], rows: Any
) -> list[dict[str, Any]]:
    """Return the numbers on top of the page."""
    published = [
        f"{published_value(beside.published)} ({beside.published.counted_by})"
        for beside in comparisons
        if beside.published.measure == "pledging-states"
    ]
    states_label = _("pledging states")
    if published:
        states_label = _("of %(published)s pledging states") % {"published": _(" or ").join(published)}

    def heard(**filters: str) -> str:
        return str(rows(silent="false", **filters))

    states_url = address(reverse("participant-list"), {"conference": conference.pk, "kind": STATES})
    return [
        {"value": summary.pledges, "label": pledges_label(summary), "url": heard()},
        {"value": summary.states, "label": states_label, "url": states_url},
        {
            "value": summary.delivered,
            "label": _("confirmed delivered or partly delivered"),
            "url": heard(delivered="true"),
        },
        {"value": summary.dated, "label": _("name a date"), "url": heard(dated="true")},
        {"value": summary.joint, "label": _("made with partners"), "url": heard(with_partners="true")},
        *silent_figure(summary, rows(silent="true")),
    ]


def pledges_label(summary: figures.Summary) -> str:
    """Return what the first number counts: all pledges, or those that are not silent where some are."""
    return _("pledges in this record that are not silent") if summary.silent else _("pledges in this record")


def silent_figure(summary: figures.Summary, url: str) -> list[dict[str, Any]]:
    """Return the number of silent pledges, which the numbers beside it leave out; nothing where there are none."""
    if not summary.silent:
        return []
    return [{"value": summary.silent, "label": _("silent for a whole cycle, counted apart"), "url": url}]


def segment(state: str, value: int, url: str) -> dict[str, Any]:
    """Return a piece of a bar: so many pledges of one known state."""
    return {"label": KnownState(state).label, "kind": state_shape(state), "value": value, "url": url}


def states_finding(states: dict[str, int], total: int) -> str:
    """Return in a sentence what the bar of known states shows."""
    delivered = states.get(KnownState.DELIVERED, 0) + states.get(KnownState.PARTLY_DELIVERED, 0)
    silent, unknown = states.get(KnownState.SILENT, 0), states.get(KnownState.UNKNOWN, 0)
    if silent > total / 2:
        return _("Most pledges went silent for a whole cycle")
    if silent and silent + unknown > total / 2:
        return _("Nothing, or nothing recent, was reported on most pledges")
    if unknown > total / 2:
        return _("Most pledges were never publicly reported on")
    if delivered > total / 2:
        return _("Most pledges were delivered, wholly or partly")
    return _("Half of the pledges or more were publicly reported on")


def categories_finding(categories: list[figures.CategoryRow]) -> str:
    """Return in a sentence which category holds the most pledges."""
    if len(categories) > 1 and categories[0].total > categories[1].total:
        return _("%(category)s has the most pledges") % {"category": categories[0].name}
    return _("Pledges by category")


def who_pledged(counts: dict[str, int], rows: Any) -> dict[str, Any]:
    """Return a tile per member state by regional group, and whoever else pledged beside them."""
    everyone = list(Participant.objects.able_to_pledge().alphabetical())
    members = [one for one in everyone if one.kind == ParticipantKind.MEMBER_STATE]
    groups = [
        {"name": f"{group.label} ({len(those)})", "tiles": [tile(one, counts.get(one.pk, 0), rows) for one in those]}
        for group in RegionalGroup
        if (those := [one for one in members if one.regional_group == group])
    ]
    pledgers = [
        {"participant": one, "count": counts[one.pk], "url": rows(participant=one.pk)}
        for one in everyone
        if one.pk in counts
    ]
    return {
        "groups": groups,
        "legend": [{"level": 1, "words": "1–2"}, {"level": 2, "words": "3–5"}, {"level": 3, "words": "6+"}],
        "pledgers": pledgers,
        "others": [row for row in pledgers if row["participant"].kind != ParticipantKind.MEMBER_STATE],
    }


def tile(participant: Participant, count: int, rows: Any) -> dict[str, Any]:
    """Return the tile of a member state: to its pledges here, or to its page where it has none."""
    number = ngettext("%(n)s pledge", "%(n)s pledges", count) % {"n": count} if count else _("no public pledges")
    return {
        "code": participant.pk,
        "says": f"{participant.name}: {number}",
        "level": next((level for least, level in LEVELS if count >= least), 0),
        "url": rows(participant=participant.pk) if count else participant.get_absolute_url(),
    }


def comparison_tables(comparisons: list[figures.Comparison]) -> dict[str, Any]:
    """Return the published totals: those that this record can count, pledgers first, then the others."""
    lines = [comparison_line(beside) for beside in comparisons]
    compared = [line for line in lines if line["counted"] is not None]
    return {
        "compared": sorted(compared, key=lambda line: not line["total"].measure.startswith("pledging-")),
        "published_only": [line for line in lines if line["counted"] is None],
    }


def comparison_line(beside: figures.Comparison) -> dict[str, Any]:
    """Return one published total in words, this record's count and the address of the participants counted."""
    total: PublishedTotal = beside.published
    kind = {} if total.measure == "pledging-participants" else {"kind": STATES}
    return {
        "total": total,
        "measure": measure_words(total.measure),
        "value": published_value(total),
        "counted": beside.counted,
        "difference": beside.difference,
        "url": address(reverse("participant-list"), beside.filters | kind),
    }


def asks_by_category(conference: Conference, user: Any) -> list[dict[str, Any]]:
    """Return how many capabilities were asked for in view of this conference, by category, with their addresses."""
    rows = figures.gap(Requirement.objects.filter(conference=conference), figures.readers_pledges(user))
    counts = Counter(row.category for row in rows)
    names = dict(Category.objects.values_list("code", "name"))
    return [
        {
            "name": names[category],
            "count": n,
            "url": address(reverse("gap"), {"conference": conference.pk, "category": category}),
        }
        for category, n in counts.most_common()
    ]
