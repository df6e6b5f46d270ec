"""Addresses at which pledges are written, taken on and reported on."""

from django.urls import path

from pledges import work_views

urlpatterns = [
    path("", work_views.workspace, name="workspace"),
    path("pledges/new/", work_views.pledge_create, name="pledge-create"),
    path("pledges/<str:reference>/edit/", work_views.pledge_edit, name="pledge-edit"),
    path("pledges/<str:reference>/report/", work_views.pledge_report, name="pledge-report"),
    path("pledges/<str:reference>/milestones/", work_views.milestone_create, name="milestone-create"),
    path("pledges/<str:reference>/<str:action>/", work_views.pledge_step, name="pledge-step"),
]
