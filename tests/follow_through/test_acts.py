"""What is done with several late pledges: shown first, each by itself, and what was refused stays with its reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import MailLanguage, Role
from accounts.typed import FIELD, mark
from conferences.keyset import encoded
from conferences.models import Liaison, MembershipRole
from pledges.assessed import known_of
from pledges.enums import AssessedState, Outcome, Status
from pledges.models import Assessment, Milestone, Pledge
from pledges.querysets import today
from pledges.services import report_progress
from reminders import staff
from reminders.delivery import deliver_next
from reminders.models import Delivery, Pause, Reminder, ReminderItem, Undeliverable
from reminders.owed import write_owed
from reminders.people import people
from tests import factories as make
from tests.factories import assessed
from tests.pages.reading import read

pytestmark = pytest.mark.django_db
PAGE, ACT = reverse("follow-through"), reverse("follow-through-act")
Announced = Callable[..., Pledge]
SignedIn = Callable[[Any], Client]
DRAFTER, APPROVER, VIEWER = MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.VIEWER


@pytest.fixture
def officer(signed_in: SignedIn) -> Client:
    return signed_in(make.OfficerFactory())


def late_step(pledge: Pledge, days: int, title: str = "Signed") -> Milestone:
    return make.MilestoneFactory(pledge=pledge, title=title, due_on=today() - timedelta(days=days))


def lately() -> Pledge:
    """A pledge on which no report is due yet."""
    at = timezone.now() - timedelta(days=3)
    return make.RegisteredPledgeFactory(submitted_at=at, registered_at=at)


def address(act: str, *pledges: Pledge) -> str:
    """The page on which something is done with these pledges."""
    return f"{ACT}?act={act}" + "".join(f"&pledge={pledge.reference}" for pledge in pledges)


def references(response: Any) -> list[str]:
    """The pledges that a page shows, in their order."""
    return [row.pledge.reference for row in response.context["rows"]]


def test_an_act_first_says_how_many_and_which_and_changes_nothing(announced: Announced, officer: Client) -> None:
    pledges = [announced(300), announced(200)]
    query = "&".join(f"pledge={pledge.reference}" for pledge in pledges)
    page = read(officer.get(f"{ACT}?act=pause&{query}"))
    assert "Pause the reminders: 2 pledges" in page.text
    assert all(pledge.reference in page.text for pledge in pledges)
    assert not Pause.objects.exists()


def test_many_are_paused_at_once_with_a_reason(announced: Announced, officer: Client) -> None:
    pledges = [announced(300), announced(200)]
    url = f"{ACT}?act=pause&" + "&".join(f"pledge={pledge.reference}" for pledge in pledges)
    assert officer.post(url, {"reason": ""}).status_code == 200
    assert not Pause.objects.exists()
    assert officer.post(url, {"reason": "Talks under way"}).status_code == 302
    assert set(Pause.objects.values_list("pledge", "reason")) == {(one.pk, "Talks under way") for one in pledges}


def test_a_pause_is_asked_for_in_the_same_words_as_on_the_page_of_pauses(announced: Announced, officer: Client) -> None:
    words = "The first day with reminders again, where each person lives."
    for url in (address("pause", announced(300)), reverse("mail-pause")):
        assert words in read(officer.get(url)).text


def test_late_steps_are_put_off_and_each_failure_is_named(announced: Announced, officer: Client) -> None:
    with_step, without = announced(300), announced(200)
    step = late_step(with_step, 10)
    url = f"{ACT}?act=put-off&pledge={with_step.reference}&pledge={without.reference}"
    day = today() + timedelta(days=30)
    page = read(officer.post(url, {"due_on": day.isoformat(), "reason": "Rains"}, follow=True))
    step.refresh_from_db()
    assert step.due_on == day
    assert f"Late steps put off: 1 pledge ({with_step.reference})." in page.text
    assert f"{without.reference}: None of its steps is late." in page.text


def test_reminding_names_those_of_whom_nobody_hears(announced: Announced, officer: Client) -> None:
    reached, lonely = announced(300), announced(200)
    person = make.member_of(reached.participant, MembershipRole.DRAFTER)
    person.memberships.update(is_focal_point=True)
    url = f"{ACT}?act=remind&pledge={reached.reference}&pledge={lonely.reference}"
    page = read(officer.post(url, {"to": person.pk}, follow=True))
    assert ReminderItem.objects.filter(pledge=reached, asked_by__isnull=False).exists()
    assert f"Reminders asked for: 1 pledge ({reached.reference})." in page.text
    assert f"{lonely.reference}: Nobody of the delegation can be reached by mail." in page.text


def test_one_pledge_is_assessed_and_closed_on_its_own_page(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    assert officer.get(address("assess", pledge)).url == reverse("pledge-assess", args=[pledge.reference])
    assert officer.get(address("close", pledge)).url == reverse("pledge-step", args=[pledge.reference, "close"])


def test_nothing_ticked_does_nothing(officer: Client) -> None:
    assert "tick at least one" in read(officer.get(f"{ACT}?act=remind", follow=True)).text
    assert officer.get(f"{ACT}?act=whim&pledge=X").status_code == 404


def test_a_reference_with_a_zero_byte_is_like_an_unknown_one(officer: Client) -> None:
    answer = officer.get(ACT, {"act": "pause", "pledge": "\0"})
    assert (answer.status_code, answer.url) == (302, PAGE)


# --- Reminding: to whom, in which words, and who not ------------------------------------------------------------------
def focal_point(pledge: Pledge, **fields: Any) -> Any:
    """Return somebody who is the focal point of the delegation that leads a pledge."""
    person = make.member_of(pledge.participant, DRAFTER, **fields)
    person.memberships.update(is_focal_point=True)
    return person


def test_the_text_shown_is_the_one_that_goes(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    late_step(pledge, 100, title="Memorandum signed")
    person = focal_point(pledge)
    url = address("remind", pledge)
    page = officer.get(url)
    shown = page.context["letter"].mail
    assert (shown.to, shown.subject in read(page).text) == ([person.email], True)
    assert not Reminder.objects.exists()
    assert mail.outbox == []
    for _click in range(2):
        assert officer.post(url, {"to": person.pk}).status_code == 302
    write_owed(at=timezone.now())  # the worker writes what else is owed by then, and sends
    assert deliver_next(at=timezone.now())
    [sent] = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (shown.to, shown.subject, shown.body)
    assert "Memorandum signed" in sent.body


def test_it_says_of_each_person_the_post_the_address_the_language_and_the_day(
    announced: Announced, officer: Client
) -> None:
    pledge = announced(300)
    person = focal_point(pledge)
    person.language = MailLanguage.FRENCH
    person.save()
    make.member_of(pledge.participant, VIEWER)
    head = make.member_of(pledge.participant, APPROVER)
    head.memberships.update(is_head_of_mission=True)
    page = officer.get(address("remind", pledge))
    found = page.context["readers"].recipients
    assert {one.user: (one.is_today, one.references) for one in found} == {
        person: (True, [pledge.reference]),
        head: (True, [pledge.reference]),
    }
    assert page.context["ticked"] == {person.pk}
    text = " ".join(read(page).text.split())
    for words in (person.email, "Drafter, focal point", "Français", "Approver, head of mission", "today"):
        assert words in text


def test_others_of_the_delegation_are_chosen_and_their_text_is_read_before(
    announced: Announced, officer: Client
) -> None:
    pledge = announced(300)
    focal_point(pledge)
    approver = make.member_of(pledge.participant, APPROVER)
    url = address("remind", pledge)
    page = officer.post(url, {"to": approver.pk, "read": approver.pk})
    assert page.context["letter"].mail.to == [approver.email]
    assert page.context["ticked"] == {approver.pk}
    assert not Reminder.objects.exists()
    officer.post(url, {"to": approver.pk})
    assert list(ReminderItem.objects.values_list("recipient", "audience")) == [(approver.pk, "approver")]


def test_whoever_is_no_reader_of_the_page_cannot_be_chosen(announced: Announced, officer: Client) -> None:
    pledge, other = announced(300), announced(200)
    focal_point(pledge)
    for to in ([], [focal_point(other).pk], ["x"]):
        page = officer.post(address("remind", pledge), {"to": to})
        assert page.context["form"].errors
    assert not Reminder.objects.exists()


def test_what_is_wrong_with_the_ticks_leads_to_them_and_stands_there(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    focal_point(pledge)
    page = officer.post(address("remind", pledge), {}).content.decode()
    assert '<a href="#id_to_0">Tick at least one person.</a>' in page
    assert 'type="checkbox" name="to"' in page
    assert page.count('id="id_to_0"') == 1
    table = page[page.index('<fieldset aria-describedby="id_to_error">') : page.index("</fieldset>")]
    assert '<div class="error" id="id_to_error"><div>Tick at least one person.' in table
    assert 'id="id_to_0"' in table


def test_whom_mail_does_not_reach_is_named_with_why(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    broken = focal_point(pledge)
    Undeliverable.objects.create(user=broken, address=broken.email, kind=Delivery.BOUNCED)
    page = officer.get(address("remind", pledge))
    text = " ".join(read(page).text.split())
    assert [place.user for place in page.context["readers"].unreached] == [broken]
    assert f"{broken.email} Bounced" in text
    assert "mail reaches nobody of its delegation" in text
    assert "Nobody of the delegation can be reached by mail." in text
    assert '<button type="submit" class="button">' not in page.content.decode()


def test_whoever_mail_reaches_is_not_named_among_those_it_does_not(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    focal_point(pledge)
    make.member_of(pledge.participant, DRAFTER)
    page = officer.get(address("remind", pledge))
    assert page.context["readers"].unreached == []
    assert "Whom mail does not reach" not in read(page).text


def test_what_is_paused_or_told_already_says_so_before_it_is_sent(announced: Announced, officer: Client) -> None:
    paused, snoozed, told, stands = (announced(days) for days in (300, 250, 200, 150))
    writer = focal_point(snoozed)
    for pledge in (paused, told, stands):
        focal_point(pledge)
    at, until = timezone.now(), today() + timedelta(days=9)
    by = make.OfficerFactory()
    staff.pause(pledges=[paused], until=None, reason="Talks under way", by=by, at=at)
    staff.snooze(pledge=snoozed, until=until, reason="Elections", by=writer, at=at)
    staff.remind_now([told], by=by, at=at)
    rows = {
        row.pledge: row.why_not or row.when
        for row in officer.get(address("remind", paused, snoozed, told, stands)).context["rows"]
    }
    assert rows == {
        paused: f"Its reminders are paused until somebody lifts that ({by}: Talks under way).",
        snoozed: f"Its delegation put its reminders off until {until.day} {until:%B %Y} ({writer}: Elections).",
        told: "A message of theirs speaks of it already.",
        stands: "",
    }


def test_the_part_of_a_paused_partner_is_named_with_who_paused_it(announced: Announced, officer: Client) -> None:
    both, alone = announced(300), lately()
    lead = focal_point(both)
    partner = make.ConfirmedPartnerFactory(pledge=both)
    make.ConfirmedPartnerFactory(pledge=alone, participant=partner.participant)
    for pledge in (both, alone):
        step = late_step(pledge, 9, title=f"Step of {pledge.reference}")
        Milestone.objects.filter(pk=step.pk).update(partner=pledge.partners.get())
    late_step(both, 9, title="Step of the lead")
    make.member_of(partner.participant, DRAFTER)
    by, until = make.OfficerFactory(), today() + timedelta(days=9)
    pause = {"until": until, "reason": "Elections", "by": by, "at": timezone.now()}
    staff.pause(participant=partner.participant, **pause)
    page = officer.get(address("remind", both, alone))
    said = f"Reminders to {partner.participant} are paused until {until.day} {until:%B %Y} ({by}: Elections)."
    left_out = f"Left out: “Step of {both.reference}” ({partner.participant}). {said}"
    rows = {row.pledge: (row.why_not, row.when) for row in page.context["rows"]}
    assert rows == {both: ("", left_out), alone: (said, "")}
    assert left_out in read(page).text
    answer = read(officer.post(address("remind", both, alone), {"to": lead.pk}, follow=True))
    assert left_out in answer.text
    assert set(ReminderItem.objects.values_list("recipient", flat=True)) == {lead.pk}


def test_who_had_a_message_today_is_shown_and_told_the_day_of_the_next(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    person = focal_point(pledge)
    Reminder.objects.create(
        recipient=person, owed_on=today(), message_id="<1@pledges.example>", state="sent", sent_at=timezone.now()
    )
    tomorrow = today() + timedelta(days=1)
    [one] = officer.get(address("remind", pledge)).context["readers"].recipients
    assert (one.on, one.is_today) == (tomorrow, False)
    page = officer.post(address("remind", pledge), {"to": person.pk}, follow=True)
    assert f"It goes with their message of {tomorrow.day} {tomorrow:%B}" in read(page).text
    assert ReminderItem.objects.get().reminder.owed_on == tomorrow


def test_asking_again_counts_only_what_was_done_and_says_once_what_was_told(
    announced: Announced, officer: Client
) -> None:
    told, new = [announced(300), announced(250)], announced(200)
    people = [focal_point(pledge).pk for pledge in (*told, new)]
    officer.post(address("remind", *told), {"to": people[:2]}, follow=True)
    page = read(officer.post(address("remind", *told, new), {"to": people}, follow=True)).text
    names = ", ".join(sorted(pledge.reference for pledge in told))
    assert f"Reminders asked for: 1 pledge ({new.reference})." in page
    assert page.count("A message of theirs speaks of it already.") == 1
    assert f"{names}: A message of theirs speaks of it already." in page
    again = read(officer.post(address("remind", *told), {"to": people[:2]}, follow=True)).text
    assert "Reminders asked for" not in again
    assert f"{names}: A message of theirs speaks of it already." in again


# --- Back to the list as it was --------------------------------------------------------------------------------------
def test_the_list_stays_narrowed_after_an_act_and_after_none(announced: Announced, officer: Client) -> None:
    pledge, _other = announced(300), announced(200)
    narrowed = f"{PAGE}?participant={pledge.participant_id}&reason=report"
    name = pledge.participant_id
    inputs = officer.get(narrowed).content.decode().split('action="/follow-through/act/"')[1]
    assert f'<input type="hidden" name="participant" value="{name}">' in inputs
    url = f"{address('pause', pledge)}&participant={name}&reason=report"
    page = officer.get(url)
    assert page.content.decode().replace("&amp;", "&").count(f'href="{narrowed}"') == 2  # "Not now" and the way up
    answer = officer.post(ACT + page.context["query"], {"reason": "Talks"})
    assert answer.url == narrowed
    nothing = officer.get(f"{ACT}?act=pause&participant={name}&reason=report")
    assert nothing.url == narrowed


@pytest.mark.parametrize("more", ["next=https://evil.example/", "//evil.example=1", "participant=//evil.example"])
def test_the_way_back_leads_to_the_list_and_nowhere_else(announced: Announced, officer: Client, more: str) -> None:
    answer = officer.post(f"{address('pause', announced(300))}&{more}", {"reason": "Talks"})
    assert answer.url in {PAGE, f"{PAGE}?participant=%2F%2Fevil.example"}


def test_a_page_of_the_list_on_which_nothing_is_left_leads_to_the_first(announced: Announced, officer: Client) -> None:
    first, last = announced(300), announced(200)
    after = encoded("n", [str(today() - timedelta(days=1)), last.reference])
    answer = officer.get(f"{PAGE}?participant={first.participant_id}&cursor={after}")
    assert (answer.status_code, answer.url) == (302, f"{PAGE}?participant={first.participant_id}")


def test_pausing_is_at_hand_there_and_managers_change_who_answers(
    announced: Announced, officer: Client, signed_in: SignedIn
) -> None:
    pledge, manager = announced(300), signed_in(make.ManagerFactory())
    focal_point(pledge)
    follows = make.OfficerFactory(first_name="Desk", last_name="Officer")
    Liaison.objects.create(participant=pledge.participant, desk_officer=follows)
    page = officer.get(address("remind", pledge))
    assert "Desk Officer" in read(page).text
    assert officer.post(ACT + page.context["pause_query"], {"reason": "Talks"}).status_code == 302
    assert Pause.objects.get().pledge == pledge
    people, desks = reverse("people-delegation", args=[pledge.participant_id]), reverse("desk-officers")
    assert people in page.content.decode()
    assert desks not in page.content.decode()
    Pause.objects.update(ended_at=timezone.now())
    assert desks in manager.get(address("remind", pledge)).content.decode()


@pytest.mark.parametrize("what", ["another role", "a closed account", "mail that comes back"])
def test_whoever_cannot_hear_any_more_follows_no_delegation(
    announced: Announced, signed_in: SignedIn, what: str
) -> None:
    pledge, manager = announced(300), make.ManagerFactory()
    focal_point(pledge)
    follows = make.OfficerFactory(first_name="Desk", last_name="Officer")
    Liaison.objects.create(participant=pledge.participant, desk_officer=follows)
    browser = signed_in(manager)
    [before] = browser.get(address("remind", pledge)).context["readers"].delegations
    assert before.desk_officer == follows
    if what == "mail that comes back":
        Undeliverable.objects.create(user=follows, address=follows.email, kind=Delivery.BOUNCED)
    else:
        changed = {"role": Role.ANALYST} if what == "another role" else {"is_active": False}
        type(follows).objects.filter(pk=follows.pk).update(**changed)
    [now] = browser.get(address("remind", pledge)).context["readers"].delegations
    assert now.desk_officer is None
    hear = {one.recipient for one in people(at=timezone.now()) if one.participant == pledge.participant_id}
    assert manager.pk in hear
    assert follows.pk not in hear
    words = "Mail does not reach Desk Officer: until it does, managers hear."
    assert (words in read(browser.get(reverse("desk-officers"))).text) == (what == "mail that comes back")


def test_a_desk_officer_whom_mail_does_not_reach_is_still_the_one_chosen(signed_in: SignedIn) -> None:
    delegation, follows = make.ParticipantFactory(), make.OfficerFactory()
    Liaison.objects.create(participant=delegation, desk_officer=follows)
    Undeliverable.objects.create(user=follows, address=follows.email, kind=Delivery.BOUNCED)
    form = signed_in(make.ManagerFactory()).get(reverse("desk-officers")).context["form"]
    assert form[delegation.pk].value() == str(follows.pk)


def test_the_page_takes_the_same_queries_for_one_pledge_and_for_ten(
    announced: Announced, officer: Client, counted_queries: Any
) -> None:
    pledges = [announced(days) for days in range(200, 210)]
    for pledge in pledges:
        person = focal_point(pledge)
        broken = make.member_of(pledge.participant, APPROVER)
        Undeliverable.objects.create(user=broken, address=broken.email, kind=Delivery.BOUNCED)
        Liaison.objects.create(participant=pledge.participant, desk_officer=make.OfficerFactory())
        late_step(pledge, 5)
        Reminder.objects.create(
            recipient=person, owed_on=today() - timedelta(days=9), message_id=f"<{person.pk}@pledges.example>",
            state="sent", sent_at=timezone.now() - timedelta(days=9),
        )  # fmt: skip
    for act, fewest in {"remind": 1, "put-off": 1, "pause": 1, "assess": 2, "close": 2}.items():
        few = counted_queries(officer, address(act, *pledges[:fewest]))
        assert counted_queries(officer, address(act, *pledges)) == few


# --- Assessing and closing --------------------------------------------------------------------------------------------
def judge(client: Client, act: str, *pledges: Pledge, typed: dict[str, Any]) -> Any:
    """Send what was typed on the page of an act, with what that page sends along of what there is to read."""
    known = known_of(pledges, None)
    read_now = {"was": [f"{pledge.reference}:{known[pledge.pk].mark}" for pledge in pledges]}
    return client.post(address(act, *pledges), read_now | typed)


def test_several_are_assessed_alike_and_those_refused_stay_with_their_reason(
    announced: Announced, officer: Client
) -> None:
    first, second = announced(300), announced(200)
    gone = make.ClosedPledgeFactory()
    typed = {"state": AssessedState.NOT_DELIVERED, "reason": "The mission heard of no unit."}
    page = judge(officer, "assess", first, second, gone, typed=typed)
    found = Assessment.objects.filter(author__isnull=False).values_list("pledge", "state", "reason")
    assert set(found) == {(one.pk, "not_delivered", "The mission heard of no unit.") for one in (first, second)}
    assert references(page) == [gone.reference]
    [row] = page.context["rows"]
    assert f"{gone.reference}: {row.why_not}" in read(page).text
    names = ", ".join(sorted((first.reference, second.reference)))
    assert f"Assessed as not delivered: 2 pledges ({names})." in read(page).text
    assert page.context["form"]["reason"].value() == "The mission heard of no unit."
    assert first.reference not in page.context["query"]
    assert page.context["query"] in page.content.decode().replace("&amp;", "&")


def test_several_are_assessed_and_closed_with_it(announced: Announced, officer: Client) -> None:
    pledges = [announced(300), announced(200)]
    typed = {"state": AssessedState.OVERTAKEN, "reason": "The mission has left.", "closes": "on", "typed_2": "2"}
    for _click in range(2):
        assert judge(officer, "assess", *pledges, typed=typed).status_code == 302
    assert set(Pledge.objects.values_list("status", "outcome")) == {(Status.CLOSED, Outcome.OVERTAKEN)}
    assert Assessment.objects.count() == 2
    names = ", ".join(sorted(pledge.reference for pledge in pledges))
    said = f"Assessed and closed as overtaken by the end of the mission: 2 pledges ({names})."
    assert said in read(officer.get(PAGE)).text


def test_several_are_closed_with_the_outcome_that_was_found(announced: Announced, officer: Client) -> None:
    found, other, never = announced(300), announced(200), announced(100)
    author = make.OfficerFactory()
    make.AssessmentFactory(pledge=found, state=AssessedState.DELIVERED, author=author)
    make.AssessmentFactory(pledge=other, state=AssessedState.NOT_DELIVERED, author=author)
    url = address("close", found, other, never)
    page = officer.get(url)
    assert {row.pledge: row.known.found and row.known.found.state for row in page.context["rows"]} == {
        found: "delivered", other: "not_delivered", never: None,
    }  # fmt: skip
    page = judge(
        officer,
        "close",
        found,
        other,
        never,
        typed={"outcome": Outcome.DELIVERED, "reason": "Confirmed by the mission.", "typed_3": "3"},
    )
    found.refresh_from_db()
    assert (found.status, found.outcome) == (Status.CLOSED, Outcome.DELIVERED)
    assert set(references(page)) == {other.reference, never.reference}
    assert all("Assess first" in row.why_not for row in page.context["rows"])
    last = found.status_changes.order_by("-pk").first()
    assert last is not None
    assert last.reason == "Confirmed by the mission."


@pytest.mark.parametrize(
    ("act", "typed"),
    [
        ("assess", {"state": "not_delivered", "closes": "on"}),
        ("assess", {"state": "not_delivered"}),
        ("close", {"outcome": "not_delivered"}),
    ],
)
def test_those_on_which_something_came_in_meanwhile_are_named_shown_and_left_open(
    announced: Announced, officer: Client, act: str, typed: dict[str, str]
) -> None:
    read_of, unread = (assessed(announced(days), "not_delivered") for days in (300, 200))
    url = address(act, read_of, unread)
    sent = typed | {"reason": "No report was ever sent.", "typed_2": "2"} | shown_on(officer.get(url))
    report_progress(
        pledge=unread, state="delivered", text="All four units arrived.", at=timezone.now(),
        by=make.member_of(unread.participant, DRAFTER),
    )  # fmt: skip
    page = officer.post(url, sent)
    read_of.refresh_from_db(), unread.refresh_from_db()
    ends = Status.REGISTERED if typed == {"state": "not_delivered"} else Status.CLOSED
    assert (read_of.status, unread.status, unread.assessments.count()) == (ends, Status.REGISTERED, 1)
    assert references(page) == [unread.reference]
    text = read(page).text
    assert f"{unread.reference}: Somebody reported on this pledge or assessed it after you opened the page" in text
    assert "All four units arrived." in text
    assert page.context["form"]["reason"].value() == "No report was ever sent."
    last = typed | {"reason": "Nothing came.", "typed_1": unread.reference}
    again = officer.post(address(act, unread), last | {"was": sent["was"]})
    assert references(again) == [unread.reference]
    assert officer.post(address(act, unread), last | shown_on(page)).status_code == 302


def shown_on(page: Any) -> dict[str, Any]:
    """What a page sends along of what there is to read of its pledges."""
    return {"was": [one.attributes["value"] for one in read(page).elements if one.attributes.get("name") == "was"]}


def test_what_else_is_wrong_does_not_make_unread_words_read(announced: Announced, officer: Client) -> None:
    pledges = [announced(300), announced(200)]
    url = address("assess", *pledges)
    before = shown_on(officer.get(url))
    make.ProgressUpdateFactory(pledge=pledges[0], author=make.UserFactory())
    page = officer.post(url, before | {"state": "delayed", "reason": ""})
    assert shown_on(page) == before
    page = officer.post(url, shown_on(page) | {"state": "delayed", "reason": "Rains."})
    assert references(page) == [pledges[0].reference]


def confirmed_before(pledge: Pledge, quantity: int, state: str = AssessedState.PARTLY_DELIVERED) -> None:
    """Let so many units of a pledge be confirmed in an earlier assessment."""
    make.AssessmentFactory(pledge=pledge, state=state, confirmed_quantity=quantity)


@pytest.mark.parametrize(
    ("state", "kept"), [("partly_delivered", 3), ("delayed", 3), ("overtaken", 3), ("delivered", 5)]
)
def test_the_number_confirmed_before_stays_where_the_state_allows_it(
    announced: Announced, officer: Client, state: str, kept: int
) -> None:
    known, new = announced(300, quantity=5), announced(200, quantity=5)
    confirmed_before(known, 3)
    assert judge(officer, "assess", known, new, typed={"state": state, "reason": "Seen there."}).status_code == 302
    known.refresh_from_db(), new.refresh_from_db()
    assert (known.assessed_state, known.delivered_quantity) == (state, kept)
    assert (new.assessed_state, new.delivered_quantity) == (state, 5 if state == "delivered" else None)


@pytest.mark.parametrize(
    ("before", "quantity", "state"), [("partly_delivered", 3, "not_delivered"), ("delivered", 5, "partly_delivered")]
)
def test_where_the_state_takes_another_number_the_pledge_is_assessed_on_its_own_page(
    announced: Announced, officer: Client, before: str, quantity: int, state: str
) -> None:
    known, new = announced(300, quantity=5), announced(200, quantity=5)
    confirmed_before(known, quantity, before)
    page = judge(officer, "assess", known, new, typed={"state": state, "reason": "Nothing is there."})
    assert references(page) == [known.reference]
    assert f"{known.reference}: {quantity} (" in read(page).text
    assert "assess it on its own page" in page.context["rows"][0].why_not
    known.refresh_from_db(), new.refresh_from_db()
    assert (known.assessed_state, known.delivered_quantity, new.assessed_state) == (before, quantity, state)


@pytest.mark.parametrize(("act", "typed"), [("close", {"reason": ""}), ("assess", {"state": "delivered"})])
def test_nothing_is_assessed_or_closed_without_a_reason(
    announced: Announced, officer: Client, act: str, typed: dict[str, str]
) -> None:
    pledges = [announced(300), announced(200)]
    page = judge(officer, act, *pledges, typed=typed)
    assert page.context["form"].errors
    assert references(page) == sorted(pledge.reference for pledge in pledges)
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("act", ["assess", "close"])
@pytest.mark.parametrize(("typed", "told"), [("", "Type the number, 2,"), ("3", "type 2."), ("two", "type 2.")])
def test_several_do_not_end_before_their_number_is_typed(
    announced: Announced, officer: Client, act: str, typed: str, told: str
) -> None:
    pledges = [assessed(announced(days), "delivered") for days in (300, 200)]
    sent = {"state": "delivered", "closes": "on", "outcome": "delivered", "reason": "Confirmed.", "typed_2": typed}
    form = judge(officer, act, *pledges, typed=sent).context["form"]
    assert told in str(form.errors["typed_2"])
    assert (form["typed_2"].value(), form["reason"].value()) == (typed, "Confirmed.")
    assert set(Pledge.objects.values_list("status", flat=True)) == {Status.REGISTERED}
    assert judge(officer, act, *pledges, typed=sent | {"typed_2": " ٢"}).status_code == 302
    assert set(Pledge.objects.values_list("status", flat=True)) == {Status.CLOSED}


def test_what_ends_nothing_takes_no_number(announced: Announced, officer: Client) -> None:
    sent = {"state": "delayed", "reason": "Rains.", "typed_2": "7"}
    assert judge(officer, "assess", announced(300), announced(200), typed=sent).status_code == 302
    assert Assessment.objects.count() == 2


def test_those_left_are_confirmed_anew_and_the_last_one_by_its_reference(announced: Announced, officer: Client) -> None:
    first, second, last = (announced(days) for days in (300, 200, 100))
    assessed(first, "delivered")
    sent = {"outcome": "delivered", "reason": "Confirmed.", "typed_3": "3"}
    form = judge(officer, "close", first, second, last, typed=sent).context["form"]
    assert (form["typed_2"].value(), "typed_3" in form.fields) == (None, False)
    assert "how many pledges end, 2," in form["typed_2"].label
    assessed(second, "delivered")
    form = judge(officer, "close", second, last, typed=sent | {"typed_2": "2"}).context["form"]
    assert (form["typed_1"].value(), form["reason"].value()) == (None, "Confirmed.")
    assert last.reference in form["typed_1"].label
    assessed(last, "delivered")
    for typed in ("", "1"):
        assert "typed_1" in judge(officer, "close", last, typed=sent | {"typed_1": typed}).context["form"].errors
    assert judge(officer, "close", last, typed=sent | {"typed_1": last.reference.lower()}).status_code == 302
    assert set(Pledge.objects.values_list("status", flat=True)) == {Status.CLOSED}


def test_only_the_same_words_and_outcome_are_a_second_click(announced: Announced, signed_in: SignedIn) -> None:
    person = make.OfficerFactory()
    pledge, browser = assessed(announced(300), "delivered"), signed_in(person)
    once = {"reason": "Confirmed.", "typed_1": pledge.reference}
    for _click in range(2):
        assert judge(browser, "close", pledge, typed=once | {"outcome": "delivered"}).status_code == 302
    assert judge(browser, "assess", pledge, typed=once | {"state": "delivered", "closes": "on"}).status_code == 302
    for act, sent in (
        ("close", {"outcome": "not_delivered"}),
        ("close", {"outcome": "delivered", "reason": "Seen there."}),
        ("assess", {"state": "delivered"}),
        ("assess", {"state": "overtaken", "closes": "on"}),
        ("assess", {"state": "delivered", "closes": "on", "reason": "Seen there."}),
    ):
        page = judge(browser, act, pledge, typed=once | sent)
        assert page.status_code == 200, sent
        assert references(page) == [pledge.reference]
    assert Assessment.objects.filter(author=person).count() == 0


def test_what_was_typed_about_the_last_one_left_outlives_the_session(announced: Announced) -> None:
    person, browser, url = make.OfficerFactory(), Client(), address("assess", announced(300))
    browser.post(url, {"state": "delayed", "reason": "Rains.", FIELD: mark(person)})
    browser.force_login(person)
    assert browser.get(url).context["form"]["reason"].value() == "Rains."
    assert browser.get(url).status_code == 302, "it is shown once"


def test_each_step_that_cannot_be_put_off_is_named(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    early, late = late_step(pledge, 50, title="Early"), late_step(pledge, 10, title="Late")
    day = today() - timedelta(days=20)
    page = officer.post(address("put-off", pledge), {"due_on": day.isoformat(), "reason": "Rains"})
    early.refresh_from_db(), late.refresh_from_db()
    assert (early.due_on, late.due_on) == (day, today() - timedelta(days=10))
    [row] = page.context["rows"]
    assert "“Late”: " in row.why_not
    assert "“Early”: " not in row.why_not
    assert page.context["form"]["reason"].value() == "Rains"
