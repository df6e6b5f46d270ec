"""The words of a pledge's life, as codes for the database and labels for people."""

from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """Where a pledge stands between its delegation and the Secretariat. Announcement is an instant, not a status."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned")
    REGISTERED = "registered", _("Registered")
    CLOSED = "closed", _("Closed")

    @classmethod
    def word(cls, status: str, registered_at: datetime | None) -> str:
        """Return the word for where a pledge stands: what was closed without being registered was discarded."""
        is_discarded = status == cls.CLOSED and registered_at is None
        return str(_("Discarded") if is_discarded else cls(status).label)


class Outcome(TextChoices):
    """How a closed pledge ended."""

    DELIVERED = "delivered", _("Delivered")
    PARTLY_DELIVERED = "partly_delivered", _("Partly delivered")
    NOT_DELIVERED = "not_delivered", _("Not delivered")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Superseded")
    OVERTAKEN = "overtaken", _("Overtaken by the end of the mission")


class Kind(TextChoices):
    """Whether a commitment is made for the first time."""

    NEW = "new", _("New")
    RENEWED = "renewed", _("Renews or continues an earlier one")
    ALREADY_ANNOUNCED = "already_announced", _("Already announced")


class Commitment(TextChoices):
    """How far the government has decided: a good pledge is backed at the highest level (pledging guide, 2021)."""

    DECIDED = "decided", _("Decided by the government")
    SUBJECT_TO_APPROVAL = "subject_to_approval", _("Subject to approval, such as by parliament")
    INTENDED = "intended", _("Intended, not yet decided")


class CaveatKnowledge(TextChoices):
    """What is known of conditions: "none declared" is a statement, "unknown" is not."""

    UNKNOWN = "unknown", _("Unknown")
    NONE_DECLARED = "none_declared", _("None declared")
    DECLARED = "declared", _("Declared")


class CaveatStage(TextChoices):
    """When a caveat was declared: limits stated at the outset may stand, later ones not (HIPPO, 2015)."""

    PLEDGE = "pledge", _("With the pledge")
    TALKS = "talks", _("During deployment talks")
    MEMORANDUM = "memorandum", _("In the memorandum of understanding")
    AFTER_DEPLOYMENT = "after_deployment", _("After deployment")


class PartnerRole(TextChoices):
    """What another participant does in a pledge."""

    CO_PLEDGER = "co_pledger", _("Co-pledger")
    OPERATOR = "operator", _("Operator")
    RECIPIENT = "recipient", _("Recipient")
    FUNDER = "funder", _("Funder")
    TRAINER = "trainer", _("Trainer")
    EQUIPMENT_PROVIDER = "equipment_provider", _("Equipment provider")
    LIFT = "lift", _("Lift")
    SUCCESSOR = "successor", _("Successor in a rotation")
    NOT_STATED = "not_stated", _("Role not stated")


class Confirmation(TextChoices):
    """A partner's own word on its share."""

    AWAITED = "awaited", _("Confirmation awaited")
    CONFIRMED = "confirmed", _("Confirmed")
    DECLINED = "declined", _("Declined")


class LineageKind(TextChoices):
    """How a later pledge relates to an earlier one."""

    RENEWS = "renews", _("Renews")
    SUPERSEDES = "supersedes", _("Supersedes")
    REPEATS = "repeats", _("Repeats")
    HANDS_OVER = "hands_over", _("Takes over from")


class ReadinessLevel(TextChoices):
    """Levels of the Peacekeeping Capability Readiness System, in their order."""

    LEVEL_1 = "1", _("Level 1")
    LEVEL_2 = "2", _("Level 2")
    LEVEL_3 = "3", _("Level 3")
    RDL = "rdl", _("Rapid deployment level")


VERIFIED_LEVELS = (ReadinessLevel.LEVEL_2, ReadinessLevel.LEVEL_3, ReadinessLevel.RDL)


class ReportedState(TextChoices):
    """What a delegation, or a public source, says of the work on a pledge."""

    NOT_STARTED = "not_started", _("Not started")
    PLANNING = "planning", _("Planning")
    IN_PROGRESS = "in_progress", _("Under way")
    DELAYED = "delayed", _("Delayed")
    PARTLY_DELIVERED = "partly_delivered", _("Partly delivered")
    DELIVERED = "delivered", _("Delivered")
    WILL_NOT_DELIVER = "will_not_deliver", _("Will not be delivered")


class AssessedState(TextChoices):
    """What the Secretariat finds, or a public source states as fact; never mixed with what is reported."""

    ON_TRACK = "on_track", _("On track")
    DELAYED = "delayed", _("Delayed")
    PARTLY_DELIVERED = "partly_delivered", _("Partly delivered")
    DELIVERED = "delivered", _("Delivered")
    NOT_DELIVERED = "not_delivered", _("Not delivered")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    OVERTAKEN = "overtaken", _("Overtaken by the end of the mission")


