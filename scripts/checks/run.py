"""Runs every check, two at a time, and prints what is wrong."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = [sys.executable, "-P", "-m"]
# Settings of the served form, with addresses that nobody answers at: no check may need a service.
SERVED = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "a key for checks only, of no use to anybody, and long enough for Django: 0123456789",
    "BASE_URL": "https://pledges.example.org",
    "DATABASE_URL": "postgres://checks:checks@127.0.0.1:1/checks",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://checks:checks@127.0.0.1:1",
    "MEDIA_ROOT": "/nonexistent",
    "SERVE_STATIC_FROM_SOURCE": "on",
}
# The slowest first.
CHECKS = {
    "types (mypy)": [*PYTHON, "mypy"],
    "templates and styles": [*PYTHON, "scripts.checks.templates"],
    "settings as served": [*PYTHON, "django", "check", "--deploy", "--fail-level", "WARNING"],
    "migrations": [sys.executable, "-W", "ignore", "-P", "-m", "django", "makemigrations", "--check", "--dry-run"],
    "layers (import-linter)": [
        *[sys.executable, "-P", "-c"],
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()",
    ],
    "catalogues of mail": [*PYTHON, "scripts.checks.catalogues"],
    "compose file": [*PYTHON, "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
    "lint (ruff)": [*PYTHON, "ruff", "check", "--quiet"],
    "format (ruff)": [*PYTHON, "ruff", "format", "--check", "--quiet"],
}


def main() -> int:
    """Run all checks and return 0 when all pass."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = list(pool.map(check, CHECKS.items()))
    print(f"{sum(passed)} of {len(passed)} checks pass")
    return 0 if all(passed) else 1


def check(named: tuple[str, list[str]]) -> bool:
    """Run one check, print how it went, and return whether it passes."""
    name, command = named
    started = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, env=os.environ | SERVED, capture_output=True, text=True, check=False)
    took = time.monotonic() - started
    passes = result.returncode == 0
    print(f"{'pass' if passes else 'FAIL'}  {name}  ({took:.1f} s)", flush=True)
    if not passes:
        print(result.stdout + result.stderr, flush=True)
    return passes


if __name__ == "__main__":
    sys.exit(main())
