"""The ladders with which a database begins: for each reason, on which day who is reminded. Staff edit them."""

from django.db import transaction

from reminders.models import IN_DELEGATION, Audience, Control, LadderStep, Reason

CATCH_UP = 90  # days: a step of a ladder that was reached longer ago is not sent any more
FOCAL_POINT, APPROVER = Audience.FOCAL_POINT, Audience.APPROVER
DESK_OFFICER, COORDINATOR = Audience.DESK_OFFICER, Audience.COORDINATOR

# Days from the day something is due, or, where somebody is waited for, from the day on which the waiting began.
DEFAULT_LADDERS: dict[str, list[tuple[int, Audience]]] = {
    Reason.REPORT_DUE: [(-30, FOCAL_POINT), (-7, FOCAL_POINT), (0, FOCAL_POINT), (7, FOCAL_POINT), (21, FOCAL_POINT)],
    Reason.REPORT_OVERDUE: [(30, APPROVER), (45, DESK_OFFICER), (75, COORDINATOR)],
    Reason.MILESTONE_DUE: [(-7, FOCAL_POINT), (0, FOCAL_POINT), (14, APPROVER), (30, DESK_OFFICER)],
    Reason.DELIVERY_DUE: [(-30, FOCAL_POINT), (0, FOCAL_POINT), (14, APPROVER), (30, DESK_OFFICER)],
    Reason.RENEWAL_DUE: [(-30, FOCAL_POINT), (0, FOCAL_POINT), (30, APPROVER), (60, DESK_OFFICER)],
    Reason.RDL_CLOCK: [(-45, FOCAL_POINT), (-30, FOCAL_POINT), (-14, APPROVER), (-7, DESK_OFFICER), (0, DESK_OFFICER)],
    Reason.CLARIFICATION: [(0, FOCAL_POINT), (3, FOCAL_POINT), (10, APPROVER), (21, DESK_OFFICER)],
    Reason.PARTNER_AWAITED: [(3, APPROVER), (10, APPROVER), (21, DESK_OFFICER)],
    Reason.APPROVAL_AWAITED: [(1, APPROVER), (5, APPROVER)],
    Reason.WINDOW_CLOSING: [(-14, FOCAL_POINT), (-3, FOCAL_POINT), (-1, APPROVER)],
    Reason.UNDELIVERABLE: [(0, DESK_OFFICER), (7, DESK_OFFICER)],
    Reason.WEEKLY_DIGEST: [(0, DESK_OFFICER)],
}

# Who may hear of what: a coordinator may be a diplomat of a co-chair, who sees neither plans nor whose word is awaited.
AUDIENCES: dict[str, tuple[Audience, ...]] = dict.fromkeys(Reason.values, (*IN_DELEGATION, DESK_OFFICER)) | {
    Reason.REPORT_DUE: (*IN_DELEGATION, DESK_OFFICER, COORDINATOR),
    Reason.REPORT_OVERDUE: (*IN_DELEGATION, DESK_OFFICER, COORDINATOR),
    Reason.UNDELIVERABLE: (DESK_OFFICER,),
    Reason.WEEKLY_DIGEST: (DESK_OFFICER,),
}


@transaction.atomic
def write_default_ladders(*, using: str = "default") -> None:
    """Write the default ladders into a database that has none yet; the row of controls tells whether it had."""
    _control, is_new = Control.objects.using(using).get_or_create(pk=1)
    if is_new:
        LadderStep.objects.using(using).bulk_create(
            [
                LadderStep(reason=reason, offset_days=days, audience=audience)
                for reason, steps in DEFAULT_LADDERS.items()
                for days, audience in steps
            ],
            ignore_conflicts=True,
        )
