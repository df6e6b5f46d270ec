"""Addresses of signing in and of one's own account. Of the library's pages those named here exist, and no others."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.generic import RedirectView

from accounts import views
from accounts.address_pages import change_address, confirm_address
from accounts.stay import stay_signed_in
from accounts.trust import CodeView

urlpatterns = [
    path("sign-in/", views.SignInView.as_view(), name="sign-in"),
    path("sign-in/", views.SignInView.as_view(), name="account_login"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("sign-in/code/", CodeView.as_view(), name="mfa_authenticate"),
    path("sign-in/forgotten/", account.password_reset, name="account_reset_password"),
    path("sign-in/forgotten/sent/", account.password_reset_done, name="account_reset_password_done"),
    path("sign-in/link/", views.reset_link, name="reset-link"),
    path(
        "sign-in/new-password/<slug:uidb36>/<slug:key>/",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "sign-in/new-password/done/",
        RedirectView.as_view(pattern_name="sign-in"),
        name="account_reset_password_from_key_done",
    ),
    path("account/", second_factor.index, name="mfa_index"),
    path("account/stay/", stay_signed_in, name="stay-signed-in"),
    path("account/address/", change_address, name="address-change"),
    path("account/address/confirm/", confirm_address, name="address-confirm"),
    path("account/time-zone/", views.change_time_zone, name="time-zone"),
    path("account/reminders/", views.change_mail_rhythm, name="mail-rhythm"),
    path("account/language/", views.change_mail_language, name="mail-language"),
    path("account/password/", views.change_password, name="account_change_password"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/second-factor/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