VERIFYING_STATES = (AssessedState.ON_TRACK, AssessedState.PARTLY_DELIVERED, AssessedState.DELIVERED)


class KnownState(TextChoices):
    """What is known of a pledge in one word: silent, else its outcome, else what was found, else what was reported.

    What a delegation reports as delivered, or as never to be, is "delivered" or "not delivered" only once the
    Secretariat found it so. "Silent" means that its delegation owed a report and a whole cycle went by without one.
    "Unknown" means that no report was found, never that the pledge was not kept.
    """

    DELIVERED = "delivered", _("Delivered")
    PARTLY_DELIVERED = "partly_delivered", _("Partly delivered")
    DELIVERY_REPORTED = "delivery_reported", _("Delivery reported, not assessed yet")
    UNDER_WAY = "under_way", _("Under way")
    DELAYED = "delayed", _("Delayed")
    WILL_NOT_DELIVER = "will_not_deliver", _("Will not be delivered, not assessed yet")
    NOT_DELIVERED = "not_delivered", _("Not delivered")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Superseded")
    OVERTAKEN = "overtaken", _("Overtaken by the end of the mission")
    SILENT = "silent", _("Silent")
    UNKNOWN = "unknown", _("No report found")


class EventKind(TextChoices):
    """What a progress update tells."""

    REPORTED = "reported", _("Reported")
    NO_CHANGE = "no_change", _("No change")
    REGISTERED = "registered", _("Entered in the readiness system")
    ASSESSMENT_VISIT = "assessment_visit", _("Assessment and advisory visit")
    VERIFICATION_VISIT = "verification_visit", _("Verification visit")
    LEVEL_2 = "level_2", _("Reached level 2")
    LEVEL_3 = "level_3", _("Reached level 3")
    RDL = "rdl", _("Reached the rapid deployment level")
    MEMORANDUM_SIGNED = "memorandum_signed", _("Memorandum signed")
    DEPLOYED = "deployed", _("Deployed")
    TRAINING_HELD = "training_held", _("Training held")
    PAID = "paid", _("Paid")
    DELIVERED = "delivered", _("Delivered")
    PARTLY_DELIVERED = "partly_delivered", _("Partly delivered")
    HANDED_OVER = "handed_over", _("Handed over")
    REAFFIRMED = "reaffirmed", _("Reaffirmed")
    CHANGED = "changed", _("Changed")
    DELAYED = "delayed", _("Delayed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    MISSION_CLOSED = "mission_closed", _("Mission closed")


class Confidence(TextChoices):
    """What kind of source a fact of the public record rests on."""

    OFFICIAL = "official", _("official")
    PRESS = "press", _("press")
    ANALYSIS = "analysis", _("analysis")


class Match(TextChoices):
    """How closely the capability type fits what was pledged; quantities add up over exact matches only."""

    EXACT = "exact", _("Exactly this type")
    BROADER = "broader", _("The same family")
    NONE = "none", _("No type fits")


class DocumentKind(TextChoices):
    """The papers that come with a pledge."""

    NOTE_VERBALE = "note_verbale", _("Note verbale")
    TABLE_OF_ORGANISATION = "table_of_organisation", _("Table of organisation")
    EQUIPMENT_LIST = "equipment_list", _("Equipment list")
    SELF_SUSTAINMENT = "self_sustainment", _("Self-sustainment")
    VISIT_REPORT = "visit_report", _("Report of a visit")
    UNIT_REQUIREMENTS = "unit_requirements", _("Statement of unit requirements")
    RDL_AGREEMENT = "rdl_agreement", _("Rapid deployment agreement")
    EVIDENCE = "evidence", _("Evidence of delivery")


class VisitKind(TextChoices):
    """The two visits of the readiness system."""

    ASSESSMENT = "assessment", _("Assessment and advisory visit")
    VERIFICATION = "verification", _("Verification visit")


class ScanState(TextChoices):
    """What the virus scanner found."""

    UNSCANNED = "unscanned", _("Not scanned")
    CLEAN = "clean", _("Clean")
    QUARANTINED = "quarantined", _("In quarantine")
    INFECTED = "infected", _("Infected")


class JointAction(TextChoices):
    """What two people must decide together: each lifts or ends what everyone sees."""

    ANNOUNCE = "announce", _("Announce")
    WITHDRAW = "withdraw", _("Withdraw")
    MERGE = "merge", _("Merge with another")


class Verdict(TextChoices):
    """What became of a proposal to announce or withdraw."""

    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")
