"""Who may do what, as one page: not a second table, but the real rules asked about made-up people and pledges."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import RoleGrant
from conferences.models import MembershipRole
from conferences.people import permissions as people
from dashboards.made_up import ACTORS, LIVES, World, made_up_world
from pledges import permissions
from pledges.enums import JointAction, Verdict
from pledges.errors import Incomplete, PledgeError
from pledges.models import Allocation, Decision, DecisionPledge, Milestone, Pledge
from pledges.services.review import check_can_merge
from pledges.transitions import TRANSITIONS, Transition, check_transition
from reminders.models import Pause
from reminders.permissions import (
    check_can_lift,
    check_can_remind,
    check_can_see_mail,
    check_can_snooze,
    check_can_steer,
)

Answer = tuple[tuple[str, ...], tuple[str, ...]]  # who may, and who confirms it where it takes two
Subjects = Callable[[World], dict[str, tuple[Any, ...]]]


@dataclass(frozen=True)
class Row:
    """What may be done, with what, by whom, and who must confirm it."""

    act: Any
    subjects: tuple[Any, ...]
    who: tuple[Any, ...]
    confirmed_by: tuple[Any, ...]


def pledges_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return the pledge at each point of its life."""
    return {life: (pledge,) for life, pledge in world.pledges.items()}


def shares_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return the share of the partner that was asked, at each point of the pledge's life."""
    asked = world.participants["INVITED"]
    return {life: (pledge.partners.get(participant=asked),) for life, pledge in world.pledges.items()}


def confirmed_shares_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return the pledge at each point of its life with the share of the partner that confirmed."""
    taking_part = world.participants["PARTNER"]
    return {life: (pledge, pledge.partners.get(participant=taking_part)) for life, pledge in world.pledges.items()}


def done_steps_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return a step of the plan that was taken for done today, at each point of the pledge's life."""
    return {life: (Milestone(pledge=pledge, done_on=world.now.date()),) for life, pledge in world.pledges.items()}


def snoozes_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return a pause that the delegation itself made of the pledge, at each point of its life."""
    return {life: (Pause(pledge=pledge, is_snooze=True),) for life, pledge in world.pledges.items()}


def partners_snoozes_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return a pause that the partner who confirmed made of the pledge, at each point of the pledge's life."""
    return {
        life: (Pause(pledge=pledge, partner=share, is_snooze=True),)
        for life, (pledge, share) in confirmed_shares_of(world).items()
    }


