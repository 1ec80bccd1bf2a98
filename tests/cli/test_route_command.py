"""``catalog route TEXT``: which entry a prompt goes to and why; what is wrong use; what the shell completes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

ARGUMENTS = ("--kind", "tool", "--strategy", "rules")


@pytest.fixture
def ruled(url: str) -> None:
    """Two tools with a rule, one without, and one that needs a provider."""
    with open_catalog(url) as cat:
        cat.register("tool", "send_mail", "nowhere.mail:send", match=r"\bmail\b", priority=5, description="Send it.")
        cat.register("tool", "read_csv", "nowhere.files:read", match=r"\.csv\b", description="Read a table.")
        cat.register("tool", "draw", "nowhere.plots:draw", description="Draw a plot.", tags=["plot"])
        cat.register("tool", "paint", "nowhere.plots:paint", description="Paint.", providers=["nobody"])


pytestmark = pytest.mark.usefixtures("ruled")


def test_in_a_pipe_an_answer_is_one_line(run_cli: Any) -> None:
    """Key, score, strategy and reason stand in one line; without an answer the reason is on standard error."""
    assert run_cli("route", "mail data.csv to ann", *ARGUMENTS) == (
        0,
        "tool:send_mail\t1\trules\tmatches /\\bmail\\b/ (rule 1 of 2, priority 5)\n",
        "",
    )
    assert run_cli("route", "sing", *ARGUMENTS) == (1, "", "no candidate fits: none of 2 rules matches\n")


def test_an_explanation_in_a_pipe(run_cli: Any) -> None:
    """A line for each candidate, step and entry that was left out follows, marked in its first column."""
    done = run_cli("route", "my data.csv", "-k", "tool", "--chain", "rules", "--provider-check", "--explain")
    lines = [line.split("\t") for line in done.out.splitlines()]
    why = "matches /\\.csv\\b/ (rule 2 of 2, priority 0)"
    step = next(line for line in lines if line[0] == "step")
    assert float(step.pop(3)) >= 0
    assert (done.status, lines) == (
        0,
        [
            ["tool:read_csv", "1", "rules", why],
            ["candidate", "tool:read_csv", "1", "matches /\\.csv\\b/"],
            ["candidate", "tool:draw", "", ""],
            ["candidate", "tool:send_mail", "", ""],
            ["step", "rules", "chosen", why],
            ["left out", "tool:paint", "needs nobody, not configured here"],
        ],
    )
    short = run_cli("route", "my data.csv", *ARGUMENTS, "--explain", "--top", "1").out.splitlines()
    assert [line.split("\t")[0] for line in short] == ["tool:read_csv", "candidate"]


def test_on_a_terminal_an_answer_explains_itself(run_cli: Any) -> None:
    """Key, description, why and by what; with --explain the candidates and steps, as wide as the window."""
    done = run_cli("route", "mail it", "-k", "tool", "--chain", "rules", "--explain", width=60)
    lines = done.out.splitlines()
    assert (done.status, done.err) == (0, "")
    assert [*lines[:4], *lines[5:12]] == [
        "tool:send_mail",
        "Send it.",
        "",
        "  why         matches /\\bmail\\b/ (rule 1 of 2, priority 5)",
        "  score       1.000",
        "",
        "  CANDIDATE       SCORE              DESCRIPTION",
        "  tool:send_mail  1.000  ██████████  matches /\\bmail\\b/",
        "  tool:draw                          Draw a plot.",
        "  tool:paint                         Paint.",
        "  tool:read_csv                      Read a table.",
    ]
    assert lines[4].startswith("  by          rules, in ")
    assert lines[13].split() == ["STEP", "OUTCOME", "MS", "WHY"]
    assert lines[14].split()[:2] == ["rules", "chosen"]
    assert max(map(len, lines)) <= 60
    assert "CANDIDATE" not in run_cli("route", "mail it", *ARGUMENTS, width=80).out


def test_without_an_answer_a_terminal_shows_why(run_cli: Any) -> None:
    """The reason is there, and the exit status is 1."""
    done = run_cli("route", "sing", *ARGUMENTS, width=80)
    assert (done.status, done.err) == (1, "no candidate fits\n")
    assert done.out.splitlines()[:3] == ["no entry", "", "  why         none of 2 rules matches"]


def test_a_decision_as_json(run_cli: Any) -> None:
    """One document with the decision, its entry and its candidates, whether or not something was picked."""
    done = run_cli("route", "mail it", *ARGUMENTS, "--json")
    assert (done.status, done.err) == (0, "")
    assert {name: done.data[name] for name in ("key", "strategy", "score", "considered", "filtered")} == {
        "key": "tool:send_mail", "strategy": "rules", "score": 1.0, "considered": 4, "filtered": 0,
    }  # fmt: skip
    assert done.data["entry"]["description"] == "Send it."
    assert [one["key"] for one in done.data["candidates"]] == [
        "tool:send_mail", "tool:draw", "tool:paint", "tool:read_csv",
    ]  # fmt: skip
    done = run_cli("route", "sing", *ARGUMENTS, "--json")
    assert (done.status, done.data["key"], done.data["entry"]) == (1, None, None)
    assert done.err == "no candidate fits: none of 2 rules matches\n"


def test_where_a_prompt_may_come_from(run_cli: Any) -> None:
    """Standard input; behind two dashes or ask a word that is a command; options may stand before it."""
    assert run_cli("route", "-", *ARGUMENTS, stdin="mail\n").out.startswith("tool:send_mail\t")
    for words in ((*ARGUMENTS, "--", "fit"), ("ask", *ARGUMENTS, "fit"), ("ask", "fit", *ARGUMENTS)):
        assert run_cli("route", *words).err == "no candidate fits: none of 2 rules matches\n"
    assert run_cli("route", *ARGUMENTS, "mail").out.startswith("tool:send_mail\t")
    assert run_cli("route", "ask", "mail", *ARGUMENTS).out.startswith("tool:send_mail\t")


def test_a_fallback_takes_what_fits_nothing(run_cli: Any) -> None:
    """It is named by key or name and found before anything is asked; a slip is answered with what was meant."""
    for named in ("draw", "tool:draw"):
        assert run_cli("route", "sing", *ARGUMENTS, "--on-no-match", named) == (
            0,
            "tool:draw\t\tfallback\tnone of 2 rules matches\n",
            "",
        )
    assert run_cli("route", "mail", *ARGUMENTS, "--on-no-match", "tool:darw") == (
        1,
        "",
        "Error: no entry 'tool:darw'; did you mean 'tool:draw'?\n",
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("", *ARGUMENTS), "the prompt is empty"),
        ((" \n", *ARGUMENTS), "the prompt is empty"),
        (("plot", "my", "data"), "put a prompt of several words in quotes; see 'catalog route ask --help'"),
        (("evl", "file.jsonl"), "put a prompt of several words in quotes; did you mean 'eval'?"),
        (("evl", "--golden"), "No such option '--golden'; did you mean 'eval'?"),
        ((*ARGUMENTS, "fit", "x.jsonl"), "'fit' is a command: put it before its options, or -- before a prompt; "
                                         "see 'catalog route ask --help'"),
        ((*ARGUMENTS, "lint"), "'lint' is a command: put it before its options, or -- before a prompt; "
                               "see 'catalog route ask --help'"),
        (("mail", "--treshold", "1"), "No such option '--treshold'. Did you mean '--threshold'?"),
        (("mail", "-k", "tol"), "unknown kind 'tol'; did you mean 'tool'? (a project declares its own with "
                                "`kinds = [...]` in [tool.catalog])"),
        (("mail", "--strategy", "ruls"), "there is no strategy 'ruls'; did you mean 'rules'?; choose one of rules, "
                                         "embedding, llm_classify, llm_build, cascade, or give 'package.module:name'"),
        (("mail", "--chain", "rules,rules"), "the step 'rules' stands in the chain twice"),
        (("mail", "--chain", "rules,cascade"), "a cascade may not contain itself; leave 'cascade' out of the chain"),
        (("mail", "--chain", ", "), "--chain gives the steps of a cascade, as in --chain rules,embedding; "
                                    "see 'catalog route ask --help'"),
        (("mail", *ARGUMENTS, "--chain", "rules"), "--chain gives the steps of a cascade, as in --chain "
                                                   "rules,embedding; see 'catalog route ask --help'"),
        (("mail", "--threshold", "nan"), "--threshold takes a number; see 'catalog route ask --help'"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_in_a_line(run_cli: Any, arguments: tuple[str, ...], told: str) -> None:
    """What can't be is said with what was meant, and the exit status is 2."""
    assert run_cli("route", *arguments) == (2, "", f"Error: {told}\n")


