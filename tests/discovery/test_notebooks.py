"""Notebooks: the Python of their cells is scanned like a file; what it holds can't be loaded, and says so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog
from hypothesis import given
from hypothesis import strategies as st

from catalog.discovery.finding import Finding
from catalog.discovery.notebook import NOT_LOADABLE, source_bytes
from catalog.discovery.notebook_names import with_names_of_their_own
from catalog.discovery.scan import scan

Make = Callable[[Mapping[str, str | bytes]], Path]


def notebook(*cells: str | dict[str, Any], version: int = 4) -> str:
    """Return a notebook with these code cells, or cells."""
    made = [
        each
        if isinstance(each, dict)
        else {"cell_type": "code", "source": each.splitlines(keepends=True), "outputs": [{"text": "SECRET"}]}
        for each in cells
    ]
    return json.dumps({"cells": made, "nbformat": version, "metadata": {}})


def found(folder: Path) -> list[Finding]:
    """Return what is in the notebooks of *folder*."""
    return [each for each in scan(folder).findings if each.path.endswith(".ipynb")]


def placed(folder: Path) -> list[tuple[Any, ...]]:
    """Return of each finding its key, description, cell and line there."""
    return [(e.key, e.description, e.metadata.get("cell"), e.metadata.get("cell_line")) for e in found(folder)]


def test_what_a_notebook_holds_is_found(make: Make) -> None:
    """Tools of code cells are found, with their cell; magics, other languages and outputs are passed over."""
    folder = make(
        {
            "01 demo/my notes.ipynb": notebook(
                {"cell_type": "markdown", "source": "# from langchain_core.tools import tool"},
                "%pip install langchain\nfrom langchain_core.tools import tool\n!ls\nfiles = !ls\ntool?",
                '%%time\n@tool\ndef add(a: int) -> int:\n    """Add one."""\n    %timeit 1\n    return a + 1\n',
                '%%bash\n@tool\ndef bash(): """No."""\n',
                "broken = (\n",
                '@tool\ndef twice(a: int) -> int:\n    """Double."""\n    return a * 2\nawait twice(1)',
            )
        }
    )
    findings = found(folder)
    assert [(e.key, e.description, e.metadata["cell"], e.metadata["cell_line"]) for e in findings] == [
        ("tool:add", "Add one.", 3, 2),
        ("tool:twice", "Double.", 6, 1),
    ]
    assert {(e.ref, e.nested_in, e.reason, e.module) for e in findings} == {
        (None, None, NOT_LOADABLE, "my_notes_ipynb")
    }
    assert findings[0].parameters == {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
    }
    assert "SECRET" not in json.dumps([each.to_dict() for each in findings])


def test_a_cell_has_its_own_values(make: Make) -> None:
    """A name that cells bind again and again means in each what it means there, and each object is found."""
    cells = [
        "from langchain_core.prompts import PromptTemplate\ntext = 'One {a}'\n"
        "prompt = PromptTemplate.from_template(text)",
        "text = 'Two {b}'\nprompt = PromptTemplate.from_template(text)",
        "def use(prompt): return prompt\ntext = text + '!'\nprompt = PromptTemplate.from_template('Three {c}')",
    ]
    assert placed(make({"a.ipynb": notebook(*cells)})) == [
        ("prompt:prompt", "One {a}", 1, 3),
        ("prompt:a-cell2/prompt", "Two {b}", 2, 2),
        ("prompt:a-cell3/prompt", "Three {c}", 3, 3),
    ]


def test_names_are_told_apart_where_they_are_bound() -> None:
    """What is read is the binding before, or the cell's own; parameters, attributes, keywords and texts stay."""
    import ast

    cells = [
        "a = 1\ndef f(): return a\nclass C: pass",
        "é = a; a = g(a, a=a.a, b='a')\nfor a in f(a): print(a)\ndef f(a, b=a): return a\nx = lambda a: a",
        "a = f\nclass C: a = 2\nimport a",
    ]
    parsed = [(number, text, ast.parse(text)) for number, text in enumerate(cells, 1)]
    assert [text for _, text in with_names_of_their_own(parsed)] == [
        "a__cell1 = 1\ndef f__cell1(): return a__cell1\nclass C__cell1: pass",
        "é = a__cell1; a__cell2 = g(a__cell1, a=a__cell1.a, b='a')\n"
        "for a__cell2 in f__cell1(a__cell2): print(a__cell2)\ndef f(a, b=a): return a\nx = lambda a: a",
        "a = f\nclass C: a = 2\nimport a",
    ]


