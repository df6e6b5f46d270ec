"""Addresses of the reminders pages."""

from django.urls import path

from reminders import preview_views, steering, views

urlpatterns = [
    path("", views.overview, name="mail-overview"),
    path("preview/", preview_views.preview, name="mail-preview"),
    path("preview/<int:pk>/", preview_views.preview_message, name="mail-preview-message"),
    path("mail/", views.mail_list, name="mail-list"),
    path("mail/<int:pk>/", views.mail_detail, name="mail-detail"),
    path("contacts/", views.undeliverable_list, name="undeliverable-list"),
    path("ladders/", steering.ladder_list, name="mail-ladder-list"),
    path("ladders/<slug:reason>/", steering.ladder, name="mail-ladder"),
    path("pauses/", steering.pause_list, name="mail-pause-list"),
    path("pauses/new/", steering.pause_create, name="mail-pause"),
    path("pauses/<int:pk>/lift/", steering.pause_lift, name="mail-pause-lift"),
    path("stop/", steering.steer, name="mail-steer"),
    path("holidays/", steering.holidays, name="mail-holidays"),
    path("snooze/<slug:reference>/", steering.snooze, name="pledge-snooze"),
    path("snooze/<slug:reference>/<slug:code>/", steering.share_snooze, name="share-snooze"),
]
