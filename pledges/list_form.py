"""What a reader can ask of the list of pledges: the same questions as `pledges.filters`, in the words of the page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from conferences.models import RegionalGroup
from pledges.enums import AssessedState, Kind, KnownState, Match, Outcome, ReadinessLevel, ReportedState, Status
from pledges.filters import ORDERS
from pledges.query_form import (
    CodesField,
    QueryForm,
    capability_types,
    categories,
    choices,
    conferences,
    either_field,
    missions,
    participants,
    words_field,
)


class PledgeListForm(QueryForm):
    """The questions. Those in `SHOWN` stand on the page; the rest come with links from figures and show as chips."""

    q = words_field(_("Words"))
    participant = CodesField(label=_("Participant"), options=participants)
    region = CodesField(label=_("Regional group"), options=choices(RegionalGroup))
    conference = CodesField(label=_("Conference"), options=conferences)
    category = CodesField(label=_("Category"), options=categories)
    capability_type = CodesField(label=_("Capability type"), options=capability_types)
    mission = CodesField(label=_("Mission"), options=missions)
    known_state = CodesField(label=_("Latest known state"), options=choices(KnownState))
    readiness = CodesField(label=_("Readiness"), options=choices(ReadinessLevel))
    late = either_field(_("Lateness"), _("Late"), _("Not late"))
    with_partners = either_field(_("Partners"), _("Made with partners"), _("Made alone"))
    status = CodesField(label=_("Status"), options=choices(Status))

    reported_state = CodesField(label=_("Self-reported"), options=choices(ReportedState))
    assessed_state = CodesField(label=_("Assessed"), options=choices(AssessedState))
    to_assess = either_field(_("Assessment"), _("Waits for the Secretariat to assess it"), _("Waits for no assessment"))
    partner = CodesField(label=_("Partner"), options=participants)
    since = forms.DateField(
        label=_("Made at a conference since"),
        required=False,
        error_messages={"invalid": _("Write the day as in 2021-12-07.")},
    )
    match = CodesField(label=_("Capability type fits"), options=choices(Match))
    only_mission = CodesField(
        label=_("Only mission named"),
        options=lambda: [("none", str(_("none"))), *missions()],
        several=False,
    )
    outcome = CodesField(label=_("Outcome"), options=choices(Outcome))
    kind = CodesField(label=_("Kind"), options=choices(Kind))
    announced = either_field(_("Embargo"), _("Announced"), _("Not yet announced"))
    quantified = either_field(_("Quantity"), _("Quantity stated"), _("Quantity not stated"))
    dated = either_field(_("Date"), _("Names a date"), _("Names no date"))
    verified = either_field(_("Verification"), _("Verified"), _("Not verified"))
    delivered = either_field(_("Delivery"), _("Delivery confirmed, wholly or partly"), _("Delivery not confirmed"))
    silent = either_field(_("Silence"), _("Silent for a whole cycle"), _("Not silent"))
    from_record = either_field(_("Origin"), _("Read in public sources"), _("Entered by the delegation"))
    updated = either_field(_("Updates"), _("With an update"), _("Without any update"))
    women_stated = either_field(_("Women"), _("Persons and women stated"), _("Women not stated"))
    women_reported = either_field(_("Women reported"), _("Women reported on"), _("Women not reported on"))
    women_reported_in = forms.IntegerField(
        label=_("Women reported in"),
        required=False,
        min_value=1900,
        max_value=2100,
        error_messages={"invalid": _("Write the year as in 2026.")},
    )
    counted = either_field(_("Counting"), _("Each commitment once"), _("Repeats included"))
    order = CodesField(label=_("Order"), options=lambda: [(name, name) for name in ORDERS], several=False)
    cursor = forms.CharField(required=False, max_length=400)

    SHOWN = (
        "q", "participant", "region", "conference", "category", "capability_type", "mission", "known_state",
        "readiness", "late", "with_partners",
    )  # fmt: skip

    def stands_open(self, name: str) -> bool:
        """Return whether this question stands on the page; who signs in sees pledges of several statuses."""
        return super().stands_open(name) or (name == "status" and self.reader.is_authenticated)
