"""The code after the password: set up, asked for, not gone round, and needed by all who write."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, Role, User
from conferences.models import MembershipRole
from conferences.people import second_factor
from pledges import permissions
from tests import factories as make
from tests.accounts.mailbox import link_in, mails_sent

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str) -> str:
    """Return what an app would show now."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.fixture
def anna() -> User:
    """An approver with a phone set up."""
    user = make.member_of(make.ParticipantFactory(), MembershipRole.APPROVER, username="anna", password=PASSWORD)
    TOTP.activate(user, SECRET)
    return user


def signs_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    """Send the form of the sign-in page."""
    return client.post(reverse("sign-in"), {"login": user.username, "password": password})


def is_in(client: Client) -> bool:
    """Say whether the pages for signed-in people open."""
    return client.get(reverse("workspace")).status_code == 200


def test_the_password_alone_leads_to_the_question_for_the_code(anna: User, client: Client) -> None:
    assert signs_in(client, anna)["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    assert not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    assert is_in(client)


def test_a_code_works_once(anna: User) -> None:
    code, second = code_of(SECRET), Client()
    for browser in (Client(), second):
        signs_in(browser, anna)
        browser.post(reverse("mfa_authenticate"), {"code": code})
    assert not is_in(second)


def test_a_recovery_code_works_once_in_place_of_the_phone(anna: User) -> None:
    code, second = RecoveryCodes.activate(anna).generate_codes()[0], Client()
    first = Client()
    for browser in (first, second):
        signs_in(browser, anna)
        browser.post(reverse("mfa_authenticate"), {"code": code})
    assert is_in(first)
    assert not is_in(second)


def test_a_new_password_does_not_go_round_the_code(anna: User, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": anna.email})
    form = client.get(link_in(mails_sent()[-1]), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "quite another word", "password2": "quite another word"})
    assert signs_in(client, anna, "quite another word")["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_twenty_codes_may_be_tried_in_an_hour(anna: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(TOTP, "validate_code", lambda factor, code: tried.append(code))
    signs_in(client, anna)
    for n in range(30):
        page = client.post(reverse("mfa_authenticate"), {"code": f"{n:06}"})
    assert len(tried) == 20
    assert "Too many" in page.content.decode()


def test_secrets_are_stored_enciphered(anna: User) -> None:
    RecoveryCodes.activate(anna)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored
    assert "gAAAA" in stored


# --- Who writes needs one ---------------------------------------------------------------------------------------------
@pytest.fixture
def required(settings: Any) -> None:
    """The served form."""
    settings.REQUIRE_SECOND_FACTOR = True


WRITERS = [MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.DEPUTY]
STAFF = [Role.OFFICER, Role.MANAGER, Role.ADMINISTRATOR]
PAGES = ["workspace", "home", "pledge-create", "mfa_index", "pledge-list"]


def person(role: str) -> User:
    """Return a person with a role of the site or of a delegation, and a password."""
    if role in MembershipRole.values:
        return make.member_of(make.ParticipantFactory(), role, password=PASSWORD)
    return make.UserFactory(role=role, password=PASSWORD)


@pytest.mark.parametrize("role", [*WRITERS, *STAFF])
def test_a_writer_without_one_gets_nowhere_but_to_its_set_up(required: None, client: Client, role: str) -> None:
    user = person(role)
    signs_in(client, user)
    for name in PAGES:
        answer = client.get(reverse(name))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith(reverse("mfa_activate_totp")), name
        assert client.post(reverse(name)).status_code == 302
    assert client.get("/api/v1/pledges/").status_code == 403


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST, MembershipRole.VIEWER])
def test_whoever_only_reads_needs_none(required: None, client: Client, role: str) -> None:
    signs_in(client, person(role))
    assert is_in(client)


@pytest.mark.parametrize("role", MembershipRole.values)
def test_it_is_owed_by_the_members_who_write_pledges(role: str) -> None:
    delegation = make.ParticipantFactory()
    member = make.member_of(delegation, role)
    assert second_factor.writes(member) == permissions.allowed(permissions.check_can_draft_for, member, delegation)


def test_visitors_and_api_tokens_are_not_asked(required: None, client: Client) -> None:
    assert client.get("/").status_code == 200
    _token, secret = ApiToken.objects.issue(user=person(Role.OFFICER), name="x", at=timezone.now())
    assert client.get("/api/v1/pledges/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_writer_sets_up_a_phone_keeps_the_codes_and_works(required: None, client: Client) -> None:
    signs_in(client, person(MembershipRole.DRAFTER))
    page = client.get(reverse("workspace"), follow=True)
    text = page.content.decode()
    assert "<svg" in text
    assert "style=" not in text
    secret = re.search(r'class="key-text">(\w+)<', text)
    assert secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])}, follow=True)
    codes = re.findall(r"<li><code>(\d{8})</code>", answer.content.decode())
    assert len(codes) == 10
    assert codes[0] not in client.get(reverse("mfa_view_recovery_codes")).content.decode(), "shown once"
    assert is_in(client)
    assert "now asks for a code" in mails_sent()[-1].subject


