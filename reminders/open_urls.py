"""Addresses beside /reminders/: one's calendar, and what machines ask for."""

from django.urls import URLPattern, path

from reminders import calendar, hooks, metrics

urlpatterns: list[URLPattern] = [
    path("account/calendar/", calendar.calendar_settings, name="calendar-settings"),
    path("calendar/<str:key>/due.ics", calendar.calendar, name="calendar"),
    path("metrics", metrics.metrics, name="metrics"),
    *hooks.routes(),
]
