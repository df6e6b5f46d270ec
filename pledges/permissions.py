"""Who may do what. `check_…` refuses with a reason that can be shown, `can_…` answers yes or no for buttons."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from conferences.models import WRITERS, Membership, MembershipRole, Participant
from pledges.enums import Confirmation, Status, Verdict
from pledges.errors import NeedsSecondPerson, NotAllowed, PledgeError, WrongStatus
from pledges.models import Allocation, Decision, Milestone, Partner, Pledge
from pledges.querysets import STANDS_FOR_NOTHING

APPROVERS = (MembershipRole.APPROVER, MembershipRole.DEPUTY)
EDITABLE = frozenset({Status.DRAFT, Status.RETURNED})


def is_member(user: Any, participant_id: str, roles: tuple[str, ...]) -> bool:
    """Return whether the user is now in that delegation, in one of those roles."""
    return Membership.objects.of(user, *roles).filter(participant=participant_id).exists()


def check_can_draft_for(user: Any, participant: Participant) -> None:
    """Refuse anybody but the drafters and approvers of the delegation."""
    if not is_member(user, participant.pk, WRITERS):
        raise NotAllowed(_("Only drafters and approvers of this delegation can write its pledges."))


def check_can_edit(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the delegation's own writers, and any pledge that is no longer a draft."""
    check_can_draft_for(user, pledge.participant)
    if pledge.status not in EDITABLE:
        raise WrongStatus(why_fixed(pledge))


def why_fixed(pledge: Pledge) -> str:
    """Return why a pledge is not edited now, and what can be done about it."""
    if pledge.status == Status.CLOSED:
        return _("This pledge is closed: it stays as it is.")
    if pledge.announced_at:
        return _(
            "Everyone sees this pledge: it stays as it was announced. Write to the Secretariat what has changed; it "
            "can be withdrawn, by two people, or superseded by a new pledge."
        )
    if pledge.status == Status.REGISTERED:
        return _("This pledge is registered: it can be changed again if the Secretariat returns it. Ask it to do so.")
    return _("This pledge was submitted: take it back to change it, or change it if the Secretariat returns it.")


