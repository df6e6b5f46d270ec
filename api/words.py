"""What each parameter means, for the schema and the docs. A test holds that none is missing and none is left over."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

PAGING: Words = {
    "order": _("In which order the rows come; ties are settled by the row's code or reference."),
    "page_size": _("How many rows a page holds."),
    "cursor": _("Where a page begins. Take it from `next` or `previous`; do not make one up."),
}
FORMAT = _("`json` or `csv`. CSV without `page_size` is the whole list that matches, in one file.")

FILTERS: Words = {
    "announced": _("Whether the embargo has lifted. Without a sign-in all rows are announced."),
    "capability_type": _("Codes of capability types."),
    "category": _("Codes of categories of capability types."),
    "conference": _("Slugs of conferences."),
    "assessed_state": _("What the Secretariat found, or a public source states as a fact, last."),
    "counted": _(
        "With true, only pledges that stand for themselves: not announced before in this record, not withdrawn, "
        "superseded or not delivered, and not replaced by a later one that stands."
    ),
    "dated": _("Whether a date of delivery is stated."),
    "delivered": _("Whether delivery is confirmed, wholly or in part."),
    "edition": _("The name of the edition that states the requirement, in full."),
    "from_record": _("Whether it was read in public sources, rather than entered here by its delegation."),
    "host": _("Codes of participants that host the conference."),
    "kind": _("What kind of pledge or participant it is."),
    "known_state": _(
        "The last thing known of the pledge: silent for a whole cycle, else its outcome, else what was found, else "
        "what was reported."
    ),
    "late": _("Whether the date of delivery has passed without delivery being reported or confirmed."),
    "match": _("How closely the capability type fits the words of the pledge."),
    "mission": _("Acronyms of missions that are named, perhaps beside others."),
    "only_mission": _("The one mission that is named, none beside it; `none` for pledges that name no mission."),
    "open": _("Whether the mission is still running."),
    "open_missions": _("Whether the mission is still running; asks without a mission count as open."),
    "outcome": _("How the pledge ended, for closed ones."),
    "participant": _("Codes of participants that lead the pledge."),
    "partner": _("Codes of participants that take part without leading."),
    "pcrs": _("Whether the readiness system (PCRS) takes it."),
    "q": _("Words in the pledge's reference, title, description, capability or participant; “-word” leaves out."),
    "quantified": _("Whether a quantity is stated."),
    "readiness": _("Levels reached in the readiness system (PCRS)."),
    "region": _("Regional groups of the United Nations, in full."),
    "reported_state": _("What the participant, or a public source, said last."),
    "series": _("Kinds of conference."),
    "silent": _("Whether its delegation owed a report and a whole cycle went by without one. Headlines leave it out."),
    "since": _("Only conferences that began on this day or later."),
    "status": _("Where the pledge stands. Without a sign-in: registered or closed."),
    "to_assess": _(
        "Whether its delegation said last that it is or will not be delivered, and the Secretariat is to assess it."
    ),
    "type": _("Kinds of mission."),
    "updated": _("Whether any update is known, of the delegation or a public source."),
    "verified": _("Whether it reached readiness level 2, or was found on track or delivered."),
    "with_partners": _("Whether other participants take part."),
    "women_reported": _("Whether a report states persons deployed and the women among them."),
    "women_reported_in": _("Only pledges on which a report of this year states persons and women."),
    "women_stated": _("Whether the pledge states persons and the women among them."),
}
