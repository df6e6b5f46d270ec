"""Plans: steps of each part, put off with a reason, waiting for others, done in their order."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import Milestone, MilestoneDependency, MilestoneExtension
from pledges.services import report_progress
from pledges.services.plans import finish, put_off, stop_waiting, wait_for
from tests.factories import DraftPledgeFactory, MilestoneDependencyFactory, MilestoneFactory, PartnerFactory, member_of
from tests.progress.conftest import Joint, People, SignedIn, day_boxes

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 6, 1, 9, tzinfo=UTC)
LATER = date(2025, 12, 1)


@pytest.fixture
def step(joint: Joint) -> Milestone:
    """A step of the lead, due on 1 August 2025."""
    return MilestoneFactory(pledge=joint.pledge, title="Unit deployed")


@pytest.fixture
def theirs(joint: Joint) -> Milestone:
    """A step of the partner."""
    return MilestoneFactory(pledge=joint.pledge, partner=joint.share, title="Airlift ready", due_on=date(2025, 7, 1))


def step_url(step: Milestone) -> str:
    return reverse("milestone-change", args=[step.pledge.reference, step.pk])


# --- Putting off ------------------------------------------------------------------------------------------------------
def test_a_step_is_put_off_with_a_reason_and_the_earlier_day_is_kept(joint: Joint, step: Milestone) -> None:
    for _click in range(2):
        put_off(step=step, due_on=LATER, reason="The ship is late.", by=joint.lead, at=NOW)
    step.refresh_from_db()
    (kept,) = MilestoneExtension.objects.all()
    assert step.due_on == LATER
    assert (kept.due_before, kept.due_after, kept.reason, kept.author) == (
        date(2025, 8, 1),
        LATER,
        "The ship is late.",
        joint.lead,
    )


@pytest.mark.parametrize(
    ("day", "reason", "field"),
    [(date(2025, 7, 1), "Sooner.", "due_on"), (date(2025, 8, 1), "Same.", "due_on"), (LATER, " ", "reason")],
)
def test_a_step_is_not_put_off_to_an_earlier_day_nor_without_a_reason(
    joint: Joint, step: Milestone, day: date, reason: str, field: str
) -> None:
    with pytest.raises(Incomplete) as refusal:
        put_off(step=step, due_on=day, reason=reason, by=joint.lead, at=NOW)
    assert list(refusal.value.fields) == [field]
    assert not MilestoneExtension.objects.exists()


def test_the_page_puts_off_and_the_plan_tells_it(joint: Joint, signed_in: SignedIn, step: Milestone) -> None:
    browser = signed_in(joint.lead)
    day = timezone.localdate() + timedelta(days=400)
    said = {"act": "put_off", "reason": "The ship is late.", **day_boxes("due_on", day)}
    browser.post(step_url(step), said)
    step.refresh_from_db()
    assert step.due_on == day
    text = browser.get(joint.pledge.get_absolute_url()).content.decode()
    assert "was due on 1 August 2025, put off because: The ship is late." in text


def test_a_refused_day_keeps_the_reason(joint: Joint, signed_in: SignedIn, step: Milestone) -> None:
    said = {"act": "put_off", "reason": "Words kept", **day_boxes("due_on", date(2025, 1, 1))}
    page = signed_in(joint.lead).post(step_url(step), said)
    text = page.content.decode()
    assert "Enter a later day than 1 August 2025, on which it is due now." in text
    assert "Words kept" in text
    assert "Error: " in text


# --- Whose step it is -------------------------------------------------------------------------------------------------
def test_each_part_changes_its_own_steps(
    joint: Joint, people: People, signed_in: SignedIn, step: Milestone, theirs: Milestone
) -> None:
    statuses = {
        (name, found.title): signed_in(user).get(step_url(found)).status_code
        for name, user in {"lead": joint.lead, "partner": joint.partner, "officer": people.officer}.items()
        for found in (step, theirs)
    }
    assert statuses == {
        ("lead", "Unit deployed"): 200,
        ("lead", "Airlift ready"): 403,
        ("partner", "Unit deployed"): 403,
        ("partner", "Airlift ready"): 200,
        ("officer", "Unit deployed"): 403,
        ("officer", "Airlift ready"): 403,
    }
    for found, stranger in ((step, joint.partner), (theirs, joint.lead)):
        with pytest.raises(NotAllowed):
            put_off(step=found, due_on=LATER, reason="Not mine.", by=stranger, at=NOW)
        with pytest.raises(NotAllowed):
            finish(step=found, by=stranger, at=NOW)


def test_a_partner_plans_its_own_share(joint: Joint, signed_in: SignedIn) -> None:
    url = reverse("milestone-create", args=[joint.pledge.reference])
    day = timezone.localdate() + timedelta(days=30)
    browser = signed_in(joint.partner)
    assert "share" not in browser.get(url).context["form"].fields
    browser.post(url, {"title": "Crew trained", **day_boxes("due_on", day)})
    assert Milestone.objects.get().partner == joint.share
    signed_in(joint.lead).post(url, {"title": "Crew trained", **day_boxes("due_on", day)})
    assert Milestone.objects.filter(partner=None).count() == 1


def test_whoever_plans_for_two_delegations_says_for_which(joint: Joint, signed_in: SignedIn) -> None:
    both = member_of(joint.pledge.participant)
    both.memberships.create(participant=joint.share.participant, role="drafter", started_at=NOW)
    url = reverse("milestone-create", args=[joint.pledge.reference])
    browser, day = signed_in(both), timezone.localdate()
    typed = {"title": "Crew trained", **day_boxes("due_on", day)}
    assert browser.post(url, typed | {"share": "XXX"}).context["form"].errors["share"]
    browser.post(url, typed | {"share": joint.share.participant_id})
    assert Milestone.objects.get().partner == joint.share


def test_who_takes_part_sees_the_plan_and_others_do_not(
    joint: Joint, people: People, signed_in: SignedIn, step: Milestone, theirs: Milestone
) -> None:
    type(joint.pledge).objects.filter(pk=joint.pledge.pk).update(announced_at=timezone.now())
    address = joint.pledge.get_absolute_url()
    seen = {
        name: ("Unit deployed" in text, "Airlift ready" in text)
        for name, user in {
            "lead": joint.lead, "partner": joint.partner, "officer": people.officer, "other": people.other_approver,
            "visitor": None,
        }.items()
        if (text := signed_in(user).get(address).content.decode())
    }  # fmt: skip
    yes, no = (True, True), (False, False)
    assert seen == {"lead": yes, "partner": yes, "officer": yes, "other": no, "visitor": no}
    assert signed_in(people.other_approver).get(step_url(step)).status_code == 403


def test_a_partner_does_not_see_the_steps_of_one_whose_answer_is_awaited(
    joint: Joint, signed_in: SignedIn, step: Milestone
) -> None:
    asked = PartnerFactory(pledge=joint.pledge)
    hidden = MilestoneFactory(pledge=joint.pledge, partner=asked, title="Canary step")
    MilestoneDependencyFactory(milestone=step, needs=hidden)
    mine = MilestoneFactory(pledge=joint.pledge, partner=joint.share)
    partner, lead = signed_in(joint.partner), signed_in(joint.lead)
    for address in (joint.pledge.get_absolute_url(), step_url(mine)):
        assert "Canary step" not in partner.get(address).content.decode()
    assert partner.get(step_url(hidden)).status_code == 404
    assert "Canary step" in lead.get(joint.pledge.get_absolute_url()).content.decode()


def test_a_draft_is_planned_by_its_lead_alone(people: People, joint: Joint, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    step = MilestoneFactory(pledge=draft)
    assert signed_in(people.drafter).get(step_url(step)).status_code == 200
    assert signed_in(joint.partner).get(step_url(step)).status_code == 404


# --- Waiting ----------------------------------------------------------------------------------------------------------
def test_a_step_waits_for_one_of_another_share_and_is_done_after_it(
    joint: Joint, step: Milestone, theirs: Milestone
) -> None:
    wait_for(step=step, needs=theirs, by=joint.lead)
    with pytest.raises(Incomplete, match="cannot be done yet") as refusal:
        finish(step=step, by=joint.lead, at=NOW)
    assert "Airlift ready" in refusal.value.fields["step_done"]
    assert str(joint.share.participant) in refusal.value.fields["step_done"]
    finish(step=theirs, by=joint.partner, at=NOW)
    assert finish(step=step, by=joint.lead, at=NOW).done_on == NOW.date()


def test_a_report_does_not_make_a_step_done_that_waits(
    joint: Joint, signed_in: SignedIn, step: Milestone, theirs: Milestone
) -> None:
    MilestoneDependencyFactory(milestone=step, needs=theirs)
    url = f"{reverse('pledge-report', args=[joint.pledge.reference])}?milestone={step.pk}"
    said = {"milestone": step.pk, "step_done": "on", "state": "in_progress", "text": "Words kept"}
    page = signed_in(joint.lead).post(url, said)
    assert "Airlift ready" in page.context["form"].errors["step_done"][0]
    assert "Words kept" in page.content.decode()
    assert not joint.pledge.progress_updates.exists()
    signed_in(joint.lead).post(url, said | {"step_done": ""})
    assert joint.pledge.progress_updates.count() == 1


def test_two_steps_do_not_wait_for_each_other(joint: Joint, step: Milestone, theirs: Milestone) -> None:
    wait_for(step=step, needs=theirs, by=joint.lead)
    with pytest.raises(Incomplete) as refusal:
        wait_for(step=theirs, needs=step, by=joint.partner)
    assert list(refusal.value.fields) == ["needs"]
    assert MilestoneDependency.objects.count() == 1


def test_waiting_is_said_and_taken_back_on_the_page(
    joint: Joint, signed_in: SignedIn, step: Milestone, theirs: Milestone
) -> None:
    browser = signed_in(joint.lead)
    page = browser.post(step_url(step), {"act": "wait_for", "needs": theirs.pk}, follow=True)
    assert "It cannot be done before these steps are:" in page.content.decode()
    assert "waits for “Airlift ready”" in browser.get(joint.pledge.get_absolute_url()).content.decode()
    elsewhere = MilestoneFactory()
    assert browser.post(step_url(step), {"act": "wait_for", "needs": elsewhere.pk}).context["form"].errors["needs"]
    browser.post(step_url(step), {"act": "stop_waiting", "stop_waiting": theirs.pk})
    assert not MilestoneDependency.objects.exists()
    stop_waiting(step=step, needs=theirs, by=joint.lead)  # gone is gone


def test_a_step_is_marked_done_with_one_button(joint: Joint, signed_in: SignedIn, step: Milestone) -> None:
    signed_in(joint.lead).post(step_url(step), {"act": "done"})
    step.refresh_from_db()
    assert step.done_on == timezone.now().date()
    for call in (
        lambda: put_off(step=step, due_on=LATER, reason="Why not.", by=joint.lead, at=NOW),
        lambda: wait_for(step=step, needs=MilestoneFactory(pledge=joint.pledge), by=joint.lead),
    ):
        with pytest.raises(WrongStatus, match="is done"):
            call()


def test_delivered_finishes_the_step_unless_it_waits(joint: Joint, step: Milestone, theirs: Milestone) -> None:
    MilestoneDependencyFactory(milestone=step, needs=theirs)
    said = {"state": "delivered", "text": "All there.", "by": joint.lead, "at": NOW, "milestone": step}
    with pytest.raises(Incomplete):
        report_progress(pledge=joint.pledge, **said)  # type: ignore[arg-type]
    finish(step=theirs, by=joint.partner, at=NOW)
    report_progress(pledge=joint.pledge, **said)  # type: ignore[arg-type]
    step.refresh_from_db()
    assert step.done_on == NOW.date()
