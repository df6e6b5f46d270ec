"""Addresses of the pages that combine several apps."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
