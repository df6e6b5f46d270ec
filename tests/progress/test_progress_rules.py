"""The database keeps the rules of plans, of reports, and of reports through links, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, transaction

from pledges.models import MilestoneDependency, ProposedReport
from tests.factories import (
    MilestoneDependencyFactory,
    MilestoneExtensionFactory,
    MilestoneFactory,
    MilestoneReopeningFactory,
    PartnerFactory,
    ProgressUpdateFactory,
    ProposedReportFactory,
    RecordProgressUpdateFactory,
    ReportLinkFactory,
    UserFactory,
)
from tests.rules import Its, Rule, change, insert, refusal, run

pytestmark = pytest.mark.django_db


def of_the_same_pledge(link: MilestoneDependency) -> Any:
    return MilestoneFactory(pledge=link.milestone.pledge)


def decided() -> ProposedReport:
    """A report that was turned down."""
    report: ProposedReport = ProposedReportFactory()
    report.verdict, report.decided_by, report.decided_at = "refused", UserFactory(), report.created_at
    report.save()
    return report


RULES = [
    change("progress_women_within_personnel", RecordProgressUpdateFactory, personnel=9, women=10),
    change("progress_women_within_personnel", RecordProgressUpdateFactory, women=1),
    insert("extension_has_reason", MilestoneExtensionFactory, reason=""),
    insert("extension_moves_the_day", MilestoneExtensionFactory, due_after=Its(lambda row: row.due_before)),
    insert("reopening_has_reason", MilestoneReopeningFactory, reason=""),
    insert(
        "reopening_is_due_no_earlier",
        MilestoneReopeningFactory,
        due_after=Its(lambda row: row.due_before - timedelta(days=1)),
    ),
    insert("dependency_once_per_pair", MilestoneDependencyFactory),
    change("dependency_within_pledge", MilestoneDependencyFactory, needs_id=MilestoneFactory),
    change("dependency_without_loop", MilestoneDependencyFactory, needs_id=Its(lambda row: row.milestone_id)),
    insert(
        "dependency_without_loop",
        MilestoneDependencyFactory,
        milestone_id=Its(lambda row: row.needs_id),
        needs_id=Its(lambda row: row.milestone_id),
    ),
    change("report_link_expires", ReportLinkFactory, expires_at=Its(lambda row: row.created_at)),
    change("report_link_expires", ReportLinkFactory, expires_at=Its(lambda row: row.created_at - timedelta(days=1))),
    change("report_link_partner_of_same_pledge", ReportLinkFactory, partner_id=PartnerFactory),
    insert("report_link_partner_of_same_pledge", ReportLinkFactory, partner_id=PartnerFactory),
    change("report_link_milestone_of_same_pledge", ReportLinkFactory, milestone_id=MilestoneFactory),
    insert("report_link_milestone_of_same_pledge", ReportLinkFactory, milestone_id=MilestoneFactory),
    change("proposed_report_state_known", ProposedReportFactory, state="fine"),
    change("proposed_report_verdict_known", decided, verdict="perhaps"),
    change("proposed_report_quantity_positive", ProposedReportFactory, delivered_quantity=0),
    change("proposed_report_verdict_signed", ProposedReportFactory, verdict="refused"),
    change("proposed_report_verdict_signed", decided, decided_by_id=None),
    change("proposed_report_verdict_signed", decided, verdict=""),
    change("proposed_report_counts_once_confirmed", decided, verdict="confirmed"),
    change("proposed_report_counts_once_confirmed", ProposedReportFactory, update_id=ProgressUpdateFactory),
    insert("pledges_proposedreport_link_id_key", ProposedReportFactory),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


@pytest.mark.parametrize("make", [MilestoneExtensionFactory, MilestoneReopeningFactory])
def test_how_a_step_was_put_off_or_opened_again_stays_as_stated(make: Any) -> None:
    row = make()
    for statement in ("UPDATE {} SET reason = 'Otherwise.'", "DELETE FROM {}"):
        with pytest.raises(InternalError, match="Cannot update or delete rows"), transaction.atomic():
            run(f"{statement.format(row._meta.db_table)} WHERE id = %s", [row.pk])


def test_a_chain_of_steps_may_wait_one_for_the_other() -> None:
    first = MilestoneDependencyFactory()
    second = MilestoneDependencyFactory(milestone=of_the_same_pledge(first), needs=first.milestone)
    assert [second.needs, first.needs] == [first.milestone, first.needs]