def test_a_notebook_of_the_third_version(make: Make) -> None:
    """The form with work sheets, in which text stands under ``input``, is read too."""
    code = "from langchain_core.prompts import PromptTemplate\np = PromptTemplate.from_template('Hi')"
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": code}]}]}
    assert placed(make({"a.ipynb": json.dumps(old)})) == [("prompt:p", "Hi", 1, 2)]


def test_broken_notebooks_harm_only_themselves(make: Make) -> None:
    """What is no notebook is named with the reason; others, and two whose names come to the same, are read."""
    code = notebook("from langchain_core.prompts import PromptTemplate\np = PromptTemplate.from_template('Hi')")
    folder = make(
        {
            "a b.ipynb": code,
            "a_b.ipynb": code,
            "bad.ipynb": "{",
            "list.ipynb": "[]",
            "deep.ipynb": "[" * 100_000,
            "bytes.ipynb": b"\xff\xfe",
            "odd.ipynb": json.dumps({"cells": [1, {"cell_type": "code"}, {"cell_type": "code", "source": 2}]}),
            "half.ipynb": notebook("x = '\ud800'"),
        }
    )
    result = scan(folder)
    assert sorted(Path(each.path).name for each in result.findings) == ["a b.ipynb", "a_b.ipynb"]
    assert sorted((Path(each.path).name, each.reason.partition(":")[0]) for each in result.skipped) == [
        ("bad.ipynb", "it is no notebook"),
        ("bytes.ipynb", "it is no notebook"),
        ("deep.ipynb", "it is no notebook"),
        ("list.ipynb", "it is no notebook"),
    ]


def test_a_notebook_is_stored_as_what_can_not_be_loaded(make: Make, url: str) -> None:
    """The entry says that it is defined in a notebook; a second scan changes nothing, and a changed output neither."""
    code = "from langchain_core.prompts import PromptTemplate\np = PromptTemplate.from_template('Hi {x}')"
    folder = make({"a.ipynb": notebook(code)})
    with open_catalog(url) as cat:
        assert cat.scan(folder).found == ("prompt:p",)
        entry = cat.entry("prompt:p")
        assert (entry.ref, entry.spec) == (
            None,
            {"nested_in": None, "reason": NOT_LOADABLE},
        )
        assert cat.verify() == []
        assert cat.scan(folder).unchanged == ("prompt:p",)
        (folder / "a.ipynb").write_text(notebook(code).replace("SECRET", "other"))
        report = cat.scan(folder)
        assert (report.found, report.updated, report.drifted) == ((), (), ())


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_cells_are_python_or_left_out(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    """Whatever cells hold, the source that comes of them can be parsed."""
    import ast

    file = tmp_path_factory.mktemp("any") / "a.ipynb"
    file.write_text(notebook(*cells), encoding="utf-8", errors="surrogatepass")
    source = source_bytes(str(file))
    ast.parse(source.decode("utf-8", "surrogatepass"))


def test_what_wraps_itself_is_followed_once(make: Make) -> None:
    """A name that is given to its own maker, in many cells, ends; an agent that is given it is found."""
    cells = ["from camel.toolkits import FunctionTool\nfrom camel.agents import ChatAgent\ntool = pick()"]
    cells += ["tool = FunctionTool(FunctionTool(tool))\ntool = [FunctionTool(tool), FunctionTool(tool)][0]"] * 12
    cells += ["agent = ChatAgent('Be of help.', tools=[FunctionTool(tool), tool])"]
    folder = make({"a.ipynb": notebook(*cells), "b.py": "\n".join(cells)})
    begun = time.perf_counter()
    assert {"agent:agent"} <= {each.key for each in scan(folder).findings}
    assert time.perf_counter() - begun < 20
