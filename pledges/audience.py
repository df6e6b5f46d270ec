"""Who sees a pledge, and what each step makes visible to whom, in plain words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pledges.deciding import in_words
from pledges.enums import Confirmation, JointAction, Status, Verdict
from pledges.models import Decision, Pledge
from pledges.querysets import PledgeQuerySet


def who_sees(pledge: Pledge, *, insider: bool = False) -> str:
    """Return in a sentence or two who sees this pledge now, and when that changes (the rule: `visible_pledges`).

    An `insider` reads who is asked to take part and reads some of it meanwhile: nobody else knows whose answer is
    awaited.
    """
    sentence = who_sees_all(pledge)
    if not insider or pledge.is_announced or pledge.is_discarded:
        return sentence
    rows = pledge.partners.filter(confirmation=Confirmation.AWAITED).select_related("participant").order_by("pk")
    asked = [str(row.participant) for row in rows]
    if not asked:
        return sentence
    said = _(
        "Asked to take part, and not answered yet: %(asked)s. Whoever is asked reads its title, capability and dates."
    )
    return f"{sentence} {said % {'asked': ', '.join(asked)}}"


def unshown(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return those that nobody but their delegation was ever given to read: never submitted, no partner ever asked."""
    asked = apps.get_model("pledges", "PartnerEvent")._default_manager.filter(pledge=OuterRef("pk"))
    return pledges.filter(~Exists(asked), status=Status.DRAFT, submitted_at=None)


def who_sees_all(pledge: Pledge) -> str:
    """Return in a sentence or two who sees the whole of this pledge now, and when that changes."""
    if pledge.is_announced:
        return _("Everyone sees this pledge. Drafts, review and names of persons stay with the delegation and the "
                 "Secretariat.")  # fmt: skip
    names = {"delegation": pledge.participant}
    if pledge.is_discarded:
        return (
            _(
                "The delegation of %(delegation)s and the Secretariat see this pledge. It was discarded before it "
                "counted, and never becomes public."
            )
            % names
        )
    if pledge.status in {Status.REGISTERED, Status.CLOSED}:
        return (
            _(
                "The delegation of %(delegation)s, confirmed partners, the Secretariat and the co-chairs of the "
                "conference see this pledge. It becomes public when it is announced."
            )
            % names
        )
    return (
        _(
            "The delegation of %(delegation)s, confirmed partners and the Secretariat see this pledge. "
            "It becomes public when it is announced."
        )
        % names
    )


def consequences(action: str, pledge: Pledge) -> list[str]:
    """Return what a step does and what becomes visible to whom, a sentence each, for the page that asks to confirm.

    For a step that one person takes; for the others see `what_decision_does`.
    """
    names = {"delegation": pledge.participant, "conference": pledge.conference.title}
    sentences = {
        "submit": [
            _("The Secretariat reviews the pledge, and registers it or returns it to you with a reason."),
            _("Until then nobody can change it."),
            _("Nobody sees more than before: the delegation of %(delegation)s, confirmed partners and the Secretariat. "
              "It becomes public only when the Secretariat announces it."),
        ],
        "recall": [
            _("The pledge is a draft of the delegation of %(delegation)s again: it can be changed and submitted anew."),
            _("The Secretariat does not review it until then."),
        ],
        "return": [
            _("The delegation of %(delegation)s can change the pledge and submit it again."),
            _("The delegation and the Secretariat read your reason, with your name. It never becomes public."),
            *(going_back() if pledge.registered_at else []),
        ],
        "register": [
            _("The pledge counts as a commitment: its delegation reports on it and is reminded of its steps."),
            _("The co-chairs of %(conference)s see it from now on. It stays under embargo for everyone else until it "
              "is announced."),
        ],
        "withdraw": [
            _("The pledge ends as withdrawn: it counts in no figure, and nobody is reminded of it any more."),
            _("That it was withdrawn is seen by everyone who sees the pledge. The reason is read by the delegation and "
              "the Secretariat."),
            _("What everyone sees is withdrawn by two people: one proposes, a manager of the Secretariat confirms."),
        ],
        "close": [
            _("No more reports and no more reminders: the outcome is the last word on this pledge. It is what the "
              "latest assessment says."),
            _("The outcome is seen by everyone who sees the pledge: everyone, once it is announced. The reason is read "
              "by the delegation and the Secretariat."),
        ],
        "discard": [
            _("The pledge ends as withdrawn. It leaves your work page and all lists of what is to be done, and nobody "
              "is reminded of it any more."),
            _("It counts in no figure. It stays, with its reference, documents and history, for the delegation of "
              "%(delegation)s and the Secretariat; nobody else sees it."),
            *(partners_lose_it() if pledge.partners.exists() else []),
            _("This cannot be undone, but its words can be copied into a new draft."),
        ],
    }  # fmt: skip
    return [sentence % names for sentence in sentences[action]]


