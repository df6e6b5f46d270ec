"""The checker of the catalogues of mail finds what it is there for."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts.checks.catalogues import compiled, faults_of, files, keys, read, wanted, write

GOOD = {
    "Report by %(day)s": "Rapport d’ici au %(day)s",
    ("%(n)s pledge", "%(n)s pledges"): ("une annonce", "%(n)s annonces"),
}


@pytest.fixture
def texts() -> Catalog:
    """Return what a small site says in its mail."""
    found = Catalog()
    for text in GOOD:
        found.add(text)
    return found


def catalogue(folder: Path, content: dict, flags: tuple[str, ...] = ()) -> Path:
    """Write a French catalogue and compile it, and return its file."""
    file = folder / "fr" / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n')
    found = read(file)
    for text, translation in content.items():
        found.add(text, translation, flags=flags)
    write(file, found)
    return file


def test_a_whole_catalogue_passes(tmp_path: Path, texts: Catalog) -> None:
    assert list(faults_of(catalogue(tmp_path, GOOD), texts)) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"Report by %(day)s": ""}, "not translated"),
        ({"Report by %(day)s": "Rapport"}, "other placeholders"),
        ({"Report by %(day)s": "Rapport d’ici au %(jour)s"}, "unknown named placeholder"),
        ({("%(n)s pledge", "%(n)s pledges"): ("une annonce", "")}, "not translated"),
        ({("%(n)s pledge", "%(n)s pledges"): ("une annonce", "des annonces")}, "other placeholders"),
        ({"A page": "Une page"}, "in no mail"),
    ],
)
def test_what_is_not_whole_is_found(tmp_path: Path, texts: Catalog, changed: dict, fault: str) -> None:
    assert any(fault in found for found in faults_of(catalogue(tmp_path, GOOD | changed), texts))


def test_an_uncertain_translation_is_found(tmp_path: Path, texts: Catalog) -> None:
    faults = list(faults_of(catalogue(tmp_path, GOOD, flags=("fuzzy",)), texts))
    assert any("marked as uncertain" in fault for fault in faults)


def test_a_new_text_is_missing_until_it_is_translated(tmp_path: Path, texts: Catalog) -> None:
    file = catalogue(tmp_path, GOOD)
    texts.add("Renew by %(day)s")
    assert any("not there" in fault for fault in faults_of(file, texts))
    write(file, texts)
    [fault] = faults_of(file, texts)
    assert "not translated" in fault


def test_a_catalogue_that_was_changed_and_not_compiled_is_found(tmp_path: Path, texts: Catalog) -> None:
    file = catalogue(tmp_path, GOOD)
    file.write_text(file.read_text().replace("une annonce", "1 annonce"))
    assert list(faults_of(file, texts)) == ["was changed since it was compiled"]
    file.with_suffix(".mo").write_bytes(compiled(read(file)))
    assert list(faults_of(file, texts)) == []


def test_texts_of_code_templates_and_roles_are_all_asked_for() -> None:
    asked = keys(wanted())
    for text in ("Report by %(day)s", "Questions: reply to this message, or write to %(contact)s.", "Drafter"):
        assert (None, text) in asked
    assert ("day of a month", "j F") in asked
    assert (None, (" and %(count)s more", " and %(count)s more")) in asked


def test_the_catalogues_of_mail_are_whole() -> None:
    texts = wanted()
    assert [fault for file in files() for fault in faults_of(file, texts)] == []
