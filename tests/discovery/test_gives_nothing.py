"""Classes of which a call gives nothing but an object of them are known from the extract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from catalog.discovery.extract import Extractor
from catalog.discovery.scan import scan

pytestmark = pytest.mark.sqlite("files only")

CLASSES = """class Plain:
    def run(self): ...

class Made:
    def __new__(cls): ...

class Called:
    def __call__(self): ...

class Derived(Plain): ...
"""


def test_they_are_noted_as_the_file_is_read(make: Callable[[Mapping[str, str | bytes]], Path]) -> None:
    """A class without bases that neither makes nor, called, gives something else is among them, and no other."""
    result = scan(make({"pyproject.toml": "", "some.py": "from agents import Agent\nhelper = Agent()\n" + CLASSES}))
    assert result.files["files"]["some.py"][3]["gives"] == {"Plain": {}}


def test_no_tree_is_asked_of_them(
    make: Callable[[Mapping[str, str | bytes]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made of such a class in another file is decided without its file being parsed once more."""
    files = {
        "pyproject.toml": "",
        "app/__init__.py": "",
        "app/parts.py": CLASSES + "from agents import Agent\nagent = Agent(name='a')\n",
        "app/uses.py": "from app.parts import Called, Plain\nfrom agents import Agent\nplain = Plain()\n"
        "called = Called()\nhelper = Agent(tools=[plain.run], x=Plain())\n",
    }
    asked: list[str] = []
    real = Extractor.gives

    def gives(self: Extractor, qualname: str) -> object:
        asked.append(qualname)
        return real(self, qualname)

    monkeypatch.setattr(Extractor, "gives", gives)
    result = scan(make(files))
    assert [each.key for each in result.findings] == ["tool:run", "agent:a", "agent:helper"]
    assert "Plain" not in asked
