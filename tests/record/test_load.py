"""The record in the database says what its files say, and a second load changes nothing."""

import shutil
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from accounts.history import acting
from capabilities.models import (
    CapabilityType,
    CapabilityWording,
    Category,
    Edition,
    GenderTarget,
    Mission,
    ReadinessCount,
    Requirement,
)
from conferences.models import (
    CoChair,
    Conference,
    ConferenceSource,
    CrossCuttingTheme,
    OutcomeDocument,
    Participant,
    PreparatoryConference,
    Priority,
    PublishedTotal,
    Session,
    SideEvent,
)
from pledges.enums import Confirmation, Kind, Outcome, ReportedState, Status
from pledges.models import Lineage, Partner, Pledge, ProgressUpdate
from pledges.record.load import load_record
from pledges.references import reference_of
from pledges.services import report_progress
from pledges.transitions import apply_transition
from tests.factories import DraftPledgeFactory, MembershipFactory, OfficerFactory, assessed
from tests.record.conftest import DATA, PLEDGE_FILES, change_line, history_added, lines_of, write_lines

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("record")]

CONFERENCES: list[dict[str, Any]] = yaml.safe_load((DATA / "conferences.yaml").read_text())["conferences"]
PLEDGES = lines_of(*PLEDGE_FILES)


@pytest.mark.parametrize(
    ("model", "file", "rows"),
    [
        (Participant, "participants.csv", 200),
        (Category, "categories.csv", 19),
        (CapabilityType, "capability_types.csv", 149),
        (CapabilityWording, "capability_map.csv", 221),
        (Priority, "priorities.csv", 51),
        (GenderTarget, "gender_targets.csv", 55),
        (ReadinessCount, "pcrs_available.csv", 4),
        (PublishedTotal, "published_totals.csv", 102),
        (Requirement, "capability_requirements.csv", 205),
        (Lineage, "lineage.csv", 32),
        (Partner, "partner_roles.csv", 39),
    ],
)
def test_a_table_holds_as_many_rows_as_its_file(model: Any, file: str, rows: int) -> None:
    assert model.objects.count() == len(lines_of(file)) == rows


def test_missions_are_those_of_both_files() -> None:
    assert Mission.objects.count() == len(lines_of("missions.csv")) + len(lines_of("partner_missions.csv")) == 99


@pytest.mark.parametrize(
    ("model", "part", "rows"),
    [
        (PreparatoryConference, "preparatory_conferences", 22),
        (Session, "sessions", 19),
        (CoChair, "co_chairs", 76),
        (CrossCuttingTheme, "cross_cutting_themes", 9),
        (SideEvent, "side_events", 4),
        (OutcomeDocument, "outcome_documents", 11),
    ],
)
def test_conferences_have_all_their_parts(model: Any, part: str, rows: int) -> None:
    in_file = {one["slug"]: len(one[part]) for one in CONFERENCES if one[part]}
    assert Counter(model.objects.values_list("conference", flat=True)) == in_file
    assert sum(in_file.values()) == rows


def test_each_fact_on_a_conference_has_its_sources() -> None:
    preparatory = [part for one in CONFERENCES for part in one["preparatory_conferences"]]
    in_file = sum(len(part["sources"]) for part in [*CONFERENCES, *preparatory])
    assert ConferenceSource.objects.count() == in_file


@pytest.mark.parametrize(
    ("slug", "rows"),
    [
        ("leaders-summit-2014", 25), ("leaders-summit-2015", 139), ("london-2016", 28), ("francophone-2016", 2),
        ("vancouver-2017", 50), ("new-york-2019", 56), ("seoul-2021", 45), ("accra-2023", 42), ("berlin-2025", 0),
        ("chiefs-of-defence-2017", 0),
    ],
)  # fmt: skip
def test_a_conference_has_as_many_pledges_as_its_rows(slug: str, rows: int) -> None:
    in_file = sum(line["conference"] == slug for line in PLEDGES)
    assert Pledge.objects.filter(conference=slug).count() == in_file == rows


def pledge_of(line: dict[str, str]) -> Pledge:
    """Return the pledge of a row of the files."""
    return Pledge.objects.get(
        conference=line["conference"], participant=line["participant"], title=line["title"], author=None
    )


def as_cell(value: Any) -> str:
    """Return a value as the files have it."""
    return "" if value is None else str(int(value)) if not isinstance(value, str) else value


def test_each_pledge_says_what_its_row_says() -> None:
    columns = {
        "title", "description", "category", "quantity", "unit", "personnel", "amount", "currency", "earlier_pledge",
        "source_title", "source_url", "source_confidence",
    }  # fmt: skip
    for line in PLEDGES:
        pledge = pledge_of(line)
        stored = {name: as_cell(getattr(pledge, "category_id" if name == "category" else name)) for name in columns}
        assert stored == {name: line[name] for name in columns}
        assert pledge.capability_wording == line["capability"]
        assert {link.mission_id for link in pledge.mission_links.all()} == set(filter(None, line["mission"].split(";")))
        assert {row.participant_id for row in pledge.partners.all()} == set(filter(None, line["partners"].split(";")))


