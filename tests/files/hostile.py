"""Files made on the spot: honest ones of every kind, and forty that must do no harm. Nothing of them is stored here."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import openpyxl
from PIL import Image

OPEN_XML = "application/vnd.openxmlformats-officedocument."
WORD = f"{OPEN_XML}wordprocessingml.document.main+xml"
SHEET = f"{OPEN_XML}spreadsheetml.sheet.main+xml"
MACRO_WORD = "application/vnd.ms-word.document.macroEnabled.main+xml"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)
SCRIPT = b"<script>alert(1)</script>"
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'


def pdf(*extra: bytes, end: bytes = b"%%EOF\n") -> bytes:
    """Return a small PDF with something more in it."""
    body = b"1 0 obj << /Type /Catalog >> endobj\n" + b"\n".join(extra)
    return b"%PDF-1.7\n" + body + b"\ntrailer << /Root 1 0 R >>\nstartxref\n0\n" + end


def archive(parts: dict[str, bytes | str], *, stored: bool = False) -> bytes:
    """Return a ZIP archive of these parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return packed.getvalue()


def office(main: str = WORD, **extra: bytes | str) -> bytes:
    """Return an Office document that declares this kind, with more parts by their names."""
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    parts = {"[Content_Types].xml": types, "word/document.xml": "<document/>"}
    return archive(parts | extra)


def open_document(kind: str = "text", manifest: str = "<manifest/>", **extra: bytes | str) -> bytes:
    """Return an OpenDocument file."""
    parts: dict[str, bytes | str] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": manifest,
        "content.xml": "<content/>",
    }
    return archive(parts | extra)


def workbook() -> bytes:
    """Return a real spreadsheet."""
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    return made.getvalue()


def picture(kind: str, size: tuple[int, int] = (8, 6)) -> bytes:
    """Return a picture of this size."""
    made = io.BytesIO()
    Image.new("1" if size[0] > 1000 else "RGB", size).convert("L" if size[0] > 1000 else "RGB").save(made, kind)
    return made.getvalue()


