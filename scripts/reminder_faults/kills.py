"""Workers killed while they send (R01, R07), a broker that vanishes (R02), hints without number (R03)."""

import functools
import random
import signal
import time
from dataclasses import dataclass
from datetime import timedelta

import psutil
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.enums import ReportedState, Status
from pledges.models import Pledge, ProgressUpdate
from reminders.delivery import LEASE, deliver_next
from reminders.models import Reminder, State
from scripts.reminder_faults.due import Debts, Verdict, compared, due_steps, let_leases_end, one_rung
from scripts.reminder_faults.points import POINTS
from scripts.reminder_faults.rig import PATIENCE, Rig, wait_until
from tests.factories import DraftPledgeFactory, OrganizationFactory, RegisteredPledgeFactory, member_of
from tests.reminders.sink import HANG

WHOLE_WORKER = 20  # one kill of so many takes the whole worker, the others the one of its processes that sends
LINGERS = 20  # seconds
CLOCK_OFF = 300  # seconds
LINGER = 3  # seconds
ROUNDS = 3
TOGETHER = 90  # seconds
RETURN = 300  # seconds in which all is sent once the broker is back (R02)
DELEGATIONS = 3  # that submit and report while the broker is away (R02)
PASSWORD = "only for the faults"  # noqa: S105  (of people who are made up here)
TAKEN_OVER = timedelta(minutes=5)  # R07


@dataclass
class Size:
    """How large a fault test is."""

    reminders: int = 1_000
    workers: int = 4
    kills: int = 200
    points: int = 1  # times that each fail-point is hit
    broker_away: float = 60.0  # seconds
    fresh_for: int = 30  # seconds for which a sign of life is believed; 30 in service
    run_seconds: float = 30.0  # after which a run begins no other message
    longest_task: float = 60.0  # seconds that a task may take (R04)
    seed: int = 1
    seeded: bool = False  # a fault is planted: waiting is of little use


class Killer:
    """Kills processes of a rig, at random instants and at fail-points, and lets the leases of the dead end."""

    def __init__(self, rig: Rig, size: Size):
        self.rig = rig
        self.random = random.Random(size.seed)  # noqa: S311  (no secret)
        self.left = size.kills
        self.points = [point for point in POINTS for _ in range(size.points)]
        self.armed = ""
        self.dead: dict[int, float] = {}  # a process' number, and when we saw that it died
        self.at_points = 0

    def kill(self, every: int = WHOLE_WORKER) -> None:
        """Kill somebody, after a moment of random length."""
        time.sleep(self.random.uniform(0, 0.1))
        if self.left % every == 0 and len(self.rig.workers) > 1:
            worker = self.random.choice(self.rig.workers)
            self.dead |= dict.fromkeys(self.rig.kill_worker(worker), time.monotonic())
            self.rig.start_worker()
            self.left -= 1
        elif senders := self.rig.senders():
            victim = self.random.choice(senders)
            psutil.Process(victim).send_signal(signal.SIGKILL)
            self.dead[victim] = time.monotonic()
            self.left -= 1

    def arm(self) -> None:
        """Arm the next fail-point, once somebody died at the one before."""
        if self.armed and not self.rig.notes.is_armed(self.armed):
            self.armed, self.at_points = "", self.at_points + 1
        if not self.armed and self.points:
            self.armed = self.points.pop(0)
            self.rig.notes.arm(self.armed)

    def let_leases_end(self) -> None:
        """Let the leases of the dead end: for a while, since the database may learn of a claim after its owner died."""
        notes, now = self.rig.notes.read(), time.monotonic()
        for line in notes:
            if line[1] == "died":
                self.dead.setdefault(int(line[0]), now)
        just_died = {pid for pid, since in self.dead.items() if now - since < LINGERS}
        let_leases_end(notes, just_died, at=timezone.now())


class Watch:
    """Sees whether the processes of a rig still do something."""

    def __init__(self, rig: Rig):
        self.rig = rig
        self.seen = 0
        self.since = time.monotonic()

    def stands_still(self, seconds: float) -> bool:
        """Return whether nothing was noted for so long."""
        if (lines := len(self.rig.notes.read())) != self.seen:
            self.seen, self.since = lines, time.monotonic()
        return time.monotonic() - self.since > seconds


