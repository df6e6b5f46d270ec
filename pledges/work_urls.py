"""Addresses at which pledges are written, taken on and reported on."""

from django.urls import path

from pledges import work_views

urlpatterns = [
    path("", work_views.workspace, name="workspace"),
    path("pledges/new/", work_views.pledge_create, name="pledge-create"),
    path("pledges/<slug:reference>/edit/", work_views.pledge_edit, name="pledge-edit"),
    path("pledges/<slug:reference>/report/", work_views.pledge_report, name="pledge-report"),
    path("pledges/<slug:reference>/milestones/", work_views.milestone_create, name="milestone-create"),
    path("pledges/<slug:reference>/<slug:action>/", work_views.pledge_step, name="pledge-step"),
]
