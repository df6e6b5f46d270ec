"""Addresses of the pages about people."""

from django.urls import path

from conferences.people import accounts, staff, token_pages, views
from conferences.people.accepting import accept

urlpatterns = [
    path("invitation/", accept, name="people-accept"),
    path("account/tokens/", token_pages.token_list, name="token-list"),
    path("account/tokens/new/", token_pages.token_new, name="token-new"),
    path("account/tokens/<int:pk>/revoke/", token_pages.token_revoke, name="token-revoke"),
    path("people/", views.people_list, name="people-list"),
    path("people/accounts/<int:pk>/", accounts.account, name="people-account"),
    path("people/invitations/<int:pk>/send/", views.send_again, name="people-send-again"),
    path("people/invitations/<int:pk>/revoke/", views.revoke, name="people-revoke"),
    path("people/members/<int:pk>/role/", views.role, name="people-role"),
    path("people/members/<int:pk>/hand-over/", views.hand_over, name="people-hand-over"),
    path("people/members/<int:pk>/address/", views.address, name="people-address"),
    path("people/members/<int:pk>/end/", views.end, name="people-end"),
    path("people/staff/", staff.staff, name="people-staff"),
    path("people/staff/propose/", staff.propose, name="people-staff-propose"),
    path("people/staff/<int:pk>/decide/", staff.decide, name="people-staff-decide"),
    path("people/<slug:code>/", views.delegation, name="people-delegation"),
    path("people/<slug:code>/invite/", views.invite, name="people-invite"),
]
