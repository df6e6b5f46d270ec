"""Addresses of the pledges pages."""

from django.urls import path

from pledges import views
from pledges.work import files

urlpatterns = [
    path("", views.pledge_list, name="pledge-list"),
    path("<slug:reference>/", views.pledge_detail, name="pledge-detail"),
    path("<slug:reference>/files/<int:pk>/", files.file_download, name="file-download"),
]
