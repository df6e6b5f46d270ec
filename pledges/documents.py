"""The documents of a pledge as its pages show them."""

from dataclasses import dataclass
from typing import Any

from pledges.models import EvidenceFile, Pledge, ProgressUpdate
from pledges.permissions import allowed, check_can_attach
from pledges.services.files import is_readable


@dataclass(frozen=True)
class Document:
    """A row of the list: the document, whether it is handed out, and whether this person may remove it."""

    row: EvidenceFile
    is_readable: bool
    can_remove: bool


def documents_of(pledge: Pledge, user: Any) -> list[Document]:
    """Return the documents of a pledge that this person may read, the newest first."""
    rows = EvidenceFile.objects.visible_to(user).filter(pledge=pledge)
    can_remove = allowed(check_can_attach, user, pledge)
    return [
        Document(row, is_readable(row), can_remove)
        for row in rows.select_related("author", "progress_update").order_by("-created_at", "-pk")
    ]


def evidence_of(report: ProgressUpdate | None, user: Any) -> list[Document]:
    """Return the documents that came with a report, as far as this person may read them."""
    if report is None:
        return []
    rows = EvidenceFile.objects.visible_to(user).filter(progress_update=report).order_by("-pk")
    return [Document(row, is_readable(row), can_remove=False) for row in rows]
