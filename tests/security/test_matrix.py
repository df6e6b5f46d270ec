"""Who may open what: every address of the product stands in the matrix below, or the build fails."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from conferences.models import Liaison, MembershipRole
from pledges.enums import Outcome
from pledges.models import Pledge, StatusChange
from pledges.services.report_links import SIGNER
from reminders.models import Pause, Reminder
from tests import factories as make
from tests.asking import status_of
from tests.factories.readiness import VisitFactory

ACTORS = (
    "anonymous", "analyst", "viewer", "drafter", "approver", "left", "other", "reader", "officer", "manager",
)  # fmt: skip

# What each actor gets with GET, in the order of ACTORS; ended.txt goes on for those that went back or ended. 302 leads
# a visitor to the sign-in, and others away from a page that this pledge is not ready for; 404 says no more of a hidden
# pledge than of one that does not exist.
MATRIX = """
home                           200 200 200 200 200 200 200 200 200 200
counting                       200 200 200 200 200 200 200 200 200 200
who-may                        200 200 200 200 200 200 200 200 200 200
components                     200 200 200 200 200 200 200 200 200 200
conference-list                200 200 200 200 200 200 200 200 200 200
conference-detail              200 200 200 200 200 200 200 200 200 200
participant-list               200 200 200 200 200 200 200 200 200 200
participant-detail             200 200 200 200 200 200 200 200 200 200
gap                            200 200 200 200 200 200 200 200 200 200
requirement-detail             200 200 200 200 200 200 200 200 200 200
pledge-list                    200 200 200 200 200 200 200 200 200 200
healthz                        503 503 503 503 503 503 503 503 503 503
sign-in                        200 302 302 302 302 302 302 302 302 302
sign-out                       405 405 405 405 405 405 405 405 405 405
account_login                  200 302 302 302 302 302 302 302 302 302
mfa_authenticate               302 302 302 302 302 302 302 302 302 302
account_reset_password         200 200 200 200 200 200 200 200 200 200
account_reset_password_done    200 200 200 200 200 200 200 200 200 200
reset-link                     302 302 302 302 302 302 302 302 302 302
account_reset_password_from_key 200 200 200 200 200 200 200 200 200 200
account_reset_password_from_key_done 302 302 302 302 302 302 302 302 302 302
mfa_index                      302 200 200 200 200 200 200 200 200 200
stay-signed-in                 302 405 405 405 405 405 405 405 405 405
address-change                 302 200 200 200 200 200 200 200 200 200
address-confirm                302 404 404 404 404 404 404 404 404 404
token-list                     302 200 200 200 200 200 200 200 200 200
token-new                      302 200 200 200 200 200 200 200 200 200
token-revoke                   302 405 405 405 405 405 405 405 405 405
time-zone                      302 200 200 200 200 200 200 200 200 200
account_change_password        302 302 302 302 302 302 302 302 302 302
account_reauthenticate         302 403 403 403 403 403 403 403 403 403
mfa_reauthenticate             302 403 403 403 403 403 403 403 403 403
mfa_activate_totp              302 200 200 200 200 200 200 200 200 200
mfa_deactivate_totp            302 404 404 404 404 404 404 404 404 404
mfa_view_recovery_codes        302 404 404 404 404 404 404 404 404 404
mfa_generate_recovery_codes    302 200 200 200 200 200 200 200 200 200

pledge-detail       draft      404 404 200 200 200 404 404 200 200 200
pledge-detail       submitted  404 404 200 200 200 404 404 200 200 200
pledge-detail       registered 404 404 200 200 200 404 404 200 200 200
pledge-detail       announced  200 200 200 200 200 200 200 200 200 200

