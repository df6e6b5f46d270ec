"""A pledge and all that belongs to it. What the database refuses stands in the constraints here and in triggers.py."""

from pledges.models.beside import Caveat, Lineage, Partner, PledgeMission
from pledges.models.desk import Claim, Decision, DecisionPledge, Handover
from pledges.models.follow_through import Allocation, Assessment, Milestone, ProgressUpdate, Readiness
from pledges.models.pledge import Pledge
from pledges.models.review import EvidenceFile, ReviewNote, StatusChange
from pledges.models.unread import Unread

__all__ = [
    "Allocation",
    "Assessment",
    "Caveat",
    "Claim",
    "Decision",
    "DecisionPledge",
    "EvidenceFile",
    "Handover",
    "Lineage",
    "Milestone",
    "Partner",
    "Pledge",
    "PledgeMission",
    "ProgressUpdate",
    "Readiness",
    "ReviewNote",
    "StatusChange",
    "Unread",
]
