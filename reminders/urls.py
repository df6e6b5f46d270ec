"""Addresses of the reminders pages."""

from django.urls import path

from reminders import views

urlpatterns = [
    path("mail/", views.mail_list, name="mail-list"),
    path("mail/<int:pk>/", views.mail_detail, name="mail-detail"),
]