workspace                      302 200 200 200 200 200 200 200 200 200
offline                        302 403 403 200 200 403 200 403 403 403
offline-conference             302 403 403 200 200 403 200 403 403 403
offline-template               302 403 403 200 200 403 200 403 403 403
pledge-create                  302 403 403 200 200 403 200 403 403 403
pledge-edit         draft      302 404 403 200 200 404 404 403 403 403
pledge-edit         submitted  302 404 403 302 302 404 404 403 403 403
pledge-edit         registered 302 404 403 302 302 404 404 403 403 403
pledge-edit         announced  302 403 403 302 302 403 403 403 403 403
pledge-edit-step:when draft    302 404 403 200 200 404 404 403 403 403
pledge-edit-step:when submitted 302 404 403 302 302 404 404 403 403 403
pledge-edit-step:when announced 302 403 403 302 302 403 403 403 403 403
pledge-check        draft      302 404 403 200 302 404 404 403 403 403
pledge-check        submitted  302 404 403 302 302 404 404 403 403 403
pledge-check        announced  302 403 403 302 302 403 403 403 403 403
pledge-receipt      draft      302 404 302 302 302 404 404 302 302 302
pledge-receipt      announced  302 403 302 302 302 403 403 302 302 302
pledge-report       draft      302 404 403 302 302 404 404 403 403 403
pledge-report       submitted  302 404 403 302 302 404 404 403 403 403
pledge-report       registered 302 404 403 200 200 404 404 403 403 403
pledge-report       announced  302 403 403 200 200 403 403 403 403 403
reports                        302 403 403 200 200 403 200 403 403 403
report-links                   302 403 403 403 200 403 200 403 403 403
proposed-report                302 404 403 403 200 404 404 404 404 404
report-by-link                 200 200 200 200 200 200 200 200 200 200
share-report        draft      302 404 403 403 403 404 404 403 403 403
share-report        registered 302 404 403 403 403 404 404 403 403 403
share-report        announced  302 403 403 403 403 403 403 403 403 403
milestone-change    draft      302 404 403 200 200 404 404 403 403 403
milestone-change    submitted  302 404 403 302 302 404 404 403 403 403
milestone-change    announced  302 403 403 200 200 403 403 403 403 403
milestone-reopen    draft      302 404 403 200 200 404 404 403 403 403
milestone-reopen    submitted  302 404 403 302 302 404 404 403 403 403
milestone-reopen    registered 302 404 403 200 200 404 404 403 200 200
milestone-reopen    announced  302 403 403 200 200 403 403 403 200 200
milestone-create    draft      302 404 403 200 200 404 404 403 403 403
milestone-create    submitted  302 404 403 302 302 404 404 403 403 403
milestone-create    registered 302 404 403 200 200 404 404 403 403 403
milestone-create    announced  302 403 403 200 200 403 403 403 403 403
pledge-files        draft      302 404 200 200 200 404 404 200 200 200
pledge-files        submitted  302 404 200 200 200 404 404 200 200 200
pledge-files        registered 302 404 200 200 200 404 404 200 200 200
pledge-files        announced  302 403 200 200 200 403 403 200 200 200
file-download       draft      302 404 200 200 200 404 404 200 200 200
file-download       announced  302 404 200 200 200 404 404 200 200 200
file-remove         draft      302 404 403 200 200 404 404 403 200 200
file-remove         announced  302 404 403 302 302 404 404 403 200 200
pledge-partners     draft      302 404 200 200 200 404 404 200 200 200
pledge-partners     registered 302 404 200 200 200 404 404 200 200 200
pledge-partners     announced  302 403 200 200 200 403 403 200 200 200
partner-edit        draft      302 404 403 200 200 404 404 403 403 403
partner-edit        registered 302 404 403 302 302 404 404 403 200 200
partner-edit        announced  302 403 403 302 302 403 403 403 200 200
pledge-invitation   draft      302 404 404 404 404 404 404 404 404 404
pledge-invitation   announced  302 404 404 404 404 404 404 404 404 404
pledge-handover     draft      302 404 403 200 200 404 404 403 403 403
pledge-handover     submitted  302 404 403 302 302 404 404 403 403 403
pledge-handover     announced  302 403 403 302 302 403 403 403 403 403
pledge-copy         draft      302 404 403 200 200 404 404 403 403 403
pledge-copy         announced  302 403 403 200 200 403 403 403 403 403
conference-work                302 403 200 200 200 403 200 403 403 403
conference-discard             302 403 403 200 200 403 200 403 403 403
pledge-step:submit  draft      302 404 403 403 200 404 404 403 403 403
pledge-step:submit  submitted  302 404 403 403 302 404 404 403 403 403
pledge-step:return  submitted  302 404 403 403 403 404 404 403 200 200
pledge-step:return  registered 302 404 403 403 403 404 404 403 200 200
pledge-step:return  announced  302 403 403 403 403 403 403 403 302 302
pledge-step:discard draft      302 404 403 200 200 404 404 403 403 403
pledge-step:discard submitted  302 404 403 403 302 404 404 403 403 403
pledge-step:register submitted 302 404 403 403 403 404 404 403 200 200
pledge-step:register draft     302 404 403 403 403 404 404 403 302 302
pledge-step:recall  submitted  302 404 403 403 200 404 404 403 403 403
pledge-step:announce registered 302 404 403 403 403 404 404 403 302 302
pledge-step:announce announced 302 403 403 403 403 403 403 403 302 302
pledge-step:withdraw registered 302 404 403 403 200 404 404 403 403 200
pledge-step:withdraw announced 302 403 403 403 302 403 403 403 403 302
pledge-step:close   registered 302 404 403 403 403 404 404 403 200 200
pledge-step:close   announced  302 403 403 403 403 403 403 403 200 200

