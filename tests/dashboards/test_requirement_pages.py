"""Managers state what missions lack; the published record stays as it was published."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from capabilities.models import Edition, Requirement
from conferences.dates import UNKNOWN, parse_date
from pledges.services.requirements import state_requirement
from tests.concurrency import on_own_connection, wait_until_waiting
from tests.factories import (
    AllocationFactory,
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    EditionFactory,
    ManagerFactory,
    MissionFactory,
    OfficerFactory,
    RequirementFactory,
)

pytestmark = pytest.mark.django_db
NEW = "/work/requirements/new/"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(ManagerFactory())
    return client


def ask(**changed: Any) -> dict[str, Any]:
    """What a manager sends."""
    kind = changed.pop("kind", None) or CapabilityTypeFactory(unit_of_measure="unit")
    return {
        "edition": "Requirements of May 2027", "published_day": "", "published_month": "5", "published_year": "2027",
        "capability_type": kind.pk, "mission": MissionFactory().pk, "quantity": "1 200", "needed_by_year": "2028",
        "characteristics": "night vision", "source_title": "Requirements", "source_url": "https://un.org/paper",
    } | changed  # fmt: skip


def fields_of(page: Any) -> dict[str, Any]:
    """What a browser sends of the form as it is shown."""
    found: dict[str, Any] = {}
    for box in page.context["form"]:
        value = box.value()
        if hasattr(box.field.widget, "widgets"):
            boxes = value if isinstance(value, list) else box.field.widget.decompress(value)
            parts = zip(("day", "month", "year"), boxes, strict=True)
            found |= {f"{box.html_name}_{name}": part for name, part in parts}
        else:
            found[box.html_name] = "" if value is None else getattr(value, "pk", value)
    return found


def url_of(requirement: Requirement, act: str) -> str:
    return reverse(f"requirement-{act}", args=[requirement.reference])


def test_an_ask_is_stated_in_a_new_edition_and_the_next_one_joins_it(manager: Client) -> None:
    sent = ask()
    page = manager.post(NEW, sent, follow=True)
    stated = Requirement.objects.get()
    assert page.redirect_chain == [(stated.get_absolute_url(), 302)]
    assert (stated.quantity, stated.unit, stated.needed_by, stated.needed_by_precision) == (
        1200, "unit", date(2028, 12, 31), "year",
    )  # fmt: skip
    assert (stated.edition.published_on, stated.edition.published_on_precision) == (date(2027, 5, 1), "month")
    assert stated.record_key is None
    page = manager.get(f"{NEW}?like={stated.reference}")
    assert fields_of(page)["edition"] == stated.edition.name
    manager.post(NEW, ask(quantity="", published_month="", published_year=""))
    assert Requirement.objects.filter(edition=stated.edition, quantity=None).count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"published_month": "", "published_year": ""}, "published", "say when it was published"),
        ({"quantity": "a few"}, "quantity", "Enter a whole number"),
        ({"source_url": "javascript:alert(1)"}, "source_url", "Enter a whole address"),
        ({"capability_type": "nonsense"}, "capability_type", "Choose one of those listed"),
        ({"edition": "With a \0"}, "edition", "Null characters"),
    ],
)
def test_what_cannot_stand_is_said_at_its_field(
    manager: Client, changed: dict[str, str], field: str, words: str
) -> None:
    page = manager.post(NEW, ask(**changed))
    assert words in page.context["form"].errors[field][0]
    assert not Requirement.objects.exists()
    assert not Edition.objects.exists()


def test_a_second_click_states_nothing_more(manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ask()
    first, second = (manager.post(NEW, sent) for _n in range(2))
    stated = Requirement.objects.get()
    assert first["Location"] == second["Location"] == stated.get_absolute_url()
    manager.post(NEW, sent | {"quantity": "7"})
    assert Requirement.objects.count() == 2
    other = Client()
    other.force_login(ManagerFactory())
    other.post(NEW, sent)  # another person may well mean another ask
    assert Requirement.objects.count() == 3
    monkeypatch.setattr("pledges.services.requirements.SENT_TWICE", timedelta(0))
    manager.post(NEW, sent)
    assert Requirement.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_state_one_ask() -> None:
    manager, kind = ManagerFactory(), CapabilityTypeFactory()
    content = {
        "edition": "Requirements of May 2027", "published": parse_date("2027-05"), "capability_type": kind,
        "needed_by": UNKNOWN, "source_title": "Requirements", "source_url": "https://un.org/paper",
    }  # fmt: skip

    def states() -> Requirement:
        return state_requirement(content=content, reason="state", by=manager)

    with ThreadPoolExecutor(2) as pool, transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=manager.pk)
        acts = [pool.submit(on_own_connection, states) for _n in range(2)]
        wait_until_waiting(2, acts)
    assert {act.result().pk for act in acts} == {Requirement.objects.get().pk}


def test_an_edition_of_another_date_is_another_edition(manager: Client) -> None:
    EditionFactory(name="Requirements of May 2027", published_on=date(2027, 4, 1))
    page = manager.post(NEW, ask())
    assert "has another date" in page.context["form"].errors["published"][0]


def test_a_manager_corrects_what_a_manager_entered_and_history_keeps_both(manager: Client) -> None:
    manager.post(NEW, ask())
    stated = Requirement.objects.get()
    sent = fields_of(manager.get(url_of(stated, "change")))
    assert "Say why" in manager.post(url_of(stated, "change"), sent).context["form"].errors["reason"][0]
    manager.post(url_of(stated, "change"), sent | {"quantity": "3", "reason": "Misread."})
    history = Requirement.pgh_event_model.objects.filter(pgh_obj=stated.pk).order_by("pgh_id")
    assert [row.quantity for row in history] == [1200, 3]
    assert history.last().pgh_context["reason"] == "Misread."
    page = manager.post(url_of(stated, "change"), sent | {"quantity": "5", "reason": "Misread too."})
    assert "Another manager saved this ask while you were writing" in page.content.decode()
    again = {**sent, "quantity": "5", "reason": "Misread too.", "version": page.context["form"]["version"].value()}
    manager.post(url_of(stated, "change"), again)
    stated.refresh_from_db()
    assert stated.quantity == 5


@pytest.fixture
def opened(manager: Client) -> tuple[Requirement, dict[str, Any]]:
    """An ask whose form somebody opened, and that another manager changed since: what the form held."""
    manager.post(NEW, ask(priority="High", description="For the north."))
    stated = Requirement.objects.get()
    sent = fields_of(manager.get(url_of(stated, "change"))) | {"reason": "Misread."}
    other = Client()
    other.force_login(ManagerFactory())
    other.post(
        url_of(stated, "change"), sent | {"quantity": "3", "characteristics": "own fuel", "needed_by_year": "2029"}
    )
    return stated, sent


def test_two_changes_of_one_ask_are_merged_and_only_contested_fields_ask(
    manager: Client, opened: tuple[Requirement, dict[str, Any]]
) -> None:
    stated, sent = opened
    page = manager.post(url_of(stated, "change"), sent | {"quantity": "5", "priority": "Urgent", "reason": "Mine."})
    assert page.status_code == 409
    assert [difference.name for difference in page.context["contested"]] == ["quantity"]
    others = {difference.name: (difference.mine, difference.theirs) for difference in page.context["others"]}
    assert others == {
        "characteristics": ("night vision", "own fuel"),
        "needed_by": ("2028", "2029"),
        "priority": ("Urgent", "High"),
    }
    merged = fields_of(page)
    assert (merged["quantity"], merged["priority"], merged["reason"]) == (5, "Urgent", "Mine.")
    assert (merged["characteristics"], merged["needed_by_year"]) == ("own fuel", "2029")
    text = page.content.decode()
    assert text.count('name="theirs"') == 1
    assert '<blockquote class="prose" dir="auto">3</blockquote>' in text
    manager.post(url_of(stated, "change"), merged)
    stated.refresh_from_db()
    assert (stated.quantity, stated.priority, stated.characteristics) == (5, "Urgent", "own fuel")
    assert (stated.needed_by, stated.description) == (date(2029, 12, 31), "For the north.")


def test_the_others_words_are_taken_where_they_are_chosen_also_while_something_else_is_wrong(
    manager: Client, opened: tuple[Requirement, dict[str, Any]]
) -> None:
    stated, sent = opened
    changed = sent | {"quantity": "5", "needed_by_year": "2027", "priority": "Urgent"}
    merged = fields_of(manager.post(url_of(stated, "change"), changed))
    chosen = merged | {"theirs": ["quantity", "needed_by", "version"], "source_url": ""}
    again = fields_of(manager.post(url_of(stated, "change"), chosen))
    assert (again["quantity"], again["needed_by_year"], again["priority"]) == ("3", "2029", "Urgent")
    manager.post(url_of(stated, "change"), again | {"source_url": "https://un.org/paper"})
    stated.refresh_from_db()
    assert (stated.quantity, stated.priority, stated.needed_by) == (3, "Urgent", date(2029, 12, 31))


def test_a_second_click_on_a_change_is_no_conflict(manager: Client, opened: tuple[Requirement, dict[str, Any]]) -> None:
    stated, sent = opened
    same = sent | {"quantity": "3", "characteristics": "own fuel", "needed_by_year": "2029"}
    assert manager.post(url_of(stated, "change"), same)["Location"] == stated.get_absolute_url()


def test_the_unit_stays_while_units_are_counted_towards_the_ask(manager: Client) -> None:
    pledge = AnnouncedPledgeFactory(quantity=3)
    stated = RequirementFactory(capability_type=pledge.capability_type)
    AllocationFactory(pledge=pledge, requirement=stated)
    sent = fields_of(manager.get(url_of(stated, "change"))) | {"reason": "Other."}
    page = manager.post(
        url_of(stated, "change"), sent | {"capability_type": CapabilityTypeFactory(unit_of_measure="ship").pk}
    )
    assert "counted in the same unit" in page.context["form"].errors["capability_type"][0]
    removal = fields_of(manager.get(url_of(stated, "remove"))) | {"reason": "By mistake."}
    assert "it stays" in manager.post(url_of(stated, "remove"), removal).content.decode()
    assert Requirement.objects.get() == stated


def test_an_ask_entered_by_mistake_goes_and_its_history_stays(manager: Client) -> None:
    manager.post(NEW, ask())
    stated = Requirement.objects.get()
    removal = fields_of(manager.get(url_of(stated, "remove")))
    assert manager.post(url_of(stated, "remove"), removal | {"reason": "By mistake."}).status_code == 302
    assert not Requirement.objects.exists()
    assert not Edition.objects.exists()
    assert Requirement.pgh_event_model.objects.filter(pgh_obj=stated.pk, pgh_label="delete").count() == 1


def test_the_published_record_is_not_changed_here(manager: Client) -> None:
    published = RequirementFactory(record_key="a" * 64)
    for act in ("change", "remove"):
        assert manager.get(url_of(published, act)).status_code == 404
    text = manager.get(published.get_absolute_url()).content.decode()
    assert "State another ask of this edition" in text
    assert "Correct the ask" not in text


def test_only_managers_are_offered_it(client: Client) -> None:
    stated = RequirementFactory()
    client.force_login(OfficerFactory())
    assert "State an ask" not in client.get(reverse("gap")).content.decode()
    assert "Correct the ask" not in client.get(stated.get_absolute_url()).content.decode()
