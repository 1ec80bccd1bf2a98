"""``catalog graph``, and what other commands say of councils and references."""

from __future__ import annotations

import pytest

from catalog import Catalog, CouncilSpec


@pytest.fixture
def seo(catalog: Catalog) -> None:
    """A council with a chair, a profile in data and one in code, and a sub-council that has something wrong."""
    catalog.register("profile", "mini", {"model": "openai/gpt-4o-mini", "temperature": 0.3})
    catalog.register("profile", "coded", "nowhere:PROFILE")
    catalog.register("tool", "plot", "nowhere:plot")
    catalog.register(
        "council", "inner", CouncilSpec(router="gone").add_member("x", system_prompt="y").add_round("vote")
    )
    catalog.register(
        "council",
        "seo",
        CouncilSpec(default_profile="mini", tools=("plot",))
        .add_member("writer", role="Writer", system_prompt="w", profile_overrides={"temperature": 0})
        .add_member("critic", system_prompt="c", profile="coded")
        .add_member("others", sub_council="inner")
        .add_round("peer_review")
        .replace(chair={"id": "lead", "system_prompt": "s"}),
        description="Audit a page.",
    )


def test_a_council_is_drawn(run_cli, seo) -> None:
    """The diagram of a council goes from input to output and opens the sub-councils it names."""
    assert run_cli("graph", "seo") == (
        0,
        "input\n"
        "└─ → round peer_review\n"
        "   ├─ member writer (Writer)\n"
        "   │  └─ tool plot\n"
        "   ├─ member critic (coded)\n"
        "   │  └─ tool plot\n"
        "   ├─ sub_council others: inner\n"
        "   │  ├─ router gone\n"
        "   │  │  └─ ⇢ member x\n"
        "   │  └─ round vote\n"
        "   │     └─ member x\n"
        "   └─ ⇒ chair lead\n"
        "      ├─ tool plot\n"
        "      └─ → output\n",
        "",
    )
    assert "router gone" not in run_cli("graph", "seo", "--depth", 0).out


def test_mermaid_and_json_are_for_other_programs(run_cli, seo) -> None:
    """``--mermaid`` gives a flowchart and ``--json`` its nodes and edges; not both."""
    assert run_cli("graph", "council:inner", "--mermaid").out == (
        "flowchart TD\n"
        '    n0(["input"])\n'
        '    n1{"router: gone"}\n'
        '    n2[["round: vote"]]\n'
        '    n3["member: x"]\n'
        '    n4(["output"])\n'
        '    n0 -->|"feeds"| n1\n'
        '    n0 -->|"feeds"| n2\n'
        '    n2 -->|"contains"| n3\n'
        '    n1 -.->|"routes_to"| n3\n'
        '    n2 -->|"feeds"| n4\n'
    )
    assert run_cli("graph", "profile:mini", "--json").data == {
        "nodes": [
            {"id": "profile:mini", "kind": "profile", "label": "profile:mini", "attrs": {}},
            {
                "id": "model:openai/gpt-4o-mini",
                "kind": "model",
                "label": "model:openai/gpt-4o-mini",
                "attrs": {"missing": True},
            },
            {"id": "council:seo", "kind": "council", "label": "council:seo", "attrs": {}},
        ],
        "edges": [
            {"from": "profile:mini", "to": "model:openai/gpt-4o-mini", "kind": "uses", "label": "model"},
            {"from": "council:seo", "to": "profile:mini", "kind": "uses", "label": "default_profile"},
        ],
    }
    done = run_cli("graph", "seo", "--mermaid", "--json")
    assert (done.status, done.err) == (
        2, "Error: --mermaid and --json exclude each other; see 'catalog graph --help'\n",
    )  # fmt: skip


def test_references_are_drawn(run_cli, seo) -> None:
    """Other entries, and councils where that is asked for, are drawn with what they use and what uses them."""
    assert run_cli("graph", "tool:plot").out == "council:seo\n└─ tools.0: tool:plot\n"
    assert run_cli("graph", "council:inner", "--references").out == (
        "council:seo\n└─ members.2.sub_council: council:inner\n   └─ router: router:gone (missing)\n"
    )
    assert run_cli("graph").out == (
        "council:seo\n"
        "├─ default_profile: profile:mini\n"
        "│  └─ model: model:openai/gpt-4o-mini (missing)\n"
        "├─ members.1.profile: profile:coded\n"
        "├─ members.2.sub_council: council:inner\n"
        "│  └─ router: router:gone (missing)\n"
        "└─ tools.0: tool:plot\n"
    )


