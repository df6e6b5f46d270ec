"""A person chooses the language of its mail; the pages stay English."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail import owe_notice, owe_reset
from accounts.models import MailLanguage, User
from tests import factories as make
from tests.accounts.mailbox import link_in, mails_sent

pytestmark = pytest.mark.django_db
PAGE = "/account/language/"


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make.UserFactory(username="anna"))
    return client


def language_kept() -> str:
    return User.objects.get(username="anna").language


def test_a_language_is_chosen_from_the_account_and_kept_with_who_chose_it(browser: Client) -> None:
    assert PAGE in browser.get(reverse("mfa_index")).content.decode()
    page = browser.post(PAGE, {"language": "fr"}, follow=True).content.decode()
    assert "Mail comes in this language from now on: Français." in page
    assert '<bdi lang="fr">Français</bdi>' in page
    anna = User.objects.get(username="anna")
    assert anna.language == MailLanguage.FRENCH
    assert anna.events.latest("pgh_id").pgh_context["actor_name"] == "anna"  # type: ignore[attr-defined]  # by the tracking


@pytest.mark.parametrize("sent", ["tlh", "", "zh", "EN", "a\0b"])
def test_what_is_no_language_of_the_list_is_refused(browser: Client, sent: str) -> None:
    assert "Choose a language." in browser.post(PAGE, {"language": sent}).content.decode()
    assert language_kept() == "en"


def test_the_six_stand_in_the_order_of_the_united_nations_each_by_its_own_name(browser: Client) -> None:
    page = browser.get(PAGE).content.decode()
    names = ["العربية", "中文", "English", "Français", "Русский", "Español"]
    places = [page.index(f">{name}</bdi>") for name in names]
    assert places == sorted(places)
    assert '<bdi lang="ar">' in page


@pytest.mark.parametrize("path", ["/", "/account/time-zone/", "/api/v1/docs/", "/nowhere/"])
def test_a_page_is_english_whatever_the_browser_and_the_person_prefer(browser: Client, path: str) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        usual = words_of(browser.get(path).content.decode())
        for language in ("fr", "ar", "zh-hans", "ru,en;q=0.1", "es-AR"):
            User.objects.update(language=language[:2] if language[:2] != "zh" else language)
            assert words_of(browser.get(path, headers={"accept-language": language}).content.decode()) == usual
        assert '<html lang="en" dir="ltr">' in browser.get(path).content.decode()


def words_of(page: str) -> list[str]:
    """Return the lines of a page without what differs from one request to the next."""
    return [line for line in page.splitlines() if not re.search("csrf|typed", line)]


def test_mail_about_an_account_is_in_the_language_of_its_owner() -> None:
    anna = make.UserFactory(username="anna", first_name="Анна", language="ru")
    owe_notice(anna, "account/email/password_changed", at=datetime(2026, 7, 1, 9, 30, tzinfo=UTC))
    owe_reset(anna.email)
    notice, reset = mails_sent()
    assert notice.subject == "Ваш пароль изменён"
    assert notice.body.startswith("Здравствуйте, Анна!")
    assert "Ваш пароль изменён (учётная запись «anna», 1 июля 2026 года, 09:30 UTC)." in notice.body
    assert reset.subject == "Новый пароль"
    assert link_in(reset).startswith("/sign-in/link/")
    for text in (notice.body, reset.body):
        assert not re.search("[A-Za-z]{2,}", re.sub("http\\S+|anna|UTC", "", text))
