"""Addresses of the pledges pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
