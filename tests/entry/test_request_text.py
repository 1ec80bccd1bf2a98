"""Which text a chat asks with."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.entry.request import request_text

IMAGE = {"type": "image_url", "image_url": {"url": "data:"}}
CHAT = [
    {"role": "system", "content": "You route."},
    {"role": "user", "content": "draw a chart"},
    {"role": "assistant", "content": "Which?"},
    {"role": "user", "content": [{"type": "text", "text": "a scatter"}, IMAGE, {"type": "text", "text": "in red"}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "x", "input": {"text": "no"}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "42"}]},
    {"role": "tool", "content": "43"},
]


@dataclass
class HumanMessage:
    """As LangChain has it."""

    content: Any
    type: str = "human"


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ("as it is ", "as it is "),
        ("", ""),
        (CHAT, "a scatter\nin red"),
        (CHAT[:3], "draw a chart"),
        (tuple(CHAT), "a scatter\nin red"),
        ({"messages": CHAT}, "a scatter\nin red"),
        (CHAT[3], "a scatter\nin red"),
        (CHAT[3]["content"], "a scatter\nin red"),
        ([{"role": "user", "content": [{"type": "input_text", "text": "respond"}]}], "respond"),
        ([{"role": "user", "parts": [{"text": "as Gemini"}, {"inline_data": {}}]}], "as Gemini"),
        ([{"type": "message", "role": "user", "content": "an item"}], "an item"),
        ([("system", "no"), ("human", "pairs")], "pairs"),
        (("user", "one pair"), "one pair"),
        ([HumanMessage("an object")], "an object"),
        (HumanMessage(["strings", {"type": "text", "text": "and parts"}]), "strings\nand parts"),
        (
            [SimpleNamespace(kind="request", parts=[SimpleNamespace(part_kind="user-prompt", content="pydantic")])],
            "pydantic",
        ),
        ([{"role": "system", "content": "nobody asked"}], None),
        ([{"role": "user", "content": [IMAGE]}], None),
        ([{"role": "user", "content": None}], None),
        ([], None),
        ({}, None),
        (["two", "requests"], None),
        (b"bytes", None),
        (3, None),
        (None, None),
    ],
)
def test_the_last_text_of_the_user_counts(request_: Any, text: str | None) -> None:
    """Of a chat it is the last message of the user with a text, of a message its parts of text; else there is none."""
    assert request_text(request_) == text


def test_what_never_ends_ends() -> None:
    """A message that holds itself is read to a bounded depth."""
    message: dict[str, Any] = {"role": "user"}
    message["content"] = [message, {"type": "text", "text": "x"}]
    assert request_text([message]) is not None
