"""Registries are mappings; nothing but taking an object imports; broken entries harm nobody."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from factories import tool

from catalog import Catalog, Registry
from catalog.errors import EntryNotFoundError, InvalidEntryError, NotImportableError, ResolveError


@pytest.fixture
def three(catalog: Catalog) -> Catalog:
    """A catalog with three tools and a model."""
    catalog.register("tool", "b", "os:getpid", tags=["x"])
    catalog.register("tool", "a", "os:getcwd")
    catalog.register("tool", "c", len, runtime=True)
    catalog.register("model", "a", {"id": "a"})
    return catalog


def test_what_no_path_leads_to_takes_nothing_else_down(catalog: Catalog, tmp_path: Path) -> None:
    """Its name is listed and taking it explains itself; values, items and ``dict`` give all the others."""
    code = "from agents import Agent\ndef main():\n    boss = Agent(name='boss')\nother = [Agent(name='o')]\n"
    (tmp_path / "app.py").write_text(code)
    catalog.scan(str(tmp_path))
    catalog.register("agent", "easy", "os:getcwd")
    reg = catalog.agents
    assert (reg.list(), list(reg), len(reg)) == (["boss", "easy", "o"], ["boss", "easy", "o"], 3)
    assert (list(reg.values()), dict(reg.items()), dict(reg), dict(catalog.all("agent"))) == (
        [os.getcwd],
        *[{"easy": os.getcwd}] * 3,
    )
    with pytest.raises(NotImportableError, match=r"defined inside main\(\)"):
        reg["boss"]


def test_a_registry_is_a_mapping(three: Catalog) -> None:
    """A registry answers every call of a mapping as the dictionary of its live objects does."""
    live = {"a": os.getcwd, "b": os.getpid, "c": len}
    reg = three.tools
    assert isinstance(reg, Mapping)
    assert isinstance(reg, Registry)
    assert (reg.kind, dict(reg), len(reg), list(reg)) == ("tool", live, 3, ["a", "b", "c"])
    assert (list(reg.items()), list(reg.values()), list(reg.keys())) == (
        list(live.items()),
        list(live.values()),
        list(live),
    )
    assert reg == live
    assert reg == three.registry("tool")
    assert reg != three.models
    assert ("a" in reg, "A" in reg, 7 in reg, ("tool", "a") in reg) == (True, False, False, False)
    assert (reg.get("a"), reg.get("z"), reg.get("z", 7)) == (os.getcwd, None, 7)
    assert reg["b"] is os.getpid
    assert reg.entry("b").tags == ("x",)
    assert dict(three.all("tool")) == live
    with pytest.raises(KeyError):
        reg["z"]


def test_a_registry_is_live(three: Catalog) -> None:
    """What is registered later is in a registry taken earlier, filtered ones included."""
    reg, short = three.tools, three.tools.filter(lambda entry: len(entry.name) == 1)
    three.register("tool", "d", "os:getcwd")
    three.register("tool", "long", "os:getcwd")
    assert (reg.list(), short.list()) == (["a", "b", "c", "d", "long"], ["a", "b", "c", "d"])


def test_filters_chain(three: Catalog) -> None:
    """A filter of a filter holds what both accept, as a registry, and hides the rest from every call."""
    view = three.tools.filter(lambda entry: entry.name != "a").filter(lambda entry: entry.tier == "persistent")
    assert isinstance(view, Registry)
    assert (dict(view), len(view), "a" in view, "c" in view) == ({"b": os.getpid}, 1, False, False)
    assert (view.get("a"), view.get("a", 7)) == (None, 7)
    with pytest.raises(EntryNotFoundError, match="not in this filtered view"):
        view["a"]
    with pytest.raises(EntryNotFoundError, match="no entry"):
        view["nowhere"]


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("model", SimpleNamespace(id="openai/gpt-4o", name="other"), "openai/gpt-4o"),
        ("tool", SimpleNamespace(id="other", name="search"), "search"),
        ("prompt", SimpleNamespace(name="greet"), "greet"),
        ("agent", SimpleNamespace(name="helper"), "helper"),
        ("tool", abs, "abs"),
        ("schema", SimpleNamespace, "SimpleNamespace"),
    ],
)
def test_the_name_of_an_object_given_without_one(catalog: Catalog, kind: str, value: object, name: str) -> None:
    """Models go by `id`, tools, prompts and agents by `name`, everything else by `__name__`."""
    catalog.registry(kind).register(value, runtime=True)
    assert catalog.list(kind) == [name]
    assert catalog[kind, name] is value


def test_an_object_without_a_name_needs_one(catalog: Catalog) -> None:
    """An object that carries no name is refused, with how to give one."""
    with pytest.raises(InvalidEntryError, match="name="):
        catalog.tools.register(SimpleNamespace(), runtime=True)
    catalog.tools.register(SimpleNamespace(), name="given", runtime=True)
    assert catalog.list("tool") == ["given"]


DEFAULT = """
from catalog import tools, models, default_catalog
assert tools.list() == [] and len(models) == 0
tools.register(len)
assert tools["len"] is len and list(tools.items()) == [("len", len)]
default_catalog().close()
print(tools.list(), default_catalog().url)
"""


def test_the_default_catalog_opens_on_first_use(run_python, tmp_path: Path) -> None:
    """`from catalog import tools` works on the catalog CATALOG_URL names, again after it was closed."""
    url = f"sqlite:///{tmp_path / 'default.db'}"
    assert run_python(DEFAULT, cwd=tmp_path, CATALOG_URL=url) == f"['len'] {url}"


@pytest.fixture
def five_thousand(catalog: Catalog, module_folder: Path) -> Catalog:
    """A catalog of 5,000 entries in one module and of three in modules that fail, end the process, or sleep."""
    many = "\n".join(f"def t{n}(a: int) -> int:\n    return a + {n}\n" for n in range(50))
    (module_folder / "zz_many.py").write_text(many)
    (module_folder / "zz_raises.py").write_text("def tool(): ...\nraise RuntimeError('broken on purpose')\n")
    (module_folder / "zz_exits.py").write_text("import sys\ndef tool(): ...\nsys.exit(3)\n")
    (module_folder / "zz_sleeps.py").write_text("import time\ntime.sleep(2)\ndef tool(): ...\n")
    catalog.register_many(
        [
            *({"kind": "tool", "name": f"t{n}", "ref": f"zz_many:t{n % 50}", "tags": ["good"]} for n in range(4997)),
            *(
                {"kind": "tool", "name": one, "ref": f"zz_{one}:tool", "tags": ["bad"]}
                for one in ("raises", "exits", "sleeps")
            ),
        ]
    )
    return catalog


def test_three_broken_entries_among_thousands_harm_only_themselves(five_thousand: Catalog) -> None:
    """Listing, searching, explaining and verifying import nothing; only taking the three fails or waits."""
    cat = five_thousand
    begun = time.perf_counter()
    assert len(cat.list("tool")) == 5000
    assert [hit.name for hit in cat.search(tags=["bad"])] == ["exits", "raises", "sleeps"]
    assert cat.search("raises")[0].name == "raises"
    assert cat.entry("tool", "exits").signature == "()"
    assert ("tool", "sleeps") in cat
    assert cat.which("tool", "sleeps")[0].wins
    assert cat.verify() == []
    looked = time.perf_counter() - begun
    assert not {"zz_many", "zz_raises", "zz_exits", "zz_sleeps"} & set(sys.modules)

    waiting = threading.Thread(target=cat.get, args=("tool", "sleeps"))
    waiting.start()
    while "zz_sleeps" not in sys.modules:
        time.sleep(0.001)
    assert cat["tool", "t7"](1) == 8  # while the other one sleeps
    with pytest.raises(ResolveError, match="broken on purpose") as caught:
        cat["tool", "raises"]
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(ResolveError, match="ends the process") as ended:
        cat.get("tool", "exits")
    assert isinstance(ended.value.__cause__, SystemExit)
    assert waiting.is_alive()
    waiting.join(10)
    assert cat["tool", "sleeps"].__name__ == "tool"
    assert looked < 30  # seconds on a busy machine; importing the sleeper alone would show in the module check above


def test_a_hundred_threads_get_one_object_imported_once(catalog: Catalog, module_folder: Path) -> None:
    """A hundred threads that take one entry at once import its module once and get the same object."""
    (module_folder / "zz_once.py").write_text(
        "import time, pathlib\n"
        "with open(pathlib.Path(__file__).with_name('count'), 'a') as file:\n    file.write('x')\n"
        "time.sleep(0.1)\n\nclass Tool:\n    pass\n\ntool = Tool()\n"
    )
    catalog.register_many([tool("once", ref="zz_once:tool")])
    begin = threading.Barrier(100)
    found: list[object] = []

    def take() -> None:
        begin.wait()
        found.append(catalog["tool", "once"])

    threads = [threading.Thread(target=take) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(found), len(set(map(id, found)))) == (100, 1)
    assert (module_folder / "count").read_text() == "x"


def test_a_runtime_entry_taken_away_meanwhile_is_a_miss(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object dropped between looking and taking is not found, or found in the next tier; never a bare KeyError."""
    catalog.register("tool", "x", "os:getcwd")
    catalog.register("tool", "x", len, runtime=True)
    live = catalog.workspace.runtime.live

    def dropped(key: tuple[str, str]) -> object:
        catalog.reset_runtime()
        return live(key)

    monkeypatch.setattr(catalog.workspace.runtime, "live", dropped)
    assert catalog["tool", "x"] is os.getcwd
