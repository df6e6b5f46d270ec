"""The page of one pledge, for everyone and for insiders, full and nearly empty."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.enums import Confirmation, LineageKind
from tests import factories as make
from tests.pages.reading import read
from tests.pages.world import World


def test_the_top_says_what_who_where_and_what_became_of_it(world: World, client: Client) -> None:
    page = read(client.get(world.hospital.get_absolute_url()))
    assert page.all("h1")[0].text == "Field hospital"
    assert f"Alphaland · {world.hospital.reference} · announced 8 December 2021" in page.text
    assert page.link("Seoul Ministerial") == world.seoul.get_absolute_url()
    assert page.link("Alphaland") == world.alpha.get_absolute_url()
    (tag,) = page.all("span", **{"class": "tag partly_delivered"})[:1]
    assert tag.text == "Partly delivered"


def test_the_facts_stand_beside_the_story(world: World, client: Client) -> None:
    text = read(client.get(world.hospital.get_absolute_url())).text
    for said in (
        "Capability Level II hospital",
        "How many 2 facilities",
        "Mission UNMISS",
        "By when no date",
        "Time taken 6 months to first deployment",
        "Readiness Level 2",
        "1 facility confirmed",
        "Counts for UNMISS Level II hospital , 1 of 3",
        "Everyone sees this pledge.",
        "Source Statement at the ministerial · official",
    ):
        assert said.replace(" ,", ",") in text.replace(" ,", ","), said


@pytest.mark.django_db
@pytest.mark.parametrize("is_from_record", [True, False])
def test_the_words_for_the_capability_are_told_to_be_of_a_source_only_where_there_is_one(
    client: Client, is_from_record: bool
) -> None:
    factory = make.RecordPledgeFactory if is_from_record else make.AnnouncedPledgeFactory
    text = read(client.get(factory(capability_wording="Field hospital").get_absolute_url())).text
    assert ("in the source: “Field hospital”" in text) == is_from_record
    assert ("in the words of the delegation: “Field hospital”" in text) != is_from_record


def test_the_facts_are_read_before_the_story_and_who_sees_it_before_both(world: World, client: Client) -> None:
    make.AllocationFactory(pledge=world.battalion, requirement__unit=world.battalion.unit, quantity=None)
    client.force_login(make.OfficerFactory())
    text = client.get(world.battalion.get_absolute_url()).content.decode()
    order = [
        *(">Everyone sees this pledge", 'id="summary"', ">How many<", ">By when<", ">Counts for<", ">Source<"),
        'id="timeline"',
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_what_is_reported_and_what_is_found_are_two_lines(world: World, client: Client) -> None:
    make.AssessmentFactory(pledge=world.course, state="on_track")
    text = read(client.get(world.course.get_absolute_url())).text
    assert "Self-reported Delayed last report 1 June 2025" in text
    assert "Assessed On track" in text


def test_partners_stand_with_role_and_their_own_word_unless_they_declined(world: World, client: Client) -> None:
    make.PartnerFactory(pledge=world.course, participant=world.gamma, share_quantity=None, role="lift")
    make.PartnerFactory(
        pledge=world.course, participant=world.union, share_quantity=None, confirmation=Confirmation.DECLINED
    )
    text = read(client.get(world.course.get_absolute_url())).text
    assert "With Côte Bêta Co-pledger, Confirmed" in text
    assert "Gammaland" not in text
    assert "European Union" not in text
    client.force_login(make.OfficerFactory())
    text = read(client.get(world.course.get_absolute_url())).text
    assert (
        "With Côte Bêta Co-pledger, Confirmed no report on this share yet Gammaland Lift, Confirmation awaited" in text
    )
    assert "European Union declined" in text, "told once, among what happened"


def test_lineage_leads_both_ways(world: World, client: Client) -> None:
    later = read(client.get(world.battalion.get_absolute_url()))
    assert "Before it Renews: First battalion Côte Bêta, London 2016" in later.text
    assert later.link("First battalion") == world.earlier_battalion.get_absolute_url()
    earlier = read(client.get(world.earlier_battalion.get_absolute_url()))
    assert earlier.link("Battalion again") == world.battalion.get_absolute_url()


def test_caveats_stand_with_the_stage_at_which_they_were_declared(world: World, client: Client) -> None:
    text = read(client.get(world.battalion.get_absolute_url())).text
    assert "Caveats No deployment at night. With the pledge, 1 April 2025" in text


def test_each_entry_of_the_timeline_has_a_permanent_address(world: World, client: Client) -> None:
    page = read(client.get(world.hospital.get_absolute_url()))
    report = world.hospital.progress_updates.get()
    (entry,) = [one for one in page.all("li") if one.attributes.get("id") == f"report-{report.pk}"]
    assert "1 June 2022" in entry.text
    assert "Deployed The staff left." in " ".join(entry.text.split())
    assert (f"#report-{report.pk}", "1 June 2022") in page.links
    entries = [one.attributes["id"] for one in page.all("li") if one.attributes.get("id")]
    assert len(entries) == 4
    assert entries[-1] == "announcement-0"


def test_the_timeline_can_be_narrowed_to_one_kind(world: World, client: Client) -> None:
    page = read(client.get(world.hospital.get_absolute_url()))
    reports = read(client.get(world.hospital.get_absolute_url() + page.link("Reports 1").partition("#")[0]))
    assert [one.attributes["id"].partition("-")[0] for one in reports.all("li") if one.attributes.get("id")] == [
        "report"
    ]
    assert reports.link("All 4").startswith("?")


def test_months_to_deployment_need_a_known_month(world: World, client: Client) -> None:
    make.RecordProgressUpdateFactory(
        pledge=world.battalion, kind="deployed", state="", happened_on=date(2023, 1, 1), happened_on_precision="year"
    )
    assert "Time taken" not in read(client.get(world.battalion.get_absolute_url())).text


@pytest.mark.parametrize("role", [MembershipRole.VIEWER, MembershipRole.APPROVER])
def test_a_draft_with_hardly_anything_in_it_is_a_whole_page(world: World, client: Client, role: str) -> None:
    draft = make.DraftPledgeFactory(
        conference=world.seoul, participant=world.alpha, title="", description="", capability_type=None, category=None,
        quantity=None,
    )  # fmt: skip
    client.force_login(member := make.member_of(world.alpha, role))
    page = read(client.get(draft.get_absolute_url()))
    assert page.all("h1")[0].text == "Pledge without a title yet"
    for said in ("not announced", "It is not described yet.", "Capability not chosen yet", "How many not stated",
                 "Nothing has been reported yet", "Draft"):  # fmt: skip
        assert said in page.text, said
    offered = "Submit to the Secretariat" in page.text
    assert offered == (role == MembershipRole.APPROVER), member


def test_an_embargoed_pledge_says_on_top_who_sees_it(world: World, client: Client) -> None:
    pledge = make.RegisteredPledgeFactory(conference=world.seoul, participant=world.alpha)
    client.force_login(make.OfficerFactory())
    text = read(client.get(pledge.get_absolute_url())).text
    assert "It becomes public when it is announced." in text
    assert text.index("It becomes public") < text.index("What happened")


def test_the_embargo_lifts_at_its_instant(world: World, client: Client) -> None:
    instant = timezone.now() + timedelta(hours=1)
    pledge = make.AnnouncedPledgeFactory(conference=world.seoul, participant=world.alpha, announced_at=instant)
    for moment, status in ((instant - timedelta(seconds=1), 404), (instant, 200)):
        with time_machine.travel(moment, tick=False):
            assert client.get(pledge.get_absolute_url()).status_code == status
            assert (pledge.title in read(client.get("/pledges/")).text) == (status == 200)


def test_words_of_the_working_side_are_for_insiders(world: World, client: Client) -> None:
    world.course.responsible_office = "Desk of Major Canary"
    world.course.save()
    make.ReviewNoteFactory(pledge=world.course, text="Canary note")
    make.MilestoneFactory(pledge=world.course, title="Canary step")
    refused = make.AllocationFactory(
        pledge=world.battalion, requirement=world.battalion_ask, quantity=None, reason="Canary"
    )
    for pledge in (world.course, world.battalion):
        assert "Canary" not in read(client.get(pledge.get_absolute_url())).text
    client.force_login(make.OfficerFactory())
    text = read(client.get(world.course.get_absolute_url())).text
    for said in ("Desk of Major Canary", "Canary note", "Canary step"):
        assert said in text
    assert "refused" in read(client.get(refused.pledge.get_absolute_url())).text


def test_a_renewal_under_embargo_is_not_told_by_the_pledge_it_renews(world: World, client: Client) -> None:
    hidden = make.RegisteredPledgeFactory(conference=world.seoul, participant=world.beta, title="Canary")
    make.LineageFactory(later=hidden, earlier=world.battalion, kind=LineageKind.SUPERSEDES)
    assert "After it" not in read(client.get(world.battalion.get_absolute_url())).text
    client.force_login(make.OfficerFactory())
    assert "After it Supersedes: Canary" in read(client.get(world.battalion.get_absolute_url())).text


def test_the_hour_of_an_entry_names_its_zone(world: World, client: Client) -> None:
    at = datetime(2025, 6, 1, 14, 3, tzinfo=UTC)
    make.ReviewNoteFactory(pledge=world.course, text="Say when", created_at=at)
    client.force_login(make.OfficerFactory())
    assert "1 June 2025, 14:03 UTC" in read(client.get(world.course.get_absolute_url())).text
