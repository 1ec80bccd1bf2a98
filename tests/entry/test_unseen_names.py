"""Names and tags hold nothing that can't be seen."""

from __future__ import annotations

import pytest

from catalog.entry.key import name_fault


@pytest.mark.parametrize(
    "char",
    ["\ufeff", "\u00ad", "\u200b", "\u202e", "\u2066", "\u061c", "\u00a0", "\u3000", "\u2800", "\u034f", "\u115f",
     "\u1160", "\u3164", "\uffa0", "\u17b4", "\u180b", "\ufe00", "\ufe0e", "\U000e0041", "\U000e0100", "\x7f", "\x9b"],
    ids=ascii,
)  # fmt: skip
def test_what_cannot_be_seen_is_refused(char: str) -> None:
    """Fillers, selectors, tags, marks of direction and spaces of all sorts are refused wherever they stand."""
    for name in (f"a{char}b", f"ä{char}ö", char, f"{char}a", f"a{char}"):
        assert name_fault(name) is not None


def test_marks_need_a_letter() -> None:
    """A name of accents only, or that begins with one, is refused; U+FE0F is allowed in emoji and nowhere else."""
    assert [name_fault(name) is None for name in ("\u0301", "\u0301a", "a\ufe0fb", "\ufe0f")] == [False] * 4
    assert [name_fault(name) for name in ("e\u0301", "приве\u0301т", "❤\ufe0f", "1\ufe0f\u20e3", "हिन्दी")] == [None] * 5