def test_what_to_do_without_a_candidate(run_cli: Any, url: str) -> None:
    """Kinds there are, tags that none has, entries that were left out, and an empty catalog are told apart."""
    none = "there is no candidate of kind"
    assert run_cli("route", "mail") == (
        1, "", f"{none} council; try --kind tool or --kind all, or register one with `catalog register`\n",
    )  # fmt: skip
    assert run_cli("route", "mail", "-k", "tool", "--tag", "x") == (1, "", f"{none} tool with these tags\n")
    left_out = run_cli("route", "mail", "-k", "tool", "--not-tag", "plot", "--tag", "x", "--provider-check")
    assert left_out.err == f"{none} tool with these tags\n"
    for name in ("send_mail", "read_csv", "draw"):
        run_cli("unregister", f"tool:{name}")
    assert run_cli("route", "mail", "-k", "tool", "--provider-check").err == (
        f"{none} tool: tool:paint is left out (needs nobody, not configured here)\n"
    )
    run_cli("unregister", "tool:paint")
    assert run_cli("route", "mail", "-k", "all").err == (
        "there is no candidate: the catalog is empty; fill it with `catalog scan PACKAGE`\n"
    )


def test_the_configuration_is_the_router(run_cli: Any, project: Path) -> None:
    """Options of [router] count for the command line; those typed win; a slip in it is told."""
    (project / "catalog.toml").write_text('[router]\nkind = "tool"\nstrategy = "rules"\non_no_match = "draw"\n')
    assert run_cli("route", "mail").out.startswith("tool:send_mail\t")
    assert run_cli("route", "sing").out.startswith("tool:draw\t\tfallback")
    assert run_cli("route", "sing", "--on-no-match", "abstain").status == 1
    (project / "catalog.toml").write_text('[router]\nkinds = "tool"\n')
    done = run_cli("route", "mail")
    assert (done.status, done.out) == (2, "")
    assert "router.kinds is no option of a router; did you mean 'kind'?" in done.err


