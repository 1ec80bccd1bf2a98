"""Under the policy ``source`` what was compared is what runs: no other bytes, no compiled code, no other file."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog, DriftError
from catalog.source.files import Files

SOUND = "from exact_helper import value\n\ndef f():\n    return value\n"
EVIL = "def f():\n    return 'evil'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a module and its helper."""
    place = tmp_path / "code"
    place.mkdir()
    (place / "exact_one.py").write_text(SOUND)
    (place / "exact_helper.py").write_text("value = 'sound'\n")
    before = list(sys.path)
    yield place
    sys.path[:] = before
    for name in [name for name in sys.modules if "exact_one" in name or "exact_helper" in name]:
        del sys.modules[name]


@pytest.fixture
def held(catalog: Catalog, folder: Path) -> Catalog:
    """A catalog with the module's function."""
    catalog.register("tool", "f", "exact_one:f", metadata={"root": str(folder)})
    return catalog


def test_code_compiled_from_something_else_does_not_run(held: Catalog, folder: Path) -> None:
    """An unchecked ``.pyc`` beside a sound file is not what is run."""
    (folder / "evil.py").write_text(EVIL)
    cached = importlib.util.cache_from_source(str(folder / "exact_one.py"))
    py_compile.compile(
        str(folder / "evil.py"), cfile=cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    assert held.get("tool:f", verify="source")() == "sound"


def test_a_file_that_changes_after_the_check_does_not_run(
    held: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check and the import another file is moved in place; what was checked runs."""
    from catalog.loader import verify

    whole = verify.ensure

    def swapped(*args: object) -> None:
        whole(*args)  # type: ignore[arg-type]
        (folder / "new.py").write_text(EVIL)
        os.replace(folder / "new.py", folder / "exact_one.py")

    monkeypatch.setattr(verify, "ensure", swapped)
    assert held.get("tool:f", verify="source")() == "sound"
    assert (folder / "exact_one.py").read_text() == EVIL


def test_a_changed_body_is_refused_before_it_runs(held: Catalog, folder: Path, tmp_path: Path) -> None:
    """Nothing of a module whose function differs is run."""
    (folder / "exact_one.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n{EVIL}")
    with pytest.raises(DriftError):
        held.get("tool:f", verify="source")
    assert not (tmp_path / "ran").exists()


def test_every_file_that_was_followed_is_exact(catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A re-export is compared through to its definition, and both files run as they were read."""
    (folder / "exact_one.py").write_text("from exact_helper import g as f\n")
    (folder / "exact_helper.py").write_text("def g():\n    return 'sound'\n")
    catalog.register("tool", "f", "exact_one:f", metadata={"root": str(folder)})
    for name in ("exact_one", "exact_helper"):
        (folder / "evil.py").write_text("def g():\n    return 'evil'\nf = g\n")
        cached = importlib.util.cache_from_source(str(folder / f"{name}.py"))
        py_compile.compile(
            str(folder / "evil.py"), cfile=cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    assert catalog.get("tool:f", verify="source")() == "sound"


def test_other_threads_import_as_ever(held: Catalog, folder: Path) -> None:
    """The checked bytes count for the thread that checked them, and are forgotten afterwards."""
    assert held.get("tool:f", verify="source")() == "sound"
    del sys.modules["exact_one"]
    (folder / "exact_one.py").write_text("def f():\n    return 'new'\n")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(__import__("exact_one").f()))
    thread.start()
    thread.join()
    assert seen == ["new"]


def test_the_bytes_are_read_once(folder: Path) -> None:
    """What an exact reading has parsed stays as it was read, whatever becomes of the file."""
    files = Files(exact=True)
    path = str(folder / "exact_one.py")
    first = files.parse(path)
    Path(path).write_text(EVIL)
    assert (files.parse(path) is first, files.bytes) == (True, {os.path.realpath(path): SOUND.encode()})


def test_taking_under_source_works_from_a_new_process(url: str, folder: Path, run_python) -> None:
    """The whole way in a process of its own: checked, imported, called; and the second taking is the same object."""
    with open_catalog(url) as cat:
        cat.register("tool", "f", "exact_one:f", metadata={"root": str(folder)})
    code = """
import sys
from catalog import Catalog, Settings
with Catalog(sys.argv[1], settings=Settings(embedder="none", verify={"*": "source"}, trust={"mode": "open"})) as cat:
    print(cat.get("tool:f")(), cat.get("tool:f") is cat.get("tool:f"))
"""
    assert run_python(code, url) == "sound True"