def all_sent(owed: Debts) -> bool:
    """Return whether every person's reminder is sent, or has ended."""
    return Reminder.objects.filter(state__in=[State.SENT, State.FAILED]).count() >= len(
        {person for person, _step in owed}
    )


def workers_killed(rig: Rig, size: Size) -> Verdict:
    """R01: reminders due, workers killed at random points and at every fail-point of the sender; all is sent once."""
    one_rung()
    killer, verdict = Killer(rig, size), Verdict()
    owed = due_steps(size.reminders, on=timezone.now().date())
    rig.sink.delay = 0.02
    for _ in range(size.workers):
        rig.start_worker()
    rig.start_scheduler()
    began = time.monotonic()
    watch = Watch(rig)
    while not all_sent(owed) and not watch.stands_still(60 if size.seeded else PATIENCE):
        killer.arm()
        progress = len(rig.sink.messages) / len(owed)
        while size.kills - killer.left < min(size.kills, size.kills * progress * 1.1):
            killer.kill()
        killer.let_leases_end()
        time.sleep(0.02)
    rig.notes.disarm()
    time.sleep(2)  # a second message would come now
    verdict.figures |= {
        "workers": size.workers, "killed at random": size.kills - killer.left,
        "killed at fail-points": killer.at_points,
        "fail-points": len(POINTS), "sending took, s": round(time.monotonic() - began, 1),
    }  # fmt: skip
    verdict.demand(killer.left <= 0, f"only {size.kills - killer.left} of {size.kills} kills fitted in")
    missed = len(killer.points) + bool(killer.armed)
    verdict.demand(not missed, f"{missed} fail-points were not reached")
    return compared(owed, rig.sink, verdict, notes=rig.notes, dead=killer.dead)


