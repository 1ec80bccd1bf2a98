"""Names that look alike in other letters: what they look like, and that somebody is told."""

from __future__ import annotations

import unicodedata
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, CatalogWarning
from catalog.entry.lookalikes import plain_name


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("p\u0430y", "pay"), ("\u0441\u043e\u0440\u0443", "copy"), ("\u03bf\u03bd\u03b5r", "ov\u03b5r"),
        ("\uff50\uff41\uff59", "pay"), ("\u0578\u0585t", "not"), ("\u0391\u0392", "AB"), ("l1", "l1"),
    ],
)  # fmt: skip
def test_a_name_looks_like_its_latin_letters(name: str, looks: str) -> None:
    """Cyrillic, Greek, Armenian and full-width letters stand for the Latin ones they are drawn as; ASCII for itself."""
    assert plain_name(name) == looks


@given(st.text(max_size=40))
def test_what_looks_plain_stays(name: str) -> None:
    """The look of a look is itself, and what is ASCII is its own."""
    assert plain_name(plain_name(name)) == plain_name(name) or not unicodedata.is_normalized("NFKC", plain_name(name))
    assert not name.isascii() or plain_name(name) == name


def test_a_lookalike_of_another_entry_is_warned_of(catalog: Catalog, tmp_path: Path) -> None:
    """Registered, imported or scanned: one warning names both; the entry is stored, and the doctor names it."""
    catalog.register("tool", "pay", "json:dumps")
    with pytest.warns(CatalogWarning, match=r"tool:p\u0430y looks like tool:pay and is another name.*p..0430y"):
        catalog.register("tool", "p\u0430y", "json:loads")
    assert [(fault.key, fault.same_as, fault.why) for fault in catalog.diagnose() if fault.trouble == "case"] == [
        ("tool:p\u0430y", "tool:pay", "tool:pay looks like it, in other letters; give either another name: "
         "`catalog rename`"),
    ]  # fmt: skip
    with pytest.warns(CatalogWarning, match="looks like tool:pay"):
        catalog.register_many([{"kind": "tool", "name": "\u0440ay", "ref": "json:load"}])


def test_names_in_another_script_are_nobodys_lookalike(catalog: Catalog) -> None:
    """A name in another script alone, and a change of an entry that is there, say nothing."""
    catalog.register("tool", "\u0441\u043e\u0440\u0443", "json:dumps")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        catalog.register("tool", "gr\u00f6\u00dfe", "json:dumps")
        catalog.register("tool", "\u6570\u636e", "json:dumps")
        catalog.register("tool", "\u0441\u043e\u0440\u0443", "json:dumps", description="x")
