"""Functions that make an object are taken by calling them; what can't be loaded says why and is not routed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import AutoCouncil, Catalog, NotImportableError, ResolveError

AGENTS = """
class Agent:
    def __init__(self, name, instructions=""):
        self.name = name
"""
MADE = """
from agents import Agent
CALLS = []
def build():
    CALLS.append(1)
    return Agent(name="built", instructions="Build things.")
class Shop:
    @staticmethod
    def keeper():
        keeper = Agent(name="keeper")
        return keeper
def needs(model):
    return Agent(name="needs")
async def later():
    return Agent(name="later")
def broken():
    Agent(name="before")
    raise SystemExit(3)
    return Agent(name="broken")
def circle():
    from catalog import default
    return Agent(name="circle") if CALLS.clear() else circle()
def main():
    agent = Agent(name="inside", instructions="Weather, whatever it is.")
"""


@pytest.fixture
def scanned(catalog: Catalog, module_folder: Path) -> Catalog:
    """A catalog with what a module makes in functions."""
    (module_folder / "agents.py").write_text(AGENTS)
    (module_folder / "making.py").write_text(MADE)
    catalog.scan("making")
    return catalog


def test_a_factory_is_called_once_for_each_load(scanned: Catalog) -> None:
    """`get`, a lookup and the registry give one object, and the function ran once; its drift is that of the entry."""
    entry = scanned.entry("agent:built")
    assert (entry.ref, entry.metadata["call"], entry.signature) == ("making:build", True, "()")
    first = scanned["agent:built"]
    assert first is scanned.get("agent", "built") is scanned.agents["built"] is scanned.all("agent")["built"]
    import sys

    assert (first.name, sys.modules["making"].CALLS) == ("built", [1])
    assert scanned["agent:keeper"].name == "keeper"
    assert list(scanned.verify()) == []


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("agent:needs", r"made by needs\(model\), which needs arguments"),
        ("agent:later", r"made by later\(\), which is async"),
        ("agent:inside", r"defined inside main\(\) in making\.py"),
    ],
)
def test_what_can_not_be_called_says_why(scanned: Catalog, key: str, why: str) -> None:
    """It is found, and taking it is an error with the reason."""
    assert scanned.entry(key).ref is None
    with pytest.raises(NotImportableError, match=why):
        scanned[key]


def test_a_factory_that_fails_is_an_error(scanned: Catalog) -> None:
    """Whatever it raises, ending the process and endless recursion included, is chained and named."""
    for function in ("broken", "circle"):
        scanned.register("agent", "bad", f"making:{function}", metadata={"call": True})
        with pytest.raises(ResolveError, match=f"making:{function}.*calling it failed") as caught:
            scanned["agent:bad"]
        assert caught.value.facts["reason"] == "factory-failed"


def test_what_can_not_be_loaded_is_marked_and_never_routed_to(scanned: Catalog) -> None:
    """Listings say why; a router leaves it out even where nothing else fits."""
    mark = scanned.marks(["agent:inside"])["agent:inside"]
    assert str(mark) == "not loadable: defined inside main()"
    assert mark.to_dict() == {"state": "approved", "code": "not loadable", "reason": "defined inside main()"}
    decision = AutoCouncil(scanned, kind="agent", on_no_match="abstain").resolve("weather, whatever it is")
    assert decision.name != "inside"


def test_moved_into_the_module_it_keeps_its_name(scanned: Catalog, module_folder: Path) -> None:
    """An agent that gets an import path is the same entry; one that is taken away is gone."""
    (module_folder / "making.py").write_text("from agents import Agent\nagent = Agent(name='inside')\n")
    report = scanned.scan("making")
    assert scanned.entry("agent:inside").ref == "making:agent"
    assert "agent:later" in report.gone


CREW = """
from crewai import Agent
from crewai.project import CrewBase, agent
@CrewBase
class Blog:
    "Writes blogs."
    def __init__(self):
        self.tone = "kind"
    @agent
    def writer(self) -> Agent:
        return Agent(role="Writer", goal=self.tone)
@CrewBase
class Needy:
    def __init__(self, topic):
        self.topic = topic
    @agent
    def reader(self) -> Agent:
        return Agent(role="Reader", goal=self.topic)
"""


def test_the_method_of_a_crew_is_taken_from_a_crew(catalog: Catalog, module_folder: Path) -> None:
    """What needs no arguments is made first; of what needs some the method can't be loaded, and says so."""
    package = module_folder / "crewai"
    package.mkdir()
    (package / "__init__.py").write_text(
        "class Agent:\n    def __init__(self, role, goal):\n        self.role, self.goal = role, goal\n"
    )
    (package / "project.py").write_text("def CrewBase(cls): return cls\ndef agent(method): return method\n")
    (module_folder / "blogging.py").write_text(CREW)
    catalog.scan("blogging")
    entry = catalog.entry("agent:writer")
    assert (entry.ref, entry.metadata["call"]) == ("blogging:Blog.writer", "method")
    assert (catalog["agent:writer"].role, catalog["agent:writer"].goal) == ("Writer", "kind")
    assert catalog.entry("agent:reader").ref is None
    with pytest.raises(NotImportableError, match=r"made by Needy\(…\).reader\(\), a method of what needs arguments"):
        catalog["agent:reader"]


METHODS = """
from catalog import tool
class Box:
    '''What needs nothing to be made.'''
    def __init__(self):
        self.size = 3
    @tool
    def measure(self, by: int) -> int:
        '''Measure the box.'''
        return self.size * by
    @tool
    @staticmethod
    def empty(by: int) -> int:
        '''Empty a box.'''
        return by
class Shelf:
    def __init__(self, place):
        self.place = place
    @tool
    def look(self) -> str:
        '''Look at the shelf.'''
        return self.place
"""


def test_a_method_is_taken_as_one_of_a_new_object(catalog: Catalog, module_folder: Path) -> None:
    """A tool that is a method comes with an object of its class; where none can be made, the error says what to do."""
    (module_folder / "boxes.py").write_text(METHODS)
    catalog.scan("boxes")
    assert catalog["tool:measure"](by=2) == 6
    assert catalog["tool:empty"](by=2) == 2
    with pytest.raises(ResolveError) as caught:
        catalog["tool:look"]
    assert str(caught.value) == (
        "can't load tool:look (boxes:Shelf.look): it is a method of Shelf, and making one without arguments failed: "
        "TypeError: Shelf.__init__() missing 1 required positional argument: 'place'; make one by hand, and register "
        "its method with runtime=True"
    )
