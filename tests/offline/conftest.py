"""A person who writes, a conference, and spreadsheets filled in as people fill them in."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from capabilities.models import CapabilityType, Mission
from conferences.models import Conference, MembershipRole, Participant
from tests.factories import CapabilityTypeFactory, ConferenceFactory, MissionFactory, ParticipantFactory, member_of

HEADER = 3
Fill = Callable[..., bytes]


@dataclass(frozen=True)
class Desk:
    """Who writes where, and what there is to choose."""

    drafter: Any
    delegation: Participant
    conference: Conference
    hospital: CapabilityType
    missions: list[Mission]
    client: Client

    @property
    def page(self) -> str:
        """Where the file is uploaded."""
        return reverse("offline-conference", args=[self.conference.pk])

    def template(self) -> bytes:
        """The template as it is downloaded."""
        answer = self.client.get(reverse("offline-template", args=[self.conference.pk]))
        assert answer.status_code == 200
        return answer.content

    def upload(self, content: bytes, name: str = "filled.xlsx") -> Any:
        """Send a file to the page."""
        return self.client.post(self.page, {"file": SimpleUploadedFile(name, content)})


@pytest.fixture
def desk(db: None, settings: Any, tmp_path: Path) -> Desk:
    """A drafter of one delegation."""
    settings.MEDIA_ROOT = str(tmp_path)
    delegation = ParticipantFactory()
    drafter = member_of(delegation, MembershipRole.DRAFTER)
    client = Client()
    client.force_login(drafter)
    hospital = CapabilityTypeFactory(name="Level 2 hospital", unit_of_measure="facility")
    return Desk(drafter, delegation, ConferenceFactory(), hospital, MissionFactory.create_batch(2), client)


def opened(content: bytes) -> openpyxl.Workbook:
    """Return a spreadsheet to look into."""
    return openpyxl.load_workbook(io.BytesIO(content))


def saved(book: openpyxl.Workbook) -> bytes:
    """Return a spreadsheet as a file."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def fill(template: bytes, *rows: dict[str, Any], start: int = HEADER + 1) -> bytes:
    """Return the template with these rows, each a value by the label of its column."""
    book = opened(template)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[HEADER] if cell.value}
    for line, row in enumerate(rows, start=start):
        for label, value in row.items():
            sheet.cell(line, columns[label]).value = value
    return saved(book)
