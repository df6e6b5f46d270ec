"""Whoever writes, by whatever path, leaves history that says who, why and in which request."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pghistory.models import Event

from accounts.history import acting
from accounts.middleware import HistoryContextMiddleware
from accounts.models import ApiToken
from conferences.models import Liaison
from pledges.enums import Confidence
from pledges.models import Pledge
from tests import factories
from tests.factories import DraftPledgeFactory, MissionFactory, OfficerFactory, PledgeMissionFactory, UserFactory
from tests.factories import readiness as readiness_rows
from tests.reminders.test_reminder_rules import broken, control, pause, rung
from tests.rules import Make, run, update

pytestmark = pytest.mark.django_db

SOURCED = {
    "author": None,
    "source_title": factories.SOURCE_TITLE,
    "source_url": factories.SOURCE_URL,
    "source_confidence": Confidence.PRESS,
}
OURS = ("accounts", "conferences", "capabilities", "pledges", "reminders")
WORDS = ("one", "two", "three")

# Tables without history: loaded from files, that keep their own, and append-only or derived ones.
UNTRACKED = {
    "Claim",
    "Category",
    "CapabilityWording",
    "ConferenceSource",
    "CrossCuttingTheme",
    "OutcomeDocument",
    "OwedMail",
    "PreparatoryConference",
    "Presence",
    "Priority",
    "ReadinessCount",
    "Reminder",
    "ReminderItem",
    "Session",
    "SideEvent",
    "StatusChange",
    "Unread",
}


def token() -> ApiToken:
    made, _secret = ApiToken.objects.issue(user=UserFactory(), name="Notebook", at=timezone.now())
    return made


def assessment() -> models.Model:
    return factories.AssessmentFactory(**SOURCED)


def readiness() -> models.Model:
    return factories.ReadinessFactory(**SOURCED)


def finished_item() -> models.Model:
    return factories.DecisionPledgeFactory(ended_at=timezone.now())


def three_missions(row: Any) -> list[str]:
    return [mission.pk for mission in MissionFactory.create_batch(3)]


def liaison() -> models.Model:
    return Liaison.objects.create(participant=factories.ParticipantFactory())


def three_other_steps(row: Any) -> list[int]:
    return [step.pk for step in factories.MilestoneFactory.create_batch(3, pledge=row.milestone.pledge)]


def three_instants(row: Any) -> list[datetime]:
    return [row.created_at + timedelta(minutes=n) for n in range(3)]


def three_days(row: Any) -> list[date]:
    return [row.matched_on + timedelta(days=n) for n in range(3)]


# How to make a row of each tracked table, a column of it, and three values to give it.
TRACKED: list[tuple[Make, str, Sequence[Any] | Callable[[Any], Sequence[Any]]]] = [
    (UserFactory, "last_name", WORDS),
    (token, "name", WORDS),
    (factories.RoleGrantFactory, "reason", WORDS),
    (factories.AddressChangeFactory, "email", ("a@b.example", "c@d.example", "e@f.example")),
    (factories.HolidayFactory, "name", WORDS),
    (factories.ParticipantFactory, "name_fr", WORDS),
    (factories.MembershipFactory, "is_focal_point", (True, False, True)),
    (liaison, "reports_by_link", (True, False, True)),
    (factories.ConferenceFactory, "title", WORDS),
    (factories.CoChairFactory, "position", (1001, 1002, 1003)),
    (factories.PublishedTotalFactory, "value", (1, 2, 3)),
    (factories.InvitationFactory, "name", WORDS),
    (factories.CapabilityTypeFactory, "note", WORDS),
    (MissionFactory, "name", WORDS),
    (factories.EditionFactory, "name", WORDS),
    (factories.RequirementFactory, "priority", WORDS),
    (factories.GenderTargetFactory, "target_percent", (1, 2, 3)),
    (DraftPledgeFactory, "title", WORDS),
    (PledgeMissionFactory, "mission_id", three_missions),
    (factories.PartnerFactory, "share_quantity", (2, 3, 4)),
    (factories.LineageFactory, "note", WORDS),
    (factories.CaveatFactory, "text", WORDS),
    (factories.HandoverFactory, "note", WORDS),
    (factories.DecisionFactory, "reason", WORDS),
    (finished_item, "problem", WORDS),
    (factories.MilestoneFactory, "title", WORDS),
    (factories.RecordProgressUpdateFactory, "text", WORDS),
    (assessment, "reason", WORDS),
    (readiness, "evidence", WORDS),
    (factories.AllocationFactory, "reason", WORDS),
    (factories.EvidenceFileFactory, "original_name", WORDS),
    (factories.ReviewNoteFactory, "text", WORDS),
    (factories.MilestoneDependencyFactory, "needs_id", three_other_steps),
    (factories.ReportLinkFactory, "used_at", three_instants),
    (factories.ProposedReportFactory, "text", WORDS),
    (readiness_rows.RegistrationFactory, "to_mend", WORDS),
    (readiness_rows.VisitFactory, "note", WORDS),
    (readiness_rows.VisitedUnitFactory, "to_mend", WORDS),
    (readiness_rows.UnitStatementFactory, "note", WORDS),
    (readiness_rows.UnitAgreementFactory, "signed_on", three_days),
    (readiness_rows.VariationFactory, "text", WORDS),
    (readiness_rows.DeploymentRequestFactory, "note", WORDS),
    (rung, "offset_days", (1, 2, 3)),
    (pause, "reason", WORDS),
    (broken, "detail", WORDS),
    (control, "most_per_run", (1, 2, 3)),
]
# What was stated once stays: its history is the one insert.
STATED_ONCE: list[Make] = [
    factories.MilestoneExtensionFactory,
    factories.MilestoneReopeningFactory,
    readiness_rows.RenewalFactory,
]
# What history leaves out: secrets, and what the database derives from the rest of the row.
LEFT_OUT = {
    "accounts_user": {"password", "last_login", "calendar_key"},
    "accounts_apitoken": {"digest", "last_used_at"},
    "pledges_pledge": {"search", "dated_at", "form_key"},
}


def event_models() -> dict[type[models.Model], type[Event]]:
    """The event model of each tracked model."""
    return {model.pgh_tracked_model: model for model in apps.get_models() if issubclass(model, Event)}


def labels_of(model: type[models.Model], key: Any) -> list[str]:
    """What happened to a row, oldest first."""
    events = event_models()[model].objects.filter(pgh_obj_id=key).order_by("pgh_id")
    return list(events.values_list("pgh_label", flat=True))


def rows(sql: str, key: Any) -> list[tuple[Any, ...]]:
    """The rows that a query about one key answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        return list(cursor.fetchall())