def test_a_predicate_of_the_project_is_imported_and_nothing_else(run_cli: Any, project: Path, url: str) -> None:
    """What is picked is not loaded; a rule in Python is found in the current folder."""
    (project / "own.py").write_text("def yes(prompt):\n    return 'sing' in prompt\n")
    (project / "never.py").write_text("raise SystemExit('imported')\n")
    with open_catalog(url) as cat:
        cat.register_many([{"kind": "tool", "name": "sing", "ref": "never:sing", "match": "own:yes"}])
    assert run_cli("route", "sing", *ARGUMENTS) == (
        0,
        "tool:sing\t1\trules\town:yes says yes (rule 3 of 3, priority 0)\n",
        "",
    )


def test_the_help_tells_of_prompts_and_commands(run_cli: Any) -> None:
    """Options of a route stand before the commands, each with a line, and examples at the end."""
    done = run_cli("route", "--help")
    assert done.status == 0
    headings = [line for line in done.out.splitlines() if line and not line.startswith(" ")]
    assert headings == [
        "Usage: catalog route [OPTIONS] TEXT|COMMAND [ARGS]...",
        "Options of a route:", "Options:", "Commands:", "Examples:",
    ]  # fmt: skip
    bare = run_cli("route")
    assert (bare.status, bare.err) == (2, done.out)
