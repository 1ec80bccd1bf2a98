"""Requests that ask for several things."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.request_parts import MOST_PARTS, parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("convert the file and then mail it", ["convert the file", "mail it"]),
        (
            "I want to convert the file. And then I want it mailed.",
            ["I want to convert the file.", "I want it mailed."],
        ),
        (
            "Find the area of a circle; also compute a square root",
            ["Find the area of a circle;", "compute a square root"],
        ),
        ("Book a table for two\nCall a taxi for eight", ["Book a table for two", "Call a taxi for eight"]),
        (
            "把文件转换成PDF格式然后保存。再发送邮件给我的老板和同事们！",
            ["把文件转换成PDF格式然后保存。", "再发送邮件给我的老板和同事们！"],
        ),
        ("Hi. What is the weather in Paris today?", []),
        ("salt and pepper, and then", []),
        ("create_scatter", []),
        (". . .", []),
        ("", []),
    ],
)
def test_parts(text: str, expected: list[str]) -> None:
    """Sentences and steps are parts; greetings, lists and single things are not."""
    assert parts(text) == expected


@given(st.text() | st.lists(st.sampled_from(["a", "then", " ", ". ", "\n", "and then", "，", "。"])).map("".join))
def test_any_text_has_few_parts(text: str) -> None:
    """Whatever a person types, there are no parts or 2 to 8, none of them blank."""
    found = parts(text)
    assert len(found) == 0 or 2 <= len(found) <= MOST_PARTS
    assert all(part.strip() for part in found)


@pytest.mark.parametrize("text", ["a. " * 300_000, " " * 1_000_000, "and then " * 100_000, "\n" * 1_000_000])
def test_long_requests_cost_nothing(text: str) -> None:
    """A million characters are parted in less than a second."""
    begin = time.perf_counter()
    parts(text)
    assert time.perf_counter() - begin < 1.0
