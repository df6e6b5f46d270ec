"""S11: uploads are inert. What is taken is what its name says; all else is refused, each with words of its own."""

import io
import tracemalloc
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pledges.errors import FileRefused
from pledges.uploads import KINDS, check_upload, clean_name
from tests.files.hostile import GOOD, HOSTILE, Hostile, pdf


def uploaded(name: str, content: bytes) -> SimpleUploadedFile:
    file = SimpleUploadedFile("x", content)
    file._name = name  # as a client of its own might send it, past Django's cleaning
    return file


@pytest.mark.parametrize("name", GOOD)
def test_honest_files_are_taken_under_our_own_type(name: str) -> None:
    content = GOOD[name]()
    file = uploaded(name, content)
    found = check_upload(file)
    assert (found.name, found.size) == (name, len(content))
    assert found.content_type == KINDS["." + name.rpartition(".")[2].lower()].content_type
    assert file.read() == content  # left at its beginning


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.title)
def test_hostile_files_are_refused_and_told_how_to_mend(hostile: Hostile) -> None:
    with pytest.raises(FileRefused, match=hostile.words) as refusal:
        check_upload(uploaded(hostile.name, hostile.make()))
    sentence = str(refusal.value)
    assert f"“{hostile.name}”" in sentence
    assert any(verb in sentence for verb in ("Save", "Export", "Print", "Split"))


def test_there_are_at_least_forty() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("title", ["ZIP bomb", "ZIP bomb that lies", "ZIP bomb of ten gigabytes", "60 megapixels"])
def test_looking_into_a_hostile_file_takes_little_memory(title: str) -> None:
    hostile = next(one for one in HOSTILE if one.title == title)
    file = uploaded(hostile.name, hostile.make())
    tracemalloc.start()
    try:
        with pytest.raises(FileRefused):
            check_upload(file)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


def test_only_the_kinds_asked_for_are_taken() -> None:
    with pytest.raises(FileRefused, match=r"Save it as one of these: XLSX\."):
        check_upload(uploaded("note.pdf", pdf()), kinds=(".xlsx",))


def test_the_limit_is_a_setting(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 50
    with pytest.raises(FileRefused, match="the limit is 50"):
        check_upload(uploaded("note.pdf", pdf()))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("note.pdf", "note.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\note.pdf", "note.pdf"),
        ("note\r\nSet-Cookie: a=b.pdf", "noteSet-Cookie: a=b.pdf"),
        ("note\u202efdp.pdf", "notefdp.pdf"),
        ("no\0te.pdf", "note.pdf"),
        ("  note  verbale .pdf", "note verbale .pdf"),
        ("مذكرة.pdf", "مذكرة.pdf"),
        ("\u202e\r\n", "document"),
        ("", "document"),
        ("..", "document"),
        ("n" * 300 + ".pdf", "n" * 251 + ".pdf"),
        ("n" * 300, "n" * 255),
    ],
)
def test_names_keep_what_can_be_seen(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


def test_a_name_as_long_as_it_may_be_is_kept() -> None:
    assert check_upload(io_file("n" * 300 + ".pdf")).name == "n" * 251 + ".pdf"


def io_file(name: str) -> SimpleUploadedFile:
    """A PDF under any name."""
    return uploaded(name, io.BytesIO(pdf()).getvalue())