def test_a_session_from_before_the_phone_was_set_up_is_asked_for_a_code(required: None, client: Client) -> None:
    user = person(MembershipRole.DRAFTER)
    signs_in(client, user)
    TOTP.activate(user, SECRET)
    assert client.get("/work/")["Location"].startswith(reverse("mfa_reauthenticate"))
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(SECRET)})
    assert is_in(client)


def test_without_its_phone_a_session_ends_at_the_set_up_again(required: None, anna: User, client: Client) -> None:
    signs_in(client, anna)
    client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    assert is_in(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=anna).exists()
    assert client.get("/work/")["Location"].startswith(reverse("mfa_activate_totp"))


# --- A browser that need not give it for a while ----------------------------------------------------------------------
def trusts(user: User, client: Client) -> None:
    """Sign in with a code, tick that this browser is not asked for a while, and sign out."""
    signs_in(client, user)
    client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET), "trust": "on"})
    assert is_in(client)
    client.post(reverse("sign-out"))
    assert not is_in(client)


def test_who_chose_it_is_not_asked_for_a_code_on_that_browser(required: None, anna: User, client: Client) -> None:
    trusts(anna, client)
    page = client.post(f"{reverse('sign-in')}?next=/work/reports/", {"login": "anna", "password": PASSWORD})
    assert page["Location"] == "/work/reports/"
    assert is_in(client)
    assert signs_in(Client(), anna)["Location"] == reverse("mfa_authenticate"), "another browser"


def test_who_did_not_choose_it_is_asked_each_time(required: None, anna: User, client: Client) -> None:
    signs_in(client, anna)
    client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    client.post(reverse("sign-out"))
    assert signs_in(client, anna)["Location"] == reverse("mfa_authenticate")


@pytest.mark.parametrize("change", ["password", "phone", "fortnight", "forged"])
def test_the_choice_ends(
    required: None, anna: User, client: Client, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusts(anna, client)
    if change == "password":
        anna.set_password(PASSWORD * 2)
        anna.save()
    elif change == "phone":
        Authenticator.objects.filter(user=anna).delete()
        TOTP.activate(anna, SECRET)
    elif change == "fortnight":
        later = time.time() + 15 * 86_400
        monkeypatch.setattr("allauth.mfa.internal.flows.trust.time.time", lambda: later)
    else:
        client.cookies["mfa_trusted"] = client.cookies["mfa_trusted"].value[:-1] + "x"
    password = PASSWORD * 2 if change == "password" else PASSWORD
    assert signs_in(client, anna, password)["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_it_stands_for_nobody_else_on_that_browser(required: None, anna: User, client: Client) -> None:
    trusts(anna, client)
    other = person(MembershipRole.DRAFTER)
    TOTP.activate(other, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
    assert signs_in(client, other)["Location"] == reverse("mfa_authenticate")


@pytest.mark.parametrize("role", STAFF)
def test_the_secretariat_is_always_asked(required: None, client: Client, role: str) -> None:
    user = person(role)
    TOTP.activate(user, SECRET)
    signs_in(client, user)
    assert "trust" not in client.get(reverse("mfa_authenticate")).context["form"].fields
    client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET), "trust": "on"})
    assert "mfa_trusted" not in client.cookies


def test_who_becomes_an_officer_is_asked_on_a_trusted_browser_too(required: None, anna: User, client: Client) -> None:
    trusts(anna, client)
    User.objects.filter(pk=anna.pk).update(role=Role.OFFICER)
    assert signs_in(client, anna)["Location"] == reverse("mfa_authenticate")


def test_who_becomes_an_officer_meanwhile_is_asked_at_the_next_page(required: None, anna: User, client: Client) -> None:
    trusts(anna, client)
    signs_in(client, anna)
    assert is_in(client)
    User.objects.filter(pk=anna.pk).update(role=Role.OFFICER)
    assert client.get("/work/")["Location"].startswith(reverse("mfa_reauthenticate"))


def test_scripts_cannot_read_the_choice(anna: User, client: Client) -> None:
    trusts(anna, client)
    cookie = client.cookies["mfa_trusted"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert anna.username not in cookie.value


LASTING = ["account_change_password", "address-change", "mfa_deactivate_totp", "mfa_generate_recovery_codes"]


@pytest.mark.parametrize("is_required", [True, False])
@pytest.mark.parametrize("name", [*LASTING, "token-new"])
def test_what_would_outlast_the_fortnight_is_asked_for_with_a_code(
    settings: Any, anna: User, client: Client, name: str, is_required: bool
) -> None:
    settings.REQUIRE_SECOND_FACTOR = is_required
    trusts(anna, client)
    signs_in(client, anna)
    for answer in (client.get(reverse(name)), client.post(reverse(name))):
        assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert Authenticator.objects.filter(user=anna).exists()


def test_whoever_comes_into_the_secretariat_is_asked_at_sign_in_whatever_the_setting(
    anna: User, client: Client
) -> None:
    trusts(anna, client)
    User.objects.filter(pk=anna.pk).update(role=Role.READER)
    assert signs_in(client, anna)["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
