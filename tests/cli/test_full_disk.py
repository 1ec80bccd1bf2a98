"""Commands where nothing can be written any more: one line, exit status 3, and every byte stays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from factories import ROOT, blank_catalog, open_catalog

COMMANDS = {
    "register": ("register", "tool", "one_more", "os:getcwd", "--description", "words " * 20_000),
    "import": ("import", "more.jsonl"),
    "export": ("export", "out.jsonl"),
    "scan": ("scan", "json", "--public"),
    "backup": ("db", "backup", "copy.db"),
    "rotated backup": ("db", "backup", ".", "--keep", "3"),
    "copy": ("db", "copy", "team.db", "copy.db"),
    "replacing copy": ("db", "copy", "team.db", "other.db", "--replace"),
    "salvage": ("db", "check", "--salvage", "good.db"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_a_line_and_changes_nothing(tmp_path: Path, name: str) -> None:
    """A command that can't write what it must ends with 3 and one line; the catalog has what it had, and is sound."""
    line = '{"kind": "tool", "name": "more-%d", "ref": "a:b", "description": "%s"}\n'
    (tmp_path / "more.jsonl").write_text("".join(line % (number, "words " * 200) for number in range(100)))
    (tmp_path / "empty").mkdir()
    for file in ("team.db", "other.db"):
        with open_catalog(blank_catalog(tmp_path / file)) as cat:
            cat.register_many(
                {"kind": "tool", "name": f"t{n}", "ref": "a:b", "description": "x" * 999} for n in range(99)
            )
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    def limit() -> (
        None
    ):  # as SQLite and Python see it, no file can grow beyond so much: writing fails as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}",
        "CATALOG_URL": f"sqlite:///{tmp_path / 'team.db'}",
        "XDG_DATA_HOME": str(tmp_path / "empty"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "catalog_cli", *COMMANDS[name]],
        cwd=tmp_path, env=environment, preexec_fn=limit, capture_output=True, text=True,
    )  # fmt: skip
    errors = [text for text in done.stderr.splitlines() if not text.startswith("Warning: ")]
    assert (done.returncode, len(errors), "Traceback" in done.stderr) == (3, 1, False), done.stderr
    after = {path.name: path for path in tmp_path.iterdir() if path.is_file()}
    assert after.keys() == before.keys(), name
    assert [other for other in ("other.db", "more.jsonl") if after[other].read_bytes() != before[other]] == []
    with open_catalog(tmp_path / "team.db") as cat:
        assert (len(cat.list("tool")), cat.check()) == (99, [])
