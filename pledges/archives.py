"""Office documents are ZIP archives of XML: looked through here part by part, never unpacked as a whole."""

import lzma
import re
import zipfile
import zlib
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _

from pledges.errors import FileRefused

MOST_PARTS = 2_000
MOST_UNPACKED = 100 * 1024 * 1024  # bytes
HIGHEST_RATIO = 200  # of unpacked to packed size, where it is large enough to matter
SMALL = 1024 * 1024
CONTENT_TYPES = "[Content_Types].xml"
MIMETYPE = "mimetype"  # the first part of an OpenDocument file
MAIN_PART = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
OPEN_DOCUMENT = {
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
MANIFEST = "META-INF/manifest.xml"
# Macros, controls and embedded programs; an embedded workbook behind a chart is none of them.
PROGRAM = re.compile(r"vbaproject|macrosheets/|activex/|^basic/|^scripts/|embeddings/.*\.bin$")
# What reading a broken archive raises: each part may declare a compression of its own.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, NotImplementedError, EOFError, ElementTree.ParseError,
    ValueError,
)  # fmt: skip
END_OF_ARCHIVE = b"PK\x05\x06"
END_LENGTH = 22


def check_document(file: Any, name: str, ending: str) -> None:
    """Refuse what is no document of the kind that its ending names, or could do harm. Raises FileRefused."""
    try:
        check_frame(file, name)
        with zipfile.ZipFile(file) as archive:
            check_parts(archive, name)
            check_xml(archive, name)
            check_kind(archive, name, ending)
    except DAMAGE as error:
        raise FileRefused(_("“%(name)s” is damaged. Save it again and attach it again.") % {"name": name}) from error


def check_frame(file: Any, name: str) -> None:
    """Refuse an archive with anything behind its end: there a second file could hide."""
    file.seek(-END_LENGTH, 2)
    if not file.read().startswith(END_OF_ARCHIVE):
        raise FileRefused(
            _("“%(name)s” has something behind its end. Save it under a new name and attach that.") % {"name": name}
        )


def check_parts(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse by the list of parts: locked, too much in it, or with programs. Then read each part once, bit by bit."""
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused(locked(name))
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > max(SMALL, packed * HIGHEST_RATIO):
        raise FileRefused(
            _("“%(name)s” unpacks to far more than it seems to hold. Save a shorter version and attach that.")
            % {"name": name}
        )
    names = [part.filename.lower() for part in parts]
    if len(set(names)) != len(names) or any(".." in part or part.startswith("/") or "\\" in part for part in names):
        raise zipfile.BadZipFile("strange names")
    if not parts or min(part.header_offset for part in parts):
        raise zipfile.BadZipFile("something stands before the first part")
    if any(PROGRAM.search(part) for part in names):
        raise FileRefused(
            _("“%(name)s” holds macros, or other files inside it. Save it without them and attach that.")
            % {"name": name}
        )
    if archive.testzip():  # reads no more than the sizes above, a part at a time
        raise zipfile.BadZipFile("a part has changed")


def check_kind(archive: zipfile.ZipFile, name: str, ending: str) -> None:
    """Refuse an archive that does not say of itself what the ending says."""
    names = archive.namelist()
    if ending in OPEN_DOCUMENT:
        right = names[0] == MIMETYPE and read_small(archive, MIMETYPE).decode("latin-1") == OPEN_DOCUMENT[ending]
        if b"encryption-data" in read_small(archive, MANIFEST):
            raise FileRefused(locked(name))
    else:
        types = content_types(archive)
        if any(re.search("macroenabled|vbaproject", kind, re.IGNORECASE) for kind in types):
            raise FileRefused(
                _("“%(name)s” holds macros under another name. Save it without them and attach that.") % {"name": name}
            )
        right = MAIN_PART[ending] in types
    if not right:
        raise FileRefused(
            _("“%(name)s” is an archive, but no %(kind)s. Save it as %(kind)s and attach that.")
            % {"name": name, "kind": ending[1:].upper()}
        )


def locked(name: str) -> str:
    """Return the sentence for a document with a password."""
    return _("“%(name)s” is locked with a password. Save it without one: it is kept private here.") % {"name": name}


def read_small(archive: zipfile.ZipFile, part: str) -> bytes:
    """Return the content of a part that is short in every honest document; empty where there is none."""
    if part not in archive.namelist():
        return b""
    if archive.getinfo(part).file_size > SMALL:
        raise zipfile.BadZipFile(f"{part} is too long")
    return archive.read(part)


def content_types(archive: zipfile.ZipFile) -> set[str]:
    """Return the kinds of part that an Office document declares; none where it declares them in a dangerous way."""
    try:
        root = ElementTree.fromstring(read_small(archive, CONTENT_TYPES) or b"<none/>", forbid_dtd=True)
    except DefusedXmlException:
        return set()
    return {element.get("ContentType", "") for element in root}


def check_xml(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse XML with a document type of its own: it can make whoever opens it fetch or unfold other things."""
    for part in archive.namelist():
        if part.lower().endswith((".xml", ".rels")):
            try:
                with archive.open(part) as opened:
                    next(ElementTree.iterparse(opened, events=("start",), forbid_dtd=True), None)
            except DefusedXmlException as error:
                raise FileRefused(
                    _("“%(name)s” refers to things outside itself. Save it with a current program and attach that.")
                    % {"name": name}
                ) from error
