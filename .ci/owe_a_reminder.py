# For `manage.py shell`: takes a pledge through its life to registered, with a step of its plan that is due today.
from django.utils import timezone

from accounts.models import User
from capabilities.models import Category
from conferences.models import Conference, Participant
from pledges.services import draft_pledge, plan_milestone
from pledges.transitions import apply_transition

now = timezone.now()
drafter, approver, officer = (User.objects.get(username=name) for name in ("drafter-bgd", "approver-bgd", "officer"))
pledge = draft_pledge(
    conference=Conference.objects.get(pk="berlin-2025"),
    participant=Participant.objects.get(pk="BGD"),
    content={
        "title": "Smoke test",
        "description": "One training course",
        "category": Category.objects.get(pk="training"),
    },
    by=drafter,
    at=now,
)
plan_milestone(pledge=pledge, title="Course held", due_on=now.date(), by=drafter)
for action, actor in (("submit", approver), ("register", officer)):
    pledge = apply_transition(action, pledge=pledge, by=actor, at=now)
print(f"{pledge.reference} owes a reminder")
