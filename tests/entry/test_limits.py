"""What JSON of others may be, and what is said where it is more."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from catalog import Catalog, InvalidEntryError, SettingsError, load_settings, open_text, read_json, validate_council

DEEP = "nested too deeply: 100 lists and objects within each other are allowed"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[" * 101 + "]" * 101, DEEP),
        ("[" * 100_000 + "]" * 100_000, DEEP),
        ("[NaN]", "not JSON: NaN is no number that JSON knows"),
        ("[-Infinity]", "not JSON: -Infinity is no number that JSON knows"),
        ("[1e999]", "inf can't be written as JSON"),
        ('{"a": 1, "a": 2}', "not JSON: the key 'a' is there twice"),
        (f"[{'9' * 400}]", "a whole number of 1,329 bits; 1,024 are allowed"),
        (f'["{"x" * 4_000_001}"]', "a text of 4,000,001 characters; 4,000,000 are allowed"),
        (f"[{'0,' * 500_000}0]", "more than 200,000 values"),
        ("[1", "not JSON: Expecting ',' delimiter, at character 3"),
    ],
)
def test_json_beyond_the_limits_is_refused_in_one_line(text: str, fault: str) -> None:
    """JSON that is too deep, too large, ambiguous or none says so in one short line."""
    with pytest.raises(ValueError) as raised:
        read_json(text)
    assert str(raised.value) == fault


def test_a_line_beyond_the_limits_is_named_and_nothing_is_stored(catalog: Catalog) -> None:
    """An import with a spec that is too deep names the line, in under 300 characters, and changes nothing."""
    good = '{"kind": "tool", "name": "good", "ref": "a:b"}\n'
    deep = f'{{"kind": "schema", "name": "deep", "spec": {"[" * 2_000 + "]" * 2_000}}}\n'
    before = catalog.generation
    with pytest.raises(InvalidEntryError) as raised:
        catalog.import_jsonl(io.StringIO(good + deep))
    assert str(raised.value) == f"the input, line 2: {DEEP}"
    assert (catalog.generation, catalog.list("tool")) == (before, [])


def test_data_that_holds_itself_is_refused(catalog: Catalog) -> None:
    """A spec that contains itself, or is nested 2,000 deep, is an entry that is not valid."""
    ring: dict[str, object] = {}
    ring["again"] = ring
    deep: list[object] = []
    for _ in range(2_000):
        deep = [deep]
    for spec in (ring, deep):
        with pytest.raises(InvalidEntryError) as raised:
            catalog.register("schema", "odd", spec)
        assert str(raised.value) == f"schema:odd is not valid: spec: {DEEP}"


def test_errors_of_long_values_are_short(catalog: Catalog) -> None:
    """What is wrong with values of a million characters is said in at most 300."""
    with pytest.raises(InvalidEntryError) as raised:
        catalog.register("schema", "x" * 1_000_000, {"a": 1})
    assert len(str(raised.value)) <= 300


def test_a_file_that_a_user_names_is_a_regular_file(tmp_path: Path) -> None:
    """A pipe and a device are refused before they are opened, in words that name the reason."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="not a regular file"):
            open_text(path)


def test_numbers_of_thousands_of_digits_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    """A configuration with such a number is not valid TOML; in the path of a fault of a council it is plain text."""
    file = tmp_path / "catalog.toml"
    file.write_text(f"kinds = [{'9' * 5_000}]\n")
    with pytest.raises(SettingsError, match="is not valid TOML: Exceeds the limit"):
        load_settings(file=file, env={})
    issues = validate_council({"members": [], "9" * 5_000: 1, "metadata": {"9" * 5_000: object()}})
    assert {issue["code"] for issue in issues} >= {"too_few_members"}
