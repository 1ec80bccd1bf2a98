"""Records that are alike are found among any number, with two numbers of each in memory."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.entry.entry import Entry
from catalog.errors import DuplicateEntryError
from catalog.loader import alike
from catalog.loader.alike import Alike
from catalog.verbs.lines import LinesSoFar, Place

RECORDS = st.lists(st.tuples(st.sampled_from(["a", "b", "ü\n", "\ud800"]), st.sampled_from(["x", "y"]), st.text()))


@given(RECORDS, st.booleans())
def test_groups_are_those_with_something_in_common(records: list[tuple[str, str, str]], in_a_file: bool) -> None:
    """Whatever the records, in memory or in a file, those with the same two texts come together, in their order."""
    expected = defaultdict(list)
    with pytest.MonkeyPatch.context() as patch:
        if in_a_file:
            patch.setattr(alike, "_IN_MEMORY", 1)
        with Alike() as found:
            for first, second, text in records:
                found.add((first, second), (text,))
                expected[first, second].append([text])
            groups = {tuple(common): same for common, same in found.groups()}
    assert groups == {common: same for common, same in expected.items() if len(same) > 1}


def test_equal_sums_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the sum has in common is no group."""
    monkeypatch.setattr(alike, "hash", lambda _: 7, raising=False)
    with Alike() as found:
        for common, record in (("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")):
            found.add((common,), (record,))
        assert list(found.groups()) == [(["a"], [["1"], ["3"]])]


@given(st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from(["one", "two"])), max_size=50))
def test_a_line_is_refused_only_where_an_earlier_one_says_something_else(lines: list[tuple[int, str]]) -> None:
    """The table of keys agrees with a dictionary, also while it grows."""
    so_far, known = LinesSoFar(), {}
    for number in range(1_000):  # it grows with the first of these
        so_far.add(Entry(kind="tool", name=f"n{number}", ref="a:b", description="one"), Place("f", number + 1))
        known[number] = ("one", number + 1)
    for at, (number, text) in enumerate(lines, 1_001):
        entry = Entry(kind="tool", name=f"n{number}", ref="a:b", description=text)
        said, line = known.setdefault(number, (text, at))
        if said == text:
            so_far.add(entry, Place("f", at))
            continue
        with pytest.raises(DuplicateEntryError) as caught:
            so_far.add(entry, Place("f", at))
        assert (caught.value.facts["line"], caught.value.facts["other_line"]) == (at, line)
