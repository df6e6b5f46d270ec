"""What stands beside a made-up pledge: partners, plan, reports, judgements, steps."""

from collections import deque
from datetime import date, timedelta
from random import Random
from typing import Any

from conferences.dates import Precision
from pledges.enums import (
    AssessedState,
    CaveatKnowledge,
    CaveatStage,
    Confirmation,
    EventKind,
    Kind,
    LineageKind,
    Match,
    Outcome,
    PartnerRole,
    ReadinessLevel,
    ReportedState,
    Status,
)
from pledges.models import (
    Allocation,
    Assessment,
    Caveat,
    Lineage,
    Milestone,
    MilestoneDependency,
    MilestoneExtension,
    MilestoneReopening,
    Partner,
    Pledge,
    PledgeMission,
    ProgressUpdate,
    Readiness,
    ReportLink,
    ReviewNote,
    StatusChange,
)
from pledges.synthetic import words
from pledges.synthetic.copying import Load, Table, next_ids
from pledges.synthetic.draws import heavy_tailed, weighted, zipf
from pledges.synthetic.pledge import Made, at_noon
from pledges.synthetic.world import World

ROLES = {
    PartnerRole.CO_PLEDGER: 40, PartnerRole.RECIPIENT: 20, PartnerRole.FUNDER: 10, PartnerRole.OPERATOR: 7,
    PartnerRole.TRAINER: 7, PartnerRole.EQUIPMENT_PROVIDER: 6, PartnerRole.LIFT: 4, PartnerRole.SUCCESSOR: 4,
    PartnerRole.NOT_STATED: 2,
}  # fmt: skip
WORD = {Confirmation.CONFIRMED: 60, Confirmation.AWAITED: 25, Confirmation.DECLINED: 15}
ON_THE_WAY = {
    ReportedState.IN_PROGRESS: 50, ReportedState.PLANNING: 20, ReportedState.DELAYED: 18, ReportedState.NOT_STARTED: 6,
    ReportedState.PARTLY_DELIVERED: 6,
}  # fmt: skip
EVENTS = {
    EventKind.REPORTED: 40, EventKind.NO_CHANGE: 15, EventKind.DEPLOYED: 15, EventKind.TRAINING_HELD: 10,
    EventKind.HANDED_OVER: 6, EventKind.PAID: 4, EventKind.MEMORANDUM_SIGNED: 4, EventKind.REGISTERED: 2,
    EventKind.CHANGED: 2, EventKind.ASSESSMENT_VISIT: 1, EventKind.REAFFIRMED: 1,
}  # fmt: skip
LAST_REPORT = {
    Outcome.DELIVERED: ReportedState.DELIVERED,
    Outcome.PARTLY_DELIVERED: ReportedState.PARTLY_DELIVERED,
    Outcome.NOT_DELIVERED: ReportedState.WILL_NOT_DELIVER,
}
JUDGED = {
    Outcome.DELIVERED: AssessedState.DELIVERED,
    Outcome.PARTLY_DELIVERED: AssessedState.PARTLY_DELIVERED,
    Outcome.NOT_DELIVERED: AssessedState.NOT_DELIVERED,
    Outcome.WITHDRAWN: AssessedState.WITHDRAWN,
    Outcome.OVERTAKEN: AssessedState.OVERTAKEN,
}
JUDGED_ON_THE_WAY = {AssessedState.ON_TRACK: 60, AssessedState.DELAYED: 25, AssessedState.PARTLY_DELIVERED: 15}
LINKS = {LineageKind.RENEWS: 45, LineageKind.REPEATS: 30, LineageKind.SUPERSEDES: 15, LineageKind.HANDS_OVER: 10}
STAGES = {
    CaveatStage.PLEDGE: 50, CaveatStage.TALKS: 25, CaveatStage.MEMORANDUM: 15, CaveatStage.AFTER_DEPLOYMENT: 10,
}  # fmt: skip
# Reports and judgements go in before their pledges, which carry the latest of them already: else their triggers would
# write each pledge anew for every report. References are checked at the end of the transaction.
MODELS: tuple[Any, ...] = (
    ProgressUpdate, Assessment, Pledge, PledgeMission, Partner, Lineage, Caveat, Milestone, MilestoneExtension,
    MilestoneReopening, MilestoneDependency, ReportLink, Readiness, Allocation, StatusChange, ReviewNote,
)  # fmt: skip
MOST_PARTNERS, MOST_STEPS = 4, 3
# Rows that others name, with how many of them a pledge has at most.
POINTED_TO: dict[Any, int] = {Partner: MOST_PARTNERS, Milestone: MOST_STEPS}


