"""A person makes, lists and revokes API tokens of their own."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, TokenScope, User
from conferences.models import MembershipRole
from conferences.people.tokens import MOST_LIVE, make_token
from tests import factories as make
from tests.accounts.mailbox import mails_sent
from tests.factories.pledges import CLOSED_AT

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
NEW, LIST = "/account/tokens/new/", "/account/tokens/"
SENT = {"name": "Notebook", "scope": "read", "days": "30"}


def browser_of(user: User) -> Client:
    """Return a browser in which this person has just given name and password."""
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    assert client.post(reverse("sign-in"), {"login": user.username, "password": PASSWORD}).status_code == 302
    return client


@pytest.fixture
def drafter() -> User:
    return make.member_of(make.ParticipantFactory(), MembershipRole.DRAFTER)


@pytest.fixture
def browser(drafter: User) -> Client:
    return browser_of(drafter)


def secret_in(answer: Any) -> str:
    """Return the secret that a page shows."""
    found = re.search(r"pk_[\w-]{43}", answer.content.decode())
    assert found, answer.content.decode()
    return found[0]


def call(secret: str, path: str = "pledges/", **sent: Any) -> Any:
    """Return the answer of the API to a program with this token."""
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
    client = Client(headers=headers)
    if sent:
        return client.post(f"/api/v1/{path}", sent, content_type="application/json")
    return client.get(f"/api/v1/{path}")


def draft(secret: str, of: User) -> int:
    """Return the status of a call that drafts a pledge for the delegation that this person is or was in."""
    delegation = of.memberships.get().participant_id
    sent = {"participant": delegation, "conference": make.ConferenceFactory().slug, "title": "A unit"}
    return int(call(secret, **sent).status_code)


def test_a_token_is_made_shown_once_and_signs_in(browser: Client, drafter: User, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = browser.post(NEW, SENT)
    secret = secret_in(answer)
    assert "no-store" in answer["Cache-Control"]
    assert secret not in caplog.text
    assert call(secret).status_code == 200
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scope) == (drafter, "Notebook", TokenScope.READ)
    assert token.expires_at - token.created_at == timedelta(days=30)
    for page in (LIST, NEW, reverse("workspace"), reverse("mfa_index")):
        shown = browser.get(page).content.decode()
        assert secret not in shown, page
    assert "Notebook" in browser.get(LIST).content.decode()


def test_no_table_holds_the_secret(browser: Client) -> None:
    secret = secret_in(browser.post(NEW, SENT))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" AS kept WHERE kept::text LIKE %s', [f"%{secret[3:]}%"])
            assert cursor.fetchone() == (0,), table
    assert all(secret not in str(kept) for kept in browser.session.values())


def test_its_owner_is_told_by_mail_and_history_says_who(browser: Client, drafter: User) -> None:
    secret = secret_in(browser.post(NEW, SENT))
    told = mails_sent()[-1]
    assert (told.to, told.subject) == ([drafter.email], "An API token was made for your account")
    assert secret not in str(told.body)
    context = ApiToken.objects.get().events.latest("pgh_id").pgh_context  # type: ignore[attr-defined]  # by the tracking
    assert (context["actor"], context["reason"]) == (drafter.pk, "make an API token")


def given_long_ago(browser: Client) -> None:
    """Forget when the password was given last."""
    session = browser.session
    session["account_authentication_methods"] = []
    session.save()


def test_the_password_is_asked_once_more_when_it_was_given_long_ago(browser: Client) -> None:
    given_long_ago(browser)
    for answer in (browser.get(NEW), browser.post(NEW, SENT)):
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()


def test_a_form_sent_before_the_password_was_asked_is_carried_out_after_it(browser: Client) -> None:
    given_long_ago(browser)
    asked = browser.post(NEW, SENT)
    answer = browser.post(asked["Location"], {"password": PASSWORD})
    secret = secret_in(answer)
    assert "no-store" in answer["Cache-Control"]
    assert call(secret).status_code == 200


def test_a_form_sent_twice_makes_one_token(browser: Client) -> None:
    browser.post(NEW, SENT)
    page = browser.post(NEW, SENT).content.decode()
    assert "You have a token of this name" in page
    assert 'value="Notebook"' in page
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Enter a name."),
        ({"days": "366"}, "Choose one of the list."),
        ({"scope": ""}, "Choose one."),
        ({"scope": "all"}, "Choose one of the list."),
    ],
)
def test_what_cannot_stand_is_refused_at_its_field(browser: Client, wrong: dict[str, str], said: str) -> None:
    assert said in browser.post(NEW, SENT | wrong).content.decode()
    assert not ApiToken.objects.exists()


def test_nobody_has_more_tokens_than_can_be_overlooked(browser: Client, drafter: User) -> None:
    for number in range(MOST_LIVE):
        made = {"name": str(number), "scope": "read", "life": timedelta(days=1)}
        token, _secret = make_token(user=drafter, at=timezone.now(), **made)
    assert "revoke one that is no longer used" in browser.post(NEW, SENT).content.decode()
    browser.post(reverse("token-revoke", args=[token.pk]))
    assert browser.post(NEW, SENT).status_code == 200
    assert ApiToken.objects.live(at=timezone.now()).count() == MOST_LIVE


@pytest.mark.parametrize("role", MembershipRole.values)
def test_writing_is_offered_to_those_who_write_for_a_delegation(role: str) -> None:
    person = make.member_of(make.ParticipantFactory(), role)
    client = browser_of(person)
    writes = role in {MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.DEPUTY}
    assert ('value="write"' in client.get(NEW).content.decode()) is writes
    client.post(NEW, SENT | {"scope": "write"})
    assert ApiToken.objects.filter(scope=TokenScope.WRITE).exists() is writes


def test_a_token_for_writing_writes_while_its_owner_does(browser: Client, drafter: User) -> None:
    reading = secret_in(browser.post(NEW, SENT))
    writing = secret_in(browser.post(NEW, SENT | {"name": "Writer", "scope": "write"}))
    assert (draft(reading, drafter), draft(writing, drafter)) == (403, 201)
    drafter.memberships.update(ended_at=CLOSED_AT)
    assert draft(writing, drafter) == 403
    assert call(writing).json()["results"] == [], "nor is the delegation's draft read any more"
    User.objects.filter(pk=drafter.pk).update(is_active=False)
    assert call(writing).status_code == 401


def test_a_revoked_token_is_refused_with_its_next_call(browser: Client) -> None:
    secret = secret_in(browser.post(NEW, SENT))
    assert call(secret).status_code == 200
    token = ApiToken.objects.get()
    page = browser.post(reverse("token-revoke", args=[token.pk]), follow=True).content.decode()
    assert "its next call is refused" in page
    assert call(secret).status_code == 401
    revoked_at = ApiToken.objects.get().revoked_at
    browser.post(reverse("token-revoke", args=[token.pk]))
    assert ApiToken.objects.get().revoked_at == revoked_at, "once"


def test_nobody_lists_or_revokes_the_token_of_another(browser: Client) -> None:
    browser.post(NEW, SENT)
    other = browser_of(make.ManagerFactory())
    assert "Notebook" not in other.get(LIST).content.decode()
    assert other.post(reverse("token-revoke", args=[ApiToken.objects.get().pk])).status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_the_list_says_what_ended(browser: Client, drafter: User) -> None:
    day = timedelta(days=1)
    ApiToken.objects.issue(user=drafter, name="Old", at=timezone.now() - 2 * day, life=day)
    page = browser.get(LIST).content.decode()
    assert "has ended" in page
    assert "token-revoke" not in page
    assert "/revoke/" not in page
