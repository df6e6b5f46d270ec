"""The docs: every example is run, and its answer is what is printed; everything that the code knows is told."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, TokenScope
from api import views
from api.content import DraftSerializer, WrittenSerializer
from api.errors import PROBLEMS
from api.words import FILTERS
from api.writing import STEPS
from conferences.models import MembershipRole, Participant
from pledges.filters import ORDERS
from pledges.models import Pledge
from tests import factories

PATH = "/api/v1/docs/"
BLOCK = re.compile(
    r"<figcaption>(?P<label>.*?)</figcaption>\s*<pre[^>]*><code(?: data-language=\"(?P<language>\w+)\")?>(?P<code>.*?)"
    r"</code></pre>",
    re.DOTALL,
)


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Return label, language and text of each piece of code on the page."""
    return [
        (html.unescape(found["label"].strip()), found["language"], html.unescape(found["code"]))
        for found in BLOCK.finditer(page)
    ]


@pytest.fixture
def record(transactional_db: None) -> None:
    """The public record, as the product ships it."""
    call_command("load_record", verbosity=0)


@pytest.mark.slow
def test_every_example_gives_what_is_printed(record: None, live_server: Any, tmp_path: Path) -> None:
    page = Client(headers={"host": live_server.url.removeprefix("http://")}).get(PATH).content.decode()
    found = blocks(page)
    [first_answer] = [code for label, language, code in found if label == "The answer"]
    assert json.loads(first_answer)["results"][0]["participant"] == "KOR"
    scripts = [code for _label, language, code in found if language == "python"]
    assert run([sys.executable, "-c", scripts[0]]).strip() == first_answer
    listed = run([sys.executable, "-c", scripts[1]]).splitlines()
    assert len(listed) == len(
        read(live_server.url + "/api/v1/pledges/?conference=seoul-2021&page_size=1000")["results"]
    )
    commands = [code for _label, language, code in found if language == "shell"]
    assert json.loads(run(["sh", "-c", commands[0]])) == json.loads(first_answer)
    run(["sh", "-c", commands[1]], cwd=tmp_path)
    assert (tmp_path / "pledges.csv").read_text().startswith("reference,conference,participant,")
    calls = [(label, code) for label, language, code in found if label.startswith("http")]
    assert len(calls) == len(views.RESOURCES) + 4
    for address, printed in calls:
        answer, shown = read(address), json.loads(printed)
        answer.pop("as_of", None), shown.pop("as_of", None)
        assert answer == shown
        assert shown.get("results", True), address


def run(command: list[str], **options: Any) -> str:
    """Return what a command prints."""
    if not shutil.which(command[0]):
        if os.environ.get("CI"):
            pytest.fail(f"{command[0]} is not on this machine")
        pytest.skip(f"{command[0]} is not on this machine: install it to try the examples of the docs")
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, **options).stdout


def read(address: str) -> Any:
    """Return the answer to a call, a refusal too."""
    return json.loads(run(["curl", "-s", address]))


@pytest.fixture
def page(db: None) -> str:
    """The docs, over no rows at all."""
    return Client().get(PATH).content.decode()


def test_the_docs_tell_every_error_filter_order_and_endpoint(page: str) -> None:
    for status, kind in PROBLEMS.items():
        assert f'id="error-{status}"' in page
        assert html.escape(str(kind.title)) in page
    for name in (*FILTERS, *ORDERS, "page_size", "cursor", "1,000", "50"):
        assert f"<code>{name}</code>" in page or name in {"1,000", "50", "page_size", "cursor"}
    for name, resource in views.RESOURCES.items():
        assert f"GET http://testserver/api/v1/{name}/</code>" in page
        for field in resource.row_serializer_class().fields:
            assert f"<code>{field}</code>" in page


def test_the_address_of_an_error_leads_to_its_line(page: str) -> None:
    problem = Client().get("/api/v1/pledges/?country=KOR").json()
    path, anchor = problem["type"].split("#")
    assert path == PATH
    assert f'id="{anchor}"' in page


def test_the_docs_say_nothing_of_what_a_signed_in_reader_sees(db: None) -> None:
    hidden = factories.RegisteredPledgeFactory(
        conference=factories.ConferenceFactory(slug="seoul-2021"), participant=factories.ParticipantFactory(code="KOR")
    )
    client = Client()
    client.force_login(factories.OfficerFactory())
    assert hidden.reference in client.get("/api/v1/pledges/").content.decode()
    assert hidden.reference not in client.get(PATH).content.decode()


def test_the_docs_only_answer_to_reading(db: None) -> None:
    assert Client().post(PATH).status_code == 405
    assert Client().head(PATH).status_code == 200


def test_the_schema_is_answered_as_json(db: None) -> None:
    schema = Client().get("/api/v1/schema/").json()
    assert schema["openapi"].startswith("3.1")
    assert settings.SPECTACULAR_SETTINGS["VERSION"] == schema["info"]["version"]
    assert reverse("api-pledges") in schema["paths"]


@pytest.mark.slow
def test_the_example_of_writing_submits_a_pledge(record: None, live_server: Any) -> None:
    page = Client(headers={"host": live_server.url.removeprefix("http://")}).get(PATH).content.decode()
    [script] = [code for _label, language, code in blocks(page) if language == "python" and "PLEDGES_TOKEN" in code]
    approver = factories.member_of(Participant.objects.get(pk="KOR"), MembershipRole.APPROVER)
    _token, secret = ApiToken.objects.issue(user=approver, name="x", at=timezone.now(), scope=TokenScope.WRITE)
    reference, status = run([sys.executable, "-c", script], env=os.environ | {"PLEDGES_TOKEN": secret}).split()
    assert status == "submitted"
    assert Pledge.objects.get(reference=reference).quantity == 1


def test_the_docs_tell_every_field_and_step_of_writing(page: str) -> None:
    for name in (*DraftSerializer().fields, *WrittenSerializer().fields):
        assert f"<code>{name}</code>" in page
    for step in STEPS:
        assert f"POST http://testserver/api/v1/pledges/{{reference}}/{step}/</code>" in page


@pytest.mark.slow
def test_the_calls_that_pages_name_are_answered(record: None) -> None:
    client = Client()
    reference = client.get("/api/v1/pledges/?page_size=1").json()["results"][0]["reference"]
    named = set()
    for path in ("/", "/conferences/", "/conferences/seoul-2021/", "/participants/", "/participants/KOR/", "/gap/",
                 "/pledges/", "/pledges/?participant=KOR&late=true", f"/pledges/{reference}/"):  # fmt: skip
        content = client.get(path).content.decode()
        named |= {html.unescape(link) for link in re.findall(r'href="(/api/v1/[^"#]*)', content)}
    assert len(named) > 10
    assert {link for link in named if client.get(link).status_code != 200} == set()