def test_of_many_that_use_an_entry_some_are_shown(run_cli, catalog) -> None:
    """Explaining an entry, or taking it away, shows ten of those that refer to it and how many more there are."""
    catalog.register_many({"kind": "profile", "name": f"p{n:02}", "spec": {"tools": ["x"]}} for n in range(13))
    catalog.register("tool", "x", "nowhere:x")
    assert run_cli("explain", "tool:x").out.splitlines()[-3:] == [
        "              profile:p08 at tools.0",
        "              profile:p09 at tools.0",
        "              … and 3 more; `catalog graph tool:x --references` shows all",
    ]
    assert run_cli("unregister", "tool:x").err.splitlines()[9:] == [
        "Note: profile:p09 refers to tool:x (tools.0)",
        "Note: 3 more places refer to them; `catalog graph KEY` shows all",
    ]


def test_nothing_to_draw_is_a_no(run_cli, three) -> None:
    """A catalog without references has no graph; an entry without any is a graph of itself."""
    assert run_cli("graph") == (1, "", "no entry refers to another\n")
    assert run_cli("graph", "read_csv").out == "tool:read_csv\n"
    assert run_cli("graph", "--json").data == {"nodes": [], "edges": []}


def test_a_drawing_can_not_move_the_cursor(run_cli, catalog) -> None:
    """Escape sequences in a spec are not written to the terminal."""
    catalog.register("council", "evil", {"members": [{"id": "a\x1b[2Jb"}]})
    assert "\x1b" not in run_cli("graph", "evil").out + run_cli("explain", "evil").out


def test_explain_shows_members_layers_and_issues(run_cli, seo) -> None:
    """Of a council people see what it uses, each member's values with their layer, and what is wrong."""
    lines = run_cli("explain", "seo", width=100).undated.out.splitlines()
    assert [line.rstrip() for line in lines[lines.index("  uses        profile:mini at default_profile") :]] == [
        "  uses        profile:mini at default_profile",
        "              profile:coded at members.1.profile",
        "              council:inner at members.2.sub_council",
        "              tool:plot at tools.0",
        "",
        "  MEMBER  KEY           VALUE               FROM",
        "  writer  role          Writer",
        "          model         openai/gpt-4o-mini  council: profile:mini",
        "          temperature   0                   inline: profile_overrides",
        "          tools         plot",
        "  critic  model         openai/gpt-4o-mini  council: profile:mini",
        "          temperature   0.3                 council: profile:mini",
        "          (not loaded)                      profile:coded",
        "          tools         plot",
        "  others  sub_council   inner",
        "  lead    model         openai/gpt-4o-mini  council: profile:mini",
        "          temperature   0.3                 council: profile:mini",
        "          tools         plot",
        "",
        "  ISSUE                         CODE         MESSAGE",
        "  members.2.sub_council.router  unknown_ref  in council:inner: no router 'gone'",
    ]
    lines = run_cli("explain", "profile:mini").out.splitlines()
    assert lines[-2:] == [
        "  uses        model:openai/gpt-4o-mini (missing) at model",
        "  used by     council:seo at default_profile",
    ]


def test_explain_gives_programs_the_council(run_cli, seo) -> None:
    """``--json`` of a council has its members with value, layer and source of each key, and its issues."""
    told = run_cli("explain", "seo", "--json").data["council"]
    assert told["members"][0] == {
        "id": "writer",
        "role": "Writer",
        "tools": ["plot"],
        "profile": {
            "model": {"value": "openai/gpt-4o-mini", "layer": "council", "source": "profile:mini"},
            "temperature": {"value": 0, "layer": "inline", "source": "profile_overrides"},
        },
        "unread": [],
    }
    assert (told["members"][1]["unread"], told["members"][2]) == (
        ["profile:coded"], {"id": "others", "role": "", "sub_council": "inner"},
    )  # fmt: skip
    assert [(one["path"], one["code"]) for one in told["issues"]] == [("members.2.sub_council.router", "unknown_ref")]


