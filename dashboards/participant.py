"""Participants: who can pledge, in the official names; and the page of one, over all conferences, without any rank."""

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThanOrEqual
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conferences.models import LANGUAGES, Conference, Participant, ParticipantKind, RegionalGroup, SortKey
from dashboards.conference import pledges_label, silent_figure
from dashboards.home import number_urls
from dashboards.measures import measure_words, published_value
from pledges import figures
from pledges.enums import Confirmation
from pledges.filters import narrowed
from pledges.links import DataLinks, counted_rows_url, data_links, rows_url
from pledges.listing import PAGE_SIZE, for_table
from pledges.models import Partner, Pledge
from pledges.query_form import CodesField, QueryForm, categories, choices, conferences, words_field
from pledges.querysets import today

LIKE_ENOUGH = 0.4  # of 1; one or two letters off in a name of usual length
LANGUAGE_NAMES = {"ar": "العربية", "zh": "中文", "en": "English", "fr": "Français", "ru": "Русский", "es": "Español"}


class ParticipantListForm(QueryForm):
    """Participants by name, group and kind, or those that pledged at a conference or in a category."""

    q = words_field(_("Name or code"))
    region = CodesField(label=_("Regional group"), options=choices(RegionalGroup))
    kind = CodesField(label=_("Kind"), options=choices(ParticipantKind))
    conference = CodesField(label=_("Pledged at"), options=conferences)
    category = CodesField(label=_("Pledged in the category"), options=categories)

    SHOWN = ("q", "region", "kind", "conference", "category")


@require_safe
def participant_list(request: HttpRequest) -> HttpResponse:
    """Show the participants that the query string asks for, by regional group."""
    asked = ParticipantListForm(request)
    if not asked.is_valid():
        return render(request, "conferences/participants.html", {"asked": asked}, status=400)
    of_pledges = {name: asked.filters[name] for name in ("conference", "category") if name in asked.filters}
    pledges = narrowed(of_pledges, figures.readers_pledges(request.user), request).qs
    counts = figures.by_participant(pledges)
    found = [
        {
            "participant": one,
            "count": counts.get(one.pk, 0),
            "url": counted_rows_url(request.user, participant=one.pk, **of_pledges),
        }
        for one in matching(asked)
        if one.pk in counts or not of_pledges
    ]
    context = {
        "asked": asked,
        "total": len(found),
        "groups": grouped(found),
        "as_of": timezone.localdate(),
        "rule": figures.counting_rule(request.user),
        "data": rows_elsewhere(asked.filters),
    }
    return render(request, "conferences/participants.html", context)


def rows_elsewhere(filters: Mapping[str, str]) -> DataLinks | None:
    """Return where programs get the rows of the list; None for a question that the API does not know."""
    return data_links("participants", filters) if filters.keys() <= {"region", "kind"} else None


def matching(asked: ParticipantListForm) -> "list[Participant]":
    """Return the participants of the name, group and kind asked for; where no name fits, those most like it."""
    rows = Participant.objects.able_to_pledge().alphabetical()
    if "region" in asked.filters:
        rows = rows.filter(regional_group__in=asked.filters["region"].split(","))
    if "kind" in asked.filters:
        rows = rows.filter(kind__in=asked.filters["kind"].split(","))
    text = asked.filters.get("q", "").strip()
    if not text:
        return list(rows)
    key = SortKey(Cast(Value(text), CharField()))
    return list(rows.filter(named(text, key))) or list(rows.filter(likeness(key)))


def named(text: str, key: SortKey) -> Q:
    """Return the condition that a code is `text`, or a name in any language holds it, whatever accents and capitals."""
    names = Q(code__iexact=text)
    for language in LANGUAGES:
        names |= Q(**{f"sort_{language}__contains": key})
    return names


def likeness(key: SortKey) -> GreaterThanOrEqual:
    """Return the condition that an English name holds something much like the words: one or two letters off."""
    return GreaterThanOrEqual(TrigramWordSimilarity(key, "sort_en"), LIKE_ENOUGH)  # type: ignore[arg-type]


