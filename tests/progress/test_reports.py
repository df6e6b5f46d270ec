"""A report in full: what it says, its evidence, and how little it takes from the mail's link."""

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pledges.enums import DocumentKind, EventKind
from pledges.errors import Incomplete
from pledges.models import EvidenceFile, ProgressUpdate
from pledges.services import report_progress
from tests.asking import status_of
from tests.factories import (
    CapabilityTypeFactory,
    CategoryFactory,
    MilestoneFactory,
    RegisteredPledgeFactory,
)
from tests.progress.conftest import Joint, People, SignedIn, day_boxes

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def report_url(joint: Joint) -> str:
    return reverse("pledge-report", args=[joint.pledge.reference])


def paper(name: str = "photo-list.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


@pytest.mark.parametrize("second_factor", [False, True], ids=["password", "second-factor-on-a-trusted-browser"])
def test_from_the_link_in_the_mail_to_done_it_takes_three_pages_and_four_inputs(
    people: People, client: Client, settings: Any, second_factor: bool
) -> None:
    people.drafter.set_password("a long enough password")
    people.drafter.save()
    if second_factor:
        settings.REQUIRE_SECOND_FACTOR = True
        trust_browser_of(people.drafter, client)
    step = MilestoneFactory(pledge__participant=people.delegation, pledge__status="registered")
    link = f"{reverse('pledge-report', args=[step.pledge.reference])}?milestone={step.pk}"
    pages = [client.get(link, follow=True)]  # the page to sign in
    name = {"login": people.drafter.username, "password": "a long enough password", "next": link}
    pages.append(client.post(reverse("sign-in"), name, follow=True))  # the form
    form = pages[-1].context["form"]
    assert len(form.main_fields) <= 4
    typed = {"step_done": "on", "state": "in_progress", "delivered_quantity": "1", "text": "Trained."}
    pages.append(client.post(link, {"milestone": step.pk} | typed, follow=True))  # the pledge, with what was recorded
    assert "is recorded" in pages[-1].content.decode()
    assert (len(pages), len(typed)) == (3, 4)
    assert ProgressUpdate.objects.get().text == "Trained."


def trust_browser_of(user: Any, client: Client) -> None:
    """Set up a phone, and sign in and out once, choosing not to be asked for a code on this browser."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    client.post(reverse("sign-in"), {"login": user.username, "password": "a long enough password"})
    client.post(reverse("mfa_authenticate"), {"code": code, "trust": "on"})
    client.post(reverse("sign-out"))


def test_a_report_says_when_and_with_how_many(joint: Joint, signed_in: SignedIn) -> None:
    day = timezone.localdate() + timedelta(days=90)
    said = {"state": "planning", "personnel": "1 200", "women": "٣٠٠", **day_boxes("expected_on", day)}
    page = signed_in(joint.lead).post(report_url(joint), said, follow=True)
    update = ProgressUpdate.objects.get()
    assert (update.personnel, update.women, update.expected_on) == (1200, 300, day)
    assert "women among them 300" in page.content.decode()


@pytest.mark.parametrize(
    ("said", "field", "complaint"),
    [
        ({"women": "5"}, "women", "Enter the persons too, and no more women than persons."),
        ({"women": "5", "personnel": "4"}, "women", "Enter the persons too, and no more women than persons."),
        ({"personnel": "many"}, "personnel", "Enter a whole number"),
        (day_boxes("expected_on", date(2024, 1, 1)), "expected_on", "Enter a date that has not passed"),
    ],
)
def test_what_cannot_stand_is_said_at_the_field_and_nothing_typed_is_lost(
    joint: Joint, signed_in: SignedIn, said: dict[str, str], field: str, complaint: str
) -> None:
    page = signed_in(joint.lead).post(report_url(joint), {"state": "planning", "text": "Words kept"} | said)
    assert complaint in page.context["form"].errors[field][0]
    text = page.content.decode()
    assert "Words kept" in text
    assert "<details open>" in text
    assert not ProgressUpdate.objects.exists()


def test_the_service_refuses_more_women_than_persons(joint: Joint) -> None:
    said = {"state": "planning", "text": "", "personnel": 1, "women": 2}
    with pytest.raises(Incomplete):
        report_progress(pledge=joint.pledge, by=joint.lead, at=timezone.now(), **said)  # type: ignore[arg-type]


def test_only_of_people_it_is_asked_how_many_serve(people: People, signed_in: SignedIn) -> None:
    money = CapabilityTypeFactory(category=CategoryFactory(code="financial"), unit_of_measure="USD")
    kinds = {
        "units": RegisteredPledgeFactory(participant=people.delegation),
        "money": RegisteredPledgeFactory(participant=people.delegation, capability_type=money),
        "persons named": RegisteredPledgeFactory(participant=people.delegation, capability_type=money, personnel=3),
    }
    browser = signed_in(people.drafter)
    asked = {
        name: "women" in browser.get(reverse("pledge-report", args=[pledge.reference])).context["form"].fields
        for name, pledge in kinds.items()
    }
    assert asked == {"units": True, "money": False, "persons named": True}


def test_a_correction_is_another_report(joint: Joint, signed_in: SignedIn) -> None:
    browser = signed_in(joint.lead)
    for text in ("Ten arrived.", "Nine arrived, not ten."):
        browser.post(report_url(joint), {"state": "in_progress", "text": text})
    assert list(ProgressUpdate.objects.order_by("pk").values_list("text", flat=True)) == [
        "Ten arrived.",
        "Nine arrived, not ten.",
    ]
    assert "To correct it, send another report." in browser.get(report_url(joint)).content.decode()


# --- Evidence ---------------------------------------------------------------------------------------------------------
def test_evidence_is_kept_with_its_report_once(joint: Joint, signed_in: SignedIn) -> None:
    browser = signed_in(joint.lead)
    for _click in range(2):
        browser.post(report_url(joint), {"state": "in_progress", "evidence": paper()})
    row = EvidenceFile.objects.get()
    assert (row.progress_update, row.kind) == (ProgressUpdate.objects.get(), DocumentKind.EVIDENCE)
    assert row.progress_update.kind == EventKind.REPORTED
    assert "photo-list.pdf" in browser.get(report_url(joint)).content.decode()


def test_a_file_that_is_refused_takes_the_report_with_it_and_keeps_the_words(joint: Joint, signed_in: SignedIn) -> None:
    said = {"state": "in_progress", "text": "Words kept", "evidence": paper("run.pdf", b"MZ\x90\x00 a program")}
    page = signed_in(joint.lead).post(report_url(joint), said)
    assert page.context["form"].errors["evidence"]
    assert "Words kept" in page.content.decode()
    assert not ProgressUpdate.objects.exists()
    assert not EvidenceFile.objects.exists()


def test_evidence_of_a_share_is_read_by_its_own_delegation_the_lead_and_the_secretariat(
    joint: Joint, people: People, signed_in: SignedIn
) -> None:
    signed_in(joint.partner).post(
        reverse("share-report", args=[joint.pledge.reference, joint.share.participant_id]),
        {"state": "in_progress", "evidence": paper()},
    )
    row = EvidenceFile.objects.get()
    url = reverse("file-download", args=[joint.pledge.reference, row.pk])
    readers = {"lead": joint.lead, "partner": joint.partner, "officer": people.officer, "other": people.other_approver}
    assert {name: status_of(signed_in(user), url) for name, user in readers.items()} == {
        "lead": 200,
        "partner": 200,
        "officer": 200,
        "other": 404,
    }