def assert_rebuilt(model: type[models.Model], key: Any) -> None:
    """Check that the latest event of a row tells every column of it, save those that history leaves out."""
    table, events = model._meta.db_table, event_models()[model]._meta.db_table
    known = {field.column for field in event_models()[model]._meta.concrete_fields}
    ours = [field.column for field in model._meta.concrete_fields if field.column in known]
    assert {field.column for field in model._meta.concrete_fields} - known == LEFT_OUT.get(table, set())
    columns = ", ".join(f'"{column}"' for column in ours)
    stored = rows(f'SELECT {columns} FROM "{table}" WHERE "{model._meta.pk.column}" = %s', key)
    latest = f'SELECT {columns} FROM "{events}" WHERE pgh_obj_id = %s ORDER BY pgh_id DESC LIMIT 1'
    assert rows(latest, key) == stored
    assert len(stored) == 1


def test_each_tracked_table_is_in_the_list() -> None:
    makers = [*(make for make, _column, _values in TRACKED), *STATED_ONCE]
    assert Counter(make()._meta.model for make in makers) == Counter(list(event_models()))


def test_each_other_table_is_known_to_have_no_history() -> None:
    ours = {model for app in OURS for model in apps.get_app_config(app).get_models() if not issubclass(model, Event)}
    assert {model.__name__ for model in ours - set(event_models())} == UNTRACKED


