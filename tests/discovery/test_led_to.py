"""What no rule names is followed to its definition: wrappers, makers and classes of one's own lead to known ones."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from catalog.discovery.scan import scan

WRAPPERS = {
    "returns a call": "def mark(f):\n    return tool(f)\n",
    "returns a call of a call": "def mark(f):\n    return tool(tags=['x'])(f)\n",
    "a variable": "def mark(f):\n    made = tool(f)\n    return made\n",
    "in a branch": "def mark(f):\n    if f.__doc__:\n        made = tool(f)\n        return made\n    return f\n",
    "a choice": "def mark(f):\n    return tool(f) if f else None\n",
    "an alternative": "def mark(f):\n    return None or tool(f)\n",
    "through another": "def inner(f):\n    return tool(f)\ndef mark(f):\n    return inner(f)\n",
    "wrapped": "import functools\ndef mark(f):\n    return functools.wraps(f)(tool(f))\n",
    "cast": "from typing import cast\ndef mark(f):\n    return cast(object, tool(f))\n",
    "class": "class mark:\n    def __new__(cls, f):\n        return tool(f)\n",
    "tuple": "mark, other = tool, None\n",
    "second of a tuple": "other, mark = None, tool\n",
    "chain": "mark = other = tool\n",
    "walrus": "(mark := tool)\n",
    "walrus in a condition": "if (mark := tool):\n    pass\n",
    "method": "class Marks:\n    @staticmethod\n    def one(f):\n        return tool(f)\nmark = Marks.one\n",
    "attribute": "class Marks:\n    mark = tool\nmark = Marks.mark\n",
    "static attribute": "class Marks:\n    mark = staticmethod(tool)\nmark = Marks.mark\n",
}
FACTORIES = {
    "returns the decorator": "def mark():\n    return tool\n",
    "returns a call": "def mark():\n    return tool(tags=['x'])\n",
    "a function within": "def mark():\n    def inner(f):\n        return tool(f)\n    return inner\n",
    "a lambda within": "def mark():\n    return lambda f: tool(f)\n",
    "partial": "import functools\ndef mark():\n    return functools.partial(tool, tags=['x'])\n",
    "class": "class mark:\n    def __call__(self, f):\n        return tool(f)\n",
    "with and without": (
        "def mark(f=None):\n    def inner(f):\n        return tool(f)\n    return inner(f) if f else inner\n"
    ),
}


@pytest.mark.parametrize("how", ["here", "elsewhere"])
@pytest.mark.parametrize("form", [*WRAPPERS, *(f"{name}, called" for name in FACTORIES)])
def test_a_wrapper_of_a_decorator_marks(make: Any, form: str, how: str) -> None:
    """A function, class or name that leads to a known decorator marks what it decorates, in every file."""
    called = form.endswith(", called")
    wrapper = "from catalog import tool\n" + (FACTORIES[form[:-8]] if called else WRAPPERS[form])
    use = f"@mark{'()' if called else ''}\ndef it():\n    'It.'\n"
    files = (
        {"pack/use.py": wrapper + use}
        if how == "here"
        else {"pack/home.py": wrapper, "pack/use.py": "from pack.home import mark\n" + use}
    )
    found = scan(make({"pack/__init__.py": "", **files}) / "pack").findings
    assert [(one.kind, one.ref, one.description) for one in found if one.form == "function"] == [
        ("tool", "pack.use:it", "It.")
    ]


def test_with_and_without_a_call(make: Any) -> None:
    """A decorator that may be called or not marks both ways."""
    wrapper = FACTORIES["with and without"]
    text = f"from catalog import tool\n{wrapper}@mark\ndef one(): 'One.'\n@mark()\ndef two(): 'Two.'\n"
    found = scan(make({"both.py": text}) / "both.py").findings
    assert [one.ref for one in found] == ["both:one", "both:two"]


NOT_WRAPPERS = {
    "calls it later": "def mark(f):\n    def wrapper(*args):\n        return tool(f)(*args)\n    return wrapper\n",
    "gives it away": "def mark(f):\n    register(tool(f))\n    return f\n",
    "another function": "def mark(f):\n    return f\ndef other(f):\n    return tool(f)\n",
    "a factory that is not called": "def mark(name):\n    def inner(f):\n        return tool(f)\n    return inner\n",
    "itself": "def mark(f):\n    return mark(f)\n# return tool(f)\n",
    "each other, again and again": "".join(
        f"def {one}(f):\n    if f: return {other}(f)\n    return {other}({other}(f))\n"
        for one, other in (("mark", "other"), ("other", "third"), ("third", "mark"))
    ),
}


@pytest.mark.parametrize("form", NOT_WRAPPERS)
def test_what_only_uses_a_decorator_marks_nothing(make: Any, form: str) -> None:
    """A decorator that gives something else back is no wrapper of a known one, whatever it calls."""
    text = f"from catalog import tool\n{NOT_WRAPPERS[form]}@mark\ndef it(): 'It.'\n"
    assert scan(make({"used.py": text}) / "used.py").findings == ()


def test_arguments_are_passed_on(make: Any) -> None:
    """Names and descriptions that a wrapper is given, or gives, are those of the entry."""
    text = """
        from catalog import tool
        def named(name, text="", **more):
            def inner(f):
                return tool(name=name, description=text, tags=["mine"], **more)(f)
            return inner
        @named("one", text="The first.")
        def first(): ...
        @named("two", "The second.", priority=3)
        def second(): ...
    """
    found = scan(make({"passed.py": text}) / "passed.py").findings
    assert [(one.name, one.description, one.tags, one.priority) for one in found] == [
        ("one", "The first.", ("mine",), 0),
        ("two", "The second.", ("mine",), 3),
    ]


@pytest.fixture
def framework(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package whose decorators and constructors have names of which no rule knows."""
    home = tmp_path / "installed"
    (home / "kit").mkdir(parents=True)
    (home / "kit" / "__init__.py").write_text("from .marks import *\nfrom .made import build_agent, Helper\n")
    (home / "kit" / "marks.py").write_text(textwrap.dedent(MARKS))
    (home / "kit" / "made.py").write_text(textwrap.dedent(MADE))
    monkeypatch.syspath_prepend(home)
    return home


