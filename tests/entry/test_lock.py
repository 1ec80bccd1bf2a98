"""The lock file as a text: written in one way, read strictly."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.entry.lock import Lock, Pin, format_lock, is_lock, parse_lock
from catalog.errors import CatalogError, LockError

A, B = "a" * 64, "b" * 64
LOCK = Lock(
    {
        "schema:verdict": Pin(spec=A, source="manual"),
        "tool:plot": Pin(
            reference="pkg.mod:plot",
            source="scan:pkg",
            root="./src",
            distribution="pkg==1.0",
            checksum=f"sig1:{A}",
            source_checksum=f"src1:{B}",
            files={"pkg/mod.py": B, "pkg/__init__.py": A},
        ),
    }
)
TEXT = f"""\
# Written by `catalog pin`. Review what changes; do not edit it by hand.
version = 1

["schema:verdict"]
spec = "{A}"
source = "manual"

["tool:plot"]
reference = "pkg.mod:plot"
source = "scan:pkg"
root = "./src"
distribution = "pkg==1.0"
checksum = "sig1:{A}"
source_checksum = "src1:{B}"
file."pkg/__init__.py" = "{A}"
file."pkg/mod.py" = "{B}"
"""


def test_a_lock_is_written_by_key_and_read_again() -> None:
    """The text is sorted by key and path, is read as what it was written from, and is TOML."""
    assert format_lock(LOCK) == TEXT
    assert parse_lock(TEXT) == LOCK == parse_lock(TEXT.replace("\n", "\r\n"))
    assert tomllib.loads(TEXT)["tool:plot"]["file"] == {"pkg/__init__.py": A, "pkg/mod.py": B}
    assert parse_lock(format_lock(Lock())) == Lock()


def test_characters_that_can_be_taken_for_others_are_written_as_numbers() -> None:
    """A Cyrillic letter and an emoji can't hide in a review: all that is not ASCII is escaped, as TOML has it."""
    lock = Lock({'tool:pl\u043et "🎉"': Pin(spec=A)})
    text = format_lock(lock)
    assert text.splitlines()[3] == '["tool:pl\\u043Et \\"\\U0001F389\\""]'
    assert text.isascii()
    assert parse_lock(text) == lock
    assert list(tomllib.loads(text)) == ["version", *lock.pins]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# Written", "# written", "line 1: this is no lock file; `catalog pin` writes one"),
        ("version = 1", "version = 2", "line 2: version 2 of the format is not known here; this program reads 1"),
        ("version = 1\n", "", "line 2: 'version = 1' must stand here"),
        ('"tool:plot"', '"schema:verdict"', 'line 8: "schema:verdict" is pinned twice'),
        ('"tool:plot"', '"agent:x"', 'line 8: "agent:x" must stand before "schema:verdict": keys are sorted'),
        ('"tool:plot"', '"plot"', 'line 8: "plot" is no key; a key is KIND:NAME'),
        ('"tool:plot"', '"tool:a\\u202Eb"', 'line 8: "tool:a\\u202Eb" is no key; a key is KIND:NAME'),
        ('["tool:plot"]', "[tool]", 'line 8: a block begins with its key, as ["tool:plot"]'),
        ("root =", "rot =", "line 11: there is no field 'rot'; did you mean 'root'?"),
        ("root = ", 'source = "x"\nroot = ', "line 11: the field 'source' is there twice"),
        ('"./src"', '"/srv"', "line 11: root is a folder seen from this file, as '.' or './src'"),
        (f"sig1:{A}", f"sig1:{A.upper()}", "line 13: checksum is no checksum, as sig1:… with small hexadecimal digits"),
        (f'py" = "{B}', f'py" = "{B[:-1]}', "line 16: a file has a SHA-256 of 64 small hexadecimal digits"),
        ("pkg/mod.py", "../mod.py", 'line 16: the path "../mod.py" does not lead into the folder of a package'),
        ("pkg/mod.py", "pkg/__init__.py", 'line 16: the file "pkg/__init__.py" is there twice'),
        ("pkg.mod:plot", "pkg.mod", "line 9: reference is no reference: it has no colon between module and object"),
        ('reference = "pkg.mod:plot"\n', "", 'line 8: "tool:plot" needs either a reference or a spec'),
        (f'spec = "{A}"', 'spec = "x"', "line 5: spec is a SHA-256 of 64 small hexadecimal digits"),
        ('"manual"', '"\\q"', "line 6: '\\\\q' is no escape"),
        ('"manual"', '"\\uD800"', "line 6: '\\\\uD800' is no escape"),
        ('"manual"', "manual", 'line 6: a field is written NAME = "TEXT"'),
        ('"manual"', '"\\u006Danual"', "line 6: is not as `catalog pin` writes it; write it again"),
        ('"manual"', '"manual" # mine', 'line 6: a field is written NAME = "TEXT"'),
        ('source = "manual"', "<<<<<<< HEAD", 'line 6: a field is written NAME = "TEXT"'),
        ("\n\n[", "\n\n\n[", "line 4: is not as `catalog pin` writes it; write it again"),
        ('"manual"', f'"{"m" * 9000}"', "line 6: has 9,011 characters, too many for any field"),
        ("version = 1\n", 'version = 1\nspec = "x"\n', "line 3: a field must stand below the key of an entry"),
    ],
)
def test_what_was_edited_by_hand_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    """Each fault of a lock file is one line with the file and the number of the line."""
    with pytest.raises(LockError) as caught:
        parse_lock(TEXT.replace(old, new, 1) if old != "pkg/mod.py" else TEXT.replace(old, new), "some.lock")
    assert str(caught.value) == f"some.lock, {said}"
    assert caught.value.facts == {"file": "some.lock", "line": int(said.split(":")[0].removeprefix("line "))}


def test_a_damaged_lock_of_this_version_is_still_known_for_one() -> None:
    """What may be written over is told from a file that is something else, or of a newer program."""
    assert is_lock(TEXT + "<<<<")
    assert is_lock(TEXT.replace("\n", "\r\n"))
    assert not is_lock(TEXT.replace("version = 1", "version = 2"))
    assert not is_lock("[project]\n")
    assert not is_lock("")


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*TEXT.splitlines(True), "\n", '"', "\\", "[", "\x00"])).map("".join)
)
def test_any_text_is_a_lock_or_one_clear_error(text: str) -> None:
    """Whatever the text, it is refused by `LockError`, or written again as it is."""
    refused = None
    try:
        assert format_lock(parse_lock(text)) == text.replace("\r\n", "\n")
    except CatalogError as error:
        refused = error
    assert refused is None or (type(refused) is LockError and "\n" not in str(refused))


@given(
    st.dictionaries(st.text(min_size=1, max_size=20).map("tool:".__add__), st.text(min_size=1, max_size=50), max_size=4)
)
def test_what_is_written_is_read_or_was_no_entry(pins: dict[str, str]) -> None:
    """Every lock whose keys and texts an entry can have is read as it was written."""
    lock = Lock({key: Pin(spec=A, source=source) for key, source in pins.items()})
    text = format_lock(lock)
    said = ""
    try:
        assert parse_lock(text) == lock
    except LockError as error:
        said = str(error)
    assert not said or "is no key" in said or "is no escape" in said
