"""What Hypothesis makes: names, references, JSON, entries and requests."""

from __future__ import annotations

import keyword
from typing import Any

from factories import ON_SERVER
from hypothesis import strategies as st

from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import name_fault
from catalog.entry.kinds import KINDS

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0" if ON_SERVER else ""), max_size=60)
"""Any text that can be stored, line ends included, and NUL but on a server."""

kinds = st.sampled_from(KINDS)

names = st.one_of(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9/._:\-]{0,20}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200)
    .map(str.strip)
    .filter(lambda name: name_fault(name) is None),
    st.sampled_from(["DROP TABLE entry", "select", "a:b", "a b", "'", '"', "%", "_", "NULL", "naïve", "数据", "🧪"]),
)

_identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(
    lambda word: not keyword.iskeyword(word)
)
_dotted = st.lists(_identifiers, min_size=1, max_size=4).map(".".join)

references = st.builds("zz_no_such_{}:{}".format, _dotted, _dotted)
"""Well-formed references into modules that do not exist."""

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)


rules = st.sampled_from(["^audit", r"(?i)\bseo\b|\baudit\b", "mypkg.rules:is_seo", "(a+)+$", "数据|🧪", "."])
"""What routing by rules takes: expressions of a linear engine, and references of predicates."""


@st.composite
def entries(draw: st.DrawFn, kind: st.SearchStrategy[str] = kinds, name: st.SearchStrategy[str] = names) -> Entry:
    """Draw a valid entry of the persistent tier."""
    stands_for: dict[str, Any] = (
        {"ref": draw(references)}
        if draw(st.booleans())
        else {"spec": draw(json_values.filter(lambda value: value is not None))}
    )
    return make_entry(
        {
            "kind": draw(kind),
            "name": draw(name),
            **stands_for,
            "description": draw(texts),
            "tags": draw(st.lists(names, max_size=4)),
            "examples": draw(st.lists(texts, max_size=3)),
            "match": draw(st.none() | rules),
            "providers": draw(st.none() | st.lists(texts, max_size=3)),
            "priority": draw(st.integers(-(2**31), 2**31 - 1)),
            "metadata": draw(json_objects),
            "signature": draw(st.none() | texts),
            "checksum": draw(st.none() | texts),
            "source_checksum": draw(st.none() | texts),
            "source": draw(texts),
            "distribution": draw(st.none() | texts),
        }
    )


few_names = st.sampled_from(["a", "b", "B", "a:b"])
few_kinds = st.sampled_from(["tool", "model"])
few_tags = st.sampled_from(["plot", "Plot", "io", "🧪", "it's", 'say "x"'])

queries = st.one_of(
    st.text(max_size=80),  # surrogates too: a terminal hands them over where bytes are no UTF-8
    st.lists(
        st.sampled_from(
            (
                *("AND", "OR", "NOT", "NEAR", "(", ")", '"', "'", "*", "^", ":", "-", "+", "{", "}", "\0", "\x1b[0m"),
                *(
                    "name",
                    "facets",
                    "scatter",
                    "plot",
                    "数据可视化",
                    "🧪",
                    "رسم بياني",
                    "createScatterPlot",
                    "scatter_plot",
                ),
            )
        ),
        max_size=12,
    ).map(" ".join),
)
"""What a person may type, and worse."""