review-queue                   302 403 403 403 403 403 403 200 200 200
review-next                    302 405 405 405 405 405 405 405 405 405
review-pledge       submitted  302 404 403 403 403 404 404 403 200 200
review-pledge       registered 302 404 403 403 403 404 404 403 200 200
review-pledge       announced  302 403 403 403 403 403 403 403 302 302
pledge-notes        draft      302 404 200 200 200 404 404 200 200 200
pledge-notes        announced  302 403 200 200 200 403 403 200 200 200
pledge-versions     draft      302 404 200 200 200 404 404 200 200 200
pledge-versions     announced  302 403 200 200 200 403 403 200 200 200
pledge-merge        submitted  302 404 403 403 403 404 404 403 200 200
pledge-merge        announced  302 403 403 403 403 403 403 403 200 200
pledge-assess       draft      302 404 403 403 403 404 404 403 302 302
pledge-assess       registered 302 404 403 403 403 404 404 403 200 200
pledge-assess       announced  302 403 403 403 403 403 403 403 200 200
pledge-condition    draft      302 404 403 403 403 404 404 403 302 302
pledge-condition    registered 302 404 403 403 403 404 404 403 200 200
pledge-condition    announced  302 403 403 403 403 403 403 403 200 200
pledge-allocate     submitted  302 404 403 403 403 404 404 403 302 302
pledge-allocate     registered 302 404 403 403 403 404 404 403 200 200
pledge-allocate     announced  302 403 403 403 403 403 403 403 200 200
decision-list                  302 403 403 403 403 403 403 200 200 200
decision-propose               302 403 403 403 403 403 403 403 200 200
decision-detail                302 403 403 403 403 403 403 200 200 200
pledge-proposal     registered 302 404 302 302 302 404 404 302 302 302
pledge-proposal     announced  302 403 302 302 302 403 403 302 302 302

