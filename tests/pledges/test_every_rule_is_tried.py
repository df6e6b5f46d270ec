"""No constraint and no refusing trigger of ours without a test that tried to break it."""

import re
from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from tests.accounts.test_account_rules import RULES as ACCOUNTS
from tests.capabilities.test_capability_rules import RULES as CAPABILITIES
from tests.conferences.test_conference_rules import RULES as CONFERENCES
from tests.pledges.test_pledge_rules import RULES as PLEDGES
from tests.progress.test_progress_rules import RULES as PROGRESS
from tests.readiness.test_readiness_rules import RULES as READINESS
from tests.reminders.test_reminder_rules import RULES as REMINDERS

OURS = ("accounts", "conferences", "capabilities", "pledges", "reminders")


def our_models() -> Iterator[type[Model]]:
    for app in OURS:
        yield from apps.get_app_config(app).get_models()


def declared_constraints() -> set[str]:
    """The names of all CheckConstraints and UniqueConstraints, and of those that our triggers refuse by."""
    declared = {constraint.name for model in our_models() for constraint in model._meta.constraints}
    for model in our_models():
        for trigger in getattr(model._meta, "triggers", ()):
            declared |= set(re.findall(r"CONSTRAINT = '(\w+)'", str(trigger.get_func(model))))
    return declared


def unique_columns() -> set[str]:
    """The names that Postgres gives to the keys of unique columns."""
    return {
        f"{model._meta.db_table}_{field.column}_key"
        for model in our_models()
        for field in model._meta.local_fields
        if field.unique and not field.primary_key
    }


def test_every_rule_is_tried() -> None:
    rules = ACCOUNTS + CONFERENCES + CAPABILITIES + PLEDGES + PROGRESS + READINESS + REMINDERS
    tried = {rule.constraint for rule in rules}
    assert declared_constraints() - tried == set()
    assert tried - declared_constraints() - unique_columns() == {"conferences_participant_pkey"}
