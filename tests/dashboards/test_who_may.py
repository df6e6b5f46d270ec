"""The page of who may do what says what the rules say, knows all of them, and leaves nothing behind."""

import inspect
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from conferences.models import Membership, Participant
from conferences.people import permissions as people
from dashboards import who_may
from pledges import permissions
from pledges.models import Pledge
from pledges.transitions import TRANSITIONS
from reminders import permissions as mail

pytestmark = pytest.mark.django_db
# What does not depend on who somebody is, but on whether another officer reads the pledge now.
NO_MATTER_OF_ROLE = {permissions.check_not_claimed}
NAMED = (who_may.WRITING, who_may.REVIEWING, who_may.DECIDING, who_may.ABOUT_PEOPLE)
# Part of other rules that are asked about.
PARTS = {
    permissions.check_is_another,
    permissions.check_is_invited,
    permissions.check_is_manager,
    permissions.check_is_own_part,
    permissions.check_two_people,
    people.check_keeps_roles,
}


@pytest.fixture(autouse=True)
def afresh() -> None:
    """Work the page out anew."""
    who_may.sections.cache_clear()


def found() -> dict[str, dict[str, set[str]]]:
    """Return who may do what, with what, as words."""
    said: dict[str, dict[str, set[str]]] = {}
    for _title, rows in who_may.sections():
        for row in rows:
            for subject in row.subjects or ("",):
                said.setdefault(str(row.act), {})[str(subject)] = {str(actor) for actor in row.who}
    return said


def test_every_rule_is_asked() -> None:
    rules = {
        rule
        for module in (permissions, people, mail)
        for name, rule in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_") and rule.__module__ == module.__name__
    }
    asked = {check for rules_of in NAMED for _words, check, _subjects in rules_of}
    asked |= {step.check_actor for step in TRANSITIONS.values()}
    assert rules - asked - NO_MATTER_OF_ROLE - PARTS == set()


def test_every_step_stands_on_the_page_with_its_sources() -> None:
    said = found()
    assert {str(step.label) for step in TRANSITIONS.values()} <= set(said)


def test_it_says_what_holds() -> None:
    said = found()
    assert "everybody, without an account" in said["See"]["an announced pledge"]
    assert said["See"]["a draft"].isdisjoint({"everybody, without an account", "analyst", "co-chair of the conference"})
    assert "co-chair of the conference" in said["See"]["a registered pledge, under embargo"]
    assert "approver of another delegation" not in said["See"]["a registered pledge, under embargo"]
    assert set(said["Announce to everyone"]) == {"a registered pledge, under embargo"}
    assert said["Register"]["a submitted pledge"] == {"Secretariat officer", "Secretariat manager"}
    assert said["Submit to the Secretariat"]["a draft"] == {
        "approver of the delegation",
        "deputy approver of the delegation",
    }
    assert said["Invite, change and end a delegation's people"][""] == {
        "approver of the delegation",
        "Secretariat manager",
    }


def test_it_says_who_reviews_counts_merges_hands_over_and_decides() -> None:
    said = found()
    officers = {"Secretariat officer", "Secretariat manager"}
    assert said["Claim and review it"] == {"a submitted pledge": officers}
    assert said["Count its units towards an ask"]["an announced pledge"] == officers
    assert "a submitted pledge" not in said["Count its units towards an ask"]
    assert said["Change what another officer counted"] == {"": {"Secretariat manager"}}
    assert said["State an ask; change and remove one that is not of the published record"] == {
        "": {"Secretariat manager"}
    }
    assert said["Close it as a duplicate of an announced pledge"]["a submitted pledge"] == officers
    assert "drafter of the delegation" in said["Hand it over for approval"]["a draft"]
    assert said["Confirm or refuse what an approver proposed"] == {"": {"Secretariat manager"}}
    assert said["Take back what an approver proposed"] == {"": {"approver of the delegation"}}


def test_it_says_who_reports_on_which_part() -> None:
    said = found()
    assert said["Report on a share of it"] == {
        life: {"approver of a delegation that takes part"}
        for life in ("a registered pledge, under embargo", "an announced pledge")
    }
    assert "approver of a delegation that takes part" not in said["Report progress"]["an announced pledge"]
    assert said["Assess it"]["an announced pledge"] == {"Secretariat officer", "Secretariat manager"}


def test_a_rule_that_changes_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "WRITERS", ("viewer",))
    assert found()["Begin a draft"][""] == {"viewer of the delegation"}


def counts() -> list[int]:
    """Return how many rows there are of what the made-up world is made of."""
    return [model._default_manager.count() for model in (User, Membership, Participant, Pledge)]


def test_nothing_made_up_is_left(client: Client) -> None:
    before = counts()
    assert client.get(reverse("who-may")).status_code == 200
    assert counts() == before


def test_a_second_look_costs_no_query(client: Client, django_assert_num_queries: Any) -> None:
    client.get(reverse("who-may"))
    with django_assert_num_queries(0):
        client.get(reverse("who-may"))


def test_visitors_may_read_it(client: Client) -> None:
    text = client.get(reverse("who-may")).content.decode()
    assert "It takes two people" in text
