"""Made-up pledges: marked, repeatable, and of every kind that figures and pages must cope with."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from accounts.models import User
from capabilities.models import CapabilityType, Requirement
from conferences.models import Conference, Participant
from pledges.enums import (
    AssessedState,
    CaveatKnowledge,
    Confirmation,
    Kind,
    LineageKind,
    Match,
    Outcome,
    PartnerRole,
    ReadinessLevel,
    ReportedState,
    Status,
)
from pledges.models import (
    Allocation,
    Assessment,
    Caveat,
    Lineage,
    Milestone,
    Partner,
    Pledge,
    ProgressUpdate,
    Readiness,
    ReportLink,
    StatusChange,
)
from pledges.synthetic.make import make_synthetic

pytestmark = pytest.mark.django_db
SYNTHETIC = Pledge.objects.filter(is_synthetic=True)
ENOUGH = 1500


@pytest.fixture(scope="module")
def synthetic(record: None, django_db_blocker: Any) -> Iterator[None]:
    """Add made-up pledges to the record, once for this module."""
    with transaction.atomic():
        make_synthetic(pledges=ENOUGH, seed=7)
        yield
        transaction.set_rollback(True)


def made(seed: int, pledges: int = 60) -> list[str]:
    """Return what a seed gives, and undo it."""
    with transaction.atomic():
        make_synthetic(pledges=pledges, seed=seed)
        rows = sorted(
            map(
                str,
                SYNTHETIC.values_list(
                "reference", "conference", "participant", "title", "description", "status", "announced_at", "quantity",
                "amount", "deliver_by", "author__username", "partners__participant", "partners__share_quantity",
                "progress_updates__happened_on", "milestones__due_on", "allocations__requirement__reference",
            )
            )
        )  # fmt: skip
        transaction.set_rollback(True)
    return rows


@pytest.mark.usefixtures("record")
class TestMaking:
    """What the command promises."""

    def test_a_seed_always_gives_the_same(self) -> None:
        first = made(3)
        assert made(3) == first
        assert made(4) != first

    def test_it_adds_to_what_is_there(self) -> None:
        before = Pledge.objects.filter(is_synthetic=False).count()
        call_command("make_synthetic", pledges=30, seed=1)
        call_command("make_synthetic", pledges=20, seed=1)
        assert SYNTHETIC.count() == 50
        assert Pledge.objects.filter(is_synthetic=False).count() == before == 387

    def test_nobody_can_sign_in_with_its_accounts(self) -> None:
        make_synthetic(pledges=10, seed=1)
        accounts = User.objects.filter(username__startswith="synthetic-")
        assert accounts.count() == Participant.objects.able_to_pledge().count() + 2
        assert not any(account.is_active or account.has_usable_password() for account in accounts)

    def test_a_number_below_one_is_refused(self) -> None:
        with pytest.raises(CommandError, match="from 1"):
            call_command("make_synthetic", pledges=0)

    def test_history_tells_where_the_rows_come_from(self) -> None:
        make_synthetic(pledges=5, seed=1)
        reasons = {
            event.pgh_context["reason"]
            for pledge in SYNTHETIC.all()
            for event in pledge.events.all()  # type: ignore[attr-defined]
        }
        assert reasons == {"make_synthetic"}


@pytest.mark.usefixtures("synthetic")
class TestMade:
    """What the made-up rows are like."""

    @pytest.mark.parametrize(
        ("rows", "column", "words"),
        [
            (SYNTHETIC, "status", Status),
            (SYNTHETIC.exclude(outcome=""), "outcome", Outcome),
            (SYNTHETIC, "kind", Kind),
            (SYNTHETIC, "match", Match),
            (SYNTHETIC, "caveats_known", CaveatKnowledge),
            (Partner.objects.filter(pledge__is_synthetic=True), "role", PartnerRole),
            (Partner.objects.filter(pledge__is_synthetic=True), "confirmation", Confirmation),
            (Lineage.objects.filter(later__is_synthetic=True), "kind", LineageKind),
            (ProgressUpdate.objects.filter(pledge__is_synthetic=True), "state", ReportedState),
            (Assessment.objects.filter(pledge__is_synthetic=True), "state", AssessedState),
            (Readiness.objects.filter(pledge__is_synthetic=True), "level", ReadinessLevel),
        ],
    )
    def test_every_word_occurs(self, rows: Any, column: str, words: Any) -> None:
        assert set(rows.all().order_by().values_list(column, flat=True)) == set(words.values)

    def test_plans_are_put_off_opened_again_and_wait_for_the_steps_of_others(self) -> None:
        steps = Milestone.objects.filter(pledge__is_synthetic=True)
        for rows in (
            steps.filter(extensions__due_after=F("due_on")),
            steps.filter(reopenings__isnull=False, done_on=None),
            steps.filter(partner__confirmation=Confirmation.CONFIRMED),
            steps.filter(waits_for__needs__pledge=F("pledge")),
            steps.filter(~Q(partner=F("waits_for__needs__partner")), waits_for__needs__partner__isnull=False),
        ):
            assert rows.exists(), rows.query
        assert not steps.filter(done_on__isnull=False, waits_for__needs__done_on=None, waits_for__isnull=False).exists()

    def test_some_delegations_report_through_links(self) -> None:
        links = ReportLink.objects.filter(pledge__is_synthetic=True)
        assert links.filter(revoked_at=None).exists()
        assert not links.exclude(pledge__status=Status.REGISTERED).exists()

    def test_every_state_conference_and_type_occurs(self) -> None:
        assert set(SYNTHETIC.all().values_list("participant", flat=True)) == set(
            Participant.objects.able_to_pledge().values_list("code", flat=True)
        )
        assert set(SYNTHETIC.all().values_list("conference", flat=True)) == set(
            Conference.objects.filter(has_pledges=True).values_list("slug", flat=True)
        )
        assert set(SYNTHETIC.all().values_list("capability_type", flat=True)) >= set(
            CapabilityType.objects.values_list("code", flat=True)
        )

    @pytest.mark.parametrize(
        "pattern",
        [
            Q(status=Status.REGISTERED, announced_at=None),
            Q(status=Status.REGISTERED, announced_at__isnull=False),
            Q(status=Status.DRAFT, title=""),
            Q(quantity=None, personnel=None, amount=None),
            Q(amount__isnull=False),
            Q(women__isnull=False),
            Q(deliver_from__isnull=False),
            Q(partners__share_quantity__isnull=False),
            Q(partners__share_personnel__isnull=False),
            Q(partners__share_amount__isnull=False),
            Q(partners__isnull=False, partners__share_quantity=None),
        ],
    )
    def test_every_pattern_occurs(self, pattern: Q) -> None:
        assert SYNTHETIC.filter(pattern).exists()

    @pytest.mark.parametrize("model", [Milestone, Caveat, Allocation, StatusChange])
    def test_every_kind_of_row_occurs(self, model: Any) -> None:
        assert model.objects.filter(pledge__is_synthetic=True).exists()

    def test_pledges_are_skewed(self) -> None:
        counted = SYNTHETIC.values("participant").annotate(pledges=Count("pk")).order_by("-pledges")
        first = sum(row["pledges"] for row in counted[:10])
        assert first > ENOUGH // 3

    def test_some_pledges_have_several_missions_and_several_partners(self) -> None:
        assert SYNTHETIC.annotate(n=Count("mission_links")).filter(n__gt=1).exists()
        assert SYNTHETIC.annotate(n=Count("partners")).filter(n__gt=1).exists()

    def test_every_row_is_marked(self) -> None:
        assert SYNTHETIC.count() == ENOUGH
        assert not SYNTHETIC.exclude(title="").exclude(title__endswith="(synthetic)").exists()
        assert not SYNTHETIC.exclude(author__username__startswith="synthetic-").exists()
        assert Requirement.objects.filter(edition__name__startswith="Synthetic", record_key=None).count() == 20
        assert Requirement.objects.exclude(edition__name__startswith="Synthetic").count() == 205

    @pytest.mark.parametrize(
        ("kept", "model", "day", "column"),
        [
            ("reported_state", ProgressUpdate, "happened_on", "state"),
            ("last_reported_on", ProgressUpdate, "happened_on", "happened_on"),
            ("assessed_state", Assessment, "assessed_on", "state"),
            ("delivered_quantity", Assessment, "assessed_on", "confirmed_quantity"),
            ("readiness_level", Readiness, "reached_on", "level"),
        ],
    )
    def test_a_pledge_carries_the_latest_of_what_stands_beside_it(
        self, kept: str, model: Any, day: str, column: str
    ) -> None:
        beside = model.objects.filter(pledge=OuterRef("pk")).order_by(F(day).desc(), "-pk")
        told = SYNTHETIC.annotate(latest=Subquery(beside.values(column)[:1])).values_list(kept, "latest")
        assert all((carried or None) == latest for carried, latest in told)
        assert any(latest for _carried, latest in told)

    def test_allocations_and_shares_stay_within_the_pledge(self) -> None:
        over = SYNTHETIC.annotate(taken=Sum("allocations__quantity")).filter(taken__gt=F("quantity"))
        assert not over.exists()
        shared = Q(partners__confirmation__in=[Confirmation.CONFIRMED, Confirmation.AWAITED])
        shares = Sum("partners__share_quantity", filter=shared)
        assert not SYNTHETIC.annotate(shared=shares).filter(shared__gt=F("quantity")).exists()

    def test_the_search_finds_them(self) -> None:
        assert SYNTHETIC.filter(pk__in=Pledge.objects.matching("hospital").values("pk")).exists()
