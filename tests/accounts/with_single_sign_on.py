"""The addresses of the product where an identity provider is named in the settings."""

from django.urls import include, path

from config.urls import urlpatterns as those_without

urlpatterns = [*those_without, path("", include("accounts.single_sign_on"))]
