"""Which of the names offered a model means."""

from __future__ import annotations

import pytest

from catalog.routing.llm.meant import meant

FORMS = {
    "refund": "refund",
    "tool:refund": "refund",
    "Chart": "Chart",
    "chart": "chart",
    "Größe.": "Größe.",
    "none": "none",
}


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("refund", "refund"),
        (" refund\n", "refund"),
        ('"refund"', "refund"),
        ("`tool:refund`", "refund"),
        ("**Refund**", "refund"),
        ("TOOL:REFUND", "refund"),
        ("“refund”.", "refund"),
        ("'Chart'", "Chart"),
        (" chart ", "chart"),
        ("CHART", None),
        ("Größe.", "Größe."),
        ("GRÖSSE", "Größe."),
        ("None", "none"),
        ("refunds", None),
        ("refund, chart", None),
        ("", None),
        ('""', None),
    ],
)
def test_padding_and_case_do_not_count(answer: str, label: str | None) -> None:
    """What is written exactly so goes first; then neither quotes nor case count, unless two would be meant."""
    assert meant(answer, FORMS) == label
