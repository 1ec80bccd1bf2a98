"""What is recognised is data, and a project adds its own."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import refs

from catalog.discovery.rules import SECTIONS, load_rules
from catalog.discovery.scan import scan
from catalog.entry.kinds import is_kind_name
from catalog.errors import SettingsError

OWN = {
    "decorators": [
        {
            "kind": "task",
            "framework": "ours",
            "modules": ["ours.jobs"],
            "names": ["job"],
            "fields": {"name": ["title", 0]},
        }
    ],
    "methods": [{"kind": "tool", "names": ["command"], "owners": ["ours.App"], "hints": ["cli"]}],
    "bases": [{"kind": "agent", "modules": ["ours"], "names": ["Robot"], "fields": {"name": ["label"]}}],
    "constructors": [
        {"kind": "model", "modules": ["ours"], "names": ["Net*"], "without": ["Network"], "makers": ["load"]}
    ],
}

SOURCE = """
    import ours
    from ours import App, NetLarge, Network, Robot
    from ours.jobs import job

    app = App()

    @job("nightly")
    def clean(): ...

    @job(title="weekly")
    def count(): ...

    @app.command()
    def start(): ...

    class Arm(Robot):
        label = "arm"

    small = ours.NetSmall()
    large = NetLarge.load("x")
    lan = Network()
"""


def test_an_error_is_never_made_by_an_open_name(make: Any) -> None:
    """`Chat*` is no rule for the errors that a package of chat models raises, at the top or inside a function."""
    folder = make(
        {
            "work.py": """
            from langchain_community.chat_models.premai import ChatPremAI, ChatPremAPIError

            model = ChatPremAI(model="small")
            FULL = ChatPremAPIError("all busy")

            def ask(role):
                raise ChatPremAPIError("No such role")
            """
        }
    )
    assert refs(scan(folder / "work.py")) == {"model:model": "work:model"}


def test_a_project_adds_its_own(make: Any) -> None:
    """Rules of a project are used in all four sections, with patterns, exceptions and kinds of its own."""
    folder = make({"work.py": SOURCE})
    assert refs(scan(folder / "work.py", rules=OWN)) == {
        "agent:arm": "work:Arm",
        "model:large": "work:large",
        "model:small": "work:small",
        "task:nightly": "work:clean",
        "task:weekly": "work:count",
        "tool:start": "work:start",
    }
    assert refs(scan(folder / "work.py")) == {}


def test_a_projects_rules_go_first(make: Any) -> None:
    """A rule of the project decides before a built-in one that matches the same."""
    folder = make({"mine.py": "from langchain_core.tools import tool\n@tool\ndef here(): ...\n"})
    rules = {"decorators": [{"kind": "agent", "modules": ["langchain_core.tools"], "names": ["tool"]}]}
    assert refs(scan(folder / "mine.py", rules=rules)) == {"agent:here": "mine:here"}


@pytest.mark.parametrize(
    ("rules", "place", "fault"),
    [
        ({"decorator": []}, "decorator", "no such section; did you mean 'decorators'?"),
        ({"bases": {}}, "bases", "is not a list of tables; write [[...]] in TOML"),
        ({"bases": ["x"]}, "bases[0]", "is not a table"),
        ({"bases": [{"kind": "tool", "names": ["X"]}]}, "bases[0]", "'modules' is missing"),
        (
            {"bases": [{"kind": "tool", "names": ["X"], "modules": ["a"], "framewrok": "x"}]},
            "bases[0]",
            "no such part 'framewrok'; did you mean 'framework'?",
        ),
        (
            {"bases": [{"kind": "A Tool", "names": ["X"], "modules": ["a"]}]},
            "bases[0]",
            "kind 'A Tool' is not a lower-case word of letters, digits and '_'",
        ),
        ({"bases": [{"kind": "tool", "names": "X", "modules": ["a"]}]}, "bases[0]", "names is not a list of texts"),
        (
            {"bases": [{"kind": "tool", "names": ["a b"], "modules": ["a"]}]},
            "bases[0]",
            "'a b' in names is not a dotted name",
        ),
        (
            {"bases": [{"kind": "tool", "names": ["X"], "modules": ["a"], "fields": {"name": "x"}}]},
            "bases[0]",
            "fields.name is not a list of argument names or positions",
        ),
        (
            {"constructors": [{"kind": "tool", "names": ["X"], "modules": ["a"], "anywhere": True}]},
            "constructors[0]",
            "no such part 'anywhere'",
        ),
    ],
)
def test_a_wrong_rule_is_refused(rules: dict[str, Any], place: str, fault: str) -> None:
    """A rule of another form is an error that names section, place and fault."""
    with pytest.raises(SettingsError) as caught:
        load_rules(rules)
    assert (caught.value.facts, str(caught.value)) == (
        {"place": place, "fault": fault},
        f"what a scan recognises, {place}: {fault}",
    )


def test_the_built_in_table_is_sound() -> None:
    """Every built-in rule has a known section, a possible kind, names, and a framework to show."""
    for rule in load_rules():
        assert rule.section in SECTIONS
        assert rule.kind == "*" or is_kind_name(rule.kind)
        assert rule.names
        assert rule.framework


def test_rules_are_told_apart_by_a_fingerprint() -> None:
    """The same rules have the same fingerprint, other rules another."""
    assert load_rules(OWN).fingerprint == load_rules(dict(OWN)).fingerprint
    assert load_rules(OWN).fingerprint != load_rules().fingerprint
