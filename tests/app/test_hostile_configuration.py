"""A configuration file that is none: each is one error that names the file, at once, and nothing hangs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.configuration import LARGEST
from catalog.errors import SettingsError
from catalog.settings import load_settings

NONE: dict[str, tuple[Callable[[Path], object], str]] = {
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "is no file but a device or a pipe"),
    "a pipe without a writer": (lambda path: os.mkfifo(path), "is no file but a device or a pipe"),
    "too large": (lambda path: path.write_bytes(b"#" * (LARGEST + 1)), "has more than 1,000,000 bytes"),
    "nested without end": (lambda path: path.write_text("tool.catalog.x = " + "[" * 20_000), "nested too deep"),
    "no text": (lambda path: path.write_bytes(b"url = '\xff' # tool.catalog"), "is not valid TOML"),
}


@pytest.mark.parametrize("name", ["catalog.toml", "pyproject.toml"])
@pytest.mark.parametrize("sort", sorted(NONE))
def test_what_is_no_configuration_is_refused_at_once(tmp_path: Path, name: str, sort: str) -> None:
    """A device, a pipe, a huge or deeply nested file and bytes that are no text are errors that name the file."""
    make, why = NONE[sort]
    make(tmp_path / name)
    (tmp_path / "below").mkdir()
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "below", env={})
    assert str(caught.value).startswith(f"{tmp_path / name} ")
    assert why in str(caught.value)


@pytest.mark.parametrize("text", ["tool = 3 # tool.catalog", "[tool]\nother = 1", "tool = [1] # [tool]"])
def test_a_project_that_is_no_business_of_the_catalog_is_passed_over(tmp_path: Path, text: str) -> None:
    """A pyproject.toml whose `tool` is something else configures nothing and is no error."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert load_settings(tmp_path, env={}).file is None


@pytest.mark.parametrize("text", ["[tool]\ncatalog = 3", "[[tool.catalog]]\nurl = 'x'"])
def test_a_table_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    """`tool.catalog` that is no table is said, instead of a traceback."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"tool\.catalog must be a table"):
        load_settings(tmp_path, env={})
