"""``catalog route TEXT``: which entry a prompt goes to, and why, on terminals, in pipes and as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from factories import open_catalog


@pytest.fixture
def ruled(url: str) -> None:
    """Two tools with a rule, and one without."""
    with open_catalog(url) as cat:
        cat.register("tool", "send_mail", "nowhere.mail:send", match=r"\bmail\b", priority=5, description="Send it.")
        cat.register("tool", "read_csv", "nowhere.files:read", match=r"\.csv\b", description="Read a table.")
        cat.register("tool", "draw", "nowhere.plots:draw", description="Draw a plot.")


RULES = ("--kind", "tool", "--strategy", "rules")


def test_in_a_pipe_an_answer_is_one_line(run_cli: Any, ruled: None) -> None:
    """Key, score, strategy and reason stand in one line; without an answer the reason is on standard error."""
    assert run_cli("route", "mail data.csv to ann", *RULES) == (
        0,
        r"tool:send_mail	1	rules	matches /\bmail\b/ (rule 1 of 2, priority 5)" + "\n",
        "",
    )
    assert run_cli("route", "sing", *RULES) == (1, "", "no candidate fits: none of 2 rules matches\n")
