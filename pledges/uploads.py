"""What may be uploaded: the kinds of file, their limits, and whether the content is what the name says.

Nothing that the browser claims is believed. Each refusal is a sentence of its own that says how to mend the file.
"""

import hashlib
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image

from pledges.archives import check_document
from pledges.errors import FileRefused

NAME_LENGTH = 255
MOST_PIXELS = 40_000_000  # a camera's largest photo; each pixel takes four bytes of whoever opens it
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG_END = b"\xff\xd9"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word and Excel before 2007, and any Office file with a password
PDF_ENCRYPTED = re.compile(rb"/Encrypt\s*(\d+\s+\d+\s+R|<<)")
PDF_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia)[\s/<(\[]")
CHUNK = 64 * 1024


class Kind(NamedTuple):
    """A kind of file: what it is called, the type it is stored under, how it begins, and its own checks."""

    label: str
    content_type: str
    begins: bytes
    check: Callable[[Any, str], None]


@dataclass(frozen=True)
class Checked:
    """What is known of a file that may be kept."""

    name: str
    content_type: str
    size: int
    sha256: str


def check_upload(file: Any, *, kinds: tuple[str, ...] = ()) -> Checked:
    """Return what is known of an uploaded file; `kinds` are the endings taken, all unless given.

    The file is left at its beginning. Raises FileRefused.
    """
    name = clean_name(file.name or "")
    check_size(file.size, name)
    kind = kind_of(file, name, kinds or tuple(KINDS))
    file.seek(0)
    kind.check(file, name)
    file.seek(0)
    found = Checked(name, kind.content_type, file.size, hashlib.file_digest(file, "sha256").hexdigest())
    file.seek(0)
    return found


def clean_name(name: str) -> str:
    """Return a file's own name: no folders, no characters that cannot be seen, at most 255 characters, its ending kept.

    Characters that turn the direction of writing go too: with them “gpj.exe” reads “exe.jpg”.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    tidy = " ".join(visible.split()).strip(". ") or "document"
    ending = ending_of(tidy)
    room = NAME_LENGTH - len(ending)
    return tidy if len(tidy) <= NAME_LENGTH else tidy[: len(tidy) - len(ending)][:room].rstrip() + ending


def ending_of(name: str) -> str:
    """Return the ending with its dot, in small letters where it is one of ours; empty for none."""
    return PurePosixPath(name).suffix[:20]


def check_size(size: int, name: str) -> None:
    """Refuse an empty file and one that is too large."""
    if not size:
        raise FileRefused(_("“%(name)s” is empty. Save it again, then choose it again.") % {"name": name})
    if size > settings.UPLOAD_MAX_BYTES:
        sizes = {"name": name, "size": filesizeformat(size), "limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        raise FileRefused(too_large(sizes))


def too_large(sizes: dict[str, str]) -> str:
    """Return the sentence for a file above the limit."""
    return (
        _("“%(name)s” has %(size)s; the limit is %(limit)s. Split it, or save its pictures at a lower resolution.")
        % sizes
    )


def kind_of(file: Any, name: str, endings: tuple[str, ...]) -> Kind:
    """Return the kind that the name tells and the first bytes confirm."""
    ending = ending_of(name).lower()
    if ending in MACROS:
        raise FileRefused(
            _("“%(name)s” may hold macros. Save it without them, as %(kind)s, and attach that.")
            % {"name": name, "kind": MACROS[ending]}
        )
    if ending not in endings:
        raise FileRefused(
            _("“%(name)s” is of a kind that is not taken. Save it as one of these: %(kinds)s.")
            % {"name": name, "kinds": labels(endings)}
        )
    file.seek(0)
    head, kind = file.read(8), KINDS[ending]
    if head.startswith(OLD_OFFICE):
        raise FileRefused(
            _("“%(name)s” is locked with a password, or in an old format. Save it as %(kind)s without a password.")
            % {"name": name, "kind": kind.label}
        )
    if not head.startswith(kind.begins):
        raise FileRefused(
            _("“%(name)s” is named %(kind)s, but its content is something else. Save it as %(kind)s again.")
            % {"name": name, "kind": kind.label}
        )
    return kind


def labels(endings: tuple[str, ...]) -> str:
    """Return the names of kinds as people know them."""
    return ", ".join(dict.fromkeys(KINDS[ending].label for ending in endings))


def check_pdf(file: Any, name: str) -> None:
    """Refuse a PDF that is cut off, locked, holds a program, or is a second kind of file as well."""
    content = file.read()
    if b"%%EOF" not in content[-1024:]:
        raise FileRefused(
            _("“%(name)s” breaks off before its end. Save it again and attach it again.") % {"name": name}
        )
    if PDF_ENCRYPTED.search(content):
        raise FileRefused(
            _("“%(name)s” is protected with a password. Save it without one: it is kept private here.") % {"name": name}
        )
    if PDF_ACTIVE.search(content):
        raise FileRefused(
            _("“%(name)s” holds a program or another file. Print it to a new PDF and attach that.") % {"name": name}
        )
    check_single(file, name)


def check_single(file: Any, name: str) -> None:
    """Refuse a file that opens as a ZIP archive too."""
    if zipfile.is_zipfile(file):
        raise FileRefused(
            _("“%(name)s” has an archive hidden in it. Save it anew from the program that made it, and attach that.")
            % {"name": name}
        )


def check_image(file: Any, name: str) -> None:
    """Refuse a picture that cannot be read, is too large to open safely, or has something behind its end."""
    kind, end = {".png": ("PNG", PNG_END)}.get(ending_of(name).lower(), ("JPEG", JPEG_END))
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            picture = Image.open(file, formats=[kind])  # reads the head alone
        width, height = picture.size
        if width * height <= MOST_PIXELS:
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        width = height = MOST_PIXELS if isinstance(error, Image.DecompressionBombError) else 0
    if not width:
        raise FileRefused(_("“%(name)s” is a damaged picture. Export it again and attach that.") % {"name": name})
    if width * height > MOST_PIXELS:
        raise FileRefused(
            _("“%(name)s” has more than %(limit)s million pixels. Save it smaller and attach that.")
            % {"name": name, "limit": MOST_PIXELS // 1_000_000}
        )
    file.seek(-len(end), 2)
    if file.read() != end:
        raise FileRefused(
            _("“%(name)s” has something behind the end of the picture. Export it again and attach that.")
            % {"name": name}
        )
    check_single(file, name)


def check_office(file: Any, name: str) -> None:
    """Refuse an Office document that is not what its name says or that could do harm."""
    check_document(file, name, ending_of(name).lower())


OPEN_XML = "application/vnd.openxmlformats-officedocument."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
ZIP = b"PK\x03\x04"
KINDS = {
    ".pdf": Kind("PDF", "application/pdf", b"%PDF-", check_pdf),
    ".docx": Kind("DOCX", f"{OPEN_XML}wordprocessingml.document", ZIP, check_office),
    ".xlsx": Kind("XLSX", f"{OPEN_XML}spreadsheetml.sheet", ZIP, check_office),
    ".odt": Kind("ODT", f"{OPEN_DOCUMENT}text", ZIP, check_office),
    ".ods": Kind("ODS", f"{OPEN_DOCUMENT}spreadsheet", ZIP, check_office),
    ".png": Kind("PNG", "image/png", b"\x89PNG\r\n\x1a\n", check_image),
    ".jpg": Kind("JPEG", "image/jpeg", b"\xff\xd8\xff", check_image),
    ".jpeg": Kind("JPEG", "image/jpeg", b"\xff\xd8\xff", check_image),
}
MACROS = {".docm": "DOCX", ".dotm": "DOCX", ".xlsm": "XLSX", ".xltm": "XLSX", ".xlsb": "XLSX"}
