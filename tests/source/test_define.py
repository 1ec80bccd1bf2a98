"""What the source says about one function, class or value."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest
from factories import some
from hypothesis import given, settings
from programs import PROGRAMS, Program, write

from catalog.source.checksum import dump
from catalog.source.define import Definition, clean_docstring, define
from catalog.source.text import expression_text, signature_text


def defined(text: str) -> Definition:
    """Return the definition of the last statement of *text*."""
    node: Any = ast.parse(text).body[-1]
    name = getattr(node, "name", "value")
    return define(node if hasattr(node, "body") else node.value, "pkg.mod", name, "mod.py")


def test_a_function() -> None:
    """A function is told with place, form, signature and its docstring without indentation."""
    found = defined(
        "import x\n@tool(\n 'a')\nasync def draw(data: str, x: 'str' = \"a\", /, *, k=None, **kw) -> 'Chart':\n"
        '    """Draw.\n\n    More.\n    """\n'
    )
    assert found == Definition(
        module="pkg.mod",
        qualname="draw",
        path="mod.py",
        line=2,
        form="function",
        is_async=True,
        signature="async (data: str, x: str = 'a', /, *, k=None, **kw) -> Chart",
        checksum=found.checksum,
        source_checksum=found.source_checksum,
        docstring="Draw.\n\nMore.",
    )
    assert found.ref == "pkg.mod:draw"


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("class A: pass", "()"),
        ("class A:\n def __init__(self, path: str, *, k=1) -> None: ...", "(path: str, *, k=1)"),
        ("class A(BaseModel):\n x: int\n y: str = 'a'\n _z: int = 0", "(x: int, y: str = 'a')"),
        ("class A:\n k: ClassVar[int] = 1\n j: 'ClassVar[int]' = 1\n x: int", "(x: int)"),
        (
            "class A(BaseTool):\n name: str = 'a'\n description: str = 'b'\n def _run(self, q: str) -> str: ...",
            "(); _run(q: str) -> str",
        ),
        ("class A(Tool):\n async def forward(self, q): ...", "(); async forward(q)"),
        ("class A:\n @staticmethod\n def run(q): ...", "(); run(q)"),
        (
            "class A:\n k: int = 1\n def __init__(self, p): ...\n def __call__(self, q): ...",
            "(p); (k: int = 1); __call__(q)",
        ),
        ("class A:\n def run(self, a): ...\n def _run(self, b): ...", "(); _run(b)"),
    ],
)
def test_the_signature_of_a_class_is_what_callers_see(text: str, signature: str) -> None:
    """Of a class count its ``__init__``, its public annotated fields and the method a framework calls."""
    found = defined(text)
    assert (found.form, found.signature) == ("class", signature)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("class A:\n name: str = 'a'", "class A:\n name: str = 'b'", True),
        ("class A:\n name: str", "class A:\n pass", False),
        ("class A:\n def __init__(self, a): ...", "class A:\n def __init__(self, b): ...", False),
        ("class A:\n def _run(self, a): return 1", "class A:\n def _run(self, a): return 2", True),
        ("class A:\n def _run(self, a): ...", "class A:\n def _run(self, a, b=1): ...", False),
        ("class A:\n def helper(self, a): ...", "class A:\n def helper(self, b): ...", True),
        ("class A(B): x: int", "class A(C): x: int", True),
        ("class A: x: int", "class A: x: int = 1", False),
        ("v = Agent('a', tools=[b])", "v = Agent('c', tools=[d, e])", True),
        ("v = Agent('a', tools=[b], name='n')", "v = Agent('a', name='n', tools=[b])", True),
        ("v = Agent('a')", "v = Agent('a', tools=[])", False),
        ("v = Agent('a')", "v = Other('a')", False),
        ("v = 'some text'", "v = 'other text'", True),
        ("v = 'some text'", "v = 3", False),
    ],
)
def test_the_checksum_of_a_class_or_value_is_that_of_its_signature(before: str, after: str, same: bool) -> None:
    """Bodies, labels and given values change the source checksum alone; what callers see changes both."""
    one, other = defined(before), defined(after)
    assert (one.checksum == other.checksum) is same
    if "tools=[b], name" not in before:
        assert (one.source_checksum == other.source_checksum) is False


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("v = Agent('gpt', tools=[], name='x', *more, **rest)", "Agent(_, *, **, name, tools)"),
        ("v = a.b.Agent()", "a.b.Agent()"),
        ("v = tool('x')(f)", "tool('x')(_)"),
        ("v = 'text'", "str"),
        ("v = f'{a}'", "str"),
        ("v = 1.5", "float"),
        ("v = None", "NoneType"),
        ("v = {'a': 1}", "dict"),
        ("v = [x for x in y]", "list"),
        ("v = lambda a, b=1: a", "lambda a, b=1"),
        ("v = a + b", "value"),
    ],
)
def test_the_signature_of_a_value_is_how_it_is_made(text: str, signature: str) -> None:
    """A call is told by its function and the names of what it is given, anything else by its type."""
    found = defined(text)
    assert (found.form, found.signature, found.docstring) == ("value", signature, "")


@settings(max_examples=some(60), deadline=None)
@given(program=PROGRAMS)
def test_a_signature_reads_back_as_itself(program: Program) -> None:
    """The text of a signature is Python again, with the parameters the function has."""
    node: Any = ast.parse(write(program)).body[0]
    text = signature_text(node).removeprefix("async ")
    again: Any = ast.parse(f"def f{text}: ...").body[0]
    assert ast.dump(again.args) == ast.dump(node.args)
    assert "\n" not in text


@pytest.mark.parametrize(
    "text",
    [
        "a.b[c, d]",
        "a[b,]",
        "(a | b)[c]",
        "(1).real",
        "'x'.y",
        "-1",
        "not a",
        "(a, b)",
        "(a,)",
        "()",
        "{}",
        "{'a': [1]}",
        "a | b | None",
        "(a + b) | c",
        "f(a, *b, c=1, **d)",
        "(lambda: a)(b)",
        "a if b else c",
        "a[1:2]",
        "a[()]",
        "...",
        "b'x'",
        "0x" + "f" * 5000,
    ],
)
def test_an_expression_reads_back_as_itself(text: str) -> None:
    """Whatever an annotation or a default is made of, its text means the same."""
    node = ast.parse(text, mode="eval").body
    assert dump(ast.parse(expression_text(node), mode="eval").body) == dump(node)


@pytest.mark.parametrize(
    "text",
    ["", "One line.", "  One.\n\n    Two.\n      Three.\n    ", "\n    First.\n\tTab.\n", "a\n b\n  c", "\n\n"],
)
def test_docstrings_are_cleaned_as_inspect_does(text: str) -> None:
    """Indentation and blank lines around a docstring go, as readers of `inspect` expect."""
    assert clean_docstring(text) == inspect.cleandoc(text).strip()
