"""What every number means: one query per number, over the pledges that the reader may see.

Give each function the rows of `Pledge.objects.visible_to(reader)`: for the public these are announced pledges only.
Each number can name the filters that open exactly its rows (`pledges.filters`), on the page and in the API.
"""

from pledges.figures.follow_through import (
    COHORT_STATES,
    CONFERENCE,
    PARTICIPANT,
    REGION,
    Cohort,
    FollowUp,
    cohorts,
    follow_up,
    follow_up_by,
)
from pledges.figures.gaps import GapRow, gap
from pledges.figures.readers import (
    OFFERED_STATUSES,
    counting_rule,
    readers_filters,
    readers_pledges,
    visible_and_registered,
)
from pledges.figures.totals import (
    STATES,
    CategoryRow,
    Comparison,
    ConferenceRow,
    Summary,
    by_category,
    by_conference,
    by_known_state,
    by_participant,
    months_to_deployment,
    published_beside,
    summary,
)

__all__ = [
    "COHORT_STATES",
    "CONFERENCE",
    "OFFERED_STATUSES",
    "PARTICIPANT",
    "REGION",
    "STATES",
    "CategoryRow",
    "Cohort",
    "Comparison",
    "ConferenceRow",
    "FollowUp",
    "GapRow",
    "Summary",
    "by_category",
    "by_conference",
    "by_known_state",
    "by_participant",
    "cohorts",
    "counting_rule",
    "follow_up",
    "follow_up_by",
    "gap",
    "months_to_deployment",
    "published_beside",
    "readers_filters",
    "readers_pledges",
    "summary",
    "visible_and_registered",
]
