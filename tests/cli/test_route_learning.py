"""``catalog route fit`` and ``eval``: learning from prompts, figures, the gate and the picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from factories import open_catalog, tool

RULES = ("--kind", "tool", "--strategy", "rules")
PROMPTS = [
    {"text": "an apple", "gold": "apple"},
    {"text": "apple and berry", "gold": "tool:berry"},
    {"text": "a berry", "gold": ["berry", "apple"]},
    {"text": "bread", "gold": "berry"},
    {"text": "sing", "gold": None},
]


def write(path: Path, rows: list[Any]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def prompts(project: Path, url: str) -> Path:
    """Two tools with rules, and a file of five prompts of which two are decided wrongly."""
    with open_catalog(url) as cat:
        cat.register_many([tool("apple", match="apple"), tool("berry", match="berry")])
    return write(project / "prompts.jsonl", PROMPTS)


@pytest.fixture
def embedded(run_cli: Any, project: Path) -> Path:
    """Two tools with examples and the default embedder, and a file of prompts for them."""
    (project / "catalog.toml").write_text('embedder = "wordllama"\n[router]\nkind = "tool"\n')
    for name, said in (("weather", ["will it rain", "how cold is it"]), ("music", ["play jazz", "sing a song"])):
        given = [part for text in said for part in ("--example", text)]
        assert run_cli("register", "tool", name, "a.b:c", "-d", f"All about {name}", *given).status == 0
    rows = [("is it sunny in oslo", "weather"), ("will it snow tomorrow", "weather"), ("play some music", "music"),
            ("a song by queen", "music"), ("who wrote hamlet", None), ("solve this equation", None)]  # fmt: skip
    return write(project / "prompts.jsonl", [{"text": text, "gold": gold} for text, gold in rows])


def test_figures_in_a_pipe(run_cli: Any, prompts: Path) -> None:
    """A line for each figure, step, entry and confusion, with its counts."""
    assert run_cli("route", "eval", prompts, *RULES) == (
        0,
        "figure\taccuracy\t0.500000\n"
        "figure\tright\t0.500000\n"
        "figure\tprecision\t0.666667\n"
        "figure\tcoverage\t0.750000\n"
        "figure\trejected\t1.000000\n"
        "figure\tauroc\t0.875000\n"
        "step\trules\t5\t3\t2\t0\n"
        "entry\ttool:apple\t1\t2\t1\n"
        "entry\ttool:berry\t3\t1\t1\n"
        "confusion\ttool:berry\t\t1\n"
        "confusion\ttool:berry\ttool:apple\t1\n",
        "",
    )


def test_figures_on_a_terminal(run_cli: Any, prompts: Path) -> None:
    """Figures with bars, the confusion as a matrix, entries by recall, and risk by coverage."""
    done = run_cli("route", "eval", prompts, *RULES, width=120)
    lines = [line for line in done.out.splitlines() if not line.startswith("  latency ")]
    assert done.status == 0
    assert lines == [
        "auto  rules · 2 candidates · 4 of 5 prompts fit an entry",
        "",
        "  accuracy    50.0 %  █████       best candidate right, of prompts that fit an entry",
        "  right       50.0 %  █████       answered rightly, of prompts that fit an entry",
        "  precision   66.7 %  ██████▋     right, of all answers",
        "  coverage    75.0 %  ███████▌    answered, of prompts that fit an entry",
        "  rejected   100.0 %  ██████████  not answered, of prompts that fit none",
        "  AUROC       87.5 %  ████████▊   prompts that fit an entry rank above those that don't",
        "",
        "",
        "  EXPECTED         1   2   3   PICKED",
        "   1 tool:apple    1   ·   ·",
        "   2 tool:berry    1   1   1",
        "   3 (none)        ·   ·   1",
        "",
        "  ENTRY       PROMPTS  PICKED  RIGHT  PRECISION   RECALL",
        "  tool:berry        3       1      1    100.0 %   33.3 %  ███▍",
        "  tool:apple        1       2      1     50.0 %  100.0 %  ██████████",
        "",
        "  ANSWERED   WRONG",
        "    60.0 %  33.3 %  ██████▋",
    ]


def test_many_entries_are_a_table_of_confusions(run_cli: Any, project: Path, url: str) -> None:
    """Where a matrix has no room the pairs are listed with an example, the worst ten unless all are asked for."""
    names = [f"entry_{number:02}" for number in range(20)]
    with open_catalog(url) as cat:
        cat.register_many([tool(name, match=f"{name}|prompt") for name in names])
    rows = [{"text": f"prompt {name}", "gold": name} for name in names]
    file = write(project / "many.jsonl", rows)
    done = run_cli("route", "eval", file, *RULES, width=100)
    assert "  EXPECTED       PICKED         PROMPTS  EXAMPLE" in done.out
    assert "  tool:entry_01  tool:entry_00        1  prompt entry_01" in done.out
    assert "  … and 9 more (--verbose)" in done.out
    assert "--verbose" not in run_cli("route", "eval", file, *RULES, "-v", width=100).out


def test_an_evaluation_as_json(run_cli: Any, prompts: Path) -> None:
    """All figures with what was said of each prompt, and the gate's verdict where there is one."""
    done = run_cli("route", "eval", "-", *RULES, "--json", stdin=prompts.read_bytes())
    assert (done.status, done.err) == (0, "")
    assert done.data["figures"]["right"] == 0.5
    assert [one["chosen"] for one in done.data["judged"]] == ["tool:apple", "tool:apple", "tool:berry", None, None]
    assert "gate" not in done.data
    run_cli("route", "eval", prompts, *RULES, "--save", "base.json")
    done = run_cli("route", "eval", prompts, *RULES, "--gate", "base.json", "--json")
    assert (done.status, done.data["gate"]) == (0, {"passed": True, "falls": [], "entries": [], "notes": []})


