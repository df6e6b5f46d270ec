"""In a joint pledge each reports on its own part: the lead confirms nothing for others, nor they for the lead."""

import pytest
from django.urls import reverse
from django.utils import timezone

from pledges.enums import Confirmation, EventKind, ReportedState
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import Partner, ProgressUpdate
from pledges.permissions import allowed, check_can_report
from pledges.services import report_progress
from tests.factories import ClosedPledgeFactory, MilestoneFactory, PartnerFactory, ProgressUpdateFactory
from tests.pledges.conftest import OWN
from tests.progress.conftest import Cast, Joint, People, SignedIn

pytestmark = pytest.mark.django_db


def share_url(joint: Joint) -> str:
    return reverse("share-report", args=[joint.pledge.reference, joint.share.participant_id])


def test_a_partner_reports_on_its_share_and_the_pledge_keeps_the_leads_word(joint: Joint, signed_in: SignedIn) -> None:
    said = {"state": "in_progress", "text": "First ship."}
    signed_in(joint.lead).post(reverse("pledge-report", args=[joint.pledge.reference]), said)
    page = signed_in(joint.partner).post(share_url(joint), {"state": "delayed", "delivered_quantity": "1"}, follow=True)
    update = ProgressUpdate.objects.get(partner=joint.share)
    assert (update.state, update.delivered_quantity, update.author) == (ReportedState.DELAYED, 1, joint.partner)
    joint.pledge.refresh_from_db()
    assert (joint.pledge.reported_state, joint.pledge.last_reported_on) == ("in_progress", timezone.now().date())
    text = page.content.decode()
    assert "Reported on its share: Delayed" in text
    assert "1 unit delivered" in text


def test_no_change_on_a_share_keeps_the_state_of_that_share(joint: Joint, signed_in: SignedIn) -> None:
    ProgressUpdateFactory(pledge=joint.pledge, state=ReportedState.DELIVERED)
    ProgressUpdateFactory(pledge=joint.pledge, partner=joint.share, state=ReportedState.PLANNING)
    signed_in(joint.partner).post(share_url(joint), {"no_change": "1"})
    latest = ProgressUpdate.objects.order_by("-pk")[0]
    assert (latest.kind, latest.state, latest.partner) == (EventKind.NO_CHANGE, ReportedState.PLANNING, joint.share)


def test_no_change_of_a_share_needs_a_report_on_that_share(joint: Joint, signed_in: SignedIn) -> None:
    ProgressUpdateFactory(pledge=joint.pledge, state=ReportedState.DELIVERED)  # the lead's word is not the partner's
    assert "No change" not in signed_in(joint.partner).get(share_url(joint)).content.decode()
    page = signed_in(joint.partner).post(share_url(joint), {"no_change": "1"})
    assert "Choose how the pledge stands." in page.content.decode()
    with pytest.raises(Incomplete) as refused:
        report_progress(
            pledge=joint.pledge, partner=joint.share, state="", text="", by=joint.partner, at=timezone.now()
        )
    assert refused.value.fields == {"state": "Choose how the pledge stands."}
    assert not ProgressUpdate.objects.filter(partner=joint.share).exists()


def test_a_partner_is_asked_about_its_share_and_only_where_it_has_steps(joint: Joint, signed_in: SignedIn) -> None:
    browser = signed_in(joint.partner)
    assert "What do you report on?" not in browser.get(share_url(joint)).content.decode()
    MilestoneFactory(pledge=joint.pledge)  # a step of the lead
    assert "What do you report on?" not in browser.get(share_url(joint)).content.decode()
    MilestoneFactory(pledge=joint.pledge, partner=joint.share, title="Ours")
    form = browser.get(share_url(joint)).context["form"]
    assert [label for _value, label in form.fields["milestone"].choices] == ["Our share as a whole", "Ours"]
    browser.post(share_url(joint), {"milestone": "", "state": "planning"})
    assert ProgressUpdate.objects.get().milestone is None


def test_more_than_the_share_is_asked_about_once(joint: Joint, signed_in: SignedIn) -> None:
    browser, said = signed_in(joint.partner), {"state": "delivered", "delivered_quantity": "2"}
    page = browser.post(share_url(joint), said).content.decode()
    assert "More than was pledged, 1 unit: correct the number, or tick that it is right." in page
    assert not ProgressUpdate.objects.exists()
    browser.post(share_url(joint), said | {"is_more": "on"})
    assert ProgressUpdate.objects.get().delivered_quantity == 2


