"""Two people write one pledge in any order, a script saving for them: nobody's words are overwritten unseen.

INTERLEAVINGS=1000 scripts/test tests/work/test_interleaving.py  draws more of them.
"""

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from pledges.models import Pledge
from tests.factories import DraftPledgeFactory
from tests.work.conftest import People, edit_url, form_of

SignedIn = Callable[[User | None], Client]
FIELDS = {"title": "what", "intended_outcome": "outcome", "responsible_office": "outcome"}
DRAWS, MOVES = int(os.environ.get("INTERLEAVINGS", "15")), 10


class Editor:
    """Somebody with a step open, who knows what stood in its fields when they read them."""

    def __init__(self, browser: Client, pledge: Pledge) -> None:
        self.browser, self.pledge = browser, pledge
        self.sent: dict[str, dict[str, Any]] = {}

    def open(self, step: str) -> None:
        """Read a step."""
        self.sent[step] = form_of(self.browser, edit_url(self.pledge, step))

    def write(self, name: str, word: str, *, by_script: bool) -> Any:
        """Type a word into a field and have the step saved."""
        step = FIELDS[name]
        if step not in self.sent:
            self.open(step)
        self.sent[step][name] = word
        extra = {"autosave": "1"} if by_script else {"then": "leave"}
        return self.browser.post(edit_url(self.pledge, step), self.sent[step] | extra)


@pytest.mark.parametrize("seed", range(DRAWS))
def test_nobodys_words_are_overwritten_unseen(people: People, signed_in: SignedIn, seed: int) -> None:
    draw = random.Random(seed)
    pledge = DraftPledgeFactory(participant=people.delegation)
    editors = [Editor(signed_in(person), pledge) for person in (people.drafter, people.approver)]
    for move in range(MOVES):
        editor, name, by_script = draw.choice(editors), draw.choice(list(FIELDS)), draw.random() < 0.5
        step, word = FIELDS[name], f"Word {move}"
        if draw.random() < 0.3:
            editor.open(step)
        had_read = {field: editor.sent.get(step, {}).get(field) for field in FIELDS if FIELDS[field] == step}
        before = Pledge.objects.values(*FIELDS).get(pk=pledge.pk)
        answer = editor.write(name, word, by_script=by_script)
        after = Pledge.objects.values(*FIELDS).get(pk=pledge.pk)
        if answer.status_code == 409:
            assert after == before, "a conflict stores nothing"
            if not by_script:
                text = answer.content.decode()
                assert all(said in text for said in (word, before[name])), "both versions are shown"
            editor.open(step)  # and they begin again from what both now know
        else:
            assert after == before | {name: word}, "only the field that was written changes"
            assert had_read[name] in {None, before[name]}, "what was overwritten had been read"
            if by_script:
                editor.sent[step] |= {key: answer.json()[key] for key in ("version", "seen")}
            else:
                editor.sent.pop(step)
