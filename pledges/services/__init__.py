"""All that can happen to a pledge: one verb per function, the actor always `by`, the clock passed in as `at`.

Steps from one status to the next stand in transitions.py.
"""

from pledges.services.decisions import cancel, carry_out_due, confirm, propose, refuse
from pledges.services.following import plan_milestone, report_progress
from pledges.services.writing import CONTENT, draft_pledge, edit_pledge

__all__ = [
    "CONTENT",
    "cancel",
    "carry_out_due",
    "confirm",
    "draft_pledge",
    "edit_pledge",
    "plan_milestone",
    "propose",
    "refuse",
    "report_progress",
]