women                          200 200 200 200 200 200 200 200 200 200
readiness                      302 200 200 200 200 200 200 200 200 200
readiness-renewals             302 200 200 200 200 200 200 200 200 200
readiness-visits               302 200 200 200 200 200 200 200 200 200
readiness-statements           302 200 200 200 200 200 200 200 200 200
readiness-agreements           302 200 200 200 200 200 200 200 200 200
readiness-requests             302 200 200 200 200 200 200 200 200 200
readiness-act:level draft      302 404 403 403 403 404 404 403 302 302
readiness-act:level registered 302 404 403 403 403 404 404 403 200 200
readiness-act:level announced  302 403 403 403 403 403 403 403 200 200
readiness-act:renew registered 302 404 403 302 302 404 404 403 302 302
readiness-act:arrive announced 302 403 403 403 403 403 403 403 302 302
visit-plan                     302 403 403 403 403 403 403 403 200 200
visit-act                      302 403 403 403 403 403 403 403 200 200
statement-issue                302 403 403 403 403 403 403 403 200 200

follow-through                 302 403 403 403 403 403 403 200 200 200
follow-through-act             302 403 403 403 403 403 403 403 404 404
follow-through-rates           302 403 403 403 403 403 403 200 200 200
desk-officers                  302 403 403 403 403 403 403 403 403 200
conference-follow-through      302 403 403 403 403 403 403 403 403 200
conference-window              302 403 403 403 403 403 403 403 403 200
requirement-new                302 403 403 403 403 403 403 403 403 200
requirement-change             302 403 403 403 403 403 403 403 403 200
requirement-remove             302 403 403 403 403 403 403 403 403 200

mail-list                      302 403 403 403 403 403 403 200 200 200
mail-detail                    302 403 403 403 403 403 403 200 200 200
calendar-settings              302 200 200 200 200 200 200 200 200 200
calendar                       404 404 404 404 404 404 404 404 404 404
metrics                        404 404 404 404 404 404 404 404 404 404
mail-rhythm                    302 200 200 200 200 200 200 200 200 200
mail-language                  302 200 200 200 200 200 200 200 200 200
mail-overview                  302 403 403 403 403 403 403 200 200 200
mail-preview                   302 403 403 403 403 403 403 200 200 200
mail-preview-message           302 403 403 403 403 403 403 200 200 200
undeliverable-list             302 403 403 403 403 403 403 200 200 200
mail-ladder-list               302 403 403 403 403 403 403 200 200 200
mail-ladder                    302 403 403 403 403 403 403 403 403 200
mail-pause-list                302 403 403 403 403 403 403 200 200 200
mail-pause                     302 403 403 403 403 403 403 403 200 200
mail-pause-lift                302 405 405 405 405 405 405 405 405 405
mail-steer                     302 403 403 403 403 403 403 403 403 200
mail-holidays                  302 403 403 403 403 403 403 403 403 200
pledge-snooze       draft      302 404 403 200 200 404 404 403 403 403
pledge-snooze       announced  302 403 403 200 200 403 403 403 403 403
share-snooze        draft      302 404 403 403 403 404 404 403 403 403
share-snooze        announced  302 403 403 403 403 403 403 403 403 403

api-root                       200 200 200 200 200 200 200 200 200 200
api-schema                     200 200 200 200 200 200 200 200 200 200
api-docs                       200 200 200 200 200 200 200 200 200 200
api-gap                        200 200 200 200 200 200 200 200 200 200
api-delivery                   200 200 200 200 200 200 200 200 200 200
api-participants               200 200 200 200 200 200 200 200 200 200
api-participants-row           200 200 200 200 200 200 200 200 200 200
api-conferences                200 200 200 200 200 200 200 200 200 200
people-list                    302 403 302 302 302 403 302 200 200 200
people-delegation              302 404 200 200 200 404 404 200 200 200
people-invite                  302 404 403 403 200 404 404 403 403 200
people-role                    302 404 403 403 200 404 404 403 403 200
people-hand-over               302 404 403 403 200 404 404 403 403 200
people-address                 302 404 403 403 200 404 404 403 403 200
people-end                     302 404 403 403 200 404 404 403 403 200
people-send-again              302 405 405 405 405 405 405 405 405 405
people-revoke                  302 405 405 405 405 405 405 405 405 405
people-account                 302 403 403 403 403 403 403 403 403 200
people-staff                   302 403 403 403 403 403 403 403 403 200
people-staff-propose           302 403 403 403 403 403 403 403 403 200
people-staff-decide            302 405 405 405 405 405 405 405 405 405
people-accept                  404 404 404 404 404 404 404 404 404 404

