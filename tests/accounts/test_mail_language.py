"""A person chooses the language of its mail; the pages stay English."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import MailLanguage, User
from tests import factories as make

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


@pytest.mark.parametrize("asked", ["fr", "ar", "zh-hans", "ru,en;q=0.1", "es-AR"])
def test_a_page_is_english_whatever_the_browser_and_the_person_prefer(browser: Client, asked: str) -> None:
    for language in MailLanguage.values:
        User.objects.update(language=language)
        for path in (reverse("home"), PAGE, reverse("calendar-settings")):
            page = browser.get(path, headers={"accept-language": asked})
            usual = browser.get(path)
            assert '<html lang="en" dir="ltr">' in page.content.decode()
            assert words_of(page.content.decode()) == words_of(usual.content.decode())
            assert page["Content-Language"] == "en" if page.has_header("Content-Language") else True


def words_of(page: str) -> list[str]:
    """Return the lines of a page without what differs from one request to the next."""
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line and "typed" not in line]
