"""A scan reads each file once, and what it passes over by its bytes holds nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.discovery import outside
from catalog.discovery.finding import ScanResult
from catalog.discovery.prefilter import Prefilter, Prefiltered, imported_name
from catalog.discovery.scan import scan
from catalog.source import read as reading

Make = Callable[[Mapping[str, str | bytes]], Path]


def test_all_steps_of_a_scan_share_one_reading(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that hold something, files that hold nothing, broken ones and notebooks are each read once."""
    cell = {"cell_type": "code", "source": "from langchain.tools import tool\n@tool\ndef ask() -> str:\n    'Ask.'"}
    folder = make(
        {
            "pyproject.toml": "",
            "app/__init__.py": "",
            "app/base.py": "from agents import function_tool\n\ndef mine(f):\n    return function_tool(f)\n",
            "app/tools.py": "from app.base import mine\n\n@mine\ndef look() -> str:\n    'Look.'\n",
            "app/agent.py": "from agents import Agent\nfrom app.plain import TOOLS\n\nhelper = Agent(tools=TOOLS)\n",
            "app/plain.py": "def add(a: int) -> int:\n    'Add.'\n    return a\n\nTOOLS = [add]\n",
            "app/broken.py": "def (:\n",
            "work.ipynb": json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}}),
        }
    )
    read: Counter[str] = Counter()
    real = outside.source_bytes

    def counted(path: str) -> bytes:
        read[Path(path).relative_to(folder).as_posix()] += 1
        return real(path)

    monkeypatch.setattr(outside, "source_bytes", counted)
    result = scan(folder)
    assert [each.key for each in result.findings] == ["agent:helper", "tool:add", "tool:look", "tool:ask"]
    files = ("__init__", "agent", "base", "broken", "plain", "tools")
    assert read == dict.fromkeys((*(f"app/{name}.py" for name in files), "work.ipynb"), 1)


def test_who_looks_for_the_roots_reads_for_all(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts whose imports tell which folder they run from are opened once, by that step, and not again."""
    folder = make(
        {
            "README.md": "",
            "demo/main.py": "from agents import Agent\nfrom tools import look\nhelper = Agent(tools=[look])\n",
            "demo/tools.py": "def look() -> str:\n    'Look.'\n",
            "other/run.py": "import demo.main\n",
        }
    )
    opened: Counter[str] = Counter()
    real = reading.read_regular

    def counted(path: str, largest: int) -> bytes:
        opened[Path(path).relative_to(folder).as_posix()] += 1
        return real(path, largest)

    monkeypatch.setattr(reading, "read_regular", counted)
    assert [each.key for each in scan(folder).findings] == ["agent:helper", "tool:look"]
    assert {name: number for name, number in opened.items() if name.endswith(".py")} == dict.fromkeys(
        ("demo/main.py", "demo/tools.py", "other/run.py"), 1
    )


def test_what_finds_no_room_is_read_again(make: Make) -> None:
    """Contents keep what fits; what is dropped makes room for others."""
    folder = make({"one.py": "a = 1\n", "two.py": "b = 22\n"})
    contents = outside.Contents(most=6)
    one, two = str(folder / "one.py"), str(folder / "two.py")
    before = [contents.read(one), contents.read(two)]
    make({"one.py": "a = 2\n", "two.py": "b = 33\n"})
    assert (before, contents.read(one), contents.read(two)) == ([b"a = 1\n", b"b = 22\n"], b"a = 1\n", b"b = 33\n")
    contents.drop(one)
    assert contents.read(one) == b"a = 2\n"


def extracts(result: ScanResult) -> int:
    """Return of how many files the syntax tree was asked for what they hold."""
    return sum(state[3] is not None for state in result.files["files"].values())


@pytest.mark.parametrize("options", [{}, {"schemas": True}], ids=["usual", "schemas"])
def test_a_file_that_is_skipped_by_its_bytes_holds_nothing(
    packages: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    """A scan that parses every file, whatever its bytes show, finds the same in all the packages of the tests."""
    usual = scan(packages, tests=True, **options)
    real = Prefilter.look_at

    def everything(self: Prefilter, data: bytes, module: str, is_package: bool) -> Prefiltered:
        return replace(real(self, data, module, is_package), decorated=True, assigned=True, declared=True)

    monkeypatch.setattr(Prefilter, "look_at", everything)
    thorough = scan(packages, tests=True, **options)
    assert extracts(thorough) > extracts(usual)
    assert thorough.findings == usual.findings


def test_the_import_of_a_name_is_found_behind_other_statements_and_uses() -> None:
    """A name counts as imported by the statement it stands in, not by one that ended above it."""
    data = b"from a import Other\nBase\nfrom b import (\n    Bases,\n    Base,\n)\nBase()\nclass C(Base): pass\n"
    assert imported_name(data, "Base.x", data.index(b"class"), "m", False) == "b.Base.x"
    assert imported_name(data, "Base", data.index(b"Base,"), "m", False) == "Base"
    aliased = b"import pkg.base as base\nclass C(base.Model): pass\n"
    assert imported_name(aliased, "base.Model", aliased.index(b"class"), "m", False) == "pkg.base.Model"