def test_the_gate_opens_and_closes(run_cli: Any, prompts: Path, project: Path) -> None:
    """Held against what was saved the same figures pass with 0; a regression ends with 1, and saves nothing."""
    done = run_cli("route", "eval", prompts, *RULES, "--save", "base.json")
    assert (done.status, done.err) == (0, "saved the figures to base.json\n")
    saved = (project / "base.json").read_text()
    done = run_cli("route", "eval", prompts, *RULES, "--gate", "base.json", "--save", "base.json")
    assert (done.status, done.err) == (0, "saved the figures to base.json\nthe gate is open: no figure fell\n")
    assert (project / "base.json").read_text() == saved
    run_cli("register", "tool", "apple", "a.b:c", "--match", "apple|sing|a berry")
    done = run_cli("route", "eval", prompts, *RULES, "--gate", "base.json", "--save", "base.json")
    assert (done.status, done.err) == (
        1,
        "the gate is closed: precision fell from 66.7 to 50.0 %; rejected fell from 100.0 to 0.0 %; "
        "auroc fell from 87.5 to 37.5 %; the recall that fell most: tool:berry (33.3 % → 0.0 %)\n",
    )
    assert (project / "base.json").read_text() == saved
    done = run_cli("route", "eval", prompts, *RULES, "--gate", "base.json", "--tolerance", "100")
    assert (done.status, done.err) == (
        0, "the gate is open: no figure fell; the recall that fell most: tool:berry (33.3 % → 0.0 %)\n",
    )  # fmt: skip


def test_a_gate_of_other_data_is_noted(run_cli: Any, prompts: Path, project: Path) -> None:
    """Other prompts, another router and another strategy are said, and missing data closes the gate."""
    run_cli("route", "eval", prompts, *RULES, "--save", "base.json")
    part = write(project / "part.jsonl", PROMPTS[:3])
    done = run_cli("route", "eval", part, "-k", "tool", "--chain", "rules", "--name", "other", "--gate", "base.json")
    assert (done.status, done.err.splitlines()) == (
        1,
        [
            "note: the baseline was made of other prompts or labels (5 of them)",
            "note: it was made with the router auto",
            "note: it was made with the strategy rules",
            "the gate is closed: rejected was 100.0 % and can't be told any more; "
            "auroc was 87.5 % and can't be told any more",
        ],
    )


