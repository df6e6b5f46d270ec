"""The page of a pledge on paper: two sheets at most, with all that matters."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from pledges.models import Pledge
from pledges.page import ON_PAPER
from tests.factories import (
    AnnouncedPledgeFactory,
    AssessmentFactory,
    CaveatFactory,
    ConfirmedPartnerFactory,
    MilestoneFactory,
    OfficerFactory,
    ProgressUpdateFactory,
)
from tests.factories.readiness import RegistrationFactory
from tests.work.test_work_in_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST = date(2025, 6, 1)
REPORT = (
    "Training of the second company was completed and its equipment inspected; the contract for the field kitchen is "
    "signed, and the medical team awaits its vaccinations before the visit of the Secretariat."
)


def followed_up(reports: int) -> Pledge:
    """A pledge of a unit with a plan, a partner, a caveat, two assessments and so many reports, the last one first."""
    pledge = AnnouncedPledgeFactory(
        title="Level II hospital with surgical team", description=REPORT, quantity=1, deliver_by=date(2027, 6, 30),
        deliver_by_precision="day",
    )  # fmt: skip
    for number in range(reports):
        day = FIRST + timedelta(days=30 * number)
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        ProgressUpdateFactory(
            pledge=pledge, text=f"Report {number + 1}. {REPORT}", happened_on=day, created_at=at, expected_on=FIRST
        )
    AssessmentFactory.create_batch(2, pledge=pledge, reason=REPORT)
    MilestoneFactory.create_batch(4, pledge=pledge, title="Contract for the field kitchen signed")
    ConfirmedPartnerFactory(pledge=pledge), CaveatFactory(pledge=pledge), RegistrationFactory(pledge=pledge)
    return pledge


@pytest.mark.parametrize("reports", [1, 12, 40])
def test_a_pledge_takes_two_sheets_at_most(page: Page, live_server: Any, reports: int) -> None:
    pledge = followed_up(reports)
    sign_in(page, live_server, OfficerFactory())
    page.goto(f"{live_server.url}{pledge.get_absolute_url()}")
    papers = {paper: page.pdf(format=paper) for paper in ("A4", "Letter")}
    assert max(len(re.findall(rb"/Type\s*/Page\b", pdf)) for pdf in papers.values()) <= 2
    page.emulate_media(media="print")
    entries = page.locator(".timeline > li")
    printed = [entry for entry in entries.all() if entry.is_visible()]
    left_out = entries.count() - len(printed)
    assert len(printed) == min(entries.count(), ON_PAPER)
    assert f"Report {reports}." in " ".join(entry.inner_text() for entry in printed)
    assert not page.locator(".actions, .under").locator("visible=true").count(), "what leads elsewhere is not printed"
    assert page.get_by_text(f"{left_out} earlier entries are not printed").count() == (1 if left_out else 0)
    page.emulate_media(media="screen")
    assert all(entry.is_visible() for entry in entries.all())
    assert not page.get_by_text("not printed").is_visible()
