"""The geometry of the charts, and the SVG written from it."""

from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from dashboards.templatetags.charts import Piece, gap_scale, in_words, nest, stack

SEGMENTS = [
    {"label": "Delivered", "value": 1, "kind": "delivered"},
    {"label": "Partly delivered", "value": 0, "kind": "partly_delivered"},
    {"label": "No report found", "value": 3, "kind": "unknown", "url": "/pledges/?outcome=unknown"},
]


def test_segments_lie_end_to_end_and_fill_the_bar() -> None:
    bar = stack(SEGMENTS, 4)
    assert bar.pieces == (Piece("delivered", 0, 25), Piece("unknown", 25, 75))


def test_a_smaller_row_ends_before_the_scale_does() -> None:
    assert stack(SEGMENTS, 8).pieces[-1] == Piece("unknown", 12.5, 37.5)


@pytest.mark.parametrize(("small", "cuts"), [(1, ()), (5, (5.0,))])
def test_a_cut_never_swallows_a_narrow_segment(small: int, cuts: tuple[float, ...]) -> None:
    bar = stack([{"value": small, "kind": "late"}, {"value": 100 - small, "kind": "unknown"}], 100)
    assert bar.cuts == cuts


def test_nothing_to_show_is_an_empty_bar() -> None:
    assert stack([{"value": 0, "kind": "late"}], 0).pieces == ()


def test_what_nobody_offered_reaches_to_the_need() -> None:
    gap = nest(required=3, offered=2, verified=1, delivered=1, scale=6)
    assert [piece.width for piece in gap.pieces] == [33.333, 16.667, 16.667]
    assert gap.uncovered == Piece("uncovered", 33.333, 16.667)
    assert gap.needed == 50


def test_an_offer_above_the_need_is_not_clipped() -> None:
    gap = nest(required=5, offered=6, verified=5, delivered=4, scale=6)
    assert gap.pieces[0] == Piece("offered", 0, 100)
    assert gap.needed == pytest.approx(83.333)
    assert gap.uncovered is None


def test_an_unknown_need_has_neither_line_nor_remainder() -> None:
    gap = nest(required=None, offered=1, verified=0, delivered=0, scale=6)
    assert (gap.needed, gap.uncovered) == (None, None)
    assert [piece.kind for piece in gap.pieces] == ["offered"]


def test_the_scale_of_a_gap_table_is_its_largest_number() -> None:
    rows = [{"required": None, "offered": 1}, {"required": Decimal(5), "offered": 6}]
    assert gap_scale(rows) == 6
    assert gap_scale([]) == 0


def test_a_bar_is_read_out_without_its_empty_segments() -> None:
    assert in_words(SEGMENTS) == "Delivered 1, No report found 3"


def render(source: str, **context: object) -> str:
    return Template("{% load charts %}" + source).render(Context(context))


def test_every_number_of_a_stacked_bar_leads_to_its_rows() -> None:
    html = render("{% stacked_bar segments 'Outcome' %}", segments=SEGMENTS)
    assert 'aria-label="Outcome: Delivered 1, No report found 3"' in html
    assert '<a href="/pledges/?outcome=unknown">No report found <b>3</b></a>' in html
    assert "Partly" not in html


def test_shapes_are_written_with_points_in_every_language() -> None:
    with translation.override("fr"):
        html = render("{% nested_gap_bar 3 2 1 1 6 'said' %}")
    assert 'width="33.333%"' in html
    assert "," not in html


def test_labels_are_escaped() -> None:
    rows = [{"label": "<script>", "segments": SEGMENTS}]
    assert "<script>" not in render("{% bar_rows rows %}", rows=rows)
