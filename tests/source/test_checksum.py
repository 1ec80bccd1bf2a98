"""Checksums: what changes them and what must not."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

import pytest
from factories import some
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import PROGRAMS, STYLES, Program, Style, write

from catalog.source.checksum import dump, function_sums, unquoted
from catalog.source.define import Definition, define


def sums(text: str) -> tuple[str, str]:
    """Return both checksums of the first statement of *text*."""
    found = definition(text)
    return found.checksum, found.source_checksum


def definition(text: str) -> Definition:
    """Return the definition of the first statement of *text*."""
    node: Any = ast.parse(text).body[0]
    return define(node if hasattr(node, "body") else node.value, "mod", getattr(node, "name", "value"), "mod.py")


@settings(max_examples=some(60), deadline=None)
@given(program=PROGRAMS, one=STYLES, other=STYLES)
def test_formatting_comments_and_docstrings_change_nothing(program: Program, one: Style, other: Style) -> None:
    """However a function is laid out, quoted, commented and documented, both checksums are the same."""
    assert sums(write(program, one)) == sums(write(program, other)) == sums(write(program))


@settings(max_examples=some(60), deadline=None)
@given(program=PROGRAMS)
def test_a_name_is_in_neither_sum(program: Program) -> None:
    """A renamed function keeps both checksums, so that it can be recognised."""
    assert sums(write(program)) == sums(write(dataclasses.replace(program, name="renamed")))


def _changed(parameters: tuple[Any, ...], place: int, how: str) -> tuple[Any, ...]:
    kind, name, annotation, default = parameters[place]
    new = {
        "name": (kind, name + "_new", annotation, default),
        "annotation": (kind, name, "Other", default),
        "no annotation": (kind, name, None, default),
        "default": (kind, name, annotation, ("plain", "'another'")),
    }
    changed = () if how == "gone" else (new[how],)
    return (*parameters[:place], *changed, *parameters[place + 1 :])


@settings(max_examples=some(60), deadline=None)
@given(
    program=PROGRAMS.filter(lambda one: one.parameters),
    draw=st.data(),
    how=st.sampled_from(["name", "annotation", "no annotation", "default", "gone"]),
)
def test_any_change_of_a_parameter_changes_both_sums(program: Program, draw: st.DataObject, how: str) -> None:
    """A parameter with another name, annotation or default, or none, is another signature."""
    place = draw.draw(st.integers(0, len(program.parameters) - 1))
    changed = dataclasses.replace(program, parameters=_changed(program.parameters, place, how))
    assume(changed != program)
    try:
        ast.parse(write(changed))
    except SyntaxError:
        assume(False)  # a default in the middle was taken away
    before, after = sums(write(program)), sums(write(changed))
    assert before[0] != after[0]
    assert before[1] != after[1]


@settings(max_examples=some(60), deadline=None)
@given(one=PROGRAMS, other=PROGRAMS)
def test_functions_have_the_same_sums_only_if_python_reads_them_the_same(one: Program, other: Program) -> None:
    """Our dump loses nothing that the syntax tree has: equal sums mean equal trees."""
    trees = [ast.parse(write(dataclasses.replace(program, name="f"))) for program in (one, other)]
    found = [function_sums(tree.body[0]) for tree in trees]  # type: ignore[arg-type]
    assert (found[0][1] == found[1][1]) == (ast.dump(trees[0]) == ast.dump(trees[1]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a): ...", "async def f(a): ..."),
        ("def f(a): ...", "def f(a, /): ..."),
        ("def f(a): ...", "def f(*, a): ..."),
        ("def f(a): ...", "def f(*a): ..."),
        ("def f(*a): ...", "def f(**a): ..."),
        ("def f(a, b): ...", "def f(b, a): ..."),
        ("def f(a): ...", "def f(a=None): ..."),
        ("def f(a=1): ...", "def f(a=1.0): ..."),
        ("def f(a=1): ...", "def f(a=True): ..."),
        ("def f(a='1'): ...", "def f(a=1): ..."),
        ("def f(a='b'): ...", "def f(a=b'b'): ..."),
        ("def f(a): ...", "def f(a) -> int: ..."),
        ("def f(a: Literal['x']): ...", "def f(a: Literal[x]): ..."),
        ("def f(a: Annotated[str, 'x']): ...", "def f(a: Annotated[str, x]): ..."),
        ("def f(*, a, b=1): ...", "def f(*, b, a=1): ..."),
        ("def f(a=-1): ...", "def f(a=+1): ..."),
    ],
)
def test_another_signature_has_another_checksum(before: str, after: str) -> None:
    """Kind, order, annotation and default of each parameter, and what is returned, are the signature."""
    one, other = sums(before), sums(after)
    assert one[0] != other[0]
    assert one[1] != other[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): return a + b * c", "def f(): return (a + b) * c"),
        ("def f(): return a - (b - c)", "def f(): return a - b - c"),
        ("def f(): return a(b)(c)", "def f(): return a(b, c)"),
        ("def f(): return a.b", "def f(): return b.a"),
        ("def f(): return x[1, 2]", "def f(): return x[1][2]"),
        ("def f(): return x[1:]", "def f(): return x[:1]"),
        ("def f(): return (1)", "def f(): return (1,)"),
        ("def f(): return a < b < c", "def f(): return a < (b < c)"),
        ("def f(): return a and b or c", "def f(): return a and (b or c)"),
        ("def f():\n if a:\n  b()\n c()", "def f():\n if a:\n  b()\n  c()"),
        ("def f():\n if a: b()\n else: c()", "def f():\n if a: b()\n c()"),
        ("def f():\n for a in b: c()\n else: d()", "def f():\n for a in b: c()\n d()"),
        ("def f(): return f'{a}{b}'", "def f(): return f'{a} {b}'"),
        ("def f(): return f'{a!r}'", "def f(): return f'{a}'"),
        ("def f(): return f'{a:>3}'", "def f(): return f'{a:>4}'"),
        ("def f(): global a", "def f(): nonlocal a"),
        ("def f(): from a import b", "def f(): from .a import b"),
        ("def f(): import a", "def f(): import a as b"),
        ("def f(): return {**a}", "def f(): return {a: None}"),
        ("def f(): return g(*a)", "def f(): return g(a)"),
        ("def f(): return g(**a)", "def f(): return g(a=a)"),
        ("def f(): return [x async for x in y]", "def f(): return [x for x in y]"),
        ("def f(): x += 1", "def f(): x -= 1"),
        ("def f(): return not a", "def f(): return ~a"),
        ("def f(): return 'é'", "def f(): return 'e'"),
        ("def f():\n @cached\n def g(): return 1", "def f():\n def g(): return 1"),
        ("def f():\n def g(): pass", "def f():\n def h(): pass"),
        ("def f(): yield a", "def f(): yield from a"),
        ("def f(): return 1e999", "def f(): return 1e308"),
        ("def f():\n match a:\n  case [b]: pass", "def f():\n match a:\n  case {'b': b}: pass"),
    ],
)
def test_another_body_has_another_source_checksum(before: str, after: str) -> None:
    """Code that does something else has another source checksum, and keeps that of its signature."""
    one, other = sums(before), sums(after)
    assert one[0] == other[0]
    assert one[1] != other[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): pass", "def f(): ..."),
        ("@tool('a')\ndef f(): return 1", "@tool('b', tags=['c'])\ndef f(): return 1"),
        ("@mark\nclass C: x: int", "class C: x: int"),
        ("def f(): pass", 'def f():\n    """Words."""'),
        ("def f(): return 'ab'", "def f(): return ('a'\n   \"b\")"),
        ("def f(): del (a, b)", "def f(): del a, b"),
        ("def f(): return 255", "def f(): return 0xFF"),
        ("def f(): return 1000", "def f(): return 1_000"),
        ("def f(): return f'{a:}'", "def f(): return f'{a}'"),
        ("def f(a: 'list[Chart]'): ...", "def f(a: list['Chart']): ..."),
        ("def f() -> 'Chart': ...", "def f() -> Chart: ..."),
        ("def f(a: 'Literal[\"x\"]'): ...", "def f(a: Literal['x']): ..."),
        ("def f(a: 'Annotated[Chart, \"x\"]'): ...", "def f(a: Annotated['Chart', 'x']): ..."),
        ("class C:\n x: 'int' = 1", "class C:\n x: int = 1"),
        (
            "class C:\n x: int = 1\n def f(self): pass",
            "class C:\n 'Words.'\n x: int = 1\n 'more'\n def f(self): 'words'",
        ),
        ("class C(): x: int", "class D: x: int"),
        ("v = Agent('a', name='b',)", "w = Agent(\"a\",\n   name='b')"),
        ("def f(): return u'a'", "def f(): return 'a'"),
        ("def f():\n for (a, b) in c: d()", "def f():\n for a, b in c:\n\n  d()"),
    ],
)
def test_the_same_code_written_otherwise_keeps_its_sums(before: str, after: str) -> None:
    """Quotes, brackets, number notation, docstrings, own decorators and idle statements are in no checksum."""
    assert sums(before) == sums(after)


def test_sums_are_the_same_on_every_python() -> None:
    """The checksum of a function that uses most of the grammar is the one every Python version computes."""
    text = '''
@deco(1)
async def f(a, /, b: "list[int]" = [1, 0xFF], *args: str, c=None, **kw) -> "dict[str, 'Chart']":
    """Words."""
    async with a as b, c() as (d, e):
        x: "int" = lambda q, *r: (yield)
    for i in range(10):
        if i > 3 and not i % 2 or i in (1, 2):
            continue
        elif (n := i) < 0 <= 1:
            break
        else:
            print(f"é {i!r:>{n}} {i:} x" "tail", *args, **kw)
    try:
        await g(i for i in x if i async for y in z)
    except (ValueError, OSError) as error:
        raise RuntimeError("\\U0001fae8") from error
    else:
        del (a, b), c[1:2, ::3]
    finally:
        global h
        h = {**kw, 1: {2, 3}, "k": [*args]}
    while True:
        from . import a as b
        import os.path
        assert a, "b"
        x @= 1_000_000_000_000_000_000_000_000
    match a:
        case {"a": 1, **rest} | [1, *_] if b: return -1
        case Point(x=0) as p: return 1.5e300 + 2j
'''
    assert sums(text) == (
        "sig1:348259f9db92980fad3c171a895adc6e4cf2089fb6c8e1459b7c478f8b9e2ce4",
        "src1:03aeef2432c80c79d32b0898fb6eaa9eb58aec5d95aec0eecabdfdd29988b127",
    )


def test_schemes_are_named_in_the_sums() -> None:
    """A checksum says how it was made: 64 hexadecimal digits after ``sig1:`` or ``src1:``."""
    signature, source = sums("def f(): pass")
    assert (signature[:5], len(signature), source[:5], len(source)) == ("sig1:", 69, "src1:", 69)
    assert int(signature[5:], 16) != int(source[5:], 16)


def test_depth_is_no_obstacle() -> None:
    """A sum of ten thousand terms, deeper than Python's own recursion limit, has a checksum."""
    node = ast.parse("x").body[0].value  # type: ignore[attr-defined]
    for _ in range(10_000):
        node = ast.BinOp(node, ast.Add(), ast.Name("y", ast.Load()))
    assert dump(node).count("Add") == 10_000


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("'Chart'", "Chart"),
        ("list['Chart']", "list[Chart]"),
        ("'list[\"Chart\"]'", "list[Chart]"),
        ("dict['A', 'B'] | 'C'", "dict[A, B] | C"),
        ("Literal['a', 'b']", "Literal['a', 'b']"),
        ("t.Literal['a']", "t.Literal['a']"),
        ("Annotated['A', 'b']", "Annotated[A, 'b']"),
        ("Callable[['A'], 'B']", "Callable[[A], B]"),
        ("'not python!'", "'not python!'"),
        ("''", "''"),
        ("None", "None"),
        ("'int '", "int"),
    ],
)
def test_quotes_come_off_names_only(text: str, plain: str) -> None:
    """In an annotation a quoted name is a name; a quoted value of Literal or Annotated stays a text."""
    found = unquoted(ast.parse(text, mode="eval").body)
    assert found is not None
    assert ast.unparse(ast.fix_missing_locations(ast.Expression(found))) == plain
