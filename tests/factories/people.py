"""People by what they may do."""

from datetime import timedelta

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import AddressChange, Role, RoleGrant, User


class UserFactory(DjangoModelFactory):
    """A person of a delegation, in none yet. Sign in with `force_login`; a `password`, where given, is hashed."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person-{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@pledges.example")
    password = factory.Transformer(None, transform=make_password)
    role = Role.DELEGATION


class AnalystFactory(UserFactory):
    """Somebody who reads the API."""

    role = Role.ANALYST


class ReaderFactory(UserFactory):
    """Somebody of the Secretariat who reads only."""

    role = Role.READER


class OfficerFactory(UserFactory):
    """Somebody of the Secretariat who reviews and registers."""

    role = Role.OFFICER


class ManagerFactory(UserFactory):
    """Somebody of the Secretariat who announces."""

    role = Role.MANAGER


class AdministratorFactory(UserFactory):
    """Somebody of the Secretariat who keeps accounts."""

    role = Role.ADMINISTRATOR


class RoleGrantFactory(DjangoModelFactory):
    """A role that waits for a second person."""

    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    role = Role.OFFICER
    reason = "New in the team"
    proposed_by = factory.SubFactory(ManagerFactory)


class AddressChangeFactory(DjangoModelFactory):
    """Another address for an account, which its owner entered and is to confirm."""

    class Meta:
        model = AddressChange

    user = factory.SubFactory(UserFactory)
    email = factory.Sequence(lambda n: f"new-{n}@mission.example")
    asked_by = factory.SelfAttribute("user")
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))
