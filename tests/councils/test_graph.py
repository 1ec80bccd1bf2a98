"""Diagrams: one form for all, as JSON, Mermaid and text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts
from test_validate import loose

from catalog import Catalog, CouncilSpec, EntryNotFoundError
from catalog.council_specs.council_graph import council_graph
from catalog.council_specs.graph import EDGE_KINDS, NODE_KINDS, Edge, Graph, Node, quoted
from catalog.council_specs.reference_graph import reference_graph

INNER = CouncilSpec(name="inside").add_member("x", system_prompt="y").add_round("vote")
SPEC = (
    CouncilSpec(router="pick", tools=("search",))
    .add_member("writer", role="Writer", system_prompt="Write.", profile="mini", tools=["plot"])
    .add_member("others", sub_council=INNER)
    .add_member("far", sub_council="far")
    .add_round("peer_review")
    .add_round("iterate", until_ref="agreed")
    .replace(chair={"id": "lead", "system_prompt": "Sum up."})
)


def test_a_council_is_nodes_and_edges() -> None:
    """Input, router, rounds, members with their tools, nested councils, chair and output, and how they go together."""
    assert council_graph(SPEC).to_dict() == {
        "nodes": [
            {"id": "input", "kind": "input", "label": "input", "attrs": {}},
            {"id": "router", "kind": "router", "label": "pick", "attrs": {}},
            {"id": "rounds.0", "kind": "round", "label": "peer_review", "attrs": {}},
            {"id": "rounds.1", "kind": "round", "label": "iterate until agreed", "attrs": {}},
            {
                "id": "members.0",
                "kind": "member",
                "label": "writer",
                "attrs": {"role": "Writer", "profile": "mini"},
            },
            {"id": "tool:search", "kind": "tool", "label": "search", "attrs": {}},
            {"id": "tool:plot", "kind": "tool", "label": "plot", "attrs": {}},
            {
                "id": "members.1",
                "kind": "sub_council",
                "label": "others: inside",
                "attrs": {"council": "inside"},
            },
            {"id": "members.1.rounds.0", "kind": "round", "label": "vote", "attrs": {}},
            {"id": "members.1.members.0", "kind": "member", "label": "x", "attrs": {}},
            {"id": "members.2", "kind": "sub_council", "label": "far: far", "attrs": {"council": "far"}},
            {"id": "chair", "kind": "chair", "label": "lead", "attrs": {}},
            {"id": "output", "kind": "output", "label": "output", "attrs": {}},
        ],
        "edges": [
            {"from": one, "to": other, "kind": kind, "label": ""}
            for one, other, kind in (
                ("input", "router", "feeds"),
                ("input", "rounds.0", "feeds"),
                ("rounds.0", "rounds.1", "feeds"),
                ("members.0", "tool:search", "invokes"),
                ("members.0", "tool:plot", "invokes"),
                ("members.1", "members.1.rounds.0", "contains"),
                ("members.1.rounds.0", "members.1.members.0", "contains"),
                ("rounds.0", "members.0", "contains"),
                ("rounds.0", "members.1", "contains"),
                ("rounds.0", "members.2", "contains"),
                ("rounds.1", "members.0", "contains"),
                ("rounds.1", "members.1", "contains"),
                ("rounds.1", "members.2", "contains"),
                ("router", "members.0", "routes_to"),
                ("router", "members.1", "routes_to"),
                ("router", "members.2", "routes_to"),
                ("chair", "tool:search", "invokes"),
                ("rounds.1", "chair", "aggregates"),
                ("chair", "output", "feeds"),
            )
        ],
    }


def test_a_council_as_text() -> None:
    """The tree begins at the input; what was drawn already is marked, and what comes next stands last."""
    assert council_graph(SPEC).text().splitlines() == [
        "input",
        "├─ → router pick",
        "│  ├─ ⇢ member writer (Writer, mini)",
        "│  │  ├─ tool search",
        "│  │  └─ tool plot",
        "│  ├─ ⇢ sub_council others: inside",
        "│  │  └─ round vote",
        "│  │     └─ member x",
        "│  └─ ⇢ sub_council far: far",
        "└─ → round peer_review",
        "   ├─ member writer (Writer, mini) ↑",
        "   ├─ sub_council others: inside ↑",
        "   ├─ sub_council far: far",
        "   └─ → round iterate until agreed",
        "      ├─ member writer (Writer, mini) ↑",
        "      ├─ sub_council others: inside ↑",
        "      ├─ sub_council far: far",
        "      └─ ⇒ chair lead",
        "         ├─ tool search",
        "         └─ → output",
    ]


def test_a_council_as_mermaid() -> None:
    """Each kind has its shape, each edge its line, and each text is quoted."""
    spec = CouncilSpec(router="pick").add_member("a", tools=["plot"]).add_round("vote").replace(chair="a")
    assert council_graph(spec).mermaid().splitlines() == [
        "flowchart TD",
        '    n0(["input"])',
        '    n1{"router: pick"}',
        '    n2[["round: vote"]]',
        '    n3["member: a"]',
        '    n4("tool: plot")',
        '    n5{{"chair: a"}}',
        '    n6(["output"])',
        '    n0 -->|"feeds"| n1',
        '    n0 -->|"feeds"| n2',
        '    n3 -.->|"invokes"| n4',
        '    n2 -->|"contains"| n3',
        '    n1 -.->|"routes_to"| n3',
        '    n2 ==>|"aggregates"| n5',
        '    n5 -->|"feeds"| n6',
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('say "x"', "say #34;x#34;"),
        ("a[0]{1}|", "a#91;0#93;#123;1#125;#124;"),
        ("two\nlines\ttabs", "two lines tabs"),
        ("<b>&amp;#35;", "#60;b#62;#38;amp#59;#35;35#59;"),
        ("`*x*`", "#96;#42;x#42;#96;"),
        ("\x1b[0m\x00", " #91;0m "),
        ("数据 🧪 (fine_as_it_is)", "数据 🧪 (fine_as_it_is)"),
        ("", " "),
    ],
)
def test_a_label_can_not_leave_its_quotes(text: str, written: str) -> None:
    """Quotes, brackets, markup and line ends are written by number or as a space."""
    assert quoted(text) == written


ids = st.sampled_from("abcd")
drawn = st.builds(
    Graph,
    st.lists(st.builds(Node, ids, st.sampled_from(NODE_KINDS) | texts, texts, st.just({})), unique_by=lambda n: n.id),
    st.lists(st.builds(Edge, ids, ids, st.sampled_from(EDGE_KINDS), texts)),
)


@given(drawn)
def test_every_graph_has_a_line_for_each_node_and_edge(graph: Graph) -> None:
    """Whatever labels hold, Mermaid has one line each; the text ends, and shows every node."""
    there = {node.id for node in graph.nodes}
    graph.edges = [edge for edge in graph.edges if {edge.source, edge.target} <= there]
    lines = graph.mermaid().split("\n")
    assert len(lines) == 1 + len(graph.nodes) + len(graph.edges)
    assert all(re.fullmatch(r'    n\d+(\W+"[^"]+"\W+|\W+"[^"]+"\W+n\d+)', line) for line in lines[1:])
    shown = graph.text()
    assert len([line for line in shown.split("\n") if line or graph.nodes]) >= len(graph.nodes)


def test_named_sub_councils_are_opened_to_a_depth(catalog: Catalog) -> None:
    """A council that is named is opened as many levels as are asked for, also one that holds itself."""
    catalog.register("council", "loop", CouncilSpec().add_member("again", sub_council="loop").add_round("vote"))
    for depth in range(4):
        graph = council_graph("loop", catalog, depth=depth)
        assert [node.kind for node in graph.nodes].count("sub_council") == depth + 1


@given(loose)
def test_a_broken_spec_can_be_drawn(empty: Catalog, spec: Any) -> None:
    """Whatever a spec holds, there is a diagram of the kinds that are promised, from input to output."""
    graph = council_graph(spec, empty)
    known = {node.id for node in graph.nodes}
    assert len(known) == len(graph.nodes)
    assert {node.kind for node in graph.nodes} <= set(NODE_KINDS)
    assert {edge.kind for edge in graph.edges} <= set(EDGE_KINDS)
    assert {"input", "output"} | {end for edge in graph.edges for end in edge[:2]} <= known
    assert graph.mermaid()
    assert graph.text().startswith("input")


def test_what_an_entry_uses_and_is_used_by(parts: Catalog) -> None:
    """References are followed in both directions as many steps as are asked for; what is missing is marked."""
    parts.register("council", "inner", CouncilSpec(default_profile="mini"))
    parts.register("council", "outer", CouncilSpec().add_member("a", sub_council="inner"))
    one, two = (reference_graph(parts, "profile:mini", depth=depth) for depth in (1, 2))
    assert [(node.id, dict(node.attrs)) for node in one.nodes] == [
        ("profile:mini", {}),
        ("model:openai/gpt-4o-mini", {"missing": True}),
        ("council:inner", {}),
    ]
    assert one.edges == [
        Edge("profile:mini", "model:openai/gpt-4o-mini", "uses", "model"),
        Edge("council:inner", "profile:mini", "uses", "default_profile"),
    ]
    assert two.edges == [*one.edges, Edge("council:outer", "council:inner", "uses", "members.0.sub_council")]
    assert reference_graph(parts, "tool:plot") == Graph([Node("tool:plot", "tool", "tool:plot", {})], [])
    assert sorted(edge[:2] for edge in reference_graph(parts).edges) == sorted(edge[:2] for edge in two.edges)
    with pytest.raises(EntryNotFoundError):
        reference_graph(parts, "tool:plott")
