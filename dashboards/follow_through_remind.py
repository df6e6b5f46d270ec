"""What an officer reads before reminding: who hears, when and in which words, who else could, and who cannot."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F

from accounts.models import User
from conferences.models import WRITERS, Membership, Participant
from reminders.mails import direction_of
from reminders.models import Reminder
from reminders.owed import Debt
from reminders.people import broken_addresses, desk_officers, reachable
from reminders.preview import text_for
from reminders.remind import Plan


@dataclass(frozen=True)
class Recipient:
    """Somebody who can be reminded: with which posts, of which pledges, with the message of which day.

    `debts` are what no message of theirs speaks of yet; `last` is the newest message sent to them, if any.
    """

    user: User
    posts: list[Membership]
    on: date
    is_today: bool
    references: list[str]
    debts: list[Debt]
    last: Reminder | None


@dataclass(frozen=True)
class Delegation:
    """A delegation that is to answer: who of the Secretariat hears of it, and whether mail reaches anybody of it."""

    participant: Participant
    desk_officer: Any
    is_reached: bool


@dataclass(frozen=True)
class Readers:
    """Who of the delegations can be reminded, and who would be if mail reached them, each place with its `bounce`."""

    recipients: list[Recipient]
    unreached: list[Any]
    delegations: list[Delegation]


def readers(plan: Plan) -> Readers:
    """Return who can be reminded, delegation by delegation, in a fixed number of queries."""
    places = Membership.objects.open().in_delegations().filter(participant__in=plan.persons)
    places = places.select_related("user", "participant").order_by("participant", "-is_focal_point", "pk")
    reached = {one.recipient for one in plan.all}
    posts: dict[int, list[Membership]] = defaultdict(list)
    for place in places:
        posts[place.user_id].append(place)
    in_reach = set(reachable().filter(pk__in=posts).values_list("pk", flat=True))
    lasts = Reminder.objects.filter(recipient__in=reached, state="sent").order_by("recipient", "-owed_on")
    last = {one.recipient_id: one for one in lasts.distinct("recipient")}
    return Readers(
        recipients=[recipient(plan, posts[key], last.get(key)) for key in posts if key in reached],
        unreached=with_bounces([mine[0] for key, mine in posts.items() if key not in in_reach and is_of_use(mine)]),
        delegations=delegations(plan),
    )


def is_of_use(posts: list[Membership]) -> bool:
    """Return whether somebody with these posts would be reminded if mail reached them."""
    return any(post.role in WRITERS or post.is_head_of_mission for post in posts)


def recipient(plan: Plan, posts: list[Membership], last: Reminder | None) -> Recipient:
    """Return somebody who can be reminded."""
    user = posts[0].user
    mine = {pledge: [one for one in debts if one.recipient == user.pk] for pledge, debts in plan.could.items()}
    debts = [one for of_pledge in mine.values() for one in of_pledge]
    return Recipient(
        user=user,
        posts=posts,
        on=debts[0].owed_on,
        is_today=debts[0].owed_on == plan.today[user.pk],
        references=[pledge.reference for pledge, of_pledge in mine.items() if of_pledge],
        debts=[one for one in debts if one in plan.fresh],
        last=last,
    )


def with_bounces(places: list[Any]) -> list[Any]:
    """Return these places, each with what is known of its holder's address: one query."""
    broken = broken_addresses().filter(user__in=[place.user_id for place in places], address=F("user__email"))
    bounces = {one.user_id: one for one in broken}
    for place in places:
        place.bounce = bounces.get(place.user_id)
    return places


def delegations(plan: Plan) -> list[Delegation]:
    """Return the delegations that are to answer, by name: three queries."""
    follows = desk_officers()
    officers = User.objects.in_bulk({follows[code] for code in plan.persons if code in follows})
    participants = Participant.objects.filter(pk__in=plan.persons).alphabetical()
    return [Delegation(one, officers.get(follows.get(one.pk, 0)), bool(plan.persons[one.pk])) for one in participants]


@dataclass(frozen=True)
class Letter:
    """A message before it goes; `mail` is None where nothing of it would still hold as it goes."""

    recipient: Recipient
    mail: Any
    items: list[Any]
    direction: str


def letter_to(found: list[Recipient], wanted: str, ticked: set[int], *, by: Any, at: datetime) -> Letter | None:
    """Return the message to the person whose key is `wanted`, else to the first of those ticked, as it will go."""
    by_key = {str(one.user.pk): one for one in found}
    one = by_key.get(wanted) or next((one for one in found if one.user.pk in ticked), None)
    if one is None:
        return None
    mail, items = text_for(one.user, one.on, at=at, asked=one.debts, asked_by=by)
    return Letter(one, mail, items, direction_of(one.user.language))
