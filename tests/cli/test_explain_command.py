"""``catalog explain``."""

from __future__ import annotations

import re

import pytest

from catalog import Entry


def test_people_see_all_that_is_known(run_cli, plots) -> None:
    """Header, description, facts and parameters of an entry fit the terminal, each with its label."""
    run_cli("scan", "plots.py")
    done = run_cli("explain", "create_scatter", width=72).undated
    lines = done.out.splitlines()
    checksum = next(line for line in lines if line.startswith("  checksum"))
    assert (done.status, done.err) == (0, "")
    assert [line for line in lines if line != checksum and not line.startswith(("  source", "  root"))] == [
        "tool:create_scatter",
        "Draw a scatter plot from two CSV columns.",
        "",
        "  signature   create_scatter(x: str, y: str = 'size', *, bins: int |",
        "              None = 10) -> str",
        "  reference   plots:create_scatter",
        "  tags        plot",
        "  examples    price by size",
        "  framework   catalog",
        "  tier        persistent, the only tier that has it",
        "  revision    1 of WHEN",
        "",
        "  PARAMETER  TYPE            DEFAULT   DESCRIPTION",
        "  x          string          required  column of the abscissa.",
        '  y          string          "size"',
        "  bins       integer | null  10",
    ]


def test_json_is_the_entry(run_cli, three, catalog) -> None:
    """``--json`` gives every field of the entry, its key, and how the tiers stand."""
    data = run_cli("explain", "tool:read_csv", "--json").data
    assert data.pop("key") == "tool:read_csv"
    assert data.pop("tiers") == [{"tier": "persistent", "wins": True, "why": "the only tier that has it"}]
    assert Entry.model_validate(data) == catalog.entry("tool", "read_csv")


def test_data_is_shown_as_json(run_cli, three) -> None:
    """An entry that holds data shows the data where others show a reference."""
    assert run_cli("explain", "verdict").undated == (
        0,
        "schema:verdict\n"
        "What a judge says.\n"
        "\n"
        '  data        {"type": "object"}\n'
        "  tier        persistent, the only tier that has it\n"
        "  source      manual\n"
        "  revision    1 of WHEN\n",
        "",
    )


def test_every_field_that_is_set_is_shown(run_cli) -> None:
    """What routing needs, one's own metadata and both dates have lines of their own."""
    given = ("--match", "^sum", "--provider", "openai", "--priority", "3", "--meta", "owner=ada", "--meta", "n=2")
    run_cli("register", "tool", "sum", "nowhere:f", *given)
    run_cli("register", "tool", "sum", "nowhere:g", *given, "--example", "one", "--example", "two")
    assert run_cli("explain", "sum").undated.out == (
        "tool:sum\n"
        "\n"
        "  reference   nowhere:g\n"
        "  examples    one\n"
        "              two\n"
        "  match       ^sum\n"
        "  providers   openai\n"
        "  priority    3\n"
        "  owner       ada\n"
        "  n           2\n"
        "  tier        persistent, the only tier that has it\n"
        "  source      manual\n"
        "  revision    2 of WHEN, first stored WHEN\n"
    )


def test_parameters_of_every_shape_have_a_type(run_cli, project) -> None:
    """Enumerations, unions, references, arrays and constants of a JSON Schema are named in a few words."""
    (project / "spec.json").write_text(
        '{"properties": {"a": {"enum": ["x", 1]}, "b": {"anyOf": [{"type": "string"}, {"type": "null"}]},'
        ' "c": {"$ref": "#/$defs/Colour"}, "d": {"type": "array", "items": {"type": "number"}},'
        ' "e": {"type": ["integer", "null"], "default": null}, "f": {"const": "v"}, "g": true}, "required": ["a"]}'
    )
    run_cli("register", "schema", "shapes", "@spec.json")
    assert run_cli("explain", "shapes", width=80).out.partition("PARAMETER")[2] == (
        "  TYPE             DEFAULT\n"
        "  a          x | 1            required\n"
        "  b          string | null\n"
        "  c          Colour\n"
        "  d          array of number\n"
        "  e          integer | null   null\n"
        "  f          v\n"
        "  g          any\n"
    )


