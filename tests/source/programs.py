"""Random Python functions for property tests, written in many styles.

A function is drawn as data (nested tuples) and written by `write`; two `Style`s give texts that a formatter, a
commentator or a writer of docstrings could turn into each other.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["data", "x", "total", "größe", "_a", "self", "None_", "print"])
TYPES = st.sampled_from(["int", "str", "list[int]", "dict[str, Any]", "Chart", "a.b.C", "Chart | None"])
TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=8)

_LEAVES = st.one_of(
    st.tuples(st.just("name"), NAMES),
    st.tuples(st.just("text"), TEXTS),
    st.tuples(
        st.just("plain"), st.sampled_from(["0", "1", "10_000", "0x1F", "1.5", "2j", "None", "True", "b'a'", "..."])
    ),
)


def _grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.just("call"), inner, st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=2)),
        st.tuples(st.just("op"), st.sampled_from(["+", "*", "-", "|", "and", "or", "<", "in", "is not"]), inner, inner),
        st.tuples(st.just("attr"), inner, NAMES),
        st.tuples(st.just("item"), inner, inner),
        st.tuples(st.just("list"), st.lists(inner, max_size=3)),
        st.tuples(st.just("tuple"), st.lists(inner, max_size=3)),
        st.tuples(st.just("dict"), st.lists(st.tuples(inner, inner), max_size=2)),
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("if"), inner, inner, inner),
        st.tuples(st.just("fstring"), TEXTS, inner),
        st.tuples(st.just("lambda"), NAMES, inner),
        st.tuples(st.just("comp"), inner, NAMES, inner),
    )


EXPRESSIONS = st.recursive(_LEAVES, _grow, max_leaves=6)

_SIMPLE = st.one_of(
    st.tuples(st.just("assign"), NAMES, EXPRESSIONS),
    st.tuples(st.just("expr"), st.tuples(st.just("call"), EXPRESSIONS, st.just([]), st.just({}))),
    st.tuples(st.just("return"), st.none() | EXPRESSIONS),
    st.tuples(st.just("del"), st.lists(NAMES, min_size=2, max_size=3)),
    st.tuples(st.just("typed"), NAMES, TYPES, EXPRESSIONS),
)


def _nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    body = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.tuples(st.just("branch"), EXPRESSIONS, body, st.lists(inner, max_size=2)),
        st.tuples(st.just("for"), NAMES, EXPRESSIONS, body),
        st.tuples(st.just("try"), body, body),
        st.tuples(st.just("with"), EXPRESSIONS, body),
        st.tuples(st.just("def"), NAMES, body),
    )


BODIES = st.lists(st.recursive(_SIMPLE, _nest, max_leaves=5), min_size=1, max_size=4)

PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(["positional", "normal", "keyword"]),
        NAMES,
        st.none() | TYPES,
        st.none() | EXPRESSIONS,
    ),
    max_size=4,
    unique_by=lambda one: one[1],
)


@dataclass(frozen=True)
class Program:
    """A function: its name, parameters (kind, name, annotation, default), return type and body."""

    name: str
    is_async: bool
    parameters: tuple[Any, ...]
    returns: str | None
    body: tuple[Any, ...]


def _in_order(parameters: list[Any]) -> tuple[Any, ...]:
    """Return the parameters in an order Python allows: by kind, and without gaps among the defaults."""
    order = {"positional": 0, "normal": 1, "keyword": 2}
    found, seen = [], False
    for kind, name, annotation, default in sorted(parameters, key=lambda one: order[one[0]]):
        seen = seen or default is not None
        if kind != "keyword" and seen and default is None:
            default = ("plain", "None")
        found.append((kind, name, annotation, default))
    return tuple(found)


PROGRAMS = st.builds(
    Program,
    name=st.sampled_from(["create", "draw"]),
    is_async=st.booleans(),
    parameters=PARAMETERS.map(_in_order),
    returns=st.none() | TYPES,
    body=BODIES.map(tuple),
)


@dataclass
class Style:
    """How a program is written: each choice is taken from *random*; without it, in the plainest way."""

    random: random.Random | None = None
    depth: int = field(default=0, init=False)

    def maybe(self) -> bool:
        """Tell whether to do it in the unusual way."""
        return self.random is not None and self.random.random() < 0.3

    def text(self, value: str) -> str:
        """Write a text constant with either kind of quotes, whole or in two pieces."""
        if self.maybe() and value:
            return f"({value[:1]!a} {value[1:]!r})"
        if self.maybe():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return repr(value)

    def annotation(self, text: str) -> str:
        """Write an annotation, maybe quoted."""
        return repr(text) if self.maybe() else text

    def comma(self) -> str:
        """Write the comma after the last element, or nothing."""
        return "," if self.maybe() else ""

    def gap(self) -> str:
        """Write a space, a line break or a comment, for places within brackets."""
        return self.random.choice(["\n      ", "  ", "  # why\n"]) if self.maybe() else " "


STYLES = st.integers(min_value=0, max_value=2**32).map(lambda seed: Style(random.Random(seed)))


def write(program: Program, style: Style | None = None) -> str:
    """Return the text of *program* in *style*."""
    style = style or Style()
    parts: list[str] = []
    kinds = [one[0] for one in program.parameters]
    for place, (kind, name, annotation, default) in enumerate(program.parameters):
        if kind == "keyword" and "keyword" not in kinds[:place]:
            parts.append("*")
        text = name if annotation is None else f"{name}:{style.gap()}{style.annotation(annotation)}"
        parts.append(text if default is None else f"{text} ={style.gap()}{_expression(default, style)}")
        if kind == "positional" and "positional" not in kinds[place + 1 :]:
            parts.append("/")
    inside = f",{style.gap()}".join(parts) + (style.comma() if parts else "")
    returns = "" if program.returns is None else f" -> {style.annotation(program.returns)}"
    head = f"{'async ' if program.is_async else ''}def {program.name}({inside}){returns}:"
    doc = ['    """Words that mean nothing to a checksum."""'] if style.maybe() else []
    return "\n".join([head, *doc, *_statements(program.body, "    ", style)]) + "\n"


def _statements(body: Any, indent: str, style: Style) -> list[str]:
    lines: list[str] = []
    deeper = indent + "    "
    for one in body:
        if style.maybe():
            lines.append(f"{indent}# a remark" if style.maybe() else "")
        if style.maybe():
            lines.append(f"{indent}pass")
        kind, *rest = one
        if kind == "assign":
            lines.append(f"{indent}{rest[0]} = {_expression(rest[1], style)}")
        elif kind == "typed":
            lines.append(f"{indent}{rest[0]}: {style.annotation(rest[1])} = {_expression(rest[2], style)}")
        elif kind == "expr":
            lines.append(f"{indent}{_expression(rest[0], style)}")
        elif kind == "return":
            lines.append(f"{indent}return" + ("" if rest[0] is None else f" {_expression(rest[0], style)}"))
        elif kind == "del":
            targets = ", ".join(rest[0])
            lines.append(f"{indent}del ({targets})" if style.maybe() else f"{indent}del {targets}")
        elif kind == "branch":
            lines += [f"{indent}if {_expression(rest[0], style)}:", *_statements(rest[1], deeper, style)]
            if rest[2]:
                lines += [f"{indent}else:", *_statements(rest[2], deeper, style)]
        elif kind == "for":
            lines += [f"{indent}for {rest[0]} in {_expression(rest[1], style)}:", *_statements(rest[2], deeper, style)]
        elif kind == "try":
            lines += [f"{indent}try:", *_statements(rest[0], deeper, style)]
            lines += [f"{indent}except ValueError:", *_statements(rest[1], deeper, style)]
        elif kind == "with":
            lines += [f"{indent}with ({_expression(rest[0], style)}):", *_statements(rest[1], deeper, style)]
        elif kind == "def":
            lines.append(f"{indent}def {rest[0]}():")
            if style.maybe():
                lines.append(f"{deeper}'''Nested docstring.'''")
            lines += _statements(rest[1], deeper, style)
    return lines


def _expression(one: Any, style: Style) -> str:
    """Write an expression; all but names and constants in parentheses, as precedence is not the point here."""
    kind, *rest = one
    if kind in ("name", "plain", "text"):
        text = style.text(rest[0]) if kind == "text" else rest[0]
        return f"(({text}))" if style.maybe() else text
    sub = [_expression(part, style) for part in rest if isinstance(part, tuple) and part and isinstance(part[0], str)]
    gap = style.gap()
    if kind == "call":
        args = [_expression(part, style) for part in rest[1]]
        args += [f"{name}={gap}{_expression(part, style)}" for name, part in rest[2].items()]
        return f"(({sub[0]})({f',{gap}'.join(args)}{style.comma() if args else ''}))"
    if kind == "op":
        return f"({sub[0]}{gap}{rest[0]} {sub[1]})"
    if kind == "attr":
        return f"(({sub[0]}).{rest[1]})"
    if kind == "item":
        return f"(({sub[0]})[{gap}{sub[1]}])"
    if kind == "list":
        parts = [_expression(part, style) for part in rest[0]]
        return f"[{f',{gap}'.join(parts)}{style.comma() if parts else ''}]"
    if kind == "tuple":
        parts = [_expression(part, style) for part in rest[0]]
        return f"({f',{gap}'.join(parts)}{',' if len(parts) == 1 else style.comma() if parts else ''})"
    if kind == "dict":
        parts = [f"{_expression(key, style)}:{gap}{_expression(value, style)}" for key, value in rest[0]]
        return f"{{{f',{gap}'.join(parts)}{style.comma() if parts else ''}}}"
    if kind == "not":
        return f"(not{gap}{sub[0]})"
    if kind == "if":
        return f"({sub[0]}{gap}if {sub[1]} else {sub[2]})"
    if kind == "fstring":
        words = "".join(char for char in rest[0] if char.isalnum())
        quote = "'" if style.maybe() else '"'
        return f"f{quote}{words}{{size}}{quote}"
    if kind == "lambda":
        return f"(lambda {rest[0]}:{gap}{sub[0]})"
    return f"[{sub[0]}{gap}for {rest[1]} in {sub[1]}]"
