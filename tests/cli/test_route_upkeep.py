"""``catalog route golden``, ``log``, ``replay`` and ``lint``: what routing is tested with, from the command line."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog, tool

CONFIGURED = 'embedder = "none"\n[router]\nkind = "tool"\nstrategy = "rules"\n'


@pytest.fixture
def ruled(project: Path, url: str) -> Path:
    """Two tools with rules, and a configuration whose router goes by them; the file of it."""
    with open_catalog(url) as cat:
        cat.register_many([
            tool("apple", match="apple", description="Apples"), tool("berry", match="berry", description="Berries"),
        ])  # fmt: skip
    (project / "catalog.toml").write_text(CONFIGURED)
    return project / "catalog.toml"


def logging(file: Path, what: str) -> None:
    """Make the configuration keep decisions."""
    file.write_text(f'route_log = "{what}"\n{CONFIGURED}')


def test_golden_cases_are_added_listed_and_removed(run_cli: Any, ruled: Path) -> None:
    """Each says what it did; a second entry joins the first; lists are tab-separated in a pipe."""
    assert run_cli("route", "golden", "add", "red fruit", "apple") == (
        0, "kept: tool:apple is right for this prompt\n", "",
    )  # fmt: skip
    assert run_cli("route", "golden", "add", "red fruit", "tool:apple").out == (
        "there already: tool:apple is right for this prompt\n"
    )
    run_cli("route", "golden", "add", "red fruit", "berry")
    assert run_cli("route", "golden", "add", "bread", "--none", "--json").data == {
        "text": "bread", "key": None, "added": True,
    }  # fmt: skip
    assert run_cli("route", "golden", "list") == (0, "red fruit\ttool:apple, tool:berry\nbread\t\n", "")
    assert run_cli("route", "golden", "list", "berry", "--json").data == [
        {"text": "red fruit", "gold": ["tool:apple", "tool:berry"]}
    ]
    assert run_cli("route", "golden", "list", width=60).out == (
        "PROMPT     RIGHT\nred fruit  tool:apple, tool:berry\nbread      (none)\n"
    )
    assert run_cli("route", "golden", "remove", "red fruit", "--entry", "berry") == (0, "took away 1 golden case\n", "")
    assert run_cli("route", "golden", "remove", "--entry", "tool:apple", "--json").data == {"removed": 1}
    assert run_cli("route", "golden", "list").out == "bread\t\n"
    assert run_cli("route", "golden", "remove", "red fruit") == (
        1, "", "no such golden case; `catalog route golden list` shows all\n",
    )  # fmt: skip
    assert run_cli("route", "golden", "list", "apple") == (
        1, "", "no golden case of apple; `catalog route golden add TEXT KEY` keeps one\n",
    )  # fmt: skip


def test_golden_cases_are_exported_and_imported(run_cli: Any, ruled: Path, project: Path) -> None:
    """A file and a pipe hold the same lines; an unknown name or a bad line adds nothing."""
    run_cli("route", "golden", "add", "red fruit", "apple")
    run_cli("route", "golden", "add", "bread", "--none")
    lines = run_cli("route", "golden", "export").out
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"text": "red fruit", "gold": ["tool:apple"]},
        {"text": "bread", "gold": []},
    ]
    assert run_cli("route", "golden", "export", "g.jsonl") == (0, "", "exported 2 golden cases to g.jsonl\n")
    assert (project / "g.jsonl").read_text() == lines
    run_cli("route", "golden", "remove", "bread")
    assert run_cli("route", "golden", "import", "g.jsonl") == (0, "added 1 golden case\n", "")
    assert run_cli("route", "golden", "import", "-", "--json", stdin=lines).data == {"added": 0}
    bad = '{"text": "new", "gold": "apple"}\n{"text": "other", "gold": "aple"}\n'
    assert run_cli("route", "golden", "import", "-", stdin=bad) == (
        2, "", "Error: no entry is called 'aple'; did you mean 'tool:apple'?\n",
    )  # fmt: skip
    assert run_cli("route", "golden", "import", "-", stdin=bad[:-20]).err.startswith(
        "Error: standard input, line 2: not JSON"
    )
    (project / "binary.jsonl").write_bytes(b"\xff")
    assert run_cli("route", "golden", "import", "binary.jsonl").err == (
        "Error: binary.jsonl is not a text file in UTF-8\n"
    )
    assert run_cli("route", "golden", "export", "no/such.jsonl").status == 2
    assert len(run_cli("route", "golden", "list").out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("add", "x"), 2, "give either the KEY of the right entry or --none; see 'catalog route golden add --help'"),
        (("add", "x", "apple", "--none"), 2,
         "give either the KEY of the right entry or --none; see 'catalog route golden add --help'"),
        (("add", " ", "apple"), 2, "a golden case has a text of 1 to 20,000 characters, not 0"),
        (("add", "x", "tool:aple"), 1, "no entry 'tool:aple'; did you mean 'tool:apple'?"),
        (("remove",), 2, "give a TEXT, --entry KEY, or both; see 'catalog route golden remove --help'"),
        (("ad", "x"), 2, "no such command 'ad'; did you mean 'add'?"),
        (("import", "none.jsonl"), 2,
         "Invalid value for 'FILE.jsonl': File 'none.jsonl' does not exist; see 'catalog route golden import --help'"),
    ],
)  # fmt: skip
def test_wrong_use_of_golden_is_told(
    run_cli: Any, ruled: Path, arguments: tuple[str, ...], status: int, told: str
) -> None:
    """One line, and nothing is kept."""
    assert run_cli("route", "golden", *arguments) == (status, "", f"Error: {told}\n")
    assert run_cli("route", "golden", "list").out == ""


def test_no_decision_is_kept_by_default(run_cli: Any, ruled: Path) -> None:
    """The log is empty, says how to fill it, and ends with 1."""
    run_cli("route", "an apple")
    assert run_cli("route", "log") == (
        1, "", 'no decision was kept: route_log = "hash" or "text" in the configuration keeps decisions\n',
    )  # fmt: skip
    assert run_cli("route", "log", "--json") == (1, "[]\n", run_cli("route", "log").err)


def test_the_log_shows_what_was_decided(run_cli: Any, ruled: Path) -> None:
    """The newest first: with hashes no prompt, with texts the prompt; forgetting takes all."""
    logging(ruled, "hash")
    run_cli("route", "an apple, secretly")
    logging(ruled, "text")
    run_cli("route", "bread")
    digest = sha256(b"an apple, secretly").hexdigest()
    assert run_cli("route", "log").undated == (
        0, f"WHEN\tauto\trules\t\t\tbread\nWHEN\tauto\trules\ttool:apple\t1\t{digest}\n", "",
    )  # fmt: skip
    assert run_cli("route", "log", width=60).undated.out == (
        "WHEN  no entry  auto: rules\n"
        f"{'':18}bread\n"
        "WHEN  tool:apple  auto: rules 1.000\n"
        f"{'':18}sha256 {digest[:16]}…\n"
    )
    told = run_cli("route", "log", "-n", "1", "--json").data
    assert [(one["prompt"], one["decision"]["key"], one["router"]["strategy"]) for one in told] == [
        ("bread", None, "rules")
    ]
    assert run_cli("route", "log", "--forget") == (0, "forgot 2 decisions\n", "")
    assert run_cli("route", "log").err == "no decision was kept\n"


def test_a_replay_shows_what_changed(run_cli: Any, ruled: Path) -> None:
    """Then and now of each prompt that goes elsewhere, and exit status 1; with --verbose the others, too."""
    assert run_cli("route", "replay") == (
        0, "", 'nothing to replay; keep decisions with route_log = "text", or `catalog route golden add`\n',
    )  # fmt: skip
    logging(ruled, "hash")
    run_cli("route", "hashed")
    logging(ruled, "text")
    for text in ("apple pie", "a berry", "apple pie"):
        run_cli("route", text)
    run_cli("route", "golden", "add", "bread", "berry")
    remarks = "1 decision was logged with a hash of the prompt only\n"
    remarks += "1 decision repeats a prompt that was asked again already\n"
    assert run_cli("route", "replay", "--no-golden") == (
        0, "", f"{remarks}nothing changed: 2 prompts asked again\n",
    )  # fmt: skip
    run_cli("register", "tool", "pie", "a.b:c", "--match", "pie", "--priority", "3")
    changed = "log\tapple pie\ttool:apple\ttool:pie\t1\t1\tmatches /pie/ (rule 1 of 3, priority 3)\n"
    wrong = "golden\tbread\ttool:berry\t\t\t\tnone of 3 rules matches\n"
    assert run_cli("route", "replay") == (1, changed + wrong, f"{remarks}2 of 3 prompts changed or wrong\n")
    whole = run_cli("route", "replay", "--verbose").out
    assert (
        whole
        == f"{changed}log\ta berry\ttool:berry\ttool:berry\t1\t1\tmatches /berry/ (rule 3 of 3, priority 0)\n{wrong}"
    )
    assert run_cli("route", "replay", "--no-golden", width=70).undated.out == (
        "≠ apple pie\n"
        "  WHEN tool:apple  (1.000)\n"
        "  now              tool:pie  (1.000)\n"
        "                   matches /pie/ (rule 1 of 3, priority 3)\n"
    )
    data = run_cli("route", "replay", "--json").data
    assert (data["asked"], data["changed"], data["hashed"], data["repeated"], data["skipped"]) == (3, 2, 1, 1, {})
    assert len(run_cli("route", "log").out.splitlines()) == 4


def test_another_router_can_be_asked(run_cli: Any, ruled: Path) -> None:
    """Options describe it; a limit looks at the last decisions only."""
    logging(ruled, "text")
    for text in ("apple pie", "a berry"):
        run_cli("route", text)
    run_cli("register", "agent", "picker", "a.b:c", "--match", "apple|berry", "--priority", "3")
    done = run_cli("route", "replay", "--kind", "all", "--no-golden")
    assert [line.split("\t")[1:4] for line in done.out.splitlines()] == [
        ["a berry", "tool:berry", "agent:picker"],
        ["apple pie", "tool:apple", "agent:picker"],
    ]
    assert run_cli("route", "replay", "--kind", "all", "--no-golden", "--limit", "1").err == (
        "1 of 1 prompt changed or wrong\n"
    )
    assert run_cli("route", "replay", "--no-golden").status == 0


def test_lint_tells_what_it_finds(run_cli: Any, ruled: Path) -> None:
    """Code, evidence, keys and message in a pipe; by sort on a terminal; exit status 1 with findings, 0 without."""
    none = "this catalog has no embedder: it is configured as 'none'"
    note = f"note: near-duplicates were looked for by words only: {none}\n"
    for text, name in (("an apple", "apple"), ("a berry", "berry")):
        run_cli("route", "golden", "add", text, name)
    assert run_cli("route", "lint") == (0, "", f"{note}nothing found in 2 candidates and 2 golden cases\n")
    run_cli("register", "tool", "apples", "a.b:c", "--match", "red apple", "-d", "apples")
    done = run_cli("route", "lint")
    assert done == (
        1,
        "near_duplicate\tproved\ttool:apple, tool:apples\tdescription and examples are the same: "
        "no strategy that reads them can tell the two apart\n"
        "unreached\tobserved\ttool:apples\tit has no golden case, and none reaches it\n"
        "dead_rule\tproved\ttool:apples, tool:apple\ttool:apple is asked before and takes all of it: "
        "/apple/ matches whatever /red apple/ does\n",
        f"{note}3 findings in 3 candidates and 2 golden cases\n",
    )
    assert run_cli("route", "lint", "--only", "dead_rule", width=60).out == (
        "1 dead_rule  rules that never decide\n"
        "  proved    tool:apples · tool:apple\n"
        "            tool:apple is asked before and takes all of it:\n"
        "            /apple/ matches whatever /red apple/ does\n"
    )
    data = run_cli("route", "lint", "--only", "unreached", "--json").data
    assert data == {
        "findings": [
            {
                "code": "unreached", "keys": ["tool:apples"], "evidence": "observed", "facts": {"cases": 0},
                "message": "it has no golden case, and none reaches it",
            }
        ],
        "notes": [], "candidates": 3, "golden": 2,
    }  # fmt: skip
    assert run_cli("route", "lint", "-k", "agent").status == 2


def test_lint_shows_a_few_of_each_sort(run_cli: Any, ruled: Path, url: str) -> None:
    """Five, and how many more; all with --verbose. It knows each code, and the help lists them."""
    from catalog.routing.evaluation.lint import CODES
    from catalog_cli.commands.route.lint import TITLES

    assert tuple(TITLES) == CODES
    with open_catalog(url) as cat:
        cat.register_many([tool(f"mute_{number}") for number in range(8)])
    shown = run_cli("route", "lint", "--only", "undescribed", width=80).out
    assert shown.splitlines()[0] == "8 undescribed  entries that say nothing about themselves"
    assert shown.splitlines()[-1] == f"  {'':9} … and 3 more (--verbose)"
    assert "more" not in run_cli("route", "lint", "--only", "undescribed", "-v", width=80).out
    words = set(run_cli("route", "lint", "--help").out.replace(",", " ").replace(".", " ").split())
    assert set(CODES) <= words
    for code in CODES:
        assert run_cli("route", "lint", "--only", code).status in (0, 1)
    assert run_cli("route", "lint", "--only", "dead").err.startswith(
        "Error: Invalid value for '--only': 'dead' is not one"
    )
