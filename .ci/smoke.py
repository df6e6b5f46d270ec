"""Tries the run command in a fresh clone: start, health, a page, an API call, a reminder in the mail folder, stop."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy for this machine


def main() -> None:
    """Run all steps, or end with what went wrong."""
    work = Path(tempfile.mkdtemp(prefix="pledges-smoke-"))
    clone, data = work / "clone", work / "data"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    step(f"scripts/run in a fresh clone, port {port}")
    product = start(clone, data, port)
    try:
        try_out(f"http://127.0.0.1:{port}", clone, data)
    except BaseException:
        show_logs(data)
        raise
    finally:
        step("stopping")
        product.send_signal(signal.SIGTERM)
        code = product.wait(60)
    if code:
        sys.exit(f"scripts/run ended with {code}")
    time.sleep(1)
    left = [line for line in processes() if str(work) in line]
    if left:
        sys.exit("Processes were left behind:\n" + "\n".join(left))
    shutil.rmtree(work)
    step("nothing left running")


def start(clone: Path, data: Path, port: int) -> "subprocess.Popen[str]":
    """Start the product, echo what it says, and return when it is ready."""
    command = [clone / "scripts" / "run", "--port", str(port), "--data", data]
    product = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert product.stdout
    for line in product.stdout:
        print(line, end="", flush=True)
        if line.startswith("Ready: "):
            return product
    sys.exit("scripts/run did not become ready")


def try_out(address: str, clone: Path, data: Path) -> None:
    """Use the running product."""
    health = json.loads(get(f"{address}/healthz"))
    expect(set(health.values()) == {"ok"}, f"health: {health}")
    expect(b"<h1" in get(f"{address}/"), "the home page has a heading")
    pledges = json.loads(get(f"{address}/api/v1/pledges/?page_size=3"))
    expect(len(pledges["results"]) == 3, "the API lists pledges")
    script = (clone / ".ci" / "owe_a_reminder.py").read_text()
    manage = [clone / "scripts" / "manage", "--data", data, "shell"]
    told = subprocess.run(manage, input=script, text=True, check=True, stdout=subprocess.PIPE).stdout
    reference = told.split(" owes a reminder")[0].split()[-1]
    link = f"/pledges/{reference}/"
    expect(comes(link, data / "mail", seconds=150), f"the scheduler's reminder of {reference} came, with a link to it")


def comes(text: str, folder: Path, seconds: int) -> bool:
    """Wait for a mail that holds a text; on Mondays the Secretariat gets the week at a glance as well."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if any(text in file.read_text() for file in folder.glob("*.log")):
            return True
        time.sleep(1)
    return False


def get(address: str) -> bytes:
    """Return the body of an answer; raises unless it is 200."""
    with OPENER.open(address, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def show_logs(data: Path) -> None:
    """Print the end of each log."""
    for log in sorted(data.glob("logs/*.log")):
        print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-30:], sep="\n", flush=True)


def processes() -> list[str]:
    """Return the command lines of all processes but zombies and ourselves."""
    listed = subprocess.run(["ps", "axww", "-o", "stat=,pid=,args="], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if not line.startswith("Z") and "smoke.py" not in line]


def expect(condition: bool, what: str) -> None:
    """Say that something holds, or end."""
    if not condition:
        sys.exit(f"FAIL  {what}")
    step(f"ok  {what}")


def step(line: str) -> None:
    """Tell what is going on."""
    print(f"smoke: {line}", flush=True)


if __name__ == "__main__":
    main()
