"""Who is reminded: for each audience, which persons, for which delegation or conference, and which day it is for them.

Only people whose account is alive, who have an address that mail reaches, and who hold the post now. Where nobody is
named as desk officer or coordinator, the managers of the Secretariat hear instead: no step of a ladder falls silent.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from accounts import zones
from accounts.models import MailRhythm, Role, User
from conferences.models import WRITERS, Conference, Liaison, Membership, Participant
from pledges.permissions import APPROVERS
from pledges.services.follow_up import possible_coordinators, possible_desk_officers
from reminders.ladders import IN_DELEGATION
from reminders.models import Audience, Reason, Undeliverable

MONDAY = 1
NEVER_HELD_BACK = frozenset({Reason.WINDOW_CLOSING})  # for whoever hears once a week: by Monday it may be too late


class Person(NamedTuple):
    """Somebody who is reminded in one audience of what concerns one participant, or one conference.

    `message_of` is the day whose message this person gets now (`message_day`); `zone` the time zone of its days.
    """

    recipient: int
    audience: str
    participant: str | None
    conference: str | None
    today: date
    message_of: date
    zone: str = "UTC"


def reachable() -> "QuerySet[User]":
    """Return the people to whom a mail can go."""
    broken = Undeliverable.objects.filter(user=OuterRef("pk"), address=OuterRef("email"), mended_at=None)
    return User.objects.filter(~Exists(broken), is_active=True).exclude(email="")


def broken_addresses() -> "QuerySet[Undeliverable]":
    """Return the contacts to mend: addresses that mail does not reach, of people whose account is alive, for a closed
    one needs none; and delegations of which nobody was there to hear, as long as nobody is."""
    waiting = Undeliverable.objects.filter(mended_at=None).exclude(user__is_active=False)
    return waiting.exclude(pk__in=heard_again())


def heard_again() -> list[int]:
    """Return those of the delegations of which nobody was there to hear in which somebody is now."""
    silent = Undeliverable.objects.filter(mended_at=None, participant__isnull=False)
    found = list(silent.values_list("pk", "participant", "audience"))
    filled = (
        {(participant, audience) for _user, audience, participant, _conference in in_delegations()} if found else set()
    )
    return [pk for pk, *post in found if tuple(post) in filled]


def stand_ins(persons: list[Person], *, on: date) -> list[Person]:
    """Return one for each audience of a delegation that none of these persons fills, with a recipient below zero.

    None for delegations of which the Secretariat knows already that nobody hears.
    """
    filled = {(person.participant, person.audience) for person in persons}
    known = set(Undeliverable.objects.filter(mended_at=None, user=None).values_list("participant", flat=True))
    posts = [
        (participant, audience)
        for participant in Participant.objects.order_by("pk").values_list("pk", flat=True)
        for audience in IN_DELEGATION
        if participant not in known and (participant, audience) not in filled
    ]
    return [
        Person(-number, audience, participant, None, on, on)
        for number, (participant, audience) in enumerate(posts, start=1)
    ]


def local_day(user: User, *, at: datetime) -> date:
    """Return the day that an instant falls on where the person lives."""
    return at.astimezone(zones.zone_of(user)).date()


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def message_day(day: date, rhythm: str) -> date:
    """Return the day whose message a person gets on a day: its own, or that of its week's Monday.

    Whoever wants one message a week so gets on a later day what a Monday left unsent, and never two in a week: of a
    person and day there is one message.
    """
    return monday_of(day) if rhythm == MailRhythm.WEEKLY else day


def hearing(reason: str, persons: list[Person]) -> list[Person]:
    """Return these persons with the day of the message that speaks of a reason: what closes may not wait for Monday."""
    return [one._replace(message_of=one.today) for one in persons] if reason in NEVER_HELD_BACK else persons


def zone_of(user: User) -> str:
    """Return the name of the time zone in which a person's days are found, here and by the database."""
    return zones.zone_of(user).key


def people(*, at: datetime, only: int | None = None) -> list[Person]:
    """Return everybody who can be reminded at an instant, once for each post; `only` one person where given."""
    users = reachable() if only is None else reachable().filter(pk=only)
    days = {user.pk: local_day(user, at=at) for user in users}
    rhythms = {user.pk: user.mail_rhythm for user in users}
    where = {user.pk: zone_of(user) for user in users}
    posts = {*in_delegations(), *in_secretariat()}
    return sorted(
        Person(user, audience, participant, conference, days[user], message_day(days[user], rhythms[user]), where[user])
        for user, audience, participant, conference in sorted(posts, key=str)
        if user in days
    )


Post = tuple[int, str, str | None, str | None]  # user, audience, participant, conference


def in_delegations() -> Iterator[Post]:
    """Yield the posts in delegations: focal points, or else all who write; approvers and heads of mission."""
    places = list(Membership.objects.open().in_delegations().filter(user__in=reachable()))
    with_focal_point = {place.participant_id for place in places if place.is_focal_point and place.role in WRITERS}
    for place in places:
        speaks = place.is_focal_point or place.participant_id not in with_focal_point
        if place.role in WRITERS and speaks:
            yield place.user_id, Audience.FOCAL_POINT, place.participant_id, None
        if place.role in APPROVERS or place.is_head_of_mission:
            yield place.user_id, Audience.APPROVER, place.participant_id, None


def in_secretariat() -> Iterator[Post]:
    """Yield desk officers by delegation and coordinators by conference, managers where nobody is named."""
    managers = list(reachable().filter(role=Role.MANAGER).values_list("pk", flat=True))
    named = desk_officers()
    for participant in ["", *Participant.objects.values_list("pk", flat=True)]:  # "" for people of no delegation
        for user in [named[participant]] if participant in named else managers:
            yield user, Audience.DESK_OFFICER, participant, None
    leading = coordinators()
    for conference in Conference.objects.values_list("pk", flat=True):
        for user in [leading[conference]] if conference in leading else managers:
            yield user, Audience.COORDINATOR, None, conference


def desk_officers() -> dict[str, int]:
    """Return who follows each delegation: the officer named, who may do so still and whom mail reaches. For all other
    delegations the managers hear."""
    able = reachable().filter(pk__in=possible_desk_officers())
    return dict(Liaison.objects.filter(desk_officer__in=able).values_list("participant", "desk_officer"))


def coordinators() -> dict[str, int]:
    """Return the coordinator of each conference that has one who may coordinate it still."""
    named = Conference.objects.filter(coordinator__in=reachable())
    return {
        conference.pk: conference.coordinator_id
        for conference in named
        if conference.coordinator_id and possible_coordinators(conference).filter(pk=conference.coordinator_id).exists()
    }


def post_of(person: Person) -> str | None:
    """Return the participant or the conference whose things a person hears of."""
    return person.participant if person.participant is not None else person.conference


def columns(rows: Iterable[Any], kind: Any) -> list[list[Any]]:
    """Return named tuples of a kind as one list a column, as SQL's unnest takes them."""
    found = list(rows)
    return [list(column) for column in zip(*found, strict=True)] if found else [[] for _name in kind._fields]
