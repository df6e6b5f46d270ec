"""The pages of progress in a real browser: accessible, narrow, and finished without a script."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from conferences.models import Liaison
from pledges.models import ProgressUpdate, ProposedReport
from pledges.services.report_links import link_for
from tests.browsing import press
from tests.factories import (
    CaveatFactory,
    MilestoneDependencyFactory,
    MilestoneExtensionFactory,
    MilestoneFactory,
    ProgressUpdateFactory,
    ProposedReportFactory,
    assessed,
)
from tests.look.axe import sideways_scroll, violations
from tests.progress.conftest import Joint, People
from tests.work.test_work_in_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def addresses(people: People, joint: Joint) -> dict[str, tuple[Any, str]]:
    """Return who opens what, by the name of the page."""
    pledge, reference = joint.pledge, joint.pledge.reference
    Liaison.objects.create(participant=people.delegation, reports_by_link=True)
    path = link_for(pledge, people.drafter, timezone.now()) or ""
    ProgressUpdateFactory(pledge=pledge, partner=joint.share, personnel=20, women=3)
    step = MilestoneFactory(pledge=pledge, title="Unit deployed")
    MilestoneExtensionFactory(milestone=step)
    MilestoneDependencyFactory(milestone=step, needs=MilestoneFactory(pledge=pledge, partner=joint.share))
    report = ProposedReportFactory(link__pledge=pledge)
    assessed(pledge, "partly_delivered")
    CaveatFactory(pledge=pledge, stage="talks")
    return {
        "report": (joint.lead, reverse("pledge-report", args=[reference])),
        "share": (joint.partner, reverse("share-report", args=[reference, joint.share.participant_id])),
        "table": (joint.lead, reverse("reports")),
        "plan": (joint.lead, reverse("milestone-create", args=[reference])),
        "step": (joint.lead, reverse("milestone-change", args=[reference, step.pk])),
        "pledge": (joint.partner, pledge.get_absolute_url()),
        "assess": (people.officer, reverse("pledge-assess", args=[reference])),
        "condition": (people.officer, reverse("pledge-condition", args=[reference])),
        "close": (people.officer, reverse("pledge-step", args=[reference, "close"])),
        "links": (people.approver, reverse("report-links")),
        "proposed": (people.approver, reverse("proposed-report", args=[report.pk])),
        "link": (None, path),
        "refused": (None, "/report/nonsense/"),
    }


def test_every_page_is_accessible_and_fits_a_narrow_window(
    people: People, joint: Joint, browser: Browser, live_server: Any
) -> None:
    found = {}
    for name, (user, url) in addresses(people, joint).items():
        context = browser.new_context()
        page = context.new_page()
        if user:
            sign_in(page, live_server, user)
        page.goto(f"{live_server.url}{url}")
        assert page.locator("h1").count() == 1, name
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found[name, width] = [*violations(page), *(["sideways"] if sideways_scroll(page) else [])]
        context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_without_a_script_a_row_of_the_table_and_a_link_are_filled_in(
    people: People, joint: Joint, browser: Browser, live_server: Any
) -> None:
    Liaison.objects.create(participant=people.delegation, reports_by_link=True)
    path = link_for(joint.pledge, people.drafter, datetime.now(tz=UTC))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}{path}")
    page.get_by_label("How does the whole pledge stand?").select_option("delayed")
    press(page, page.get_by_role("button", name="Send the report"))
    assert page.get_by_role("heading", name="Your report is kept").is_visible()
    sign_in(page, live_server, joint.lead)
    page.goto(f"{live_server.url}{reverse('reports')}")
    page.get_by_label(f"State of {joint.pledge.reference}").select_option("in_progress")
    press(page, page.get_by_role("button", name="Send the reports"))
    assert page.get_by_text("1 report is recorded.").is_visible()
    context.close()
    assert ProposedReport.objects.get().state == "delayed"
    assert ProgressUpdate.objects.get().state == "in_progress"
