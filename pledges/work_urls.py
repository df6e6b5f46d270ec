"""Addresses at which pledges are written, taken on and reported on."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