def delegation_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return the delegation."""
    return {"": (world.participants["LEAD"],)}


def pairs_of(world: World) -> dict[str, tuple[Any, ...]]:
    """Return the pledge at each point of its life as the one that is closed, after one that everyone sees."""
    keep = world.pledges["announced"]
    return {life: (keep, pledge) for life, pledge in world.pledges.items() if pledge != keep}


def merged_by(actor: Any, keep: Pledge, drop: Pledge) -> None:
    """Refuse as the merging of two pledges does."""
    permissions.check_is_reviewer(actor, drop)
    check_can_merge(keep, drop)


def verdict_of(world: World, verdict: str) -> dict[str, tuple[Any, ...]]:
    """Return what an approver proposed, to withdraw the announced pledge, and a verdict on it."""
    proposed, is_new = Decision.objects.get_or_create(
        action=JointAction.WITHDRAW, proposed_by=world.people["approver"], takes_effect_at=world.now
    )
    if is_new:
        DecisionPledge.objects.create(decision=proposed, pledge=world.pledges["announced"])
    return {"": (proposed, verdict)}


# The words for each rule that is no step of the table of transitions; what the rule says is not repeated here.
WRITING: list[tuple[Any, Callable[..., None], Subjects]] = [
    (_("Begin a draft"), permissions.check_can_draft_for, delegation_of),
    (_("Change its content"), permissions.check_can_edit, pledges_of),
    (_("Hand it over for approval"), permissions.check_can_edit, pledges_of),
    (_("Invite and change partners"), permissions.check_can_change_partners, pledges_of),
    (_("Answer an invitation to take part"), permissions.check_can_answer, shares_of),
    (_("Attach and remove documents"), permissions.check_can_attach, pledges_of),
    (_("Write messages about it"), permissions.check_can_discuss, pledges_of),
    (_("Report progress"), permissions.check_can_report, pledges_of),
    (_("Renew its entry in the readiness system"), permissions.check_can_renew, pledges_of),
    (_("Put off its reminders"), check_can_snooze, pledges_of),
    (_("Let its reminders go out again before the day that the delegation chose"), check_can_lift, snoozes_of),
    (_("Put off a partner's reminders of it"), check_can_snooze, confirmed_shares_of),
    (
        _("Let those of a partner go out again before the day that it chose"),
        check_can_lift,
        partners_snoozes_of,
    ),
    (_("Report on a share of it"), permissions.check_can_report, confirmed_shares_of),
    (_("Plan its steps"), permissions.check_can_plan, pledges_of),
    (_("Plan the steps of a share of it"), permissions.check_can_plan, confirmed_shares_of),
    (_("Open a step again that was taken for done"), permissions.check_can_reopen, done_steps_of),
    (
        _("Let the delegation report through links, and confirm such reports"),
        permissions.check_can_choose_links,
        delegation_of,
    ),
]
REVIEWING: list[tuple[Any, Callable[..., None], Subjects]] = [
    (_("See what waits for the review"), permissions.check_can_see_queue, lambda world: {"": ()}),
    (_("Claim and review it"), permissions.check_can_review, pledges_of),
    (_("Close it as a duplicate of an announced pledge"), merged_by, pairs_of),
    (_("Assess it"), permissions.check_can_assess, pledges_of),
    (_("Record a condition that was declared after it"), permissions.check_can_record_condition, pledges_of),
    (_("See who is late with it"), permissions.check_can_see_follow_through, lambda world: {"": ()}),
    (_("Put off a late step of it"), permissions.check_can_put_off, pledges_of),
    (
        _("Set the pledging window, the reporting cycle, coordinators and desk officers"),
        permissions.check_is_manager,
        lambda world: {"": ()},
    ),
    (
        _("State an ask; change and remove one that is not of the published record"),
        permissions.check_is_manager,
        lambda world: {"": ()},
    ),
    (_("Count its units towards an ask"), permissions.check_can_allocate, pledges_of),
    (_("Keep its readiness: visits, levels, requests"), permissions.check_can_keep_readiness, pledges_of),
    (
        _("Change what another officer counted"),
        permissions.check_can_change_allocation,
        lambda world: {"": (Allocation(author=world.colleague),)},
    ),
]
# Last among what is about pledges: it puts a proposal into the made-up world.
DECIDING: list[tuple[Any, Callable[..., None], Subjects]] = [
    (_("See the decisions of two people"), permissions.check_can_see_decisions, lambda world: {"": ()}),
    (
        _("Confirm or refuse what an approver proposed"),
        permissions.check_can_decide,
        partial(verdict_of, verdict=Verdict.CONFIRMED),
    ),
    (
        _("Take back what an approver proposed"),
        permissions.check_can_decide,
        partial(verdict_of, verdict=Verdict.CANCELLED),
    ),
]
ABOUT_PEOPLE: list[tuple[Any, Callable[..., None], Subjects]] = [
    (_("See a delegation's people"), people.check_can_see_people, delegation_of),
    (_("Invite, change and end a delegation's people"), people.check_can_change_people, delegation_of),
    (
        _("Make somebody a co-chair"),
        people.check_can_grant,
        lambda world: {"": (world.participants["LEAD"], MembershipRole.CO_CHAIR)},
    ),
    (
        _("Close an account of a delegation, and open it again"),
        people.check_can_close_account,
        lambda world: {"": (world.people["drafter"],)},
    ),
    (
        _("Close an account of the Secretariat, and open it again"),
        people.check_can_close_account,
        lambda world: {"": (world.people["officer"],)},
    ),
    (
        _("Propose a role of the Secretariat"),
        people.check_can_propose_role,
        lambda world: {"": (world.people["analyst"],)},
    ),
    (
        _("Confirm a role that another proposed"),
        people.check_can_confirm_role,
        lambda world: {"": (RoleGrant(user=world.people["analyst"], proposed_by=world.colleague),)},
    ),
    (_("See the mail that was sent"), check_can_see_mail, lambda world: {"": ()}),
    (
        _("Remind now, pause reminders, see to addresses that mail does not reach"),
        check_can_remind,
        lambda world: {"": ()},
    ),
    (_("Change the ladders of reminders, stop all, bound a run"), check_can_steer, lambda world: {"": ()}),
]


@require_safe
def who_may(request: HttpRequest) -> HttpResponse:
    """Show who may see and do what."""
    return render(request, "dashboards/who_may.html", {"sections": sections()})


@cache
def sections() -> tuple[tuple[Any, tuple[Row, ...]], ...]:
    """Return the parts of the page. Worked out once a process: the rules are code, and change with it."""
    with made_up_world() as world:
        return (
            (_("Seeing"), tuple(rows(_("See"), seeing(world)))),
            (_("Writing"), tuple(named(world, WRITING))),
            (_("Steps of a pledge"), tuple(row for action in TRANSITIONS for row in step_rows(world, action))),
            (_("Review"), tuple(named(world, REVIEWING))),
            (_("Decisions of two people"), tuple(named(world, DECIDING))),
            (_("People and mail"), tuple(named(world, ABOUT_PEOPLE))),
        )


def seeing(world: World) -> dict[str, Answer]:
    """Return who sees the pledge at each point of its life."""
    keys = {life: pledge.pk for life, pledge in world.pledges.items()}
    seen = {
        name: set(Pledge.objects.visible_to(actor).filter(pk__in=keys.values()).values_list("pk", flat=True))
        for name, actor in world.people.items()
    }
    return {life: (tuple(name for name in ACTORS if key in seen[name]), ()) for life, key in keys.items()}


def named(world: World, rules: Iterable[tuple[Any, Callable[..., None], Subjects]]) -> Iterable[Row]:
    """Yield the rows of rules that have words of their own."""
    for words, check, subjects in rules:
        answers: dict[str, Answer] = {
            life: (able(world, check, *subject), ()) for life, subject in subjects(world).items()
        }
        yield from rows(words, answers)


def step_rows(world: World, action: str) -> Iterable[Row]:
    """Return the rows of a step: who takes or proposes it, and who confirms where it takes two."""
    step = TRANSITIONS[action]
    answers = {}
    for life, pledge in world.pledges.items():
        who = able(world, partial(taken_by, step), pledge)
        confirm = permissions.check_two_people
        second = able(world, confirm, pledge, world.colleague) if step.takes_two(pledge) else ()
        answers[life] = (who, second)
    return rows(step.label, answers)


def taken_by(step: Transition, actor: Any, pledge: Pledge) -> None:
    """Refuse as the step does, save for what the made-up pledge lacks."""
    with suppress(Incomplete):
        check_transition(step, pledge, actor)


def able(world: World, check: Callable[..., None], *subject: Any) -> tuple[str, ...]:
    """Return the names of those whom a rule lets pass."""
    return tuple(name for name in ACTORS if passes(check, world.people[name], *subject))


def passes(check: Callable[..., None], *subject: Any) -> bool:
    """Return whether a rule lets somebody pass."""
    try:
        check(*subject)
    except (PledgeError, PermissionDenied):
        return False
    return True


def rows(act: Any, answers: dict[str, Answer]) -> Iterable[Row]:
    """Yield a row for each different answer, with all to which it applies; what nobody may is left out."""
    for answer in dict.fromkeys(answers.values()):
        who, confirmed_by = answer
        if who:
            alike = [life for life, given in answers.items() if given == answer and life]
            yield Row(
                act=act,
                subjects=tuple(LIVES[life][0] for life in alike),
                who=tuple(ACTORS[name] for name in who),
                confirmed_by=tuple(ACTORS[name] for name in confirmed_by),
            )
