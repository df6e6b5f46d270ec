"""What the documentation tells an operator to set reaches the programs that docker-compose.yml starts."""

import re
from typing import Any

import pytest
import yaml

from scripts.embedded.folder import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
TABLE = [line for line in (ROOT / "docs" / "operation.md").read_text().splitlines() if line.startswith("| `")]
NAMES = [name for line in TABLE for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1])]
# Made right in the image itself: an operator has no reason to change them there.
BY_THE_IMAGE = {"STATIC_ROOT", "SERVE_STATIC_FROM_SOURCE"}
# Compose puts these together from passwords, or knows them.
BY_COMPOSE = {"DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "BEHIND_PROXY"}


@pytest.mark.parametrize("name", sorted({*NAMES} - BY_THE_IMAGE))
def test_a_documented_variable_reaches_the_programs(name: str) -> None:
    if not name.endswith("_PASSWORD"):
        for service in ("web", "worker", "beat", "migrate"):
            assert name in SERVICES[service]["environment"]
    assert name in BY_COMPOSE or re.search(rf"\$\{{{name}[:}}]", COMPOSE)


def test_every_variable_of_the_settings_is_documented() -> None:
    read = re.findall(
        r"(?:required|optional|switch|whole_number|one_of|words)\(\s*\"([A-Z_]+)\"",
        (ROOT / "config" / "settings.py").read_text(),
    )
    assert len(read) > 25
    assert set(read) <= set(NAMES)
