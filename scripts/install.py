"""Makes a virtual environment hold what requirements files name, by hash. Standard library only: it runs before it.

Usage: install.py VENV FILE...  A file whose copy in the environment is the same is taken as installed.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = "pyvenv.cfg"


def main(venv: Path, names: list[str]) -> None:
    """Make the environment if need be, then install those of the files that changed since they were installed."""
    venv.mkdir(parents=True, exist_ok=True)
    with (venv / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment(venv)
        changed = [ROOT / name for name in names if not is_installed(venv, ROOT / name)]
        if changed:
            install(venv, changed)


def end_on_sigterm() -> None:
    """End what we started before we end: `subprocess.run` does so when it is left by an exception."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def make_environment(venv: Path) -> None:
    """Make the environment, unless it was made to its end, by this Python and at this path."""
    mark = venv / "made"
    if mark.exists() and mark.read_text() == python_of(venv):
        return
    clear(venv)
    say(f"Making a Python environment in {venv}")
    made = subprocess.run([sys.executable, "-m", "venv", venv], check=False, capture_output=True, text=True)
    if made.returncode:
        sys.exit(f"The environment could not be made (Debian: apt install python3-venv).\n{made.stdout}{made.stderr}")
    mark.write_text(python_of(venv))


def python_of(venv: Path) -> str:
    """Return version and place of an environment's Python as it says itself, empty where it does not run."""
    question = "import os, sys; print(sys.version, os.path.realpath(sys.prefix))"
    try:
        command = [venv / "bin" / "python", "-I", "-c", question]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout
    except OSError:
        return ""


def clear(venv: Path) -> None:
    """Remove all but our lock from an environment that is half made, moved, or of another Python."""
    children = [child for child in venv.iterdir() if child.name != "install.lock"]
    if children and not (venv / CONFIGURATION).exists():
        sys.exit(f"{venv} holds something else than a Python environment: remove it, or set PLEDGES_VENV elsewhere.")
    for child in sorted(children, key=lambda child: child.name == CONFIGURATION):  # what tells it from others goes last
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()


def is_installed(venv: Path, requirements: Path) -> bool:
    """Say whether this very file was installed before."""
    copy = venv / "installed" / requirements.name
    return copy.exists() and copy.read_bytes() == requirements.read_bytes()


def install(venv: Path, files: list[Path]) -> None:
    """Install with uv, which is much quicker, or with pip where uv does not run; note each file as installed."""
    say(f"Installing {', '.join(file.name for file in files)}")
    started = time.monotonic()
    python = venv / "bin" / "python"
    wanted = [option for file in files for option in ("-r", file)]
    if not (has_uv(venv) and succeeds([venv / "bin" / "uv", "pip", "install", "--quiet", "--python", python,
                                       "--compile-bytecode", "--require-hashes", *wanted])):  # fmt: skip
        say("Installing with pip, as uv is not to be had")
        if not succeeds([python, "-m", "pip", "install", "--quiet", "--require-hashes", *wanted]):
            sys.exit("The packages could not be installed: see above. Is the package registry reachable?")
    (venv / "installed").mkdir(exist_ok=True)
    for file in files:
        (venv / "installed" / file.name).write_bytes(file.read_bytes())
    say(f"Installed in {time.monotonic() - started:.0f} s")


def has_uv(venv: Path) -> bool:
    """Install uv itself with pip, from the lines about it in requirements-embedded.txt."""
    if (venv / "bin" / "uv").exists():
        return True
    text = (ROOT / "requirements-embedded.txt").read_text()
    lines = re.search(r"^uv==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if not lines:
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(lines[0])
        file.flush()
        return succeeds([venv / "bin" / "python", "-m", "pip", "install", "-qq", "--require-hashes", "-r", file.name])


def succeeds(command: list[str | Path]) -> bool:
    """Run a command, showing what it prints."""
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return subprocess.run(command, check=False, env=environment).returncode == 0


def say(line: str) -> None:
    """Tell what is going on, out of the way of a command's own output."""
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    end_on_sigterm()
    main(Path(sys.argv[1]), sys.argv[2:])
