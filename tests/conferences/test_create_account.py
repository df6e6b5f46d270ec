"""Making the first people of an installation."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from conferences.models import Membership
from tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db


def test_a_member_of_a_delegation_signs_in_with_what_is_printed() -> None:
    participant, out = ParticipantFactory(), io.StringIO()
    options = {"participant": participant.pk, "member": "approver", "stdout": out}
    call_command("create_account", "ambassador", "ambassador@mission.example", **options)
    password = out.getvalue().partition("password: ")[2].split()[0]
    user = User.objects.get(username="ambassador")
    assert user.check_password(password)
    assert user.email == "ambassador@mission.example"
    assert Membership.objects.of(user, "approver").get().participant == participant


def test_an_analyst_gets_a_token() -> None:
    out = io.StringIO()
    call_command("create_account", "analyst", "analyst@example.org", role="analyst", stdout=out)
    assert "api_token: pk_" in out.getvalue()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "needs --participant and --member"),
        ({"role": "analyst", "participant": "XXX", "member": "viewer"}, "nobody else takes them"),
        ({"participant": "XXX", "member": "viewer"}, "No participant"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_a_sentence(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("create_account", "somebody", "somebody@example.org", **options)
    assert not User.objects.exists()
