"""Nobody looks at the ledger any more: the health page says so (R33)."""

import signal

from django.test import Client

from scripts.embedded import process
from scripts.reminder_faults.due import Verdict
from scripts.reminder_faults.kills import Size
from scripts.reminder_faults.rig import Rig, TooSlow, wait_until

WITHIN = 600  # seconds


def silence(rig: Rig, size: Size) -> Verdict:
    """R33: the scheduler is killed, then the worker; the health page names each within ten minutes."""
    verdict = Verdict({"to be named within, s": WITHIN})
    limit = 60 if size.seeded else WITHIN
    rig.faults["fresh_for"] = size.fresh_for
    rig.start_worker()
    rig.start_scheduler()
    wait_until(lambda: Client().get("/healthz").status_code == 200)
    for name, stop in {"scheduler": rig.schedulers, "worker": rig.workers}.items():
        process.stop(stop[0], using=signal.SIGKILL)
        try:
            seconds = wait_until(lambda name=name: is_named(name), seconds=limit, step=0.5)  # type: ignore[misc]
            verdict.figures[f"{name} named after, s"] = round(seconds)
        except TooSlow:
            verdict.demand(False, f"the {name} is dead and the health page does not say so")
    return verdict


def is_named(part: str) -> bool:
    """Return whether the health page answers 503 and names a part."""
    answer = Client().get("/healthz")
    return answer.status_code == 503 and answer.json()[part] != "ok"