def test_the_type_and_match_of_a_pledge_are_those_of_its_wording() -> None:
    meant = {
        (line["category"], line["capability"]): (line["capability_code"] or None, line["match"])
        for line in lines_of("capability_map.csv")
    }
    for pledge in Pledge.objects.all():
        wording = (pledge.category_id or "", pledge.capability_wording)
        assert (pledge.capability_type_id, pledge.match) == meant[wording]
    assert Counter(Pledge.objects.values_list("match", flat=True)) == {"exact": 120, "broader": 206, "none": 61}


def test_pledges_of_the_record_are_announced_on_the_last_day_and_have_no_author() -> None:
    seoul = Pledge.objects.filter(conference="seoul-2021")
    assert set(seoul.values_list("announced_at", "registered_at", "author")) == {
        (datetime(2021, 12, 8, tzinfo=UTC), datetime(2021, 12, 8, tzinfo=UTC), None)
    }
    assert not Pledge.objects.filter(announced_at=None).exists()
    assert not Pledge.objects.exclude(caveats_known="unknown").exists()


@pytest.mark.parametrize(
    ("conference", "participant", "title", "span"),
    [
        ("seoul-2021", "CAN", "Multi-year Peacebuilding Fund support", (date(2022, 1, 1), date(2025, 12, 31), "year")),
        ("leaders-summit-2015", "IDN", "4,000 peacekeepers by 2019", (None, date(2019, 12, 31), "year")),
        ("new-york-2019", "IND", "Female engagement team for the Congo mission", (None, date(2019, 8, 31), "month")),
        ("london-2016", "NOR", "Camp in Bamako kept to 2018", (None, date(2018, 12, 31), "day")),
        ("seoul-2021", "KOR", "Sixteen 500MD helicopters", (None, None, "")),
    ],
)
def test_a_timeframe_is_a_deadline_or_a_span(conference: str, participant: str, title: str, span: Any) -> None:
    pledge = Pledge.objects.get(conference=conference, participant=participant, title=title)
    assert (pledge.deliver_from, pledge.deliver_by, pledge.deliver_by_precision) == span


def test_kinds_follow_what_is_said_of_an_earlier_pledge() -> None:
    assert Counter(Pledge.objects.values_list("kind", flat=True)) == {
        Kind.NEW: 302, Kind.RENEWED: 45, Kind.ALREADY_ANNOUNCED: 40,
    }  # fmt: skip
    assert not Pledge.objects.filter(earlier_pledge="").exclude(kind=Kind.NEW).exists()


def test_partners_are_confirmed_by_the_public_source_and_have_their_role() -> None:
    assert not Partner.objects.exclude(confirmation=Confirmation.CONFIRMED).exists()
    pledge = Pledge.objects.get(title="Money for the Korea-Kenya helicopter unit")
    rows = pledge.partners.values_list("participant", "role", "confirmed_at")
    assert set(rows) == {("KOR", "equipment_provider", pledge.announced_at), ("KEN", "operator", pledge.announced_at)}


def test_repeats_are_tied_to_what_they_repeat() -> None:
    later = Pledge.objects.get(conference="new-york-2019", title="Role 2 field hospital")
    link = later.descends_from.get()
    assert (link.kind, link.earlier.conference_id, link.earlier.title) == (
        "repeats", "leaders-summit-2015", "Role II hospital",
    )  # fmt: skip
    assert not Lineage.objects.filter(note="").exists()


def test_references_are_unique_and_do_not_depend_on_the_load() -> None:
    for pledge in Pledge.objects.select_related("conference"):
        preferred = reference_of(pledge.conference.reference_prefix, pledge.record_key or "")
        assert pledge.reference == preferred
    assert Requirement.objects.filter(reference__regex=r"^REQ-[2-9A-Z]{5}$").count() == 205


@pytest.mark.parametrize(
    ("slug", "prefix"),
    [
        ("leaders-summit-2014", "PKS14"), ("london-2016", "PKM16"), ("francophone-2016", "PKF16"),
        ("chiefs-of-defence-2017", "PKC17"), ("berlin-2025", "PKM25"),
    ],
)  # fmt: skip
def test_a_conference_has_its_own_prefix(slug: str, prefix: str) -> None:
    assert Conference.objects.get(slug=slug).reference_prefix == prefix
    assert Conference.objects.filter(reference_prefix=prefix).count() == 1