def test_a_council_that_is_no_spec_is_explained(run_cli, catalog) -> None:
    """Data that can't be read as a spec has its issues in place of members."""
    catalog.register("council", "odd", {"members": 3})
    assert run_cli("explain", "odd", width=100).out.splitlines()[-3:] == [
        "  ISSUE    CODE      MESSAGE",
        "  members  bad_type  members must be a list of members, not the number 3",
        "  rounds   required  a council needs a round, as independent_analysis",
    ]


def test_registering_says_what_is_missing(run_cli, catalog) -> None:
    """A council is stored though what it names may come later; what is wrong so far is said on standard error."""
    sound = '{"members": [{"id": "a", "system_prompt": "x"}], "rounds": [{"type": "vote"}]}'
    assert run_cli("register", "council", "odd", "@-", stdin='{"members": [], "router": "gone"}') == (
        0,
        "registered council:odd (revision 1)\n",
        "Note: council:odd can't be run yet: members: a council needs at least 1 member, not 0; "
        "2 more: `catalog explain council:odd`\n",
    )
    assert run_cli("register", "council", "odd", "@-", stdin="3").err == (
        "Note: council:odd can't be run yet: the spec must be a JSON object, not the number 3\n"
    )
    assert run_cli("register", "council", "odd", "@-", stdin=sound).err == ""


def test_doctor_judges_councils(run_cli, catalog) -> None:
    """Each issue of a council that is data is a fault, and the status is 1; a sound one is none."""
    catalog.register("council", "sound", CouncilSpec().add_member("x", system_prompt="y").add_round("vote"))
    assert run_cli("doctor").status == 0
    catalog.register("council", "odd", CouncilSpec(router="gone").add_member("x", system_prompt="y").add_round("vote"))
    assert run_cli("doctor") == (
        1,
        "council:odd\tunknown_ref\trouter\tno router 'gone'\t\n",
        "1 fault left; `catalog explain` shows a council with what is wrong with it\n",
    )
    assert run_cli("doctor", "--json").data == [
        {
            "key": "council:odd",
            "trouble": "unknown_ref",
            "path": "router",
            "why": "no router 'gone'",
            "ref": None,
            "proposal": None,
            "certain": None,
            "same_as": None,
            "remedy": None,
            "fixed": False,
        }
    ]


def test_what_refers_to_an_entry_is_shown_before_it_goes(run_cli, seo, catalog) -> None:
    """In a script what breaks is said; on a terminal it is asked, unless the answer is given."""
    note = "Note: council:seo refers to council:inner (members.2.sub_council)\n"
    done = run_cli("unregister", "council:inner", width=80, stdin="n\n")
    assert (done.status, done.out, done.err.startswith(note), ("council", "inner") in catalog) == (130, "", True, True)
    done = run_cli("unregister", "council:inner", width=80, stdin="y\n")
    assert (done.status, done.out) == (0, "unregistered council:inner\n")
    assert run_cli("restore", "council:inner").status == 0
    assert run_cli("unregister", "council:inner", "--yes", width=80) == (0, "unregistered council:inner\n", note)
    assert run_cli("unregister", "profile:mini", "council:seo") == (
        0, "unregistered profile:mini\nunregistered council:seo\n", "",
    )  # fmt: skip


@pytest.mark.parametrize("form", [(), ("--json",), ("--mermaid",)])
def test_a_graph_of_nothing_is_a_no_in_every_form(run_cli, catalog, form) -> None:
    """Where no entry refers to another the exit status is 1, and one line says so; ``--json`` gives the empty graph."""
    catalog.register("tool", "alone", "nowhere:f")
    done = run_cli("graph", *form)
    assert (done.status, done.err) == (1, "no entry refers to another\n")
    assert done.out == ('{\n  "nodes": [],\n  "edges": []\n}\n' if form == ("--json",) else "")
    assert {run_cli("graph", "alone", *form).status for form in [(), ("--json",), ("--mermaid",)]} == {0}