api-conferences-row            200 200 200 200 200 200 200 200 200 200
api-missions                   200 200 200 200 200 200 200 200 200 200
api-missions-row               200 200 200 200 200 200 200 200 200 200
api-capability-types           200 200 200 200 200 200 200 200 200 200
api-capability-types-row       200 200 200 200 200 200 200 200 200 200
api-requirements               200 200 200 200 200 200 200 200 200 200
api-requirements-row           200 200 200 200 200 200 200 200 200 200
api-pledges                    200 200 200 200 200 200 200 200 200 200
api-pledges-row     draft      404 404 200 200 200 404 404 200 200 200
api-pledges-row     submitted  404 404 200 200 200 404 404 200 200 200
api-pledges-row     registered 404 404 200 200 200 404 404 200 200 200
api-pledges-row     announced  200 200 200 200 200 200 200 200 200 200
api-timeline        draft      404 404 200 200 200 404 404 200 200 200
api-timeline        registered 404 404 200 200 200 404 404 200 200 200
api-timeline        announced  200 200 200 200 200 200 200 200 200 200
api-content         draft      404 404 200 200 200 404 404 200 200 200
api-content         submitted  404 404 200 200 200 404 404 200 200 200
api-content         registered 404 404 200 200 200 404 404 200 200 200
api-content         announced  401 403 200 200 200 403 403 200 200 200
api-submit          draft      405 405 405 405 405 405 405 405 405 405
api-recall          submitted  405 405 405 405 405 405 405 405 405 405
api-withdraw        registered 405 405 405 405 405 405 405 405 405 405
api-discard         draft      405 405 405 405 405 405 405 405 405 405
api-share           draft      404 404 404 404 404 404 404 404 404 404
api-share           announced  404 404 404 404 404 404 404 404 404 404
"""

ENDED = (Path(__file__).parent / "ended.txt").read_text()


class World:
    """The people and the rows of the matrix."""

    def __init__(self) -> None:
        self.lead, other = make.ParticipantFactory(), make.ParticipantFactory()
        left = make.member_of(self.lead, MembershipRole.APPROVER)
        left.memberships.update(ended_at=make.pledges.CLOSED_AT)
        self.people: dict[str, User | None] = {
            "anonymous": None,
            "analyst": make.AnalystFactory(),
            "viewer": make.member_of(self.lead, MembershipRole.VIEWER),
            "drafter": make.member_of(self.lead, MembershipRole.DRAFTER),
            "approver": make.member_of(self.lead, MembershipRole.APPROVER),
            "left": left,
            "other": make.member_of(other, MembershipRole.APPROVER),
            "reader": make.ReaderFactory(),
            "officer": make.OfficerFactory(),
            "manager": make.ManagerFactory(),
        }
        self.pledges: dict[str, Pledge] = {
            "draft": make.DraftPledgeFactory(participant=self.lead),
            "submitted": make.SubmittedPledgeFactory(participant=self.lead),
            "registered": make.RegisteredPledgeFactory(participant=self.lead),
            "announced": make.AnnouncedPledgeFactory(participant=self.lead),
            "returned": make.ReturnedPledgeFactory(participant=self.lead),
            "withdrawn": make.ClosedPledgeFactory(participant=self.lead, announced_at=None, outcome=Outcome.WITHDRAWN),
            "closed": make.ClosedPledgeFactory(participant=self.lead),
            "discarded": make.DiscardedPledgeFactory(participant=self.lead),
        }
        self.files = {name: make.stored_file(pledge) for name, pledge in self.pledges.items()}
        self.invited = make.ParticipantFactory()
        for pledge in self.pledges.values():
            make.PartnerFactory(pledge=pledge, participant=self.invited)
        self.taking_part = make.ParticipantFactory()
        for pledge in self.pledges.values():
            make.ConfirmedPartnerFactory(pledge=pledge, participant=self.taking_part)
        self.steps = {name: make.MilestoneFactory(pledge=pledge) for name, pledge in self.pledges.items()}
        self.done = {
            name: make.MilestoneFactory(pledge=pledge, done_on=make.pledges.CLOSED_AT.date())
            for name, pledge in self.pledges.items()
        }
        Liaison.objects.create(participant=self.lead, reports_by_link=True)
        sent_to = {"pledge": self.pledges["announced"], "recipient": self.people["approver"]}
        self.link = make.ReportLinkFactory(**sent_to)
        self.proposed = make.ProposedReportFactory(link=make.ReportLinkFactory(**sent_to))
        self.decision = make.DecisionPledgeFactory().decision
        self.visit = VisitFactory(participant=self.lead)
        self.place = make.MembershipFactory(participant=self.lead, role=MembershipRole.VIEWER)
        self.invitation = make.InvitationFactory(participant=self.lead)
        self.requirement = make.RequirementFactory(mission=make.MissionFactory())
        self.reminder = Reminder.objects.create(
            recipient=make.UserFactory(),
            owed_on=make.pledges.CLOSED_AT.date(),
            message_id="<one@pledges.example>",
        )
        self.pause = Pause.objects.create(participant=self.lead, reason="Talks", author=make.OfficerFactory())

    def client(self, actor: str) -> Client:
        """Return a browser in which the actor is signed in."""
        client, person = Client(raise_request_exception=False), self.people[actor]
        if person:
            client.force_login(person)
        return client

    def address(self, route: str, row: str) -> str:
        """Return the address of a route, for a pledge where it is about one."""
        name, _colon, action = route.partition(":")
        pledge = self.pledges[row or "announced"]
        arguments = {
            "conference-detail": [pledge.conference_id],
            "participant-detail": [self.lead.pk],
            "offline-conference": [pledge.conference_id],
            "offline-template": [pledge.conference_id],
            "requirement-detail": [self.requirement.reference],
            "requirement-change": [self.requirement.reference],
            "requirement-remove": [self.requirement.reference],
            "file-download": [pledge.reference, self.files[row or "announced"].pk],
            "file-remove": [pledge.reference, self.files[row or "announced"].pk],
            "report-by-link": [SIGNER.sign(self.link.pk)],
            "proposed-report": [self.proposed.pk],
            "share-report": [pledge.reference, self.taking_part.pk],
            "share-snooze": [pledge.reference, self.taking_part.pk],
            "milestone-change": [pledge.reference, self.steps[row or "announced"].pk],
            "milestone-reopen": [pledge.reference, self.done[row or "announced"].pk],
            "partner-edit": [pledge.reference, self.invited.pk],
            "api-share": [pledge.reference, self.invited.pk],
            "pledge-invitation": [pledge.reference, self.invited.pk],
            "conference-work": [pledge.conference_id],
            "conference-discard": [pledge.conference_id],
            "conference-follow-through": [pledge.conference_id],
            "conference-window": [pledge.conference_id],
            "mail-detail": [self.reminder.pk],
            "mail-preview-message": [self.reminder.recipient_id],
            "mail-ladder": ["report_due"],
            "calendar": ["no-key"],
            "mail-pause-lift": [self.pause.pk],
            "people-delegation": [self.lead.pk],
            "people-invite": [self.lead.pk],
            "people-role": [self.place.pk],
            "people-hand-over": [self.place.pk],
            "people-address": [self.place.pk],
            "people-end": [self.place.pk],
            "people-send-again": [self.invitation.pk],
            "people-revoke": [self.invitation.pk],
            "people-account": [self.place.user_id],
            "people-staff-decide": [0],
            "token-revoke": [0],
            "decision-detail": [self.decision.pk],
            "visit-act": [self.visit.pk, "held"],
            "account_reset_password_from_key": ["1", "set-password"],
            "api-participants-row": [self.lead.pk],
            "api-conferences-row": [pledge.conference_id],
            "api-missions-row": [self.requirement.mission_id],
            "api-capability-types-row": [self.requirement.capability_type_id],
            "api-requirements-row": [self.requirement.reference],
        }
        about_a_pledge = [pledge.reference, action] if action else [pledge.reference]
        return reverse(name, args=arguments.get(name, about_a_pledge if row else []))


def lines(matrix: str = MATRIX + ENDED) -> list[tuple[str, str, list[int]]]:
    """Return a matrix as rows of route, pledge and statuses."""
    parsed = []
    for line in matrix.splitlines():
        if not line or line.startswith("#"):
            continue
        words = line.split()
        statuses = [int(word) for word in words[-len(ACTORS) :]]
        route, *row = words[: -len(ACTORS)]
        parsed.append((route, row[0] if row else "", statuses))
    return parsed


def names(patterns: list[URLPattern | URLResolver]) -> list[str | None]:
    """Return the names of all addresses below these patterns; None for one without a name."""
    found: list[str | None] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += names(pattern.url_patterns)
        else:
            found.append(pattern.name)
    return found


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_every_address_stands_in_the_matrix() -> None:
    routes = {route.partition(":")[0] for route, _row, _statuses in lines()}
    # The one without a name answers 404 to all that is no address of the API.
    assert {name for name in names(get_resolver().url_patterns) if name} == routes
    assert names(get_resolver().url_patterns).count(None) == 1


@pytest.mark.parametrize("actor", ACTORS)
def test_each_actor_gets_what_the_matrix_says(world: World, actor: str) -> None:
    client, column = world.client(actor), ACTORS.index(actor)
    answers = {(route, row): status_of(client, world.address(route, row)) for route, row, _statuses in lines()}
    assert answers == {(route, row): statuses[column] for route, row, statuses in lines()}


@pytest.mark.parametrize("actor", ACTORS)
def test_whom_the_matrix_refuses_changes_nothing(world: World, actor: str) -> None:
    client, column = world.client(actor), ACTORS.index(actor)
    before = list(Pledge.objects.order_by("pk").values())
    for route, row, statuses in lines():
        if route not in {"sign-in", "sign-out"} and statuses[column] in {302, 403, 404}:
            answer = client.post(world.address(route, row), {"reason": "x", "outcome": "delivered"})
            # A form for a pledge that has moved on comes back with what was typed, and is not stored; who submits is
            # led from the check of the answers to that step, but answers there what the pledge may repeat.
            is_form = statuses[column] == 302 and actor != "anonymous"
            kept = {409} if is_form and route.startswith(("pledge-edit", "pledge-step", "pledge-assess")) else set()
            kept |= {200} if is_form and (route, row) == ("pledge-check", "draft") else set()
            assert answer.status_code in {statuses[column], 405} | kept, (route, row)
    assert list(Pledge.objects.order_by("pk").values()) == before
    assert not StatusChange.objects.exists()


def test_a_co_chairs_place_in_the_delegation_opens_no_more_than_a_stranger_has(world: World) -> None:
    world.people["co-chair"] = make.member_of(world.lead, MembershipRole.CO_CHAIR)
    client, column = world.client("co-chair"), ACTORS.index("analyst")
    answers = {(route, row): status_of(client, world.address(route, row)) for route, row, _statuses in lines()}
    assert answers == {(route, row): statuses[column] for route, row, statuses in lines()}