def test_preparatory_conferences_have_their_co_hosts_and_sessions_what_prepared_them() -> None:
    first = PreparatoryConference.objects.get(key="seoul-2021-prep-1")
    assert set(first.co_hosts.values_list("code", flat=True)) == {"BGD", "CAN", "GBR"}
    assert Session.objects.get(conference="seoul-2021", position=2).prepared_by == PreparatoryConference.objects.get(
        key="seoul-2021-prep-3"
    )


def test_outcome_documents_name_the_governments_behind_them() -> None:
    complete = [document for document in OutcomeDocument.objects.all() if document.endorsed_by.count() > 20]
    assert {(one.conference_id, one.endorsed_by.count(), one.endorsed_count) for one in complete} == {
        ("leaders-summit-2014", 29, 29), ("leaders-summit-2015", 43, 43), ("london-2016", 63, 63),
    }  # fmt: skip


def test_hosts_of_missions_that_are_no_participants_are_kept_as_codes() -> None:
    assert set(Mission.objects.exclude(host_territories="").values_list("acronym", "host_territories")) == {
        ("MINURSO", "ESH"), ("UNMIK", "XKX"),
    }  # fmt: skip
    assert set(Mission.objects.get(acronym="UNTSO").host_countries.values_list("code", flat=True)) == {
        "EGY", "ISR", "JOR", "LBN", "SYR",
    }  # fmt: skip
    assert Mission.objects.filter(type="partner", pledges__isnull=False).count() == 5


def test_unknown_numbers_stay_unknown() -> None:
    assert Requirement.objects.filter(quantity=None).count() == 144
    assert GenderTarget.objects.filter(target_percent=None).count() == 46
    assert Pledge.objects.filter(quantity=None).count() == 270


def test_editions_are_those_of_the_requirements_with_their_dates() -> None:
    dated = {line["edition"]: line["edition_date"] for line in lines_of("capability_requirements.csv")}
    assert Edition.objects.count() == len(dated) == 33
    assert Edition.objects.get(name="UCR 2022-03").published_on == date(2022, 3, 1)
    assert Edition.objects.filter(published_on=None).count() == sum(not day for day in dated.values())


def test_a_second_load_changes_nothing() -> None:
    versions = dict(Pledge.objects.values_list("pk", "version"))
    done: dict[str, Any] = {}
    assert history_added(lambda: done.update(load_record(DATA))) == {}
    assert {(counts.created, counts.updated, counts.removed) for counts in done.values()} == {(0, 0, 0)}
    assert dict(Pledge.objects.values_list("pk", "version")) == versions


def test_a_change_in_a_pledge_file_changes_that_pledge_alone(folder: Path) -> None:
    before = change_line(folder / "pledges_2019_2023.csv", 10, description="Now said otherwise.", quantity="", unit="")
    pledge = pledge_of(before)
    done: dict[str, Any] = {}
    assert history_added(lambda: done.update(load_record(folder))) == {"pledges_pledgeevent": 1}
    assert (done["pledges_2019_2023.csv"].updated, done["pledges_2019_2023.csv"].unchanged) == (1, 142)
    pledge.refresh_from_db()
    assert (pledge.description, pledge.quantity) == ("Now said otherwise.", None)


def test_a_change_in_another_file_changes_that_row_alone(folder: Path) -> None:
    change_line(folder / "missions.csv", 0, name="Truce Supervision Organization")
    assert history_added(lambda: load_record(folder)) == {"capabilities_missionevent": 1}
    assert Mission.objects.get(acronym="UNTSO").name == "Truce Supervision Organization"


def test_a_conference_may_leave_out_what_is_not_known(folder: Path) -> None:
    file = folder / "conferences.yaml"
    entry = """
  - slug: somewhere-2027
    title: UN Peacekeeping Ministerial 2027
    series: ministerial
    start: 2027-05-11
    end: 2027-05-12
    hosts: [RWA]
"""
    file.write_text(file.read_text() + entry)
    load_record(folder)
    added = Conference.objects.get(slug="somewhere-2027")
    assert (added.starts_on, added.reference_prefix, added.has_pledges) == (date(2027, 5, 11), "PKM27", True)
    assert added.hosts.get().code == "RWA"


def test_a_missing_column_and_broken_yaml_are_named(folder: Path) -> None:
    lines = [
        {name: cell for name, cell in line.items() if name != "target_percent"}
        for line in lines_of("gender_targets.csv")
    ]
    write_lines(folder / "gender_targets.csv", lines)
    with pytest.raises(CommandError, match=r"gender_targets.csv cannot be loaded: 'target_percent' is missing"):
        call_command("load_record", folder=folder)
    shutil.copy(DATA / "gender_targets.csv", folder)
    (folder / "conferences.yaml").write_text("conferences: [")
    with pytest.raises(CommandError, match=r"conferences.yaml cannot be loaded"):
        call_command("load_record", folder=folder)


