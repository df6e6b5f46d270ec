"""What a reminder says in each of the six languages: short, whole, and in its own way of writing days and numbers."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import ngettext, override

from accounts.models import MailLanguage, User
from conferences.models import Conference, Liaison, MembershipRole, Participant
from pledges.models import Pledge
from reminders.calendar import written
from reminders.delivery import claim_next
from reminders.mails import END_OF_IT, FIRST_STRONG, line_of, message_for, subject_of
from reminders.models import Audience, Reason, Reminder, ReminderItem
from reminders.owed import write_owed
from reminders.words import day_of
from tests.factories import OfficerFactory
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step

LANGUAGES = MailLanguage.values
OTHERS = [language for language in LANGUAGES if language != "en"]
FIRST, LAST = date(2025, 9, 1), date(2025, 9, 30)
TITLES = ["Unit", "Level II hospital", "Formed police unit with armoured personnel carriers", "二级医院" * 20]


def item(
    title: str, reason: str = Reason.MILESTONE_DUE, *, due_on: date = TODAY, embargo: bool = False
) -> ReminderItem:
    """Return one thing that is waited for, stored nowhere."""
    announced = None if embargo else NOW - timedelta(days=100)
    pledge = None
    if reason not in (Reason.UNDELIVERABLE, Reason.WEEKLY_DIGEST):
        pledge = Pledge(
            pk=len(title), reference="PKM25-7KQ4W", title=title, announced_at=announced, conference=Conference()
        )
    return ReminderItem(reason=reason, pledge=pledge, due_on=due_on, audience=Audience.FOCAL_POINT)


def subjects(items: list[ReminderItem], language: str) -> list[str]:
    """Return the subject as it is written on the day, and in the next year."""
    with override(language):
        return [subject_of(items, on=day, at=NOW) for day in (items[-1].due_on, items[-1].due_on + timedelta(days=200))]


@pytest.mark.parametrize("embargo", [False, True])
@pytest.mark.parametrize("reason", Reason.values)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_stays_short_and_names_the_pledge(language: str, reason: str, embargo: bool) -> None:
    for title in TITLES:
        for day in (FIRST, LAST):
            one = item(title, reason, due_on=day, embargo=embargo)
            for subject, english in zip(subjects([one], language), subjects([one], "en"), strict=True):
                assert len(subject) <= 60
                assert language == "en" or subject != english
                assert one.pledge is None or one.pledge.reference in subject
                assert not embargo or title not in subject


@pytest.mark.parametrize(
    ("zone", "day", "hour"), [("UTC", "13 May", "03:00 UTC"), ("America/New_York", "12 May", "23:00 EDT")]
)
def test_pledging_closes_at_an_hour_of_the_readers_own_day(zone: str, day: str, hour: str) -> None:
    one = item("Unit", Reason.WINDOW_CLOSING, due_on=date(2026, 5, 13))
    one.recipient = User(time_zone=zone)
    assert one.pledge
    one.pledge.conference.window_closes_at = datetime(2026, 5, 13, 3, tzinfo=UTC)
    assert subject_of([one], on=date(2026, 5, 10), at=NOW).startswith(f"Submit by {day}: ")
    assert line_of(one, "", on=date(2026, 5, 10)).endswith(f"pledging closes on {day}, {hour}.")


@pytest.mark.parametrize("count", [2, 3, 11, 25, 101, 1000])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_of_several_things_stays_short(language: str, count: int) -> None:
    for title in TITLES:
        items = [item(title, due_on=LAST), *(item("x" * n, due_on=LAST) for n in range(100, 99 + count))]
        for subject in subjects(items, language):
            assert len(subject) <= 60
            assert "PKM25-7KQ4W" in subject


# On 23 March: a question asked on the 1st and a report due on the 30th, and that report with one due in April.
OF_TWO = {
    "en": [
        "Answer awaited since 1 March: Unit (PKM25-7KQ4W) and 1 more",
        "Report by 30 March: Unit (PKM25-7KQ4W) and 1 more",
    ],
    "ar": [
        "الرد منتظر منذ 1 مارس: Unit (PKM25-7KQ4W) وأمر آخر",
        "التقرير بحلول 30 مارس: Unit (PKM25-7KQ4W) وأمر آخر",
    ],
    "zh-hans": [
        "自3月1日起等待答复：Unit (PKM25-7KQ4W) 等另外1项",
        "报告最迟3月30日提交：Unit (PKM25-7KQ4W) 等另外1项",
    ],
    "fr": [
        "Réponse attendue depuis le 1er mars\u00a0: PKM25-7KQ4W et 1 autre",
        "Rapport d’ici au 30 mars\u00a0: Unit (PKM25-7KQ4W) et 1 autre",
    ],
    "ru": [
        "Ответ ожидается с 1 марта: Unit (PKM25-7KQ4W) и ещё 1",
        "Отчёт не позднее 30 марта: Unit (PKM25-7KQ4W) и ещё 1",
    ],
    "es": [
        "Sin respuesta desde el 1 de marzo: PKM25-7KQ4W y 1 más",
        "Informe para el 30 de marzo: Unit (PKM25-7KQ4W) y 1 más",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_of_two_things_says_of_the_first_since_or_by_which_day(language: str) -> None:
    asked = item("Unit", Reason.CLARIFICATION, due_on=date(2026, 3, 1))
    due, later = (item("Unit", Reason.REPORT_DUE, due_on=day) for day in (date(2026, 3, 30), date(2026, 4, 2)))
    with override(language):
        said = [subject_of(items, on=date(2026, 3, 23), at=NOW) for items in ([asked, due], [due, later])]
    assert said == OF_TWO[language]


@pytest.mark.parametrize("reason", Reason.values)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_of_several_things_begins_as_that_of_the_first_and_tells_how_many_more(
    language: str, reason: str
) -> None:
    for others in (3, 24, 100):
        for day in (FIRST, LAST):
            first = item("Level II hospital", reason, due_on=day, embargo=True)
            with override(language):
                alone, several = (subject_of([first] + [item("Unit")] * n, on=LAST, at=NOW) for n in (0, others))
            assert several.startswith(alone)
            assert str(others) in several.removeprefix(alone)
            assert len(several) <= 60


DAYS = {
    "en": ["30 June", "1 July", "30 December 2024"],
    "ar": ["30 يونيو", "1 يوليو", "30 ديسمبر 2024"],
    "zh-hans": ["6月30日", "7月1日", "2024年12月30日"],
    "fr": ["30 juin", "1er juillet", "30 décembre 2024"],
    "ru": ["30 июня", "1 июля", "30 декабря 2024 года"],
    "es": ["30 de junio", "1 de julio", "30 de diciembre de 2024"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_are_written_as_the_language_writes_them(language: str) -> None:
    with override(language):
        days = [day_of(day, on=TODAY) for day in (date(2025, 6, 30), date(2025, 7, 1), date(2024, 12, 30))]
    assert days == DAYS[language]


NUMBERS = {
    "ar": ["لا تعهدات", "تعهد واحد", "تعهدان", "3 تعهدات", "11 تعهداً", "100 تعهد "],
    "zh-hans": ["0项", "1项", "2项", "3项", "11项", "100项"],
    "fr": ["0 annonce à", "1 annonce à", "2 annonces", "3 annonces", "11 annonces", "100 annonces"],
    "ru": [
        "0 обязательств ",
        "1 обязательство",
        "2 обязательства",
        "3 обязательства",
        "11 обязательств ",
        "100 обязат",
    ],
    "es": ["0 promesas", "1 promesa ", "2 promesas", "3 promesas", "11 promesas", "100 promesas"],
}


@pytest.mark.parametrize("language", OTHERS)
def test_numbers_take_the_plural_of_the_language(language: str) -> None:
    with override(language):
        for n, begin in zip((0, 1, 2, 3, 11, 100), NUMBERS[language], strict=True):
            said = ngettext("%(n)s pledge to review", "%(n)s pledges to review", n) % {"n": n}
            assert said.startswith(begin)


LONG_NAME = {
    "name_en": "United Kingdom of Great Britain and Northern Ireland",
    "name_fr": "Royaume-Uni de Grande-Bretagne et d’Irlande du Nord",
    "name_ru": "Соединенное Королевство Великобритании и Северной Ирландии",
    "name_es": "Reino Unido de Gran Bretaña e Irlanda del Norte",
    "name_ar": "المملكة المتحدة لبريطانيا العظمى وأيرلندا الشمالية",
    "name_zh": "大不列颠及北爱尔兰联合王国",
}


def message_in(language: str, *, at: datetime = NOW) -> EmailMultiAlternatives:
    """Return the one message that is owed, to somebody who reads this language."""
    User.objects.update(language=language)
    write_owed(at=at)
    reminder, items = claim_next(at=at)
    assert reminder
    return message_for(reminder, items, at=at)


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return re.findall(r"\S*\w\S*", text)


def html_of(message: EmailMultiAlternatives) -> str:
    """Return the HTML form."""
    return str(message.alternatives[0].content)


def shown(html: str) -> list[str]:
    """Return the words that the HTML form shows."""
    return words(unescape(strip_tags(re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL))))


@pytest.mark.django_db
@pytest.mark.usefixtures("only_steps_on_their_day")
@pytest.mark.parametrize(("count", "by_link"), [(1, False), (3, False), (9, False), (1, True), (9, True)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_short_and_alike_in_both_forms(language: str, count: int, by_link: bool) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER, **LONG_NAME)
    Liaison.objects.create(participant=delegation, reports_by_link=by_link)
    for _n in range(count):
        step = due_step(delegation, title="a " * 100, on=date(2025, 6, 30))
        Pledge.objects.filter(pk=step.pledge_id).update(title="b " * 90)
    message = message_in(language)
    assert len(words(str(message.body))) <= 150
    assert shown(html_of(message)) == words(str(message.body))
    assert message.message()["Content-Language"] == language
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in html_of(message)


@pytest.mark.parametrize(
    "reason", [reason for reason in Reason.values if reason not in ("undeliverable", "weekly_digest")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_to_a_desk_officer_is_short(language: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reminders.mails.names_of", lambda items: {item.pk: "a " * 100 for item in items})
    monkeypatch.setattr("reminders.mails.answering", lambda item: Participant(**LONG_NAME))
    late = item("b " * 90, reason, due_on=date(2024, 6, 30))
    late.audience = Audience.DESK_OFFICER
    recipient = User(email="desk@pledges.example", language=language)
    message = message_for(Reminder(recipient=recipient, owed_on=TODAY, message_id="<a@b>"), [late] * 9, at=NOW)
    assert len(words(str(message.body))) <= 150


@pytest.mark.django_db
@pytest.mark.usefixtures("only_steps_on_their_day")
@pytest.mark.parametrize("language", ["ar", "zh-hans", "ru"])
@pytest.mark.parametrize("count", [1, 5])
def test_no_english_word_is_left(language: str, count: int) -> None:
    delegation = delegation_of(MembershipRole.DRAFTER, name_ar="الوفد", name_zh="国家", name_ru="Страна")
    for n in range(count):
        step = due_step(delegation, title="123", on=TODAY - timedelta(days=n))
        Pledge.objects.filter(pk=step.pledge_id).update(title="456")
    said = re.sub(r"http\S+|\S+@\S+?(?=[.。\s]|$)|PKM25-\w+", "", str(message_in(language).body))
    assert not re.search("[A-Za-z]{2,}", said), said


@pytest.mark.django_db
@pytest.mark.usefixtures("only_steps_on_their_day")
def test_names_and_sentences_are_those_of_the_language() -> None:
    step = due_step(delegation_of(MembershipRole.DRAFTER, name_fr="Norvège"), title="Bataillon formé")
    Pledge.objects.filter(pk=step.pledge_id).update(title="Hôpital", reference="PKM25-7KQ4W", announced_at=NOW)
    message = message_in("fr")
    assert message.subject == "Rapport d’ici au 1er août\u00a0: Hôpital (PKM25-7KQ4W)"
    lines = str(message.body).splitlines()
    assert lines[0] == "Vous écrivez pour la délégation suivante\u00a0: Norvège."
    assert "« Bataillon formé » de l’annonce de contribution « Hôpital »" in lines[2].replace("\u00a0", " ")
    assert "La page ouverte par ce lien est en anglais." in lines


@pytest.mark.django_db
@pytest.mark.usefixtures("only_steps_on_their_day")
@pytest.mark.parametrize("language", LANGUAGES)
def test_typed_titles_are_set_apart_where_lines_run_from_the_right(language: str) -> None:
    due_step(title="Contingent trained")
    message = message_in(language)
    for text in (str(message.body), html_of(message)):
        assert text.count(FIRST_STRONG) == text.count(END_OF_IT) == (2 if language == "ar" else 0)
    assert FIRST_STRONG not in message.subject


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "begin"), [("fr", "Étape prévue\u00a0: "), ("zh-hans", "步骤到期：")])
def test_a_calendar_speaks_the_language_of_its_owner(language: str, begin: str) -> None:
    step = due_step(title="123")
    User.objects.update(language=language)
    [person] = User.objects.filter(memberships__participant=step.pledge.participant_id)
    entries = re.findall(r"SUMMARY:(.*)", written(person, at=NOW).decode())
    assert [entry.startswith(begin) for entry in entries].count(True) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("only_steps_on_their_day")
@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fr", "ltr")])
def test_the_preview_shows_the_message_in_its_language_on_a_page_in_english(
    client: Client, language: str, direction: str
) -> None:
    person: Any = due_step().pledge.participant.memberships.get().user
    User.objects.filter(pk=person.pk).update(language=language)
    client.force_login(OfficerFactory())
    with time_machine.travel(NOW, tick=False):
        page = client.get(reverse("mail-preview-message", args=[person.pk])).content.decode()
    assert '<html lang="en" dir="ltr">' in page
    for element in ("<h1", '<div class="letter"'):
        assert f'{element} lang="{language}" dir="{direction}">' in page
    assert "The message" in page
    assert {"ar": "الخطوة", "fr": "étape"}[language] in page
