"""The examples run and print what their readers expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import ROOT


@pytest.fixture
def run_example(run_forked, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A function that runs an example in a process of its own and returns the lines it prints."""

    def run(name: str) -> list[str]:
        folder = str(ROOT / "examples")
        code = (
            f"import runpy, sys; sys.path.insert(0, {folder!r}); "
            f"runpy.run_path({folder!r} + '/{name}', run_name='__main__')"
        )
        return str(run_forked(code, cwd=tmp_path)).splitlines()

    return run


def test_routing_by_rules(run_example) -> None:  # type: ignore[no-untyped-def]
    """Priorities, predicates and patterns decide as the example says, and the winner is run."""
    lines = run_example("route_rules.py")
    assert [line.split(" -> ")[1].split(":")[0] for line in lines[:4]] == ["seo", "review", "review", "None"]
    assert lines[4:] == ["no title, no description"]


def test_routing_by_meaning(run_example) -> None:  # type: ignore[no-untyped-def]
    """The right teams are found before and after fitting, and what fits none goes to none."""
    lines = run_example("route_embedding.py")
    expected = ["billing", "technical", "sales", "None"]
    assert [line.split(" -> ")[1] for line in lines[:4]] == expected
    assert lines[4] == "fitted on 21 examples and 8 prompts that belong to none"
    assert [line.split(" -> ")[1].split(":")[0] for line in lines[5:]] == expected


def test_a_cascade_with_a_local_model(run_example) -> None:  # type: ignore[no-untyped-def]
    """Each step decides what the ones before left; a position is mended, "none" abstains, a broken server is said."""
    none, near = "  rules: abstained: none of 1 rules matches", "  embedding: abstained: "
    lines = run_example("cascade_local_model.py")
    assert [line[: len(near)] if line.startswith(near) else line for line in lines] == [
        "'please refund order 1234' -> billing",
        r"  rules: chosen: matches /\brefund\b/ (rule 1 of 1, priority 0)",
        "'my card was charged two times' -> billing",
        none,
        next(line for line in lines if line.startswith("  embedding: chosen: billing is the nearest")),
        "'the courier was rude to my grandmother' -> shipping",
        none,
        near,
        "  llm_classify: chosen (2 requests): tiny picked it among 3 candidates: couriers bring parcels",
        "'write a poem about the sea' -> None",
        none,
        near,
        "  llm_classify: abstained (1 requests): tiny says that none of 3 candidates fits: nobody here writes poems",
        "'the courier left it with a neighbour' -> None",
        none,
        near,
        "  llm_classify: failed (2 requests): tiny: http://… answered 500: out of memory",
    ]


def test_tool_search_by_anthropic(run_example) -> None:  # type: ignore[no-untyped-def]
    """Of 10,000 tools Claude sees one definition, searches, gets references that are loaded, calls and answers."""
    assert run_example("tool_search_anthropic.py") == [
        "10,000 tools, imported: False",
        "the model sees ['tool_search'] and asks for the mean of columns",
        "it gets 1 references, and found in loaded=True",
        'The means are {"size": 2.5, "price": 6.25}.',
        "imported now: True",
    ]


def test_tool_search_by_openai(run_example) -> None:  # type: ignore[no-untyped-def]
    """Of 10,000 tools a model of OpenAI sees one definition, searches, gets definitions, calls and answers."""
    assert run_example("tool_search_openai.py") == [
        "10,000 tools, imported: False",
        "the model sees ['tool_search'] and asks for the mean of columns",
        "it gets 1 definitions, of which summarize_csv is the first",
        'The means are {"size": 2.5, "price": 6.25}.',
        "imported now: True",
    ]
