"""What is typed wrong at a script, or set wrong for it, ends with a sentence; what is typed in another way works."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from scripts.embedded import launcher, manage
from scripts.embedded.folder import ROOT, DataFolder


@pytest.fixture
def bootstrap(tmp_path: Path) -> Path:
    """A script beside a copy of bootstrap.sh that shows the environment's folder and finds a Python."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    shutil.copy(ROOT / "scripts" / "bootstrap.sh", folder)
    script = folder / "show"
    script.write_text('. "$(dirname "$0")/bootstrap.sh"\ncd /\necho "$VENV"\npython=$(find_python)\necho "$python"\n')
    return script


def show(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script in its folder with this environment."""
    return subprocess.run(
        ["/bin/sh", script],
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_does_not_run_is_named(bootstrap: Path) -> None:
    result = show(bootstrap, PYTHON="/nowhere/python3")
    assert result.returncode == 1
    assert result.stderr == "PYTHON is /nowhere/python3, which is no Python 3.11 or newer: correct or unset it.\n"
    assert show(bootstrap, PYTHON=sys.executable).stdout.splitlines()[-1] == sys.executable


def test_a_relative_folder_of_the_environment_is_seen_from_where_it_was_named(bootstrap: Path) -> None:
    assert show(bootstrap, PLEDGES_VENV="my venv").stdout.splitlines()[0] == str(bootstrap.parent / "my venv")
    assert show(bootstrap, PLEDGES_VENV="/opt/venv").stdout.splitlines()[0] == "/opt/venv"
    assert show(bootstrap).stdout.splitlines()[0] == str(bootstrap.parent.parent / ".venv")


INSTALLER = """
import sys
sys.path.insert(0, {root!r})
from scripts import install
install.end_on_sigterm()
install.succeeds([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"])
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_while_packages_are_installed_ends_that_too(
    bootstrap: Path, number: signal.Signals, code: int
) -> None:
    (bootstrap.parent / "install.py").write_text(INSTALLER.format(root=str(ROOT)))
    bootstrap.write_text('. "$(dirname "$0")/bootstrap.sh"\ninstall requirements.txt\n')
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    with subprocess.Popen(
        ["/bin/sh", bootstrap],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    ) as script:
        assert script.stdout
        installing = int(script.stdout.readline())
        script.send_signal(number)
        assert script.wait(10) == code
    assert not psutil.pid_exists(installing)


@pytest.mark.parametrize("port", ["70000", "0", "-1", "eighty"])
def test_a_number_that_is_no_port_is_refused(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", f"--port={port}"])
    with pytest.raises(SystemExit) as ended:
        launcher.main()
    assert ended.value.code == 2
    assert f"argument --port: '{port}' is no port: give a number from 1 to 65535." in capsys.readouterr().err


class Site(BaseHTTPRequestHandler):
    """Answers that all is well."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HTTPServer(("127.0.0.1", 0), Site) as site:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        threading.Thread(target=site.handle_request).start()
        found = launcher.Launcher(DataFolder(tmp_path), site.server_port).health()
    assert found == {}


@pytest.mark.parametrize("given", [["--data", "file"], ["--data=file"]])
def test_the_data_folder_of_a_command_is_named_either_way(
    given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert manage.main([*given, "check"]) == 1
    assert capsys.readouterr().err == f"{tmp_path}/file cannot be made (File exists): choose another --data.\n"


def test_a_data_folder_without_a_name_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert manage.main(["--data"]) == 2
    assert capsys.readouterr().err == manage.USAGE + "\n"
