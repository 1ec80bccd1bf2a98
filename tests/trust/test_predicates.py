"""Predicates: functions that routing calls are under the policy of trust, and are functions meant for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import AutoCouncil, Catalog, Settings, lint, replay

RULES = """
from os import system as run
from subprocess import getoutput

class Fits:
    def __call__(self, prompt):
        return "bill" in prompt

callable_object = Fits()

def fits(prompt):
    return "bill" in prompt

def pick(prompt, candidates):
    return candidates[0]
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module with predicates."""
    (tmp_path / "predicates_of_mine.py").write_text(RULES)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "predicates_of_mine"
    sys.modules.pop("predicates_of_mine", None)


def reason_for(cat: Catalog) -> str:
    """Return the reason of a route by rules."""
    decision = AutoCouncil(cat, "rules", "tool", on_no_match="abstain").resolve("pay my bill")
    return f"{decision.name}: {decision.reason}"


@pytest.mark.parametrize(
    "match", ["os:system", "builtins:eval", "subprocess:getoutput", "shutil:rmtree", "predicates_of_mine:run",
              "predicates_of_mine:getoutput", "predicates_of_mine:Fits"],
)  # fmt: skip
def test_nothing_but_a_function_of_a_project_is_called(catalog: Catalog, rules: str, match: str) -> None:
    """Built-in functions, those of the standard library under any name, and classes are no predicates."""
    catalog.register("tool", "pay", "json:dumps", match=match)
    assert reason_for(catalog).startswith(f"None: none of 1 rules matches; tool:pay was passed over: its rule {match}")
    assert "UntrustedReferenceError" in reason_for(catalog)


@pytest.mark.parametrize("name", ["fits", "callable_object"])
def test_a_function_that_its_owner_registered_is_called(catalog: Catalog, rules: str, name: str) -> None:
    """A function, or an object of a class with ``__call__``, in a catalog of one's own."""
    catalog.register("tool", "pay", "json:dumps", match=f"{rules}:{name}")
    assert reason_for(catalog) == f"pay: {rules}:{name} says yes (rule 1 of 1, priority 0)"


@pytest.mark.parametrize("source", ["import", "scan:somewhere", "plugin:magma_plugins:dist:name"])
def test_a_predicate_nobody_has_chosen_is_not_imported(catalog: Catalog, rules: str, source: str) -> None:
    """What an import, a scan or a plugin brings needs an allow; the module is not imported."""
    catalog.register_many(
        [{"kind": "tool", "name": "pay", "ref": "json:dumps", "match": f"{rules}:fits", "source": source}]
    )
    assert reason_for(catalog).startswith("None: ")
    assert reason_for(catalog).startswith("None: ")  # asked twice, noted once
    assert rules not in sys.modules
    assert [(refusal.key, refusal.code) for refusal in catalog.audit()] == [("tool:pay", "untrusted-reference")]
    trust = {"predicate": {"allow": [f"{rules}.*"]}}
    with Catalog(catalog.url, settings=Settings(embedder="none", trust=trust)) as cat:
        assert reason_for(cat).startswith("pay: ")


def test_an_imported_line_runs_nothing_when_a_prompt_is_routed(catalog: Catalog, tmp_path: Path) -> None:
    """The prompt is not handed to a shell, whatever a line of an imported file says."""
    mark = tmp_path / "ran"
    line = {"kind": "tool", "name": "x", "ref": "json:dumps", "match": "os:system", "description": "d"}
    (tmp_path / "lines.jsonl").write_text(json.dumps(line))
    catalog.import_jsonl(tmp_path / "lines.jsonl")
    for strategy in ("rules", "cascade"):
        AutoCouncil(catalog, strategy, "tool", on_no_match="abstain").resolve(f"touch {mark}")
    assert not mark.exists()


def test_lint_shows_what_routing_would_run(catalog: Catalog, rules: str) -> None:
    """A predicate that is refused is a finding, and one that routing calls a note."""
    catalog.register("tool", "pay", "json:dumps", match=f"{rules}:fits", description="Pay.")
    catalog.register("tool", "hit", "json:dumps", match="os:system", description="Hit.")
    done = lint(AutoCouncil(catalog, "rules", "tool"), ["predicate"])
    assert {finding.keys: finding.message for finding in done.findings} == {
        (
            "tool:hit",
        ): "the predicate of tool:hit os:system is a function of the standard library, and none of those is "
        "meant as a predicate; name a function of your own",
    }
    assert done.notes == (f"routing calls {rules}:fits, the rule of tool:pay",)


def test_a_strategy_that_only_the_log_names_is_under_the_policy(url: str, rules: str) -> None:
    """A replay makes a router again from rows of the database: its strategy is imported only where that is allowed."""
    with Catalog(url, settings=Settings(embedder="none", route_log="text")) as cat:
        cat.register("tool", "pay", "json:dumps")
        AutoCouncil(cat, f"{rules}:pick", "tool", on_no_match="abstain").resolve("pay my bill")
    sys.modules.pop(rules)
    with Catalog(url, settings=Settings(embedder="none", trust={"mode": "listed"})) as cat:
        skipped = replay(cat).skipped
        assert (len(skipped), "is not imported, as it is not trusted" in str(skipped), rules in sys.modules) == (
            1, True, False,
        )  # fmt: skip
    with Catalog(url, settings=Settings(embedder="none", trust={"mode": "listed", "allow": [f"{rules}.*"]})) as cat:
        assert [asked.is_same for asked in replay(cat).asked] == [True]
