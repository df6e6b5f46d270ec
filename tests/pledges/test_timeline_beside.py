"""What was changed beside a pledge stands on its timeline, for those who work on it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.models import Pledge
from pledges.services.allocations import allocate, remove_allocation
from pledges.services.files import attach_file, remove_file
from pledges.services.writing import answer_repeats
from pledges.timeline import timeline
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    LineageFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
    member_of,
)
from tests.files.hostile import pdf

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def told(pledge: Pledge, kind: str, reader: Any) -> list[tuple[str, str, str, int | None]]:
    """What the entries of a kind say, the first that happened on top."""
    entries = [entry for entry in timeline(pledge, reader) if entry.kind == kind]
    return [(entry.title, entry.text, entry.who, entry.quantity) for entry in entries[::-1]]


def test_documents_that_were_added_and_removed(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    pledge = DraftPledgeFactory()
    by = member_of(pledge.participant, MembershipRole.DRAFTER)
    file = SimpleUploadedFile("note.pdf", pdf())
    row = attach_file(pledge=pledge, file=file, kind="note_verbale", by=by, at=NOW)
    remove_file(row=row, by=by)
    assert told(pledge, "file", by) == [
        ("Document added: note.pdf", "Note verbale", by.username, None),
        ("Document removed: note.pdf", "Note verbale", by.username, None),
    ]


def test_units_counted_towards_an_ask_and_let_go_again() -> None:
    pledge, officer = AnnouncedPledgeFactory(quantity=3), OfficerFactory()
    ask = RequirementFactory(capability_type=pledge.capability_type, mission=None)
    row = allocate(pledge=pledge, requirement=ask, quantity=2, reason="It fits.", by=officer, at=NOW)
    remove_allocation(row, by=officer)
    assert told(pledge, "allocation", officer) == [
        (f"Counted towards {ask.capability_type}", "It fits.", officer.username, 2),
        (f"No longer counted towards {ask.capability_type}", "It fits.", officer.username, 2),
    ]


def test_who_was_asked_for_a_share() -> None:
    partner = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory(quantity=3), share_quantity=1)
    assert told(partner.pledge, "share", OfficerFactory()) == [
        (f"{partner.participant} confirmed", "", str(partner.participant), 1)
    ]


def test_nobody_else_reads_of_them(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    partner = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory(quantity=3), share_quantity=1)
    ask = RequirementFactory(capability_type=partner.pledge.capability_type)
    allocate(pledge=partner.pledge, requirement=ask, quantity=2, reason="It fits.", by=OfficerFactory(), at=NOW)
    for reader in (AnonymousUser(), member_of(partner.participant, MembershipRole.APPROVER)):
        assert {entry.kind for entry in timeline(partner.pledge, reader)} == {"announcement"}


@pytest.mark.django_db(transaction=True)
def test_what_is_renewed_is_told_to_those_who_may_see_it() -> None:
    pledge = DraftPledgeFactory()
    by, of_another = member_of(pledge.participant, MembershipRole.DRAFTER), RegisteredPledgeFactory()
    first, second = RegisteredPledgeFactory.create_batch(2, participant=pledge.participant)
    LineageFactory(later=pledge, earlier=of_another, kind="hands_over")  # loaded: nobody changed it
    for kind, earlier in (("renewed", first), ("renewed", first), ("already_announced", second), ("new", second)):
        answer_repeats(pledge=pledge, kind=kind, earlier=earlier.reference, by=by, at=NOW)
    titles = [title for title, _text, _who, _quantity in told(pledge, "link", by)]
    assert titles == [
        f"Linked: Renews {first.reference}",
        f"Linked: Repeats {second.reference}",
        f"No longer linked: Repeats {second.reference}",
    ]
    desk = [title for title, _text, _who, _quantity in told(pledge, "link", OfficerFactory())]
    assert desk[0] == f"Linked: Renews {first.reference}, Takes over from {of_another.reference}"
    assert {who for _title, _text, who, _quantity in told(pledge, "link", by)} == {by.username}
    assert told(pledge, "link", AnonymousUser()) == []
