"""Child processes that do not outlive us. All that differs between operating systems is in this file.

On Linux the kernel ends a child when its parent dies (PR_SET_PDEATHSIG). Elsewhere, and for what slips through, each
child is noted in a file, and the next start ends what is left (`end_leftovers`).
"""

import contextlib
import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
NOBODY = "65534"
Command = Sequence[str | Path]


class StartError(Exception):
    """Something did not start; the message says what and why."""


def spawn(
    command: Command,
    *,
    log: Path | None,
    note: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, its number noted in `note`, its output in `log` (None: as ours).

    `death_signal` is what the child gets when this process dies. A signal to our own group (Ctrl-C) does not reach it.
    """
    with contextlib.nullcontext() if log is None else log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=functools.partial(_before_exec, death_signal, os.getpid()),
        )
    note.write_text(f"{child.pid} {psutil.Process(child.pid).create_time()}")
    return child


_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def _before_exec(death_signal: signal.Signals, parent: int) -> None:
    """In the child: default signals (a shell in the background leaves SIGINT ignored) and the death signal."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def stop(child: subprocess.Popen[bytes], *, using: signal.Signals = signal.SIGTERM, patience: float = 10) -> None:
    """Ask a child to end, wait `patience` seconds, then end its whole group by force."""
    ask_to_end(child, using)
    see_ended(child, patience)


def ask_to_end(child: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
    """Send a signal, if it still runs."""
    if child.poll() is None:
        child.send_signal(number)


def see_ended(child: subprocess.Popen[bytes], patience: float = 10) -> None:
    """Wait for a child that was asked to end, and end what is left of its group by force."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(patience)
    _signal_group(child.pid, signal.SIGKILL)
    child.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    # macOS answers "not permitted" for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def end_leftovers(notes: Path, *, patience: float = 10) -> list[str]:
    """End children of an earlier, killed run noted in this folder; return their names."""
    found: dict[str, psutil.Process] = {}
    for note in sorted(notes.glob("*.pid")):
        if process := _noted_process(note):
            found[note.stem] = process
        note.unlink(missing_ok=True)
    # They may be ending by their death signal already; what is not done by then is ended by force.
    alive = _still_alive(list(found.values()), patience if LINUX else 0)
    for number in (signal.SIGINT, signal.SIGKILL):
        for process in alive:
            _signal_group(process.pid, number)
        alive = _still_alive(alive, patience)
    return list(found)


def _still_alive(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for these to end and return what has not; a zombie that nobody reaps counts as ended."""
    until = time.monotonic() + seconds
    while True:
        processes = [one for one in processes if _runs(one)]
        if not processes or time.monotonic() > until:
            return processes
        time.sleep(0.05)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _noted_process(note: Path) -> psutil.Process | None:
    """Return the noted process if it is still that one: a number may have been given to another since."""
    try:
        pid, created = note.read_text().split()
        process = psutil.Process(int(pid))
        return process if abs(process.create_time() - float(created)) < 1 else None
    except (psutil.NoSuchProcess, ValueError):
        return None


def wait_until(condition: Callable[[], bool], *, seconds: float, child: subprocess.Popen[bytes]) -> bool:
    """Wait until the condition holds; False when the child ended or the time is over before that."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and child.poll() is None:
        if condition():
            return True
        time.sleep(0.05)
    return False


@functools.cache
def ordinary_user_prefix() -> tuple[str, ...]:
    """Return what to put before a command that refuses to run as root, such as postgres; nothing for other users.

    First choice: a user namespace in which we are nobody, with our own rights on files. Containers often forbid those;
    there the process becomes nobody for real and keeps the right to reach files under our folders.
    """
    if os.geteuid() != 0:
        return ()
    for prefix in (namespace_prefix(), nobody_prefix()):
        if prefix and shutil.which(prefix[0]):
            tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return prefix
    raise StartError("Postgres does not run as root, and this machine offers no way around: use an ordinary user.")


def namespace_prefix() -> tuple[str, ...]:
    """Return the prefix that runs a command as nobody in a user namespace; files stay our own."""
    return ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}") if LINUX else ()


def nobody_prefix() -> tuple[str, ...]:
    """Return the prefix that runs a command as nobody with the right to reach any folder."""
    return (
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
        # initdb looks for its programs with access(2), which without this bit takes no account of capabilities.
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--pdeathsig=INT",
    ) if LINUX else ()  # fmt: skip


def give_to_ordinary_user(path: Path) -> None:
    """Make a folder belong to whom `ordinary_user_prefix` runs as; nothing to do in a user namespace."""
    if ordinary_user_prefix() and ordinary_user_prefix() == nobody_prefix():
        os.chown(path, int(NOBODY), int(NOBODY))