def grouped(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows by regional group; who is in none is told apart by kind."""
    titles = {group: group.label for group in RegionalGroup if group != RegionalGroup.NONE}
    outside = {ParticipantKind.OBSERVER_STATE: _("Observer states"), ParticipantKind.ORGANIZATION: _("Organisations")}
    groups: dict[Any, list[dict[str, Any]]] = {key: [] for key in (*titles, *outside)}
    for row in found:
        one = row["participant"]
        groups[one.kind if one.regional_group == RegionalGroup.NONE else one.regional_group].append(row)
    return [{"name": (titles | outside)[key], "rows": rows} for key, rows in groups.items() if rows]


@require_safe
def participant_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one participant: promise and delivery over all conferences. The Secretariat, which does not pledge, too."""
    participant = get_object_or_404(Participant, pk=code)
    user = request.user
    pledges = figures.readers_pledges(user).filter(participant=participant)
    context = {
        "participant": participant,
        "names": [
            (language, name, getattr(participant, f"name_{language}")) for language, name in LANGUAGE_NAMES.items()
        ],
        "as_of": timezone.localdate(),
        "rule": figures.counting_rule(user),
        "data": data_links("pledges", {"participant": code, **figures.readers_filters(user)}),
        "all_rows_url": rows_url({"participant": code}),
        "pledges": for_table(Pledge.objects.visible_to(user).filter(participant=participant)).order_by(
            "-dated_at", "-reference"
        )[:PAGE_SIZE],
        "summary": (summary := figures.summary(pledges)),
        "figures": headline(summary, participant, user),
        "conferences": over_conferences(pledges, participant, user),
        **partnerships(participant, user),
        **convened(participant),
        "needs": list(participant.training_needs.select_related("edition", "capability_type")),
        "totals": [
            {"total": total, "measure": measure_words(total.measure), "value": published_value(total)}
            for total in participant.published_totals.select_related("conference")
        ],
    }
    return render(request, "conferences/participant.html", context)


def headline(summary: figures.Summary, participant: Participant, user: Any) -> list[dict[str, Any]]:
    """Return the numbers on top of the page."""

    def rows(**filters: str) -> str:
        return counted_rows_url(user, participant=participant.pk, **{"silent": "false"} | filters)

    return [
        {"value": summary.pledges, "label": pledges_label(summary), "url": rows()},
        {
            "value": summary.delivered,
            "label": _("confirmed delivered or partly delivered"),
            "url": rows(delivered="true"),
        },
        {"value": summary.dated, "label": _("name a date"), "url": rows(dated="true")},
        {"value": summary.joint, "label": _("made with partners"), "url": rows(with_partners="true")},
        *silent_figure(summary, rows(silent="true")),
    ]


def over_conferences(pledges: Any, participant: Participant, user: Any) -> dict[str, Any]:
    """Return promise, delivery and reports per conference, the oldest first, and the scale of the bars."""
    rows = figures.by_conference(pledges)
    rates = figures.follow_up(pledges, by=figures.CONFERENCE, on=today())
    held = Conference.objects.filter(pk__in=rows).order_by("starts_on")
    lines = [
        {
            "conference": conference,
            "row": rows[conference.pk],
            "rate": rates[conference.pk],
            **number_urls(user, participant=participant.pk, conference=conference.pk),
        }
        for conference in held
    ]
    return {"lines": lines, "scale": max((row.pledges for row in rows.values()), default=0)}


def partnerships(participant: Participant, user: Any) -> dict[str, Any]:
    """Return the first pledges of others in which this participant takes part, and the address of all of them."""
    rows = (
        Partner.objects.filter(participant=participant, pledge__in=Pledge.objects.visible_to(user))
        .filter(confirmation=Confirmation.CONFIRMED)
        .select_related("pledge__participant", "pledge__conference")
        .order_by("-pledge__dated_at", "-pledge__reference")
    )
    return {"partnerships": list(rows[:PAGE_SIZE]), "partnerships_url": rows_url({"partner": participant.pk})}


def convened(participant: Participant) -> dict[str, Any]:
    """Return the conferences that this participant co-chaired or else hosted, and the preparatory ones it co-hosted."""
    return {
        "chaired": list(participant.co_chairships.select_related("conference").order_by("-conference__starts_on")),
        "hosted": list(participant.hosted_conferences.exclude(co_chairs__participant=participant)),
        "prepared": list(participant.co_hosted_preparatory_conferences.select_related("conference")),
    }