def broker_gone(rig: Rig, size: Size) -> Verdict:
    """R02: the broker stops while reminders go out, more come due meanwhile, delegations go on working, and it comes
    back flushed."""
    one_rung()
    verdict, today = Verdict(), timezone.now().date()
    owed = due_steps(size.reminders // 2, on=today)
    rig.sink.delay = 0.02
    for _ in range(size.workers):
        rig.start_worker()
    rig.start_scheduler()
    wait_until(lambda: len(rig.sink.messages) > len(owed) // 3)
    rig.stop_broker()
    stopped = time.monotonic()
    owed |= due_steps(size.reminders - len(owed), on=today)
    with override_settings(REDIS_URL=rig.redis_url):
        pages = {path: Client().get(path).status_code for path in ("/", "/pledges/", "/gap/")}
        health = Client().get("/healthz").json()["broker"]
        submitted, reported = at_work(DELEGATIONS)
    time.sleep(max(0, size.broker_away - (time.monotonic() - stopped)))
    before = len(rig.sink.messages)
    rig.start_broker()
    with rig.connect() as client:
        client.flushall()
    seconds = wait_until(lambda: all_sent(owed), seconds=RETURN + 60)
    verdict.figures |= {
        "broker away, s": size.broker_away, "submitted meanwhile": submitted, "reported meanwhile": reported,
        "mails when it came back": before, "all sent after, s": round(seconds, 1),
    }  # fmt: skip
    verdict.demand(seconds <= RETURN, f"all sent only {seconds:.0f} s after the broker's return")
    verdict.demand(set(pages.values()) == {200}, f"pages answered {pages}")
    verdict.demand(submitted == DELEGATIONS, f"{submitted} of {DELEGATIONS} could submit without a broker")
    verdict.demand(reported == DELEGATIONS, f"{reported} of {DELEGATIONS} could report without a broker")
    verdict.demand(health != "ok", "the health page did not name the broker")
    return compared(owed, rig.sink, verdict, notes=rig.notes)


def at_work(delegations: int) -> tuple[int, int]:
    """Let an approver of each of so many new delegations sign in, submit a draft and report on a registered pledge, on
    the pages; return how many drafts are submitted then, and how many reports are stored."""
    drafts, pledges = [], []
    for _delegation in range(delegations):
        lead = OrganizationFactory()
        person = member_of(lead, MembershipRole.APPROVER, password=PASSWORD)
        draft, pledge = DraftPledgeFactory(participant=lead), RegisteredPledgeFactory(participant=lead)
        browser = Client(raise_request_exception=False)
        browser.post(reverse("sign-in"), {"login": person.username, "password": PASSWORD})
        browser.post(reverse("pledge-step", args=[draft.reference, "submit"]), {"version": draft.version})
        browser.post(reverse("pledge-report", args=[pledge.reference]), {"state": ReportedState.IN_PROGRESS})
        drafts.append(draft.pk)
        pledges.append(pledge.pk)
    submitted = Pledge.objects.filter(pk__in=drafts, status=Status.SUBMITTED)
    return submitted.count(), ProgressUpdate.objects.filter(pledge__in=pledges).count()


def many_hints(rig: Rig, size: Size) -> Verdict:
    """R03: two schedulers, eight processes that send, each hint three times, and all redelivered after two seconds."""
    one_rung()
    owed = due_steps(size.reminders, on=timezone.now().date())
    rig.faults |= {"times": 3, "visibility_timeout": 2, "every": 0.5}
    rig.sink.delay = 0.02
    for _ in range(4):
        rig.start_worker(processes=2)
    for _ in range(2):
        rig.start_scheduler()
    seconds = wait_until(lambda: all_sent(owed) and len(rig.sink.messages) >= len(owed))
    time.sleep(4)  # twice the visibility timeout: what is delivered again comes now
    verdict = Verdict({"schedulers": 2, "processes": 8, "each hint": 3, "sending took, s": round(seconds, 1)})
    return compared(owed, rig.sink, verdict, notes=rig.notes)


def clocks_apart(rig: Rig, size: Size) -> Verdict:
    """R32: the clocks of three workers are five minutes apart, each way: all of them send, nothing twice, and the
    ledger bears one clock's time."""
    one_rung()
    began = timezone.now()
    rig.sink.delay = 0.3
    for ahead in (0, CLOCK_OFF, -CLOCK_OFF):
        rig.faults["clock"] = ahead
        rig.start_worker()
    workers = [psutil.Process(worker.pid) for worker in rig.workers]
    rig.faults["clock"] = 0
    wait_until(lambda: len(rig.senders()) == len(workers))
    rig.start_scheduler()
    owed: Debts = set()
    for _ in range(ROUNDS):
        owed |= due_steps(3 * len(workers), on=timezone.now().date())
        wait_until(functools.partial(all_sent, owed), seconds=TOGETHER)
    time.sleep(LINGER)  # what somebody took over comes now
    claimed = {int(pid) for pid, what, *_words in rig.notes.read() if what == "claims"}
    at_work = [worker for worker in workers if claimed & {child.pid for child in worker.children()}]
    verdict = Verdict({"clocks off, s": CLOCK_OFF, "workers that sent": len(at_work)})
    verdict.demand(len(at_work) == len(workers), f"{len(at_work)} of {len(workers)} workers sent")
    at_another_time = Reminder.objects.exclude(created_at__gte=began, sent_at__lte=timezone.now()).count()
    verdict.demand(not at_another_time, f"{at_another_time} bear the time of another clock")
    return compared(owed, rig.sink, verdict, notes=rig.notes)


def killed_in_mid_send(rig: Rig, size: Size) -> Verdict:
    """R07: a worker dies in the middle of a dialogue; five minutes later another sends, the clock moved."""
    one_rung()
    verdict = Verdict()
    owed = due_steps(1, on=timezone.now().date())
    rig.sink.answer = lambda command, recipient: HANG if command == "END" else ""
    worker = rig.start_worker()
    rig.start_scheduler()
    wait_until(lambda: Reminder.objects.filter(state=State.CLAIMED, text_began=True).exists())
    claimed_at = timezone.now()
    dead = rig.kill_worker(worker)
    rig.sink.answer = lambda command, recipient: ""
    early = deliver_next(at=claimed_at + LEASE - timedelta(seconds=30))
    deliver_next(at=claimed_at + TAKEN_OVER)
    verdict.demand(early is None, "the lease of a worker that may live was not kept")
    verdict.figures |= {"lease, s": LEASE.seconds, "taken over within, s": TAKEN_OVER.seconds}
    verdict.demand(Reminder.objects.filter(outcome_unknown=True).count() == 1, "the unknown outcome is not flagged")
    return compared(owed, rig.sink, verdict, notes=rig.notes, dead=dead)