def test_a_picture_is_drawn(run_cli: Any, prompts: Path, project: Path) -> None:
    """It is an SVG file beside the figures."""
    done = run_cli("route", "eval", prompts, *RULES, "--picture", "eval.svg")
    assert (done.status, done.err) == (0, "drew eval.svg\n")
    assert ElementTree.parse(project / "eval.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    done = run_cli("route", "eval", prompts, *RULES, "--picture", "no/such/folder.svg")
    assert (done.status, done.out.startswith("figure\taccuracy")) == (2, True)
    assert done.err == "Error: Could not open file 'no/such/folder.svg': No such file or directory\n"


def test_golden_cases_are_asked_and_learned_from(run_cli: Any, prompts: Path) -> None:
    """With --golden the cases of the catalog stand in the place of a file; those of other kinds are left out."""
    none = "there is no golden case for this router; `catalog route golden add TEXT KEY` keeps one"
    for name in ("eval", "fit"):
        assert run_cli("route", name, "--golden", *RULES) == (2, "", f"Error: {none}\n")
    run_cli("route", "golden", "add", "an apple", "apple")
    run_cli("register", "agent", "other", "a.b:c")
    run_cli("route", "golden", "add", "an apple", "agent:other")
    run_cli("route", "golden", "add", "else", "agent:other")
    done = run_cli("route", "eval", "--golden", *RULES)
    assert (done.status, done.out.splitlines()[:2]) == (0, ["figure\taccuracy\t1.000000", "figure\tright\t1.000000"])
    assert done.err == "note: 1 golden case is of an entry that is no candidate; left out\n"


def test_fitting_tells_what_was_learned(run_cli: Any, embedded: Path) -> None:
    """Figures of held-out prompts; what was fitted is used by later routes and told by evaluations."""
    done = run_cli("route", "fit", embedded)
    lines = dict(line.strip().split(None, 1) for line in done.out.splitlines()[1:])
    assert (done.status, done.err, done.out.splitlines()[0]) == (0, "", "fitted the router 'auto'")
    assert list(lines) == [
        "prompts", "candidates", "embedder", "accuracy", "answered", "rejected", "AUROC", "threshold", "took", "note",
    ]  # fmt: skip
    assert lines["prompts"] == "6 (2 fit no entry), and 4 examples"
    assert run_cli("route", "play some music", "--json").data["confidence"] is not None
    flattered = "6 of 6 prompts were learned from, or are examples of an entry: the figures flatter the router"
    assert run_cli("route", "eval", embedded).err == f"note: {flattered}\n"
    assert f"  note        {flattered}" in run_cli("route", "eval", embedded, width=120).out
    data = run_cli("route", "fit", embedded, "--coverage", "0.5", "--json").data
    assert (data["router"], data["prompts"], data["out_of_scope"], data["target_coverage"]) == ("auto", 6, 2, 0.5)


def test_a_stale_calibration_is_told(run_cli: Any, embedded: Path) -> None:
    """After a change it is not applied; a route, an evaluation and its JSON say so until it is fitted again."""
    run_cli("route", "fit", embedded)
    run_cli("register", "tool", "poem", "a.b:c", "-d", "Write a poem")
    why = "the calibration is stale (of the candidates it was made for, 1 new) and was not applied: fit again"
    assert why in run_cli("route", "play some music").out
    assert run_cli("route", "play some music", "--json").data["confidence"] is None
    assert run_cli("route", "eval", embedded).err == f"note: {why}\n"
    assert run_cli("route", "eval", embedded, "--json").data["notes"] == [why]
    run_cli("route", "fit", embedded)
    assert "stale" not in run_cli("route", "eval", embedded).err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give either FILE.jsonl or --golden; see 'catalog route {} --help'"),
        (("prompts.jsonl", "--golden"), "give either FILE.jsonl or --golden; see 'catalog route {} --help'"),
        (("none.jsonl",), "Invalid value for '[FILE.jsonl]': File 'none.jsonl' does not exist; "
                          "see 'catalog route {} --help'"),
        (("bad.jsonl",), "bad.jsonl, line 2: not JSON: Expecting value, at character 1"),
        (("binary.jsonl",), "binary.jsonl is not a text file in UTF-8"),
        (("empty.jsonl",), "empty.jsonl holds no prompt"),
        (("slip.jsonl",), "no candidate is called 'aple'; did you mean 'apple'? (1 more name is unknown, as 'zzz')"),
        (("prompts.jsonl", "-k", "agent"), "there is no candidate of kind agent; try --kind tool or --kind all, or "
                                           "register one with `catalog register`"),
        (("prompts.jsonl", "--strategy", "x"), "there is no strategy 'x'; choose one of rules, embedding, "
                                               "llm_classify, llm_build, cascade, or give 'package.module:name'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["eval", "fit"])
def test_bad_input_is_told(
    run_cli: Any, prompts: Path, project: Path, name: str, arguments: tuple[str, ...], told: str
) -> None:
    """One line says what is wrong and where; the exit status is 2, and nothing else is printed."""
    (project / "bad.jsonl").write_text('{"text": "x", "gold": null}\nnonsense\n')
    (project / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    (project / "empty.jsonl").write_text("\n")
    write(project / "slip.jsonl", [{"text": "x", "gold": "aple"}, {"text": "y", "gold": "zzz"}])
    kind = () if "-k" in arguments else ("--kind", "tool")
    done = run_cli("route", name, *kind, *arguments)
    assert done == (2, "", f"Error: {told.format(name)}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("eval", "--gate", "prompts.jsonl"), "prompts.jsonl is no baseline: it is not JSON (Extra data: line 2"),
        (("eval", "--gate", "none.json"), "Invalid value for '--gate': File 'none.json' does not exist"),
        (("eval", "--save", "no/such.json"), "Could not open file 'no/such.json': No such file or directory"),
        (("eval", "--tolerance", "-1"), "Invalid value for '--tolerance': -1.0 is not in the range 0<=x<=100"),
        (("fit",), "the strategy 'rules' learns nothing; 'embedding' does, alone or in a cascade"),
        (("fit", "--coverage", "1"), "Invalid value for '--coverage': 1.0 is not in the range 0<x<1"),
    ],
)  # fmt: skip
def test_options_that_can_not_be_are_told(run_cli: Any, prompts: Path, arguments: tuple[str, ...], told: str) -> None:
    """A file that is no baseline, one that can't be written, a share that is none."""
    done = run_cli("route", arguments[0], prompts, *RULES, *arguments[1:])
    assert done.status == 2
    assert done.err.startswith(f"Error: {told}")