def going_back() -> list[str]:
    """Return what a return takes from a pledge that was registered, a sentence each."""
    return [
        _("Until it is registered anew it counts in no figure, and the co-chairs of the conference do not see it."),
        _("Its plan, its reports, its readiness and what is counted towards asks stay, and wait: no report is due and "
          "no step is reminded of. Cycles of reports begin anew when it is registered again."),
    ]  # fmt: skip


def partners_lose_it() -> list[str]:
    """Return what a discarded draft means to those who were asked to take part."""
    return [_("Partners and those who were asked to be see it no more, and nobody waits for their answer.")]


def what_happened(action: str, pledge: Pledge) -> str:
    """Return what to tell the person who took a step: what happened, and who sees the pledge now."""
    done = {
        "submit": _("%(reference)s is submitted. The Secretariat has it now."),
        "recall": _("%(reference)s is a draft again."),
        "return": _("%(reference)s is returned to its delegation with your reason."),
        "register": _("%(reference)s is registered."),
        "withdraw": _("%(reference)s is withdrawn."),
        "close": _("%(reference)s is closed."),
        "discard": _("%(reference)s is discarded."),
    }[action]
    return f"{done % {'reference': pledge.reference}} {who_sees(pledge, insider=True)}"


def what_decision_does(action: str, total: int, kept: Pledge | None = None) -> list[str]:
    """Return what it means to announce or withdraw so many pledges, or to merge one into the one that is `kept`, a
    sentence each, for the two who decide on it."""
    if action == JointAction.MERGE and kept:
        return [
            _("The pledge is closed as superseded by %(kept)s: it counts in no figure, and nobody is reminded of it.")
            % {"kept": kept.reference},
            _("Both references stay open: everyone sees on each page that the one was merged into the other."),
            _("The reason is read by the delegation and the Secretariat."),
        ]
    if action == JointAction.WITHDRAW:
        return [
            _("The pledge ends as withdrawn: it counts in no figure, and nobody is reminded of it any more."),
            _("Everyone sees that it was withdrawn. The reason is read by the delegation and the Secretariat."),
        ]
    return [
        ngettext(
            "Everyone then sees this pledge, on the pages, through the API and in all public figures: who pledged "
            "what, how much, where and by when, its reports and assessments. Its intended outcome and its conditions "
            "stand on its page.",
            "Everyone then sees these %(total)s pledges, on the pages, through the API and in all public figures: who "
            "pledged what, how much, where and by when, their reports and assessments. Their intended outcomes and "
            "conditions stand on their pages.",
            total,
        )
        % {"total": total},
        _("Drafts, review notes and names of persons stay with the delegations and the Secretariat."),
        _("This cannot be undone: what everyone has seen stays known."),
    ]


def decided(decision: Decision, zone: ZoneInfo, *, at: datetime) -> str:
    """Return what to tell the person who decided on a proposal: what happens now, and when."""
    if decision.verdict == Verdict.REFUSED:
        return _("It is refused. Whoever proposed it reads your reason.")
    if decision.verdict == Verdict.CANCELLED:
        return _("It is taken back: nothing happens.")
    if decision.takes_effect_at > at:
        when = in_words(decision.takes_effect_at, zone)
        return _("It is confirmed and takes effect on %(when)s.") % {"when": when}
    if decision.items.filter(ended_at=None).exists():
        return _("It is confirmed and carried out within a minute.")
    problems = decision.items.exclude(problem="").count()
    if problems:
        return _("It is confirmed. For some pledges it could not be carried out: they are listed below.")
    return _("It is confirmed and carried out.")
