"""What the ledger leaves out because of pauses, in SQL (`DEBTS`), is what `Rest.covers` says, in Python: one rule told
twice. Over drawn pauses, of what is waited for from leads and partners, to all audiences, on several days."""

from datetime import date, timedelta
from itertools import starmap

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conferences.models import Conference
from pledges.models import Pledge
from reminders.ladders import AUDIENCES
from reminders.models import LadderStep, Reason
from reminders.owed import Debt, debts
from reminders.pauses import Paused, Rest
from reminders.people import Person
from reminders.reasons import Subject, subjects
from tests.factories import (
    ConferenceFactory,
    ConfirmedPartnerFactory,
    MilestoneFactory,
    ParticipantFactory,
    RegisteredPledgeFactory,
)
from tests.reminders.conftest import NOW, TODAY

DAY = timedelta(days=1)
DAYS = [TODAY - DAY, TODAY, TODAY + DAY]  # that it is where somebody lives
DUE = TODAY - 3 * DAY
REASONS = (Reason.MILESTONE_DUE, Reason.REPORT_DUE)


class TestPausesInSql(TestCase):
    """Two conferences, two delegations that lead and one that takes part, a step of each and a report of each lead."""

    def setUp(self) -> None:
        """Let all audiences of both reasons hear on the day on which everything is due."""
        super().setUp()
        LadderStep.objects.all().delete()
        for reason in REASONS:
            for audience in AUDIENCES[reason]:
                LadderStep.objects.create(reason=reason, audience=audience, offset_days=0)
        conferences = ConferenceFactory.create_batch(2, reporting_cycle_months=6)
        *leads, partner = ParticipantFactory.create_batch(3)
        instants = dict.fromkeys(("created_at", "submitted_at", "registered_at"), NOW.replace(month=1, day=29))
        for lead, conference in zip(leads, conferences, strict=True):
            of = {"participant": lead, "conference": conference}
            pledge = RegisteredPledgeFactory(**of, quantity=4, **instants)
            MilestoneFactory(pledge=pledge, due_on=DUE)
            share = ConfirmedPartnerFactory(pledge=pledge, participant=partner, share_quantity=1)
            MilestoneFactory(pledge=pledge, partner=share, due_on=DUE)
        self.waiting = {
            reason: {subject.key: subject for subject in starmap(Subject, subjects(reason, at=NOW))}
            for reason in REASONS
        }
        pledges = [pledge.pk for pledge in Pledge.objects.order_by("pk")]
        places = [participant.pk for participant in (*leads, partner)]
        self.rests = st.lists(st.one_of(rests_of(pledges, places, conferences)), max_size=4)
        self.posts = [(place, None) for place in places] + [(None, conference.pk) for conference in conferences]

    @settings(max_examples=100, deadline=None)
    @given(data=st.data())
    def test_whoever_is_left_out_is_covered(self, data: st.DataObject) -> None:
        """Hold what is owed with the pauses against what is owed without them, less what they cover."""
        reason, pauses = data.draw(st.sampled_from(REASONS)), Paused(data.draw(self.rests), over=[])
        posts = [(audience, *post) for audience in AUDIENCES[reason] for post in self.posts]
        days = data.draw(st.lists(st.sampled_from(DAYS), min_size=len(posts), max_size=len(posts)))
        persons = {
            number: Person(number, *post, today=day, message_of=day)
            for number, (post, day) in enumerate(zip(posts, days, strict=True), start=1)
        }

        def owed(paused: Paused) -> set[Debt]:
            return set(debts(reason, at=NOW, persons=list(persons.values()), pauses=paused))

        def is_covered(debt: Debt) -> bool:
            subject, on = self.waiting[reason][debt.subject], persons[debt.recipient].today
            return pauses.covers(subject, debt.audience, on=on)

        without = owed(Paused([], over=[]))
        assert {debt.subject for debt in without} == self.waiting[reason].keys()
        assert {debt.audience for debt in without} == set(AUDIENCES[reason])
        assert owed(pauses) == {debt for debt in without if not is_covered(debt)}


def rests_of(
    pledges: list[int], participants: list[str], conferences: list[Conference]
) -> tuple[st.SearchStrategy[Rest], ...]:
    """Return the pauses that the database takes: of one thing each, and those of a pledge perhaps a snooze of a
    delegation that leads or takes part."""
    until = st.sampled_from([*DAYS, TODAY + 2 * DAY, date.max])
    whose = st.one_of(st.none(), st.sampled_from(participants))
    nothing = st.none()
    return (
        st.builds(Rest, st.sampled_from(pledges), nothing, nothing, until, whose),
        st.builds(Rest, nothing, st.sampled_from(participants), nothing, until, nothing),
        st.builds(Rest, nothing, nothing, st.sampled_from([one.pk for one in conferences]), until, nothing),
    )