@pytest.mark.parametrize(("make", "column", "values"), TRACKED, ids=[column[0].__name__ for column in TRACKED])
def test_every_path_leaves_history_from_which_the_row_can_be_rebuilt(
    make: Make, column: str, values: Sequence[Any] | Callable[[Any], Sequence[Any]]
) -> None:
    row = make()
    model, key = type(row), row.pk
    first, second, third = values(row) if callable(values) else values

    setattr(row, column, first)
    row.save()
    assert_rebuilt(model, key)
    model._default_manager.filter(pk=key).update(**{column: second})
    assert_rebuilt(model, key)
    update(row, {column: third})
    assert_rebuilt(model, key)
    run(f'DELETE FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = %s', [key])

    assert labels_of(model, key) == ["insert", "update", "update", "update", "delete"]


@pytest.mark.parametrize("make", STATED_ONCE)
def test_what_was_stated_once_is_in_the_history(make: Make) -> None:
    row = make()
    assert_rebuilt(type(row), row.pk)
    assert labels_of(type(row), row.pk) == ["insert"]


def test_saving_without_a_change_leaves_none() -> None:
    pledge = DraftPledgeFactory()
    pledge.save()
    assert labels_of(Pledge, pledge.pk) == ["insert"]


def contexts(pledge: Pledge) -> list[Any]:
    """What history says beside each event of a pledge, oldest first."""
    return list(
        event_models()[Pledge]
        .objects.filter(pgh_obj_id=pledge.pk)
        .order_by("pgh_id")
        .values_list("pgh_context", flat=True)
    )


def test_history_says_who_and_why_on_every_path() -> None:
    officer = OfficerFactory()
    said = {"actor": officer.pk, "actor_name": officer.username, "reason": "Spelling"}
    with acting(officer, "Spelling"):
        pledge = DraftPledgeFactory()
        Pledge.objects.filter(pk=pledge.pk).update(title="Bulk")
        update(pledge, {"title": "Raw"})
    assert contexts(pledge) == [said, said, said]


def test_the_system_acts_under_its_own_name() -> None:
    with acting(None, "Load"):
        pledge = DraftPledgeFactory()
    assert contexts(pledge) == [{"actor": None, "actor_name": "system", "reason": "Load"}]


def test_what_comes_before_and_after_an_act_does_not_carry_its_words() -> None:
    outer, inner = OfficerFactory.create_batch(2)
    with acting(outer, "outer"):
        pledge = DraftPledgeFactory()
        with pytest.raises(IntegrityError), acting(inner, "inner"), transaction.atomic():
            update(pledge, {"quantity": 0})
        with acting(inner, "inner"):
            update(pledge, {"title": "inner"})
        update(pledge, {"title": "outer"})
    assert [(context["actor"], context["reason"]) for context in contexts(pledge)] == [
        (outer.pk, "outer"),
        (inner.pk, "inner"),
        (outer.pk, "outer"),
    ]


def test_history_says_in_which_request() -> None:
    officer = OfficerFactory()

    def view(request: HttpRequest) -> HttpResponse:
        with acting(officer, "first"):
            pledge = DraftPledgeFactory()
        update(pledge, {"title": "Second"})
        return HttpResponse(pledge.pk)

    answer = HistoryContextMiddleware(view)(RequestFactory().post("/"))
    pledge = Pledge.objects.get(pk=int(answer.content))
    first, second = contexts(pledge)
    assert first == {
        "request": answer["X-Request-ID"],
        "actor": officer.pk,
        "actor_name": officer.username,
        "reason": "first",
    }
    assert second == {"request": answer["X-Request-ID"]}


def test_one_request_is_one_context() -> None:
    with pghistory.context(request="1"):
        with acting(None):
            first = DraftPledgeFactory()
        with acting(None):
            second = DraftPledgeFactory()
    ids = event_models()[Pledge].objects.filter(pgh_obj_id__in=[first.pk, second.pk]).values("pgh_context_id")
    assert ids.distinct().count() == 1
