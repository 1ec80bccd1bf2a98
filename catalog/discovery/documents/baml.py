"""BAML functions: name, parameters, comments and prompt. Types, clients and tests are not read.

The parser of BAML comes with its whole runtime; what an entry needs of a function is little enough to be read here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.prompt import prompt_item

BAML = "baml"
"""Its templates are those of Jinja, with helpers that only BAML has."""

_SCALARS = {"string": "string", "int": "integer", "float": "number", "bool": "boolean"}
_HIDDEN = re.compile(r'//[^\n]*|(?<!#)(?P<hashes>#{1,20})".*?"(?P=hashes)|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_FUNCTION = re.compile(
    r"^[ \t]*function[ \t]+(?P<name>\w+)\s*\((?P<arguments>[^()]*)\)\s*->(?P<returns>[^{}]*)\{", re.M
)
_PROMPT = re.compile(r"\bprompt\s+\x00")
_CLIENT = re.compile(r"\bclient\s+(?P<name>\w+|\x00)")
_COMMENT = re.compile(r"//[^\n]*")
_ARGUMENT = re.compile(r"^\s*(?P<name>\w+)\s*:\s*(?P<type>.+?)\s*$", re.DOTALL)


def read(document: Document) -> Iterator[Item]:
    """Yield each function that has a prompt."""
    text = document.text
    masked, hidden = _masked(text)
    for function in _FUNCTION.finditer(masked):
        end = masked.find("}", function.end())
        body = slice(function.end(), end if end >= 0 else len(masked))
        prompt = _PROMPT.search(masked, body.start, body.stop)
        if prompt is None:
            continue
        template = hidden[prompt.end() - 1]
        client = _CLIENT.search(masked, body.start, body.stop)
        model = None if client is None else client["name"]
        if client is not None and model == "\x00":
            model = hidden[client.start("name")]
        yield prompt_item(
            document,
            textwrap.dedent(template).strip(),
            BAML,
            name=function["name"],
            description=_comment_above(text, function.start()),
            inputs=_inputs(function["arguments"], text[slice(*function.span("arguments"))]),
            line=text.count("\n", 0, function.start("name")) + 1,
            metadata={"model": model, "returns": " ".join(function["returns"].split())},
        )


def _masked(text: str) -> tuple[str, dict[int, str]]:
    """Return *text* with texts and comments blanked, a mark where each text begins, and what those texts are."""
    hidden: dict[int, str] = {}

    def blank(match: re.Match[str]) -> str:
        written = match[0]
        if written.startswith("//"):
            return " " * len(written)
        hidden[match.start()] = written.strip("#")[1:-1]
        return "\x00" + re.sub(r"[^\n]", " ", written[1:])

    return _HIDDEN.sub(blank, text), hidden


def _comment_above(text: str, start: int) -> str:
    """Return the comment that ends right above *start*."""
    said: list[str] = []
    for line in reversed(text[:start].splitlines()):
        bare = line.strip()
        if not bare.startswith("//"):
            break
        said.append(bare.lstrip("/").strip())
    return "\n".join(reversed(said))


def _inputs(masked: str, arguments: str) -> dict[str, Any]:
    """Return the schema of each argument; *masked* tells where one ends."""
    inputs: dict[str, Any] = {}
    depth, begin = 0, 0
    for place, char in enumerate(masked + ","):
        depth += (char in "<[{") - (char in ">]}")
        if char == "," and depth == 0:
            match = _ARGUMENT.match(_COMMENT.sub("", arguments[begin:place]))
            begin = place + 1
            if match is not None:
                inputs[match["name"]] = {**_type(match["type"]), "required": not match["type"].endswith("?")}
    return inputs


def _type(written: str) -> dict[str, Any]:
    """Return the schema of a type: of one that the file's own classes define, its name as title."""
    written = written.removesuffix("?").strip()
    if written.endswith("[]"):
        return {"type": "array", "items": _type(written[:-2])}
    if written in _SCALARS:
        return {"type": _SCALARS[written]}
    if written.startswith("map<"):
        return {"type": "object"}
    return {"title": " ".join(written.split())}