class Story:
    """Adds the rows of pledges to the tables, in an order in which each refers only to what is there."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        keyed = {Pledge, *POINTED_TO}
        self.tables = {model: Table(model, left_out=() if model in keyed else ("id",)) for model in MODELS}
        self.keys: dict[Any, deque[int]] = {model: deque() for model in POINTED_TO}
        self.partners = zipf(world.participants, 0.8)
        self.roles, self.words, self.links = weighted(ROLES), weighted(WORD), weighted(LINKS)
        self.states, self.events = weighted(ON_THE_WAY), weighted(EVENTS)
        self.judgements, self.stages = weighted(JUDGED_ON_THE_WAY), weighted(STAGES)
        # The last pledge of each delegation at each conference, to which a later one may go back.
        self.earlier: dict[str, dict[date, int]] = {}

    def chance(self, share: float) -> bool:
        """Return whether something that happens to this share of pledges happens to this one."""
        return self.random.random() < share

    def draw_keys(self, pledges: int) -> None:
        """Take the primary keys that the rows beside so many pledges may need, as far as none are left over."""
        for model, most in POINTED_TO.items():
            wanted = pledges * most - len(self.keys[model])
            if wanted > 0:
                self.keys[model].extend(next_ids(model, wanted))

    def take(self) -> list[Load]:
        """Return all rows added since the last time, in the order in which they are to be stored."""
        return [table.take() for table in self.tables.values()]

    def tell(self, made: Made) -> None:
        """Add a pledge with all that stands beside it."""
        for mission in made.missions:
            self.tables[PledgeMission].add(pledge_id=made.id, mission_id=mission)
        shares = self.add_partners(made)
        self.add_lineage(made)
        self.add_caveat(made)
        self.add_milestones(made, shares)
        self.add_report_link(made)
        self.add_steps(made)
        if made.registered_on:
            self.add_updates(made)
            self.add_assessment(made)
            self.add_readiness(made)
            self.add_allocation(made)
        self.tables[Pledge].add(id=made.id, **made.columns)

    def day_after(self, made: Made) -> date:
        """Return a day between registration and the end of what is told."""
        first = made.registered_on or made.ends_on
        return first + timedelta(days=self.random.randint(0, max(0, (made.ends_on - first).days)))

    def add_partners(self, made: Made) -> list[int]:
        """Add partners to one pledge in twelve, their shares within the pledge; return those that confirmed."""
        wanted = heavy_tailed(self.random, MOST_PARTNERS) if self.chance(0.08) else 0
        codes = {self.partners.draw(self.random).code for _ in range(wanted)} - {made.participant.code}
        left = {name: made.columns.get(name) or 0 for name in ("quantity", "personnel", "amount")}
        taking_part = []
        for code in sorted(codes):
            word = self.words.draw(self.random)
            shares = {}
            for name, rest in left.items():
                if rest > 1 and self.chance(0.5):
                    shares[f"share_{name}"] = self.random.randint(1, int(rest) // 2)
                    left[name] = rest - shares[f"share_{name}"]
            confirmed = made.columns["created_at"] + timedelta(days=1) if word == Confirmation.CONFIRMED else None
            key = self.keys[Partner].popleft()
            taking_part += [key] if confirmed else []
            self.tables[Partner].add(
                id=key,
                pledge_id=made.id,
                participant_id=code,
                role=self.roles.draw(self.random),
                confirmation=word,
                invited_at=made.columns["created_at"],
                confirmed_at=confirmed,
                **shares,
            )
        return taking_part

    def add_lineage(self, made: Made) -> None:
        """Tie half of the pledges that are not new to one of the same delegation at an earlier conference."""
        days = self.earlier.setdefault(made.participant.code, {})
        before = [day for day in days if day < made.conference.ends_on]
        if made.columns["kind"] != Kind.NEW and before and self.chance(0.5):
            self.tables[Lineage].add(
                later_id=made.id, earlier_id=days[max(before)], kind=self.links.draw(self.random), note=words.MARK
            )
        if made.is_announced:
            days[made.conference.ends_on] = made.id

    def add_caveat(self, made: Made) -> None:
        """Add the caveat of a pledge that declares one."""
        if made.columns["caveats_known"] == CaveatKnowledge.DECLARED:
            self.tables[Caveat].add(
                pledge_id=made.id,
                text=self.random.choice(words.CAVEATS),
                stage=self.stages.draw(self.random),
                declared_on=made.columns["created_at"].date(),
                declared_on_precision=Precision.DAY,
            )

    def add_milestones(self, made: Made, shares: list[int]) -> None:
        """Add steps to the plan of one pledge in four, of the lead and of `shares`; some are done, some due, some
        overdue, and some wait for the one before."""
        if not self.chance(0.25):
            return
        due, before = made.conference.ends_on, (0, False)
        for title in self.random.sample(words.STEPS, self.random.randint(1, MOST_STEPS)):
            due += timedelta(days=self.random.randint(30, 360))
            done = bool(made.registered_on and due < made.ends_on and self.chance(0.6))
            key = self.keys[Milestone].popleft()
            self.tables[Milestone].add(
                id=key, pledge_id=made.id, title=title, due_on=due, done_on=due if done else None,
                partner_id=self.random.choice(shares) if shares and self.chance(0.5) else None,
            )  # fmt: skip
            self.add_changes_of_step(made, key, due, done=done)
            needed, needed_done = before
            if needed and needed_done >= done and self.chance(0.8 if shares else 0.3):
                self.tables[MilestoneDependency].add(milestone_id=key, needs_id=needed)
            before = (key, done)

    def add_changes_of_step(self, made: Made, step: int, due: date, *, done: bool) -> None:
        """Tell of one step in four that it was put off, and of few open ones that they had been taken for done."""
        if self.chance(0.25):
            first = due - timedelta(days=self.random.randint(10, 29))
            self.tables[MilestoneExtension].add(
                milestone_id=step, due_before=first, due_after=due, reason=self.random.choice(words.DELAYS),
                author_id=made.user, created_at=at_noon(first),
            )  # fmt: skip
        if not done and self.chance(0.03):
            self.tables[MilestoneReopening].add(
                milestone_id=step, done_before=due, due_before=due, due_after=due,
                reason=self.random.choice(words.DELAYS), author_id=self.world.officer, created_at=at_noon(due),
            )  # fmt: skip

    def add_report_link(self, made: Made) -> None:
        """Add a link to report without signing in to three registered pledges in a hundred; few of them are revoked."""
        if made.status != Status.REGISTERED or not self.chance(0.03):
            return
        at = at_noon(self.day_after(made))
        self.tables[ReportLink].add(
            pledge_id=made.id, recipient_id=made.user, created_at=at, expires_at=at + timedelta(days=21),
            revoked_at=at + timedelta(days=1) if self.chance(0.2) else None,
        )  # fmt: skip

    def add_updates(self, made: Made) -> None:
        """Add reports to three pledges in ten, and the last word of most that have ended."""
        wanted = heavy_tailed(self.random, 8) if self.chance(0.28) else 0
        for day in sorted(self.day_after(made) for _ in range(wanted)):
            event = self.events.draw(self.random)
            self.add_update(made, day, event, self.states.draw(self.random))
        last = LAST_REPORT.get(made.columns["outcome"])
        if last and self.chance(0.7):
            self.add_update(made, made.ends_on, EventKind.REPORTED, last, made.columns.get("quantity"))

    def add_update(self, made: Made, day: date, event: str, state: str, quantity: int | None = None) -> None:
        """Add one report of the delegation."""
        self.tables[ProgressUpdate].add(
            pledge_id=made.id,
            kind=event,
            state=state,
            text="" if event == EventKind.NO_CHANGE else self.random.choice(words.REPORTS),
            delivered_quantity=quantity,
            unit=made.columns.get("unit", "") if quantity else "",
            happened_on=day,
            happened_on_precision=Precision.DAY,
            author_id=made.user,
            created_at=at_noon(day),
        )
        made.columns |= {"reported_state": state, "last_reported_on": day}

    def add_assessment(self, made: Made) -> None:
        """Add the Secretariat's judgement of what has ended, and of a few that have not."""
        outcome, quantity = made.columns["outcome"], made.columns.get("quantity")
        if not outcome and not self.chance(0.08):
            return
        state = JUDGED.get(outcome) if outcome else self.judgements.draw(self.random)
        confirmed = {
            AssessedState.DELIVERED: quantity,
            AssessedState.PARTLY_DELIVERED: quantity // 2 if quantity and quantity > 1 else None,
        }
        if state:
            self.tables[Assessment].add(
                pledge_id=made.id,
                state=state,
                confirmed_quantity=confirmed.get(state),
                reason=self.random.choice(words.REASONS),
                assessed_on=made.ends_on,
                assessed_on_precision=Precision.DAY,
                author_id=self.world.officer,
                created_at=at_noon(made.ends_on),
            )
            made.columns |= {"assessed_state": state, "delivered_quantity": confirmed.get(state)}

    def add_readiness(self, made: Made) -> None:
        """Add levels to one in twenty of the pledges that the readiness system takes, one after the other."""
        if not made.type or not made.type.is_pcrs_registrable or not self.chance(0.05):
            return
        days = sorted(self.day_after(made) for _ in range(heavy_tailed(self.random, len(ReadinessLevel))))
        for level, day in zip(ReadinessLevel, days, strict=False):
            self.tables[Readiness].add(
                pledge_id=made.id,
                level=level,
                reached_on=day,
                reached_on_precision=Precision.DAY,
                evidence="Letter of the planning cell " + words.MARK,
                author_id=self.world.officer,
                created_at=at_noon(day),
            )
            made.columns["readiness_level"] = level

    def add_allocation(self, made: Made) -> None:
        """Count a few pledges towards a requirement of their type, within what they hold, or refuse them."""
        requirements = self.world.requirements.get(made.columns["capability_type_id"] or "")
        quantity = made.columns.get("quantity")
        if not (requirements and quantity and made.columns["match"] == Match.EXACT and self.chance(0.15)):
            return
        refused = self.chance(0.1)
        self.tables[Allocation].add(
            pledge_id=made.id,
            requirement_id=self.random.choice(requirements),
            quantity=None if refused else self.random.randint(1, quantity),
            reason="Its range is too short." if refused else "It meets the characteristics asked for.",
            author_id=self.world.officer,
            created_at=at_noon(made.ends_on),
        )

    def add_steps(self, made: Made) -> None:
        """Add the steps that led to where the pledge stands, and the note with which it was returned."""
        columns, officer, manager = made.columns, self.world.officer, self.world.manager
        steps = [
            ("submit", Status.DRAFT, Status.SUBMITTED, columns["submitted_at"], made.user),
            ("register", Status.SUBMITTED, Status.REGISTERED, columns["registered_at"], officer),
            ("announce", Status.REGISTERED, Status.REGISTERED, columns["announced_at"], manager),
            ("close", Status.REGISTERED, Status.CLOSED, columns["closed_at"], officer),
        ]
        for action, source, target, at, author in steps:
            if at:
                self.add_step(made.id, action, source, target, at, author)
        if made.status == Status.RETURNED:
            at, reason = columns["submitted_at"] + timedelta(days=3), self.random.choice(words.RETURNS)
            self.add_step(made.id, "return", Status.SUBMITTED, Status.RETURNED, at, officer, reason)
            self.tables[ReviewNote].add(pledge_id=made.id, text=reason, author_id=officer, created_at=at)

    def add_step(
        self, pledge: int, action: str, source: str, target: str, at: Any, author: int, reason: str = ""
    ) -> None:
        """Add one step."""
        self.tables[StatusChange].add(
            pledge_id=pledge,
            action=action,
            source=source,
            target=target,
            reason=reason,
            author_id=author,
            proposed_by_id=self.world.officer if action == "announce" else None,
            created_at=at,
        )