def wide_png(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """Return a document whose one part of 300 megabytes is packed small."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("[Content_Types].xml", f'<Types><Override ContentType="{WORD}"/></Types>')
        with target.open("word/document.xml", "w") as part:
            for _ in range(300):
                part.write(bytes(1024 * 1024))
    return packed.getvalue()


def lying() -> bytes:
    """Return a document whose bomb says in the list of parts that it unpacks to little."""
    honest = bomb()
    return honest.replace(struct.pack("<L", 300 * 1024 * 1024), struct.pack("<L", 1000))


def ten_gigabytes() -> bytes:
    """Return a document that says it unpacks to ten gigabytes, in a hundred parts of the same data."""
    one = struct.pack("<L", 1000)
    content = archive({f"word/part{n}.xml": b"\0" * 1000 for n in range(100)})
    return content.replace(one, struct.pack("<L", 107_374_182))


def encrypted() -> bytes:
    """Return an archive whose parts are marked as locked."""
    content = bytearray(office())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(sign)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(sign, at + 1)
    return bytes(content)


class Hostile(NamedTuple):
    """A file, and what its refusal says: `words` appear in it."""

    title: str
    name: str
    make: Callable[[], bytes]
    words: str


GOOD = {
    "note.pdf": pdf,
    "table.docx": office,
    "list.xlsx": workbook,
    "note.odt": open_document,
    "list.ods": lambda: open_document("spreadsheet"),
    "unit.png": lambda: picture("PNG"),
    "unit.jpg": lambda: picture("JPEG"),
    "UNIT.JPEG": lambda: picture("JPEG"),
    "chart.docx": lambda: office(**{"word/embeddings/sheet1.xlsx": workbook()}),
}
ELSE = "its content is something else"
KIND = "of a kind that is not taken"
HOSTILE = [
    Hostile("SVG as PDF", "a.pdf", lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>", ELSE),
    Hostile("web page as PDF", "a.pdf", lambda: b"<!doctype html>" + SCRIPT, ELSE),
    Hostile("web page before a PDF", "a.pdf", lambda: SCRIPT + pdf(), ELSE),
    Hostile("SVG", "a.svg", lambda: b"<svg>" + SCRIPT + b"</svg>", KIND),
    Hostile("web page", "a.html", lambda: SCRIPT, KIND),
    Hostile("program", "a.exe", lambda: b"MZ" + bytes(100), KIND),
    Hostile("shell script", "a.sh", lambda: b"#!/bin/sh\n", KIND),
    Hostile("no ending", "document", pdf, KIND),
    Hostile("second ending", "note.pdf.exe", pdf, KIND),
    Hostile("archive", "a.zip", lambda: archive({"a.txt": b"a"}), KIND),
    Hostile("text", "a.csv", lambda: b"=cmd|' /C calc'!A0", KIND),
    Hostile("PDF that is a ZIP too", "a.pdf", lambda: pdf() + archive({"a": b"a"}) + b"", "archive hidden in it"),
    Hostile("PDF with a ZIP inside", "a.pdf", lambda: pdf(archive({"a": b"a"}), end=b"%%EOF"), "archive hidden in it"),
    Hostile("PNG that is a ZIP too", "a.png", lambda: picture("PNG") + archive({"a": b"a"}), "behind the end"),
    Hostile("JPEG that is a ZIP too", "a.jpg", lambda: picture("JPEG") + archive({"a": b"a"}), "behind the end"),
    Hostile("JPEG ended again behind a ZIP", "a.jpg",
            lambda: picture("JPEG") + archive({"a": b"a"}) + b"\xff\xd9", "archive hidden in it"),
    Hostile("GIF that is a script too", "a.png", lambda: b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", ELSE),
    Hostile("PNG with a script behind", "a.png", lambda: picture("PNG") + SCRIPT, "behind the end"),
    Hostile("JPEG with a script behind", "a.jpg", lambda: picture("JPEG") + SCRIPT, "behind the end"),
    Hostile("document that is a PDF too", "a.docx", lambda: pdf() + office(), ELSE),
    Hostile("document with a script behind", "a.docx", lambda: office() + SCRIPT, "behind its end"),
    Hostile("archive as document", "a.docx", lambda: archive({"a.txt": b"a"}), "an archive, but no DOCX"),
    Hostile("spreadsheet as document", "a.docx", workbook, "an archive, but no DOCX"),
    Hostile("text as spreadsheet", "a.ods", open_document, "an archive, but no ODS"),
    Hostile("macro ending", "a.docm", lambda: office(MACRO_WORD), "may hold macros"),
    Hostile("macro document as DOCX", "a.docx", lambda: office(MACRO_WORD), "holds macros under another name"),
    Hostile("macros inside", "a.docx", lambda: office(**{"word/vbaProject.bin": b"x"}), "holds macros"),
    Hostile("OpenDocument macros", "a.odt", lambda: open_document(**{"Basic/Standard.xml": "<a/>"}), "holds macros"),
    Hostile("embedded program", "a.docx", lambda: office(**{"word/embeddings/oleObject1.bin": b"x"}), "holds macros"),
    Hostile("ZIP bomb", "a.docx", bomb, "unpacks to far more"),
    Hostile("ZIP bomb of ten gigabytes", "a.docx", ten_gigabytes, "unpacks to far more"),
    Hostile("ZIP bomb that lies", "a.docx", lying, "is damaged"),
    Hostile("too many parts", "a.docx", lambda: office(**{f"p{n}": b"" for n in range(2001)}), "unpacks to far more"),
    Hostile("external entity", "a.docx", lambda: office(**{"word/settings.xml": EXTERNAL}), "outside itself"),
    Hostile("entities that unfold", "a.xlsx", lambda: office(SHEET, **{"xl/a.xml": LAUGHS}), "outside itself"),
    Hostile("climbing out", "a.docx", lambda: office(**{"../../a.xml": b"<a/>"}), "is damaged"),
    Hostile("PDF with a password", "a.pdf", lambda: pdf(b"trailer << /Encrypt 9 0 R >>"), "protected with a password"),
    Hostile("Office password", "a.docx", lambda: OLD_OFFICE, "locked with a password"),
    Hostile("ZIP password", "a.docx", encrypted, "locked with a password"),
    Hostile("OpenDocument password", "a.odt",
            lambda: open_document(manifest="<m><encryption-data/></m>"), "locked with a password"),
    Hostile("PDF with a program", "a.pdf", lambda: pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "holds a program"),
    Hostile("PDF cut off", "a.pdf", lambda: pdf(end=b""), "breaks off"),
    Hostile("60 megapixels", "a.png", lambda: wide_png(10_000, 6_000), "more than 40 million pixels"),
    Hostile("a picture beyond reason", "a.png", lambda: wide_png(2**30, 2**30), "more than 40 million pixels"),
    Hostile("no picture", "a.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged picture"),
    Hostile("picture cut off", "a.jpg", lambda: picture("JPEG")[:-20], "damaged picture"),
    Hostile("empty", "a.pdf", lambda: b"", "is empty"),
    Hostile("100 megabytes", "a.pdf", lambda: pdf(bytes(100 * 1024 * 1024)), "the limit is"),
    Hostile("EICAR", "eicar.com", lambda: EICAR, KIND),
    Hostile("EICAR as PDF", "a.pdf", lambda: EICAR, ELSE),
]  # fmt: skip
