"""The ledger of reminders: what is owed to whom, written before anything is sent, and what became of it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import MD5
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.history import tracked
from conferences.models import Conference, Membership, Participant
from pledges.models import Partner, Pledge
from pledges.triggers import same_pledge

USER = settings.AUTH_USER_MODEL


class Reason(models.TextChoices):
    """Why a reminder is owed."""

    REPORT_DUE = "report_due", _("A report is due")
    REPORT_OVERDUE = "report_overdue", _("A report is overdue")
    MILESTONE_DUE = "milestone_due", _("A step of the plan is due")
    DELIVERY_DUE = "delivery_due", _("Delivery is due as pledged")
    RENEWAL_DUE = "renewal_due", _("A unit's entry in the readiness system is to be renewed")
    RDL_CLOCK = "rdl_clock", _("A unit is to arrive within 60 days")
    CLARIFICATION = "clarification", _("The Secretariat waits for an answer")
    PARTNER_AWAITED = "partner_awaited", _("A partner's confirmation is awaited")
    APPROVAL_AWAITED = "approval_awaited", _("A draft or a report waits for approval")
    WINDOW_CLOSING = "window_closing", _("A draft is not submitted and pledging closes")
    UNDELIVERABLE = "undeliverable", _("Mail to a contact does not arrive")
    WEEKLY_DIGEST = "weekly_digest", _("Week at a glance")


class Audience(models.TextChoices):
    """To whom a step of a ladder speaks, from the nearest to the farthest."""

    FOCAL_POINT = "focal_point", _("Focal points of the delegation")
    APPROVER = "approver", _("Approvers and head of mission")
    DESK_OFFICER = "desk_officer", _("Desk officer of the Secretariat")
    COORDINATOR = "coordinator", _("Coordinator of the co-chairs")


IN_DELEGATION = (Audience.FOCAL_POINT, Audience.APPROVER)


def step_in_words(days: int) -> str:
    """Return a step of a ladder in words."""
    if not days:
        return str(_("on the day"))
    text = (
        ngettext("%(n)s day after", "%(n)s days after", days)
        if days > 0
        else ngettext("%(n)s day before", "%(n)s days before", -days)
    )
    return text % {"n": abs(days)}


class State(models.TextChoices):
    """What became of a reminder."""

    OWED = "owed", _("Owed")
    CLAIMED = "claimed", _("Being sent")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("No longer owed")
    FAILED = "failed", _("Could not be sent")


class Delivery(models.TextChoices):
    """What was heard of a reminder after the mail server took it."""

    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as unwanted")


class Reminder(models.Model):
    """One message owed to one person on one day. It speaks of everything owed to that person then: its items."""

    recipient = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="reminders")
    owed_on = models.DateField(_("owed on"), help_text=_("The day in the recipient's time zone."))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OWED)
    message_id = models.CharField(max_length=120, unique=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    outcome_unknown = models.BooleanField(
        default=False,
        help_text=_("Nobody knows whether it arrived: it is sent once more, under the same Message-ID, and no more."),
    )
    text_began = models.BooleanField(
        default=False, help_text=_("The mail server was given of its text since it was last known not to have arrived.")
    )
    sent_to = models.EmailField(blank=True, help_text=_("The address that the mail server was last given."))
    worded_on = models.DateField(null=True, help_text=_("The reader's day of which the text spoke that last went out."))
    takeovers = models.PositiveSmallIntegerField(
        default=0, help_text=_("How often a lease ran out, and another worker took it over.")
    )
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, help_text=_("Since when it has been ready to go."))
    first_tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    delivery = models.CharField(_("delivery"), max_length=10, choices=Delivery.choices, blank=True)
    delivery_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-owed_on", "-pk"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["-owed_on", "-id"], name="reminder_newest"),
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state__in=["owed", "claimed"]),
                name="reminder_open_by_time",
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["recipient", "owed_on"], name="reminder_once_a_day"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="reminder_state_known"),
            models.CheckConstraint(condition=Q(delivery__in=[*Delivery.values, ""]), name="reminder_delivery_known"),
            models.CheckConstraint(
                condition=Q(delivery="", delivery_at=None) | ~Q(delivery="") & Q(delivery_at__isnull=False),
                name="reminder_delivery_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(state=State.SENT, sent_at__isnull=False) | ~Q(state=State.SENT) & Q(sent_at=None),
                name="reminder_sent_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(state=State.CLAIMED, lease_until__isnull=False) | ~Q(state=State.CLAIMED),
                name="reminder_claimed_with_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"to {self.recipient_id} on {self.owed_on}"


class ReminderItemQuerySet(models.QuerySet["ReminderItem"]):
    """What reminders speak of."""

    def told_to(self, delegations: Any) -> "ReminderItemQuerySet":
        """Return what went out to people of these delegations as such; who was of them then counts, not who is now."""
        then = Q(ended_at=None) | Q(ended_at__gt=OuterRef("reminder__sent_at"))
        places = Membership.objects.in_delegations().filter(
            then,
            user=OuterRef("recipient"),
            participant__in=delegations,
            started_at__lte=OuterRef("reminder__sent_at"),
        )
        return self.filter(Exists(places), audience__in=IN_DELEGATION)


class ReminderItem(models.Model):
    """A debt that a reminder speaks of: one subject of one reason, at one step of its ladder, once for a person.

    `subject` is the key of a row whose table the reason decides (reminders/reasons.py); below zero it is that of a row
    of the reason's other kind. A subject whose day moved is owed anew.
    """

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="items")
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    recipient = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="reminder_items")
    subject = models.BigIntegerField()
    pledge = models.ForeignKey(Pledge, null=True, on_delete=models.CASCADE, related_name="reminder_items")
    due_on = models.DateField(_("due on"), help_text=_("The day it was due when this was written."))
    offset_days = models.SmallIntegerField(
        _("step of the ladder"), help_text=_("Days from the day it is due; below zero is before it.")
    )
    audience = models.CharField(_("audience"), max_length=12, choices=Audience.choices)
    asked_by = models.ForeignKey(
        USER,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who asked for it, outside the ladder."),
    )

    objects = ReminderItemQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["reason", "subject", "due_on"], name="reminder_item_by_subject"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["reason", "recipient", "subject", "due_on", "offset_days"], name="reminder_item_once_per_debt"
            ),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="reminder_item_reason_known"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="reminder_item_audience_known"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.subject} at {self.offset_days:+d}"

    @property
    def is_of_other_kind(self) -> bool:
        """Whether it is of the other kind of its reason: a report to confirm, or a delegation that nobody hears for."""
        return self.subject is not None and self.subject < 0

    @property
    def step_words(self) -> str:
        """The step of the ladder in words."""
        return step_in_words(self.offset_days)


@tracked()
class LadderStep(models.Model):
    """On which day around the day something is due who is reminded of it. Staff edit the ladders."""

    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    offset_days = models.SmallIntegerField(_("days"), help_text=_("Below zero is before the day, above is after it."))
    audience = models.CharField(_("audience"), max_length=12, choices=Audience.choices)

    class Meta:
        ordering: ClassVar[list[str]] = ["reason", "offset_days", "audience"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="ladder_reason_known"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="ladder_audience_known"),
            models.CheckConstraint(condition=Q(offset_days__range=(-365, 365)), name="ladder_within_a_year"),
            models.UniqueConstraint(fields=["reason", "offset_days", "audience"], name="ladder_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.offset_days:+d} {self.audience}"

    @property
    def step_words(self) -> str:
        """The step in words."""
        return step_in_words(self.offset_days)


@tracked()
class Pause(models.Model):
    """No reminders on a pledge, a participant's pledges or a conference's, until a day or until it is lifted.

    A delegation's own pause of one pledge is a snooze: it always ends, and holds for the delegation's people alone. It
    is the lead's, or that of the `partner` who put it off, as long as the partner takes part.
    """

    pledge = models.ForeignKey(Pledge, null=True, blank=True, on_delete=models.CASCADE, related_name="pauses")
    participant = models.ForeignKey(Participant, null=True, blank=True, on_delete=models.CASCADE, related_name="pauses")
    conference = models.ForeignKey(Conference, null=True, blank=True, on_delete=models.CASCADE, related_name="pauses")
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The first day with reminders again."))
    reason = models.TextField(_("reason"))
    is_snooze = models.BooleanField(default=False)
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.CASCADE, related_name="snoozes")
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="pauses")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(pledge__isnull=False, participant=None, conference=None)
                | Q(pledge=None, participant__isnull=False, conference=None)
                | Q(pledge=None, participant=None, conference__isnull=False),
                name="pause_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pause_has_reason"),
            models.CheckConstraint(
                condition=Q(is_snooze=False) | Q(pledge__isnull=False, until__isnull=False), name="snooze_ends"
            ),
            models.CheckConstraint(condition=Q(partner=None) | Q(is_snooze=True), name="pause_of_partner_is_snooze"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("created_at")), name="pause_dates_in_order"
            ),
            models.UniqueConstraint(
                "pledge",
                "participant",
                "conference",
                "partner",
                "is_snooze",
                "until",
                "author",
                MD5("reason"),
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="pause_open_once",
            ),  # a reason can be longer than what an index takes
        ]
        triggers: ClassVar[list[Any]] = [same_pledge("partner", "pledges_partner", "pause_partner_of_same_pledge")]

    def __str__(self) -> str:
        return f"{self.pledge_id or self.participant_id or self.conference_id} until {self.until or 'lifted'}"

    @property
    def doer(self) -> Participant | None:
        """Of a snooze: whose people it quiets, the partner's, else the lead's."""
        if not self.is_snooze or self.pledge is None:
            return None
        return self.partner.participant if self.partner else self.pledge.participant


@tracked()
class Undeliverable(models.Model):
    """An address that mail does not reach, or whose owner does not want it: nothing goes there until it is mended.

    Or a delegation of which nobody was there to hear when a reminder was due to an audience of it, until somebody is.
    """

    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="undeliverable")
    address = models.EmailField(_("address"), blank=True)
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="undeliverable"
    )
    audience = models.CharField(_("audience"), max_length=12, choices=Audience.choices, blank=True)
    kind = models.CharField(_("what happened"), max_length=10, choices=Delivery.choices, blank=True)
    detail = models.TextField(_("what the mail server said"), blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    mended_at = models.DateTimeField(null=True, blank=True)
    mended_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-found_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, kind__in=[Delivery.BOUNCED, Delivery.COMPLAINED])
                | Q(user=None, kind=""),
                name="undeliverable_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, participant=None, audience="")
                | Q(
                    user=None,
                    participant__isnull=False,
                    address="",
                    audience__in=[Audience.FOCAL_POINT, Audience.APPROVER],
                ),
                name="undeliverable_of_one",
            ),
            models.UniqueConstraint(
                fields=["participant"], condition=Q(mended_at=None), name="undeliverable_delegation_once"
            ),
            models.UniqueConstraint(
                fields=["user", "address"], condition=Q(mended_at=None), name="undeliverable_open_once"
            ),
            models.CheckConstraint(
                condition=Q(mended_at=None) | Q(mended_at__gte=F("found_at")), name="undeliverable_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.participant_id}: {self.kind or self.audience}"


@tracked()
class Control(models.Model):
    """The one row with which managers of the Secretariat stop all reminders, or bound how many go out in a run."""

    is_stopped = models.BooleanField(_("all reminders are stopped"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    most_per_run = models.PositiveIntegerField(_("messages a minute, at most"), default=300)
    changed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(pk=1), name="control_is_one_row"),
            models.CheckConstraint(condition=Q(is_stopped=False) | ~Q(reason=""), name="control_stop_has_reason"),
            models.CheckConstraint(condition=Q(most_per_run__gt=0), name="control_cap_positive"),
        ]

    def __str__(self) -> str:
        return "stopped" if self.is_stopped else "running"
