"""Addresses at which pledges are written, taken on and reported on."""

from django.urls import path

from pledges.work import (
    check,
    copying,
    desk,
    duplicates,
    files,
    following,
    handover,
    joint,
    offline,
    review,
    steps,
    together,
    writing,
)
from pledges.work import allocations
from pledges.work import decisions as decided

urlpatterns = [
    path("", desk.workspace, name="workspace"),
    path("review/", review.review_queue, name="review-queue"),
    path("review/next/", review.review_next, name="review-next"),
    path("review/<slug:reference>/", review.review_pledge, name="review-pledge"),
    path("pledges/<slug:reference>/notes/", review.pledge_notes, name="pledge-notes"),
    path("pledges/<slug:reference>/versions/", review.pledge_versions, name="pledge-versions"),
    path("pledges/<slug:reference>/merge/", duplicates.pledge_merge, name="pledge-merge"),
    path("pledges/<slug:reference>/allocate/", allocations.pledge_allocate, name="pledge-allocate"),
    path("decisions/", decided.decision_list, name="decision-list"),
    path("decisions/new/", decided.decision_propose, name="decision-propose"),
    path("decisions/<int:pk>/", decided.decision_detail, name="decision-detail"),
    path("pledges/<slug:reference>/proposal/", decided.pledge_proposal, name="pledge-proposal"),
    path("offline/", offline.offline, name="offline"),
    path("offline/<slug:slug>/", offline.offline_conference, name="offline-conference"),
    path("offline/<slug:slug>/template.xlsx", offline.offline_template, name="offline-template"),
    path("pledges/new/", writing.pledge_create, name="pledge-create"),
    path("pledges/<slug:reference>/edit/", writing.pledge_edit, name="pledge-edit"),
    path("pledges/<slug:reference>/edit/<slug:step>/", writing.pledge_edit, name="pledge-edit-step"),
    path("pledges/<slug:reference>/check/", check.pledge_check, name="pledge-check"),
    path("pledges/<slug:reference>/receipt/", check.pledge_receipt, name="pledge-receipt"),
    path("pledges/<slug:reference>/report/", following.pledge_report, name="pledge-report"),
    path("pledges/<slug:reference>/files/", files.pledge_files, name="pledge-files"),
    path("pledges/<slug:reference>/files/<int:pk>/remove/", files.file_remove, name="file-remove"),
    path("pledges/<slug:reference>/milestones/", following.milestone_create, name="milestone-create"),
    path("pledges/<slug:reference>/partners/", joint.pledge_partners, name="pledge-partners"),
    path("pledges/<slug:reference>/partners/<slug:code>/", joint.partner_edit, name="partner-edit"),
    path("invitations/<slug:reference>/<slug:code>/", joint.invitation, name="pledge-invitation"),
    path("pledges/<slug:reference>/hand-over/", handover.pledge_handover, name="pledge-handover"),
    path("pledges/<slug:reference>/copy/", copying.pledge_copy, name="pledge-copy"),
    path("conferences/<slug:slug>/", together.conference_work, name="conference-work"),
    path("pledges/<slug:reference>/<slug:action>/", steps.pledge_step, name="pledge-step"),
]
