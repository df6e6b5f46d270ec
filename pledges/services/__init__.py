"""All that can happen to a pledge: one verb per function, the actor always `by`, the clock passed in as `at`.

Steps from one status to the next stand in transitions.py.
"""

from pledges.services.following import plan_milestone, report_progress
from pledges.services.writing import CONTENT, draft_pledge, edit_pledge

__all__ = ["CONTENT", "draft_pledge", "edit_pledge", "plan_milestone", "report_progress"]
