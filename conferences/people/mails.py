"""Mail about places in delegations and about roles, in its reader's language."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail import owe
from accounts.models import RoleGrant, User
from conferences.models import Invitation, MembershipRole


def owe_invitation(invitation: Invitation) -> None:
    """Owe the mail with the link that leads into a delegation."""
    link = f"{settings.BASE_URL}{reverse('people-accept')}?{urlencode({'key': invitation.key})}"
    with override(invitation.language):
        subject = _("Your invitation to the pledges of %(participant)s") % {"participant": invitation.participant}
        context = {"invitation": invitation, "link": link, "role": MembershipRole(invitation.role).label}
        owe(to=invitation.email, subject=subject, text=render_to_string("people/mail/invitation.txt", context))


def owe_role(grant: RoleGrant, account: User) -> None:
    """Owe the word of a new role in the Secretariat, with who gave it."""
    with override(account.language):
        text = render_to_string("people/mail/role.txt", {"grant": grant, "user": account})
        owe(to=account.email, subject=_("Your role has changed"), text=text)