MARKS = """
    from typing import Annotated, Any, Callable, Optional, TypeVar, Union, overload
    from agents import FunctionTool
    F = TypeVar("F")

    def typed(f) -> FunctionTool: ...
    def quoted(f) -> "FunctionTool": ...
    def optional(f) -> Optional[FunctionTool]: ...
    def annotated(f) -> Annotated[FunctionTool, "a tool"]: ...
    def factory(name: str) -> Callable[[F], FunctionTool]: ...
    @overload
    def either(f: F) -> FunctionTool: ...
    @overload
    def either(f: None = None) -> Callable[[F], FunctionTool]: ...
    def either(f=None): ...
    def union(f=None) -> Union[FunctionTool, Callable[[F], FunctionTool]]: ...
    class derived(FunctionTool): ...
    def text(f) -> str: ...
    def anything(f) -> Any: ...
"""
MADE = """
    from agents import Agent
    class Helper(Agent):
        "Helps."
    def build_agent(name) -> Helper: ...
"""


@pytest.mark.parametrize(
    ("decorator", "found"),
    [
        ("typed", True),
        ("quoted", True),
        ("optional", True),
        ("annotated", True),
        ("factory('x')", True),
        ("either", True),
        ("either()", True),
        ("union", True),
        ("union()", True),
        ("derived", True),
        ("text", False),
        ("anything", False),
        ("factory", False),
    ],
)
@pytest.mark.usefixtures("framework")
def test_a_decorator_of_an_installed_package_is_what_it_returns(make: Any, decorator: str, found: bool) -> None:
    """The annotation of a decorator, in a package that is installed, tells what it makes."""
    name = decorator.partition("(")[0]
    text = f"import agents\nfrom kit import {name}\n@{decorator}\ndef it(): 'It.'\n"
    findings = scan(make({"used.py": text}) / "used.py").findings
    assert [(one.kind, one.ref, one.framework) for one in findings] == (
        [("tool", "used:it", "openai-agents")] if found else []
    )
    assert "kit" not in sys.modules


