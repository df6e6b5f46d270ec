"""A pledge and all that belongs to it. What the database refuses stands in the constraints here and in triggers.py."""

from pledges.models.beside import Caveat, Lineage, Partner, PledgeMission
from pledges.models.desk import Claim, Decision, DecisionPledge, Handover, Presence
from pledges.models.follow_through import Allocation, Assessment, Milestone, ProgressUpdate, Readiness
from pledges.models.links import ProposedReport, ReportLink
from pledges.models.plan import MilestoneDependency, MilestoneExtension, MilestoneReopening
from pledges.models.pledge import Pledge
from pledges.models.readiness import (
    DeploymentRequest,
    Registration,
    Renewal,
    UnitAgreement,
    UnitStatement,
    Variation,
    Visit,
    VisitedUnit,
)
from pledges.models.review import EvidenceFile, ReviewNote, StatusChange
from pledges.models.unread import Unread

__all__ = [
    "Allocation",
    "Assessment",
    "Caveat",
    "Claim",
    "Decision",
    "DecisionPledge",
    "DeploymentRequest",
    "EvidenceFile",
    "Handover",
    "Lineage",
    "Milestone",
    "MilestoneDependency",
    "MilestoneExtension",
    "MilestoneReopening",
    "Partner",
    "Pledge",
    "PledgeMission",
    "Presence",
    "ProgressUpdate",
    "ProposedReport",
    "Readiness",
    "Registration",
    "Renewal",
    "ReportLink",
    "ReviewNote",
    "StatusChange",
    "UnitAgreement",
    "UnitStatement",
    "Unread",
    "Variation",
    "Visit",
    "VisitedUnit",
]
