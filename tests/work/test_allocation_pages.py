"""The page on which units are counted towards asks, and what others see of it."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from pledges.models import Allocation
from tests.factories import (
    AllocationFactory,
    AnnouncedPledgeFactory,
    MissionFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
    ReturnedPledgeFactory,
    ReviewNoteFactory,
)
from tests.work.conftest import People, edit_url

SignedIn = Callable[[User | None], Client]


def url_of(pledge: Any, ask: Any = None) -> str:
    return reverse("pledge-allocate", args=[pledge.reference]) + (f"?requirement={ask.reference}" if ask else "")


def send(browser: Client, url: str, act: str, **said: Any) -> Any:
    """Press a button of the form as it stands."""
    was = browser.get(url).context["form"]["was"].value()
    return browser.post(url, {"act": act, "was": was, "reason": "Fits the range.", **said}, follow=True)


def test_units_are_counted_refused_and_taken_away(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation, quantity=4)
    ask = RequirementFactory(capability_type=pledge.capability_type)
    officer = signed_in(people.officer)
    assert url_of(pledge, ask).replace("&", "&amp;") in officer.get(url_of(pledge)).content.decode()
    page = send(officer, url_of(pledge, ask), "allocate", quantity="5")
    assert "Enter a number from 1 to 4" in page.content.decode()
    assert "Fits the range." in page.content.decode()
    page = send(officer, url_of(pledge, ask), "allocate", quantity="3")
    assert f"3 of its units count towards {ask.reference}." in page.content.decode()
    assert "1 unit of 4 unit" in page.content.decode()
    send(officer, url_of(pledge, ask), "refuse", reason="Too slow.")
    row = Allocation.objects.get()
    assert (row.quantity, row.reason) == (None, "Too slow.")
    send(officer, url_of(pledge, ask), "remove")
    assert not Allocation.objects.exists()


def test_what_was_changed_meanwhile_is_shown_before_it_is_written_over(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    ask = RequirementFactory(capability_type=pledge.capability_type)
    manager = signed_in(people.manager)
    was = manager.get(url_of(pledge, ask)).context["form"]["was"].value()
    AllocationFactory(pledge=pledge, requirement=ask, author=people.officer)
    said = {"act": "allocate", "quantity": "2", "reason": "Mine.", "was": was}
    page = manager.post(url_of(pledge, ask), said)
    assert "Somebody changed this meanwhile" in page.content.decode()
    assert "Mine." in page.content.decode()
    manager.post(url_of(pledge, ask), said | {"was": page.context["form"]["was"].value()})
    assert Allocation.objects.get().quantity == 2


def test_an_officer_does_not_change_what_another_counted(people: People, signed_in: SignedIn) -> None:
    row = AllocationFactory()
    officer = signed_in(people.officer)
    was = officer.get(url_of(row.pledge, row.requirement)).context["form"]["was"].value()
    for act in ("allocate", "refuse", "remove"):
        said = {"act": act, "was": was, "reason": "No.", "quantity": "1"}
        assert officer.post(url_of(row.pledge, row.requirement), said).status_code == 403
    assert Allocation.objects.get().reason == row.reason


def test_an_ask_that_there_is_not_is_named(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory()
    page = signed_in(people.officer).get(url_of(pledge), {"requirement": "NO-SUCH"})
    assert page.status_code == 404
    assert "There is no ask “NO-SUCH”" in page.content.decode()


def test_the_page_of_an_ask_shows_what_is_counted_towards_it_to_those_who_see_the_pledge(
    people: People, signed_in: SignedIn
) -> None:
    hidden = RegisteredPledgeFactory(participant=people.delegation, title="Under embargo")
    ask = RequirementFactory(capability_type=hidden.capability_type, mission=MissionFactory())
    shown = AnnouncedPledgeFactory(capability_type=hidden.capability_type, title="Announced to all")
    for pledge in (hidden, shown):
        AllocationFactory(pledge=pledge, requirement=ask, reason=f"Fits: {pledge.title}")
    refused = AnnouncedPledgeFactory(capability_type=hidden.capability_type, title="Refused")
    AllocationFactory(pledge=refused, requirement=ask, quantity=None, reason="Too slow for us.")
    for person, sees in ((None, False), (people.other_approver, False), (people.drafter, True), (people.officer, True)):
        text = signed_in(person).get(ask.get_absolute_url()).content.decode()
        assert "Fits: Announced to all" in text
        assert ("Fits: Under embargo" in text) == sees
        assert "Too slow for us." not in text


def test_what_the_secretariat_asked_for_stands_at_the_field_of_the_form(people: People, signed_in: SignedIn) -> None:
    pledge = ReturnedPledgeFactory(participant=people.delegation)
    change = pledge.status_changes.create(
        action="return", source="submitted", target="returned", reason="More.", author=people.officer
    )
    ReviewNoteFactory(pledge=pledge, field="title", text="Name the mission.", created_at=change.created_at)
    text = signed_in(people.drafter).get(edit_url(pledge)).content.decode()
    assert "Name the mission." in text
    assert text.index("Name the mission.") < text.index('name="title"') < text.index('<textarea name="description"')


def test_the_page_costs_the_same_for_any_number_of_rows(people: People, signed_in: SignedIn) -> None:
    officer, counts = signed_in(people.officer), []
    pledge = RegisteredPledgeFactory(quantity=1000)
    for rows in (1, 50):
        for _n in range(rows):
            ask = RequirementFactory(capability_type=pledge.capability_type, mission=MissionFactory())
            AllocationFactory(pledge=pledge, requirement=ask, author=OfficerFactory())
            RequirementFactory(capability_type=pledge.capability_type, mission=MissionFactory())
        officer.get(url_of(pledge))
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(url_of(pledge)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14
