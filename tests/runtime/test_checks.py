"""The checker of templates and styles finds what it is there for."""

import re

import pytest

from scripts.checks.templates import SIDED, untranslated


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<p>Pledges</p>", 1),
        ("{% if x %}\nyes {% endif %}", 2),
        ('{% translate "ok" %}\n\n<a title="More">{{ x }}</a>', 3),
        ("<img alt='A tank'>", 1),
        ("{% blocktranslate %}ok{% endblocktranslate %} but", 1),
    ],
)
def test_words_that_cannot_be_translated_are_found(source: str, line: int) -> None:
    assert [number for number, _ in untranslated(source)] == [line]


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Pledges" %}</p>',
        "{% blocktranslate count n=n %}one{% plural %}{{ n }} of\nthem{% endblocktranslate %}",
        "{# note #}<!-- note -->{% comment %}note{% endcomment %}",
        '<a title="{% translate \'More\' %}" class="button" href="{{ url }}">&nbsp;&rarr; 12 %</a>',
        "<script>let words = 1</script><style>a { color: red }</style>",
        "<pre>import json</pre><code>GET</code>",
    ],
)
def test_what_can_be_translated_or_is_not_shown_passes(source: str) -> None:
    assert list(untranslated(source)) == []


@pytest.mark.parametrize("rule", ["margin-left: 1px", "left: 0", "text-align: right", "border-top-left-radius: 2px"])
def test_a_physical_side_is_found(rule: str) -> None:
    assert re.search(SIDED, rule)


@pytest.mark.parametrize(
    "rule", ["margin-inline-start: 1px", "inset-inline-end: 0", "text-align: start", ".left-out { }"]
)
def test_a_logical_side_passes(rule: str) -> None:
    assert not re.search(SIDED, rule)