def test_a_change_of_links_counts_as_an_update(folder: Path) -> None:
    file = folder / "conferences.yaml"
    file.write_text(file.read_text().replace("hosts: [USA, UN]", "hosts: [USA]", 1))
    counts = load_record(folder)["conferences.yaml: conferences"]
    assert (counts.updated, counts.unchanged) == (1, 9)


def test_a_co_chair_that_left_the_file_is_one_no_more(folder: Path) -> None:
    file = folder / "conferences.yaml"
    file.write_text(file.read_text().replace("      - code: JPN\n        role: co-host\n", "", 1))
    load_record(folder)
    assert not CoChair.objects.filter(conference="leaders-summit-2014", participant="JPN").exists()
    assert CoChair.objects.count() == 75


def test_what_delegations_and_staff_entered_stays(folder: Path) -> None:
    own = DraftPledgeFactory(
        conference=Conference.objects.get(slug="seoul-2021"),
        participant=Participant.objects.get(code="KOR"),
        title="Sixteen 500MD helicopters",
    )
    theirs = Pledge.objects.get(title="Sixteen 500MD helicopters", author=None)
    drafter = MembershipFactory(participant=theirs.participant, role="drafter").user
    now = datetime(2026, 5, 1, tzinfo=UTC)
    update = report_progress(pledge=theirs, state=ReportedState.IN_PROGRESS, text="Ten more.", by=drafter, at=now)
    declined = Partner.objects.filter(participant="KEN", pledge__conference="seoul-2021").first()
    assert declined
    with acting(drafter, "decline"):
        Partner.objects.filter(pk=declined.pk).update(confirmation=Confirmation.DECLINED, confirmed_at=None)
    closed = Pledge.objects.filter(status=Status.REGISTERED, author=None).exclude(pk=theirs.pk).first()
    assert closed
    assessed(closed, Outcome.NOT_DELIVERED)
    apply_transition(
        "close", pledge=closed, by=OfficerFactory(), at=now, reason="Never came.", outcome=Outcome.NOT_DELIVERED
    )
    change_line(folder / "participants.csv", 0, regional_group_note="Changed")

    assert history_added(lambda: load_record(folder)) == {"conferences_participantevent": 1}

    own.refresh_from_db()
    assert own.status == Status.DRAFT
    assert ProgressUpdate.objects.filter(pk=update.pk, text="Ten more.").exists()
    declined.refresh_from_db()
    assert declined.confirmation == Confirmation.DECLINED
    closed.refresh_from_db()
    assert (closed.status, closed.outcome) == (Status.CLOSED, Outcome.NOT_DELIVERED)


def test_a_pledge_that_left_the_files_stays(folder: Path) -> None:
    file = folder / "pledges_2014_2017.csv"
    free = {line["title"] for line in lines_of("pledges_2014_2017.csv")} - {
        line[column]
        for source, column in (
            ("progress_events.csv", "pledge_title"), ("lineage.csv", "later_title"), ("lineage.csv", "earlier_title"),
            ("partner_roles.csv", "title"),
        )
        for line in lines_of(source)
    }  # fmt: skip
    gone = min(free)
    write_lines(file, [line for line in lines_of("pledges_2014_2017.csv") if line["title"] != gone])
    assert history_added(lambda: load_record(folder)) == {}
    assert Pledge.objects.filter(title=gone).exists()


@pytest.mark.parametrize(
    ("file", "cells", "sentence"),
    [
        ("progress_events.csv", {"pledge_title": "No such pledge"}, "progress_events.csv names a pledge"),
        ("lineage.csv", {"earlier_title": "No such pledge"}, "lineage.csv names what is not in the record"),
        ("partner_roles.csv", {"partner": "FRA"}, "partner_roles.csv names what is not in the record"),
        ("pledges_2014_2017.csv", {"quantity": "many"}, "row 2, quantity: Write a whole number"),
        ("published_totals.csv", {"participant": "XYZ"}, "published_totals.csv cannot be loaded: .*XYZ"),
        ("missions.csv", {"start_date": "long ago"}, "missions.csv cannot be loaded: 'long ago' is no date"),
        ("capability_types.csv", {"typical_personnel": "some"}, "capability_types.csv cannot be loaded"),
    ],
)
def test_files_that_do_not_fit_together_change_nothing(
    folder: Path, file: str, cells: dict[str, str], sentence: str
) -> None:
    change_line(folder / "participants.csv", 0, regional_group_note="Changed")
    change_line(folder / file, 0, **cells)

    def load() -> None:
        with pytest.raises(CommandError, match=sentence):
            call_command("load_record", folder=folder)

    assert history_added(load) == {}


def test_the_command_prints_the_counts_of_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_record")
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("progress_events.csv"))
    assert line.split() == ["progress_events.csv", "0", "0", "272", "0"]
