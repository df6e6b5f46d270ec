"""Addresses of the reminders pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