@pytest.mark.parametrize(
    ("make_it", "name"),
    [
        ("from agents import Agent\ndef build() -> Agent: ...\nx = build()", "x"),
        ("from agents import Agent\ndef build() -> 'Agent | None': ...\nx = build()", "x"),
        ("from agents import Agent\ndef build(name):\n    return Agent(name=name)\nx = build('bob')", "bob"),
        ("from agents import Agent\ndef build():\n    it = Agent(name='bob')\n    return it\nx = build()", "bob"),
        ("from agents import Agent\nclass Mine(Agent): 'Said.'\nx = Mine(name='bob')", "bob"),
        ("from agents import Agent\nclass Mine(Agent): 'Said.'\nclass My(Mine): ...\nx = My('bob')", "bob"),
        ("from agents import Agent\nclass M(Agent): ...\ndef build():\n    return M('bob')\nx = build()", "bob"),
        ("import agents\nfrom kit import Helper\nx = Helper(name='bob')", "bob"),
        ("import agents\nfrom kit import build_agent\nx = build_agent('bob')", "x"),
        ("import agents, kit\nx = kit.build_agent('bob')", "x"),
    ],
)
@pytest.mark.usefixtures("framework")
def test_a_maker_of_agents_makes_agents(make: Any, make_it: str, name: str) -> None:
    """A function that returns an agent, and a class that derives from one, make agents when they are called."""
    found = scan(make({"made.py": make_it}) / "made.py").findings
    assert [(one.kind, one.name, one.ref) for one in found if one.form == "value"] == [("agent", name, "made:x")]


def test_a_maker_may_be_in_another_file(make: Any) -> None:
    """What a call makes is told from the file its function is in."""
    folder = make(
        {
            "pack/__init__.py": "",
            "pack/home.py": "from agents import Agent\ndef build() -> Agent: ...\nclass Mine(Agent):\n    'Mine.'\n",
            "pack/use.py": "from pack.home import Mine, build\none = build()\ntwo = Mine(name='second')\n",
        }
    )
    found = [one for one in scan(folder / "pack").findings if one.form == "value"]
    assert [(one.kind, one.name, one.ref, one.description) for one in found] == [
        ("agent", "one", "pack.use:one", ""),
        ("agent", "second", "pack.use:two", "Mine."),
    ]


def test_a_maker_that_is_added_later_is_seen_in_files_that_did_not_change(make: Any) -> None:
    """What a call makes depends on another file; when that changes, the first is read again."""
    folder = make(
        {
            "pack/__init__.py": "",
            "pack/home.py": "def build(): ...\ndef mark(f): return f\n",
            "pack/use.py": "from pack.home import build, mark\nx = build()\n@mark\ndef it(): 'It.'\n",
        }
    )
    for path in (folder / "pack").iterdir():
        os.utime(path, ns=(1, 1))
    before = scan(folder / "pack")
    (folder / "pack" / "home.py").write_text(
        "from agents import Agent, tool\ndef build() -> Agent: ...\ndef mark(f): return tool(f)\n"
    )
    after = scan(folder / "pack", known=before.files)
    again = scan(folder / "pack", known=after.files)
    refs = [[one.ref for one in result.findings] for result in (before, after, again)]
    assert refs == [[], ["pack.use:x", "pack.use:it"], ["pack.use:x", "pack.use:it"]]


@pytest.mark.parametrize(
    "text", ["x = make()\ndef make(): return make()", "def a(f): return b(f)\ndef b(f): return a(f)\n@a\ndef c(): ..."]
)
def test_circles_end(make: Any, text: str) -> None:
    """Functions that return calls of each other lead nowhere."""
    assert (
        scan(make({"round.py": f"from agents import Agent, tool\n{text}\n# return tool(\n"}) / "round.py").findings
        == ()
    )
