"""Names, keys, references and entries: what is valid, and that it comes back."""

from __future__ import annotations

import pickle

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import entries, kinds, names, references, texts

from catalog import Entry, ObjectRef
from catalog.entry.entry import make_entry
from catalog.entry.key import NAME_LENGTH, composed, format_key, name_fault, split_key
from catalog.entry.kinds import check_kind, is_kind_name, plural
from catalog.errors import InvalidEntryError, InvalidReferenceError, UnknownKindError


@settings(max_examples=some(60))
@given(entries())
def test_an_entry_survives_json(entry: Entry) -> None:
    """An entry written as JSON and read again is the same, in every field; so is its pickle."""
    assert Entry.model_validate_json(entry.model_dump_json()) == entry
    assert make_entry(entry.model_dump()) == entry
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert hash(Entry.model_validate_json(entry.model_dump_json())) == hash(entry)


@given(kinds, names)
def test_a_key_falls_apart_into_what_made_it(kind: str, name: str) -> None:
    """A key is split at its first colon, whatever the name holds."""
    assert split_key(format_key(kind, name)) == (kind, name)


@pytest.mark.parametrize("text", ["", "tool", "tool:", ":x", ":"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """A text without kind or name is no key."""
    with pytest.raises(InvalidEntryError, match="write KIND:NAME"):
        split_key(text)


@given(references)
def test_a_reference_survives_parsing(text: str) -> None:
    """A reference is written as it was read."""
    ref = ObjectRef.parse(text)
    assert (str(ref), f"{ref.module}:{ref.qualname}") == (text, text)


@given(texts)
def test_a_text_is_a_reference_or_is_refused_with_a_reason(text: str) -> None:
    """Any text either parses to the reference it is, or raises InvalidReferenceError that quotes it."""
    try:
        found = ObjectRef.parse(text)
    except InvalidReferenceError as error:
        said = error
    else:
        assert str(found) == text
        return
    assert said.facts == {"ref": text}
    assert repr(text) in str(said)


@pytest.mark.parametrize(
    "text", ["", "a", "a:", ":b", "a.b", "a:b:c", "a..b:c", "a:b.", "1a:b", "a:class", "a b:c", "a-b:c", "a:<lambda>"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    """Empty parts, keywords, second colons and characters no identifier has are refused."""
    with pytest.raises(InvalidReferenceError):
        ObjectRef.parse(text)


@given(names)
def test_a_good_name_is_accepted(name: str) -> None:
    """Names of any script, with colons, slashes, quotes and inner spaces, are fine."""
    assert name_fault(name) is None
    assert make_entry({"kind": "tool", "name": name, "ref": "a:b", "tags": [name]}).tags == (composed(name),)


@pytest.mark.parametrize(
    "name",
    ["", " a", "a ", "a\tb", "a\nb", "a\0b", "a\u2028b", "a\u2029b", "\x85", "\ud800", "\u3000a", "n" * 201, "é" * 201],
)
def test_a_bad_name_is_refused(name: str) -> None:
    """Empty, too long, with control characters or spaces at an end: refused, with the entry's error."""
    with pytest.raises(InvalidEntryError):
        make_entry({"kind": "tool", "name": name, "ref": "a:b"})
    assert make_entry({"kind": "tool", "name": "n" * NAME_LENGTH, "ref": "a:b"}).name == "n" * NAME_LENGTH


@given(st.text(max_size=45))
def test_a_kind_is_one_lower_case_word(text: str) -> None:
    """A kind begins with a letter and holds letters, digits and underscores of ASCII, forty at the most."""
    fine = (
        0 < len(text) <= 40
        and text.isascii()
        and text[0].isalpha()
        and text == text.lower()
        and all(char.isalnum() or char == "_" for char in text)
    )
    assert is_kind_name(text) == fine


def test_plurals_suggest_the_kind() -> None:
    """The plural of a kind, and what looks like it, are answered with the kind."""
    assert [plural(kind) for kind in ("tool", "box", "branch", "class")] == ["tools", "boxes", "branches", "classes"]
    for wrong, right in {"tools": "tool", "councils": "council", "promt": "prompt", "Tool": "tool"}.items():
        with pytest.raises(UnknownKindError) as caught:
            check_kind(wrong)
        assert caught.value.facts["close"][0] == right


def test_an_entry_is_frozen() -> None:
    """A field can't be set, and unknown fields name the one that was meant."""
    entry = make_entry({"kind": "tool", "name": "x", "ref": "a:b"})
    with pytest.raises(ValueError, match="frozen"):
        entry.name = "y"
    with pytest.raises(InvalidEntryError, match="did you mean 'description'"):
        make_entry({"kind": "tool", "name": "x", "ref": "a:b", "descripton": "y"})


def test_tags_are_sorted_and_single() -> None:
    """Tags lose repeats and order; case and everything else stays."""
    entry = make_entry({"kind": "tool", "name": "x", "ref": "a:b", "tags": ["b", "a", "B", "b", "🧪", 'say "x"']})
    assert entry.tags == ("B", "a", "b", 'say "x"', "🧪")


PARAMETERS = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize(
    "fields",
    [
        {"ref": "a:b", "metadata": {"parameters": PARAMETERS}},
        {"spec": {"inputSchema": PARAMETERS}},
        {"spec": {"input_schema": PARAMETERS}},
        {"spec": {"type": "function", "function": {"name": "x", "parameters": PARAMETERS}}},
        {"spec": PARAMETERS},
    ],
)
def test_parameters_are_found_wherever_they_are_kept(fields: dict) -> None:
    """The schema of the arguments is found in metadata, remote definitions, chat APIs' form and plain schemas."""
    assert make_entry({"kind": "tool", "name": "x", **fields}).parameters == PARAMETERS
