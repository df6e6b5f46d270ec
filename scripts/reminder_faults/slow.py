"""A mail server so slow that what is owed takes longer than the broker waits before it gives a task again (R04)."""

import time

from django.utils import timezone

from scripts.reminder_faults.due import Verdict, compared, due_steps, one_rung
from scripts.reminder_faults.kills import Size, all_sent
from scripts.reminder_faults.rig import PATIENCE, Rig, wait_until

DELAY = 0.25  # seconds before each of the five answers of a dialogue
A_MESSAGE = 5.0  # seconds that are allowed for one, on a machine that others load
PATIENCE_OF_BROKER = 2  # seconds, its visibility timeout


def slow_server(rig: Rig, size: Size) -> Verdict:
    """R04: no message twice, and no task longer than a minute, however many wait and however slow the mail server."""
    one_rung()
    seconds, longest = (3.0, 15.0) if size.seeded else (size.run_seconds, size.longest_task)
    owed = due_steps(size.reminders, on=timezone.now().date())
    rig.faults |= {"visibility_timeout": PATIENCE_OF_BROKER, "seconds": seconds}
    rig.sink.delay = DELAY
    for _ in range(size.workers):
        rig.start_worker()
    rig.start_scheduler()
    took = wait_until(lambda: all_sent(owed), seconds=PATIENCE + size.reminders * A_MESSAGE)
    time.sleep(2 * PATIENCE_OF_BROKER)  # what is delivered again comes now
    tasks = [float(words[0]) for _pid, what, *words in rig.notes.read() if what == "took"]
    verdict = Verdict({"sending took, s": round(took), "tasks": len(tasks), "longest task, s": round(max(tasks), 1)})
    verdict.demand(took > PATIENCE_OF_BROKER, "all was sent before the broker could lose its patience")
    verdict.demand(max(tasks) <= longest, f"a task took {max(tasks):.0f} s, of {longest:.0f}")
    return compared(owed, rig.sink, verdict, notes=rig.notes)
