"""Drawings: nothing overlaps, lines end at their boxes, the same graph gives the same drawing."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from catalog.council_specs.graph import Edge, Node
from catalog.look.drawing import clipped, drawing
from catalog.look.layout import layered


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """Sizes of nodes, and edges between any of them, circles and edges to themselves among them."""
    count = draw(st.integers(1, 12))
    sizes = draw(st.lists(st.tuples(st.floats(20, 200), st.floats(10, 60)), min_size=count, max_size=count))
    ends = st.integers(0, count - 1)
    return sizes, draw(st.lists(st.tuples(ends, ends), max_size=24, unique=True))


@given(graphs())
def test_boxes_do_not_overlap_and_lines_end_at_them(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    """Boxes keep their size and are apart, within the whole; each line begins and ends at the side of its box."""
    sizes, edges = graph
    placed = layered(sizes, edges)
    assert placed == layered(sizes, edges)
    assert [(wide, high) for _, _, wide, high in placed.boxes] == sizes
    for (x, y, wide, high), (x2, y2, wide2, high2) in combinations(placed.boxes, 2):
        assert x + wide <= x2 or x2 + wide2 <= x or y + high <= y2 + 1e-6 or y2 + high2 <= y + 1e-6
    for x, y, wide, high in placed.boxes:
        assert x >= 0
        assert y >= -1e-6
        assert x + wide <= placed.width + 1e-6
        assert y + high <= placed.height + 1e-6
    for (source, target), points in zip(edges, placed.lines, strict=True):
        for node, (x, y) in ((source, points[0]), (target, points[-1])):
            left, top, wide, high = placed.boxes[node]
            assert min(abs(x - left), abs(x - left - wide)) < 1e-6
            assert top - 1e-6 <= y <= top + high + 1e-6


def test_references_lead_from_left_to_right() -> None:
    """Where there is no circle, every line leads to the right."""
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (4, 3)]
    placed = layered([(80.0, 40.0)] * 5, edges)
    assert all(placed.boxes[source][0] < placed.boxes[target][0] for source, target in edges)
    assert placed.boxes[4][0] == placed.boxes[1][0]  # close to what it leads to


def test_lines_that_all_lead_to_the_same_meet() -> None:
    """Rounds that hold the same members are joined to them through one point: 6 lines, not 8."""
    nodes = [Node(word, "round" if word < "c" else "member", word, {}) for word in "abcdef"]
    edges = [Edge(source, target, "contains") for source in "ab" for target in "cdef"]
    svg = drawing(nodes, edges, title="a council")
    assert (svg.count('class="line"'), svg.count("<circle")) == (6, 1)


@given(st.text(), st.text(max_size=60))
def test_a_drawing_is_well_formed_whatever_it_shows(label: str, kind: str) -> None:
    """Labels, kinds and links of any characters give an XML document, in which they are text."""
    nodes = [Node("a", kind, label, {"role": label, "missing": True}), Node("b", "tool", "b", {})]
    svg = drawing(nodes, [Edge("a", "b", kind, label)], title=label, href=lambda node: f"x?{label}", here="a")
    safe = svg if all(ord(char) < 0xD800 or 0xE000 <= ord(char) < 0xFFFE for char in svg) else ""
    if safe:
        root = ElementTree.fromstring(safe)
        assert {part.tag.rpartition("}")[2] for part in root.iter()} <= {
            "svg",
            "title",
            "g",
            "path",
            "rect",
            "text",
            "a",
        }


def test_a_long_label_loses_its_middle() -> None:
    """Similar names differ at the end, so that is kept."""
    assert clipped("search_everything_in_the_whole_world_v2", 20) == "search_eve…_world_v2"
    assert clipped("short", 20) == "short"
