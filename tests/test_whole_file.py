"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from factories import open_catalog, tool

from catalog import Catalog, whole_file


def test_a_failure_leaves_the_old_file_and_nothing_beside(tmp_path: Path) -> None:
    """Whatever ends the writing, an interrupt too, the file is as it was."""
    path = tmp_path / "out.jsonl"
    path.write_text("good\n")

    def fail(error: type[BaseException]) -> None:
        with whole_file(path) as file:
            file.write("half")
            raise error

    for error in (KeyboardInterrupt, OSError, ValueError):
        with pytest.raises(error):
            fail(error)
    assert (path.read_text(), [file.name for file in tmp_path.iterdir()]) == ("good\n", ["out.jsonl"])


def test_the_new_file_has_the_rights_of_the_old_and_links_stay(tmp_path: Path) -> None:
    """A link is followed, and the mode is kept."""
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with whole_file(link) as file:
        file.write("new")
    assert (real.read_text(), link.is_symlink(), stat.S_IMODE(real.stat().st_mode)) == ("new", True, 0o640)


FULL = """
import resource, sys
from catalog import Catalog, Settings
with Catalog(sys.argv[1], settings=Settings(embedder="none")) as cat:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for export in (cat.export_jsonl, cat.export_uses):
        try:
            export(sys.argv[2])
            print("done")
        except OSError as error:
            print(error.strerror)
"""


@pytest.mark.sqlite("a limit on the size of files counts for it too")
def test_a_full_disk_leaves_the_old_export(run_python, database: Path, tmp_path: Path) -> None:
    """Where a file may not grow any more, an export fails and the old one is whole."""
    with open_catalog(database) as cat:
        cat.register_many([tool(f"t{number}", description="x" * 200) for number in range(200)])
    out = tmp_path / "out" / "old.jsonl"
    out.parent.mkdir()
    out.write_text("the old export\n")
    assert run_python(FULL, f"sqlite:///{database}", out).splitlines() == ["File too large", "done"]
    assert os.listdir(out.parent) == ["old.jsonl"]


def test_an_export_to_a_device_is_written_there(catalog: Catalog) -> None:
    """What is no regular file is not replaced by a file."""
    catalog.register("tool", "x", "os:getcwd")
    assert catalog.export_jsonl("/dev/null") == 1
    assert not Path("/dev/null").is_file()