def test_a_name_of_two_kinds_is_ambiguous(run_cli, three) -> None:
    """A bare name that two kinds have is refused with both keys."""
    run_cli("register", "tool", "verdict", "nowhere:verdict")
    assert run_cli("explain", "verdict") == (
        2,
        "",
        "Error: 'verdict' is the name of 2 entries; give one of these keys: tool:verdict, schema:verdict; "
        "see 'catalog explain --help'\n",
    )


def test_misses_name_what_is_close(run_cli, three) -> None:
    """A key, a name and a kind with a typing error are answered with the entry that was meant."""
    assert run_cli("explain", "tool:read_cvs") == (
        1,
        "",
        "Error: no entry 'tool:read_cvs'; did you mean 'tool:read_csv'?\n",
    )
    assert run_cli("explain", "read_cvs") == (
        1,
        "",
        "Error: no entry 'read_cvs' of any kind; did you mean 'tool:read_csv'?\n",
    )
    assert run_cli("explain", "toool:read_csv") == (
        1,
        "",
        "Error: no entry 'toool:read_csv' of any kind; did you mean 'tool:read_csv'?\n",
    )
    assert run_cli("explain", "zzz") == (
        1,
        "",
        "Error: no entry 'zzz' of any kind; `catalog search` finds entries by what they do\n",
    )


def test_a_name_may_look_like_a_key(run_cli) -> None:
    """A name with a colon in it is found as a name where it is not the key of anything."""
    run_cli("register", "model", "openai:gpt", "nowhere:gpt")
    assert run_cli("explain", "openai:gpt").out.startswith("model:openai:gpt\n")


def test_escape_sequences_do_not_reach_the_terminal(run_cli) -> None:
    """A description can't move the cursor of whoever reads it."""
    run_cli("register", "tool", "evil", "nowhere:f", "--description", "a\x1b[2Jb\tc")
    assert run_cli("explain", "evil", width=80).out.splitlines()[1] == "a\ufffd[2Jb c"


KINDS_OF_CODE = {
    "fetch": ["async fetch(url: str, *, opt: Opt = Opt()) -> bytes"],
    "Desk.close": ["async Desk.close(self, when=LATER)"],
    "Desk": ["Desk(top: int = 3); async _arun(q: str = A.B, *, end=Opt(x='; ('))"],
    "chart": ["chart = Agent(_, tools)"],
    "limits": ["limits: dict"],
    "double": ["double = lambda x"],
}


@pytest.mark.parametrize("name", KINDS_OF_CODE)
def test_a_signature_reads_as_its_definition(run_cli, project, name) -> None:
    """Async functions begin with `async`, and values are not run together with what makes them."""
    (project / "coded.py").write_text(CODE)
    run_cli("register", "tool", name, f"coded:{name}")
    lines = run_cli("explain", name).out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines if line.startswith("  signature")] == KINDS_OF_CODE[name]


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("fetch", {"url": "required", "opt": "Opt()"}),
        ("Desk", {"q": "A.B", "end": "Opt(x='; (')"}),
        (
            "plain",
            {"a": "1.5", "b": "null", "c": '{"x": [1]}', "d": "b'x'", "e": "ALL", "f": "required", "g": "len"},
        ),
    ],
)
def test_defaults_that_are_objects_are_shown_as_they_are_written(run_cli, project, name, defaults) -> None:
    """A default that JSON can't hold is shown as the source has it, where the column was empty before."""
    (project / "coded.py").write_text(CODE)
    run_cli("register", "tool", name, f"coded:{name}")
    table = run_cli("explain", name).out.partition("PARAMETER")[2].splitlines()[1:]
    rows = [[cell.strip() for cell in re.split(r"\s{2,}", line.strip())] for line in table]
    assert {row[0]: row[2] for row in rows} == defaults


CODE = """
class Opt:
    pass

async def fetch(url: str, *, opt: "Opt" = Opt()) -> bytes: ...

class Desk:
    top: int = 3
    async def _arun(self, q: str = A.B, *, end=Opt(x="; (")): ...
    async def close(self, when=LATER): ...

def plain(a=1.5, b=None, c={"x": [1]}, d=b"x", e=ALL, *, f, g=len): ...

chart = Agent("gpt", tools=[])
limits = {"a": 1}
double = lambda x: 2 * x
"""
