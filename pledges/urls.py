"""Addresses of the pledges pages."""

from django.urls import path

from pledges import views

urlpatterns = [
    path("", views.pledge_list, name="pledge-list"),
    path("<slug:reference>/", views.pledge_detail, name="pledge-detail"),
]
