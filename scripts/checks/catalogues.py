"""The catalogues of mail hold every text that mail is made of, whole and compiled. No other text belongs in them.

With --write they are brought up to date with the texts, and compiled: what is new in them waits for a translator.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import PYTHON_FORMAT, Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

from scripts.checks.run import SERVED

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = DEFAULT_KEYWORDS | {"gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}
# Where mail is written, and in which calls: the other words of such a file are those of pages.
CODE: dict[str, Any] = {
    "reminders/words.py": CALLS,
    "reminders/digest.py": CALLS,
    "reminders/mails.py": CALLS,
    "accounts/mail.py": CALLS,
    "accounts/addresses.py": {"gettext_lazy": None},
    "conferences/people/mails.py": CALLS,
}
TEMPLATES = ("templates/reminders/mail", "templates/account/mail", "templates/people/mail")
WIDTH = 118  # characters of a line


def main(arguments: list[str]) -> int:
    """Print every fault and return 0 when there is none; with --write, write the catalogues first."""
    os.environ.update(SERVED | os.environ)
    django.setup()
    texts = wanted()
    faults = []
    for file in files():
        if arguments == ["--write"]:
            write(file, texts)
        faults += [f"{file.relative_to(ROOT)}: {fault}" for fault in faults_of(file, texts)]
    print("\n".join(faults))
    return 1 if faults else 0


def files() -> list[Path]:
    """Return the catalogue of each language of mail but English."""
    from accounts.models import MailLanguage

    others = [language for language in MailLanguage.values if language != MailLanguage.ENGLISH]
    return [ROOT / "locale" / to_locale(language) / "LC_MESSAGES" / "django.po" for language in others]


def wanted() -> Catalog:
    """Return all that mail says, in English, with the files that say it."""
    found = Catalog()
    for name, keywords in CODE.items():
        add(found, name, (ROOT / name).read_text(), keywords)
    for file in sorted(file for folder in TEMPLATES for file in (ROOT / folder).iterdir()):
        source = templatize(file.read_text())  # as calls in Python
        unindented = "\n".join(line.strip() for line in source.split("\n"))
        add(found, str(file.relative_to(ROOT)), unindented, CALLS)
    for label, name in role_names():
        found.add(label, locations=[(name, 1)])
    return found


def add(found: Catalog, name: str, source: str, keywords: Any) -> None:
    """Add the texts that stand in calls of these names."""
    for line, text, _comments, context in extract("python", io.BytesIO(source.encode()), keywords):
        found.add(text, locations=[(name, line)], context=context)


def role_names() -> Iterator[tuple[str, str]]:
    """Yield the names of roles, which stand in mail, each with its file."""
    from accounts.models import Role
    from conferences.models import MembershipRole

    yield from ((str(label), "accounts/models.py") for label in Role.labels)
    yield from ((str(label), "conferences/models/participants.py") for label in MembershipRole.labels)


def faults_of(file: Path, texts: Catalog) -> Iterator[str]:
    """Yield what is wrong with a catalogue that should hold these texts."""
    catalogue = read(file)
    there, needed = keys(catalogue), keys(texts)
    yield from (f"not there: {text}" for text in sorted(needed - there, key=str))
    yield from (f"in no mail: {text}" for text in sorted(there - needed, key=str))
    for message in catalogue:
        if message.id:
            yield from (f"{fault}: {message.id}" for fault in faults_of_message(message, catalogue))
    binary = file.with_suffix(".mo")
    if not binary.exists() or binary.read_bytes() != compiled(catalogue):
        yield "was changed since it was compiled"


def keys(catalogue: Catalog) -> set[tuple[str | None, Any]]:
    """Return what tells the texts of a catalogue apart: context and English."""
    return {(message.context, message.id) for message in catalogue if message.id}


def faults_of_message(message: Message, catalogue: Catalog) -> Iterator[str]:
    """Yield what is wrong with a translation: not made, not certain, other plurals or placeholders than it takes."""
    if message.fuzzy:
        yield "marked as uncertain"
    forms = tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)
    if not all(forms):
        yield "not translated"
        return
    yield from (str(error) for error in message.check(catalogue))
    asked = placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    if placeholders("".join(forms)) != asked:  # a form for one number alone, such as two in Arabic, may leave it out
        yield "other placeholders"


def placeholders(text: str) -> set[str]:
    """Return the placeholders in a text, such as %(day)s."""
    return {found[0] for found in PYTHON_FORMAT.finditer(text)}


def read(file: Path) -> Catalog:
    """Return a catalogue as its file has it."""
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parent.parent.name)


def write(file: Path, texts: Catalog) -> None:
    """Bring a catalogue up to date with the texts of mail, and compile it. Translations that hold stay as they are."""
    catalogue = read(file)
    texts.creation_date = catalogue.creation_date  # so that nothing changes where nothing changed
    catalogue.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    with file.open("wb") as opened:
        write_po(opened, catalogue, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    file.with_suffix(".mo").write_bytes(compiled(catalogue))


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    found = io.BytesIO()
    write_mo(found, catalogue)
    return found.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