def check_can_change_partners(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the lead's writers until the pledge is registered, and the Secretariat's officers after it."""
    if pledge.status not in {Status.REGISTERED, Status.CLOSED}:
        check_can_draft_for(user, pledge.participant)
    elif is_member(user, pledge.participant_id, WRITERS):
        raise WrongStatus(_("The pledge is registered: only the Secretariat changes its partners now."))
    else:
        check_is_reviewer(user, pledge)
    if pledge.status == Status.CLOSED:
        raise WrongStatus(_("The pledge is closed: its partners stay as they are."))


def check_is_invited(user: Any, partner: Partner) -> None:
    """Refuse anybody but an approver of the delegation that is asked to take part."""
    if not is_member(user, partner.participant_id, APPROVERS):
        raise NotAllowed(_("Only an approver of the invited delegation can answer."))


def check_can_answer(user: Any, partner: Partner) -> None:
    """Refuse anybody but an approver of the invited delegation, and an answer that comes too late."""
    check_is_invited(user, partner)
    if partner.pledge.status == Status.CLOSED:
        raise WrongStatus(_("The pledge is closed: shares stay as they are."))
    if partner.confirmation == Confirmation.DECLINED:
        raise WrongStatus(_("Your delegation declined: the lead can invite it again."))
    if partner.pledge.status == Status.REGISTERED and partner.confirmation == Confirmation.CONFIRMED:
        raise WrongStatus(_("The pledge is registered: only the Secretariat changes a confirmed share now."))


def check_is_approver(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but an approver of the delegation that leads the pledge."""
    if not is_member(user, pledge.participant_id, APPROVERS):
        raise NotAllowed(_("Only an approver of the delegation can do this."))


def check_can_discard(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the lead's writers for a draft, and its approvers for what the Secretariat returned."""
    if pledge.status == Status.DRAFT:
        check_can_draft_for(user, pledge.participant)
    else:
        check_is_approver(user, pledge)


def check_is_reviewer(user: Any, pledge: Pledge | None = None) -> None:
    """Refuse anybody but the Secretariat's officers and managers."""
    if not user.is_authenticated or not user.is_reviewer:
        raise NotAllowed(_("Only an officer of the Secretariat can do this."))


def check_can_see_queue(user: Any) -> None:
    """Refuse anybody but the Secretariat."""
    if not user.is_authenticated or not user.is_secretariat:
        raise NotAllowed(_("Only the Secretariat sees what waits for its review."))


def check_can_see_follow_through(user: Any) -> None:
    """Refuse anybody but the Secretariat to see who is late, what was mailed to them and when they signed in."""
    if not user.is_authenticated or not user.is_secretariat:
        raise NotAllowed(_("Only the Secretariat sees who is late."))


def check_can_review(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's officers, and any pledge that does not wait for a review."""
    check_is_reviewer(user, pledge)
    if pledge.status != Status.SUBMITTED:
        raise WrongStatus(_("This pledge is not waiting for a review any more."))


def check_can_allocate(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's officers, and any pledge that is not registered."""
    check_is_reviewer(user, pledge)
    if not pledge.registered_at:
        raise WrongStatus(_("Units of a pledge are counted once it is registered."))
    if pledge.outcome in STANDS_FOR_NOTHING:
        raise WrongStatus(_("This pledge ended without being delivered: none of it counts towards an ask."))


def check_can_change_allocation(user: Any, allocation: Allocation) -> None:
    """Refuse anybody but the officer who counted this, and managers."""
    check_is_reviewer(user)
    if allocation.author_id != user.pk and not is_manager(user):
        raise NotAllowed(_("Only the officer who counted this, and managers, can change it."))


def check_can_withdraw(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but an approver of the delegation that leads the pledge, and the Secretariat's managers."""
    if not allowed(check_is_manager, user, pledge) and not is_member(user, pledge.participant_id, APPROVERS):
        raise NotAllowed(_("Only an approver of the delegation or a manager of the Secretariat can withdraw a pledge."))


def check_two_people(user: Any, pledge: Pledge, proposed_by: Any) -> None:
    """Refuse a step that one person proposes and another, a manager, confirms, unless these are two such people."""
    if proposed_by is None:
        raise NeedsSecondPerson(_("This takes two people: propose it, and a manager of the Secretariat confirms it."))
    check_is_another(user, proposed_by)
    check_is_manager(user, pledge)


def check_is_another(user: Any, proposed_by: Any) -> None:
    """Refuse whoever proposed it, also under a second account."""
    mine = getattr(user, "email", "").casefold()  # a visitor has none
    if user.pk == proposed_by.pk or (mine and mine == proposed_by.email.casefold()):
        raise NeedsSecondPerson(_("You proposed this: somebody else must decide on it."))


def check_can_see_decisions(user: Any) -> None:
    """Refuse anybody but the Secretariat."""
    if not user.is_authenticated or not user.is_secretariat:
        raise NotAllowed(_("Only the Secretariat sees the decisions of two people."))


def check_can_decide(user: Any, decision: Decision, verdict: str) -> None:
    """Refuse a verdict on a decision of two people that this person may not give, or that comes too late.

    Whoever proposed it takes it back at any time; a manager stops one that is confirmed, and confirms or refuses, with
    a reason, what another proposed.
    """
    is_taken_back = verdict == Verdict.CANCELLED and user.pk == decision.proposed_by_id
    if not is_taken_back:
        check_is_manager(user)
    if verdict != Verdict.CANCELLED:
        check_is_another(user, decision.proposed_by)
    if (decision.verdict and verdict != Verdict.CANCELLED) or not decision.items.filter(ended_at=None).exists():
        raise WrongStatus(_("This was decided already."))
    if verdict == Verdict.CANCELLED and not is_taken_back and not decision.verdict:
        raise WrongStatus(_("Somebody else proposed this: refuse it, and say why."))


def check_not_claimed(user: Any, pledge: Pledge, *, at: datetime | None = None) -> None:
    """Refuse to act on a pledge that another officer is reading."""
    claim = getattr(pledge, "claim", None)
    if claim and claim.until > (at or timezone.now()) and claim.officer_id != user.pk:
        raise WrongStatus(
            _("%(person)s is reading this pledge until %(time)s.")
            % {"person": claim.officer, "time": date_format(timezone.localtime(claim.until), "H:i e")}
        )


def check_can_discuss(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the delegation's writers and the Secretariat's officers to write in the thread of a pledge."""
    if not (user.is_authenticated and user.is_reviewer) and not is_member(user, pledge.participant_id, WRITERS):
        raise NotAllowed(_("Only the delegation's writers and the Secretariat's officers write here."))


def is_manager(user: Any) -> bool:
    """Return whether this person announces and withdraws for the Secretariat."""
    return bool(user.is_authenticated and user.is_manager)


def check_is_manager(user: Any, pledge: Pledge | None = None) -> None:
    """Refuse anybody but the Secretariat's managers."""
    if not is_manager(user):
        raise NotAllowed(_("Only a manager of the Secretariat can do this."))


def check_can_report(user: Any, pledge: Pledge, partner: Partner | None = None) -> None:
    """Refuse anybody but the writers of the delegation that leads the pledge, or of the one whose share (`partner`) it
    is: nobody reports for another. And any pledge that is not registered, any share that is not confirmed."""
    check_is_own_part(user, pledge, partner)
    if pledge.status != Status.REGISTERED:
        raise WrongStatus(_("Progress is reported on registered pledges."))


def check_is_own_part(user: Any, pledge: Pledge, partner: Partner | None) -> None:
    """Refuse anybody but the writers of the lead, or of the partner whose confirmed share it is."""
    if partner is None:
        check_can_draft_for(user, pledge.participant)
        return
    if not is_member(user, partner.participant_id, WRITERS):
        raise NotAllowed(_("Only drafters and approvers of the partner’s own delegation act for its share."))
    if partner.confirmation != Confirmation.CONFIRMED:
        raise WrongStatus(_("The share is not confirmed: an approver of the delegation answers first."))


def check_can_plan(user: Any, pledge: Pledge, partner: Partner | None = None) -> None:
    """Refuse to plan steps of a pledge, or of a partner's share of it, but for its own delegation's writers.

    The lead plans from the first draft on, though not while the Secretariat reviews; a partner once it is registered.
    """
    if partner is None and can_edit(user, pledge):
        return
    check_is_own_part(user, pledge, partner)
    if pledge.status != Status.REGISTERED:
        raise WrongStatus(_("Steps are planned while the pledge is a draft and once it is registered."))


def mends_plans(user: Any, pledge: Pledge) -> bool:
    """Return whether this person puts steps off and opens them again for the Secretariat: its officers, once the pledge
    is registered."""
    return bool(user.is_authenticated and user.is_reviewer and pledge.status == Status.REGISTERED)


def check_can_put_off(user: Any, pledge: Pledge, partner: Partner | None = None) -> None:
    """Refuse to put off a step but for whoever plans it, and for the Secretariat's officers once it is registered."""
    if not mends_plans(user, pledge):
        check_can_plan(user, pledge, partner)


def check_can_reopen(user: Any, step: Milestone) -> None:
    """Refuse to open a step again that was taken for done, but by the Secretariat's officers once the pledge is
    registered, and by whoever plans it until somebody of the Secretariat has assessed the pledge since."""
    pledge = step.pledge
    if mends_plans(user, pledge):
        return
    check_can_plan(user, pledge, step.partner)
    if step.done_on and pledge.assessments.filter(author__isnull=False, created_at__date__gte=step.done_on).exists():
        raise WrongStatus(
            _("The Secretariat has assessed the pledge since this step was done: ask it to open the step again.")
        )


def check_can_assess(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's officers, and any pledge that is not registered."""
    check_is_reviewer(user, pledge)
    if pledge.status != Status.REGISTERED:
        raise WrongStatus(_("Only registered pledges that are not closed are assessed."))


def check_can_record_condition(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's officers to record a condition that was declared after a pledge, and any
    pledge that is not live: until it is registered its delegation states them in the pledge."""
    check_is_reviewer(user, pledge)
    if pledge.status != Status.REGISTERED:
        raise WrongStatus(_("Later conditions are recorded on registered pledges that are not closed."))


def check_can_choose_links(user: Any, participant: Participant) -> None:
    """Refuse anybody but the approvers of a delegation to let it report through links, and to confirm what came."""
    if not is_member(user, participant.pk, APPROVERS):
        raise NotAllowed(_("Only an approver of the delegation decides on reports through links."))


def check_can_keep_readiness(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's officers to keep the readiness of a pledge, and one that is not live."""
    check_is_reviewer(user, pledge)
    if pledge.status != Status.REGISTERED:
        raise WrongStatus(_("Readiness is kept for registered pledges that are not closed."))


def check_can_renew(user: Any, pledge: Pledge) -> None:
    """Refuse a renewal in the readiness system but by the delegation's writers and the Secretariat's officers."""
    if user.is_authenticated and user.is_reviewer:
        check_can_keep_readiness(user, pledge)
    else:
        check_can_report(user, pledge)


def check_can_attach(user: Any, pledge: Pledge, *, to_report: bool = False, partner: Partner | None = None) -> None:
    """Refuse documents but from the delegation's writers while they write, and the Secretariat's officers at any time.

    Where `to_report`, the document belongs to a report, of a `partner` on its share where one is named: writers add
    those once the pledge is registered, each to reports of their own.
    """
    if user.is_authenticated and user.is_reviewer:
        return
    if to_report:
        check_can_report(user, pledge, partner)
    else:
        check_can_edit(user, pledge)


def allowed(check: Callable[..., None], *subject: Any) -> bool:
    """Return whether a check passes, for buttons."""
    try:
        check(*subject)
    except PledgeError:
        return False
    return True


def can_edit(user: Any, pledge: Pledge) -> bool:
    """Return whether to offer editing."""
    return allowed(check_can_edit, user, pledge)


def can_report(user: Any, pledge: Pledge) -> bool:
    """Return whether to offer reporting."""
    return allowed(check_can_report, user, pledge)


def is_insider(user: Any, pledge: Pledge) -> bool:
    """Return whether this person sees the working side of a pledge: edits, review and names."""
    if not user.is_authenticated:
        return False
    return bool(user.is_secretariat) or is_member(user, pledge.participant_id, ())


def sees_plan(user: Any, pledge: Pledge) -> bool:
    """Return whether this person sees the plan of a pledge: its insiders, and whoever confirmed a share of it."""
    if is_insider(user, pledge):
        return True
    taking_part = pledge.partners.filter(confirmation=Confirmation.CONFIRMED).values("participant")
    return bool(user.is_authenticated and Membership.objects.of(user).filter(participant__in=taking_part).exists())
