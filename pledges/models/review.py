"""What passes between a delegation and the Secretariat: documents, notes, and the steps of a pledge's life."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from pledges import triggers
from pledges.enums import (
    DocumentKind,
    ScanState,
    Status,
)
from pledges.models.common import AUTHOR, known
from pledges.models.follow_through import ProgressUpdate
from pledges.models.pledge import Pledge
from pledges.querysets import DocumentQuerySet


@tracked()
class EvidenceFile(models.Model):
    """A document of a pledge or of one report; served only with its pledge's rights."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="files")
    progress_update = models.ForeignKey(
        ProgressUpdate, null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    kind = models.CharField(_("kind of document"), max_length=21, choices=DocumentKind.choices)
    file = models.FileField(upload_to="evidence/")
    original_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scan_state = models.CharField(max_length=11, choices=ScanState.choices, default=ScanState.UNSCANNED)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="files")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            known("kind", DocumentKind, "file_kind_known"),
            known("scan_state", ScanState, "file_scan_state_known"),
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="file_sha256_form"),
        ]
        triggers: ClassVar[list[Any]] = [triggers.FILE_UPDATE]

    def __str__(self) -> str:
        return self.original_name


@tracked()
class ReviewNote(models.Model):
    """A word between delegation and Secretariat on a pledge, or on one of its fields."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="review_notes")
    field = models.CharField(max_length=40, blank=True, help_text=_("Empty where the note is on the whole pledge."))
    text = models.TextField(_("note"))
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="review_notes")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(text=""), name="review_note_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class StatusChange(models.Model):
    """One step in the life of a pledge: what was done, by whom, when and why. Append-only."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="status_changes")
    action = models.CharField(max_length=12)
    source = models.CharField(max_length=10, choices=Status.choices)
    target = models.CharField(max_length=10, choices=Status.choices)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(AUTHOR, on_delete=models.PROTECT, related_name="status_changes")
    proposed_by = models.ForeignKey(
        AUTHOR, null=True, blank=True, on_delete=models.PROTECT, related_name="proposed_status_changes"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            known("source", Status, "status_change_source_known"),
            known("target", Status, "status_change_target_known"),
            models.CheckConstraint(
                condition=~Q(action="announce") | Q(proposed_by__isnull=False), name="announcement_was_proposed"
            ),
            models.CheckConstraint(
                condition=Q(proposed_by=None) | ~Q(proposed_by=F("author")), name="step_takes_two_people"
            ),
        ]
        triggers: ClassVar[list[Any]] = [triggers.APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.action} {self.pledge_id}"
