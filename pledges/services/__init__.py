"""All that can happen to a pledge: one verb per function, the actor always `by`, the clock passed in as `at`.

Steps from one status to the next stand in transitions.py. The verbs of one part of the work are imported from
their own module: allocations.py (units counted towards asks), copying.py (a pledge from an earlier one), files.py
(documents), handover.py (ready for approval), joint.py (partners and their shares), plans.py (steps put off, done, and
waiting for others), presence.py (who has a draft open), together.py (several submitted at once), and in writing.py the
answer to what a pledge may repeat.
"""

from pledges.services.decisions import cancel, carry_out_due, confirm, propose, propose_merge, refuse
from pledges.services.following import report_progress
from pledges.services.plans import plan_milestone
from pledges.services.review import add_note, claim, merge_duplicates, release, resolve_note, return_with_notes
from pledges.services.writing import CONTENT, draft_pledge, edit_pledge

__all__ = [
    "CONTENT",
    "add_note",
    "cancel",
    "carry_out_due",
    "claim",
    "confirm",
    "draft_pledge",
    "edit_pledge",
    "merge_duplicates",
    "plan_milestone",
    "propose",
    "propose_merge",
    "refuse",
    "release",
    "report_progress",
    "resolve_note",
    "return_with_notes",
]