@pytest.mark.parametrize("name", ["lead", "viewer", "officer", "manager"])
def test_nobody_else_reports_on_a_share(joint: Joint, people: People, signed_in: SignedIn, name: str) -> None:
    who = joint.lead if name == "lead" else getattr(people, name)
    assert signed_in(who).get(share_url(joint)).status_code == 403
    assert signed_in(who).post(share_url(joint), {"state": "delivered"}).status_code == 403
    assert not ProgressUpdate.objects.exists()


def test_one_check_decides_for_everybody(cast: Cast, joint: Joint) -> None:
    pledge = joint.pledge
    pledge.participant = cast.lead
    pledge.save()
    confirmed = Partner.objects.create(
        pledge=pledge, participant=cast.confirmed, role="lift", confirmation="confirmed", confirmed_at=timezone.now()
    )
    who = {name for name, user in cast.people.items() if allowed(check_can_report, user, pledge, confirmed)}
    assert who == {"confirmed partner"}
    lead = {name for name, user in cast.people.items() if allowed(check_can_report, user, pledge)}
    assert lead == set(OWN) & {"drafter", "approver", "deputy"}


@pytest.mark.parametrize("confirmation", [Confirmation.AWAITED, Confirmation.DECLINED])
def test_who_has_not_confirmed_reports_nothing_and_is_not_told_of(
    joint: Joint, people: People, signed_in: SignedIn, confirmation: str
) -> None:
    Partner.objects.filter(pk=joint.share.pk).update(confirmation=confirmation, confirmed_at=None)
    assert signed_in(joint.partner).get(share_url(joint)).status_code == 404
    assert signed_in(people.officer).get(share_url(joint)).status_code == 404
    said = {"state": "planning", "text": "", "by": joint.partner, "at": timezone.now()}
    with pytest.raises(WrongStatus, match="not confirmed"):
        report_progress(pledge=joint.pledge, partner=joint.share, **said)


def test_a_share_of_a_closed_pledge_is_not_reported_on(people: People, signed_in: SignedIn, joint: Joint) -> None:
    closed = ClosedPledgeFactory()
    share = PartnerFactory(pledge=closed, participant=joint.share.participant, share_quantity=None)
    Partner.objects.filter(pk=share.pk).update(confirmation="confirmed", confirmed_at=timezone.now())
    url = reverse("share-report", args=[closed.reference, share.participant_id])
    page = signed_in(joint.partner).get(url, follow=True)
    assert "Progress is reported on registered pledges." in page.content.decode()


def test_steps_are_reported_on_by_those_whose_they_are(joint: Joint, signed_in: SignedIn) -> None:
    theirs = MilestoneFactory(pledge=joint.pledge, partner=joint.share)
    assert signed_in(joint.partner).get(f"{share_url(joint)}?milestone={theirs.pk}").status_code == 200
    own = reverse("pledge-report", args=[joint.pledge.reference])
    assert signed_in(joint.lead).get(f"{own}?milestone={theirs.pk}").status_code == 404
    said = {"state": "delivered", "text": "", "by": joint.lead, "at": timezone.now(), "milestone": theirs}
    with pytest.raises(WrongStatus, match="its own delegation"):
        report_progress(pledge=joint.pledge, **said)
    with pytest.raises(NotAllowed):
        report_progress(pledge=joint.pledge, partner=joint.share, **said)


def test_the_page_offers_each_its_own_report(joint: Joint, people: People, signed_in: SignedIn) -> None:
    address = joint.pledge.get_absolute_url()
    seen = {
        name: (share_url(joint) in text, reverse("pledge-report", args=[joint.pledge.reference]) + '"' in text)
        for name, text in {
            "lead": signed_in(joint.lead).get(address).content.decode(),
            "partner": signed_in(joint.partner).get(address).content.decode(),
            "officer": signed_in(people.officer).get(address).content.decode(),
        }.items()
    }
    assert seen == {"lead": (False, True), "partner": (True, False), "officer": (False, False)}


def test_what_a_partner_reported_is_hidden_while_its_confirmation_is_awaited_again(
    joint: Joint, people: People, signed_in: SignedIn
) -> None:
    ProgressUpdateFactory(pledge=joint.pledge, partner=joint.share, text="Canary words")
    type(joint.pledge).objects.filter(pk=joint.pledge.pk).update(announced_at=timezone.now())
    address = joint.pledge.get_absolute_url()
    assert "Canary words" in signed_in(None).get(address).content.decode()
    Partner.objects.filter(pk=joint.share.pk).update(confirmation="awaited", confirmed_at=None)
    assert "Canary words" not in signed_in(None).get(address).content.decode()
    assert "Canary words" in signed_in(people.officer).get(address).content.decode()
