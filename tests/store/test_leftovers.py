"""What interrupted copies and upgrades leave: the catalog opens, and the files are named and deleted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from factories import ROOT
from test_upgrades import of_revision, opened, rows

from catalog import leftovers
from catalog.store import schema

pytestmark = pytest.mark.sqlite("what lies beside it")

KILLED = """
import os, signal, sys
import catalog.store.{module} as module
def kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
{patch}
from catalog import Catalog, Settings
Catalog("sqlite:///" + sys.argv[1], settings=Settings(embedder="none"))
"""
MOMENTS = {
    "before the copy has its name": ("copying", "module.os.link = kill"),
    "after the copy, before the upgrade": ("schema", "module.upgrade = kill"),
    "before the commit": ("engine", "import sqlalchemy; sqlalchemy.engine.RootTransaction.commit = kill"),
    "after the commit": ("schema", "up = module.upgrade; module.upgrade = lambda path: (up(path), kill())"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_killed_upgrade_is_done_by_the_next_opening(tmp_path: Path, moment: str) -> None:
    """Killed at any moment an upgrade is whole or none; the next opening does it, and the file of before is kept."""
    file = of_revision("0002", tmp_path)
    content = rows(file)
    module, patch = MOMENTS[moment]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
    code = KILLED.format(module=module, patch=patch)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(file)], env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (-9, b"")
    assert schema.current(str(file)) == (schema.HEAD if moment == "after the commit" else "0002")
    with opened(file, "0002") as cat:
        assert cat.check() == []
        assert len(list(cat.entries())) == len(content["entry"])
    assert rows(Path(f"{file}.before-{schema.HEAD}")) == content
    left = sorted(path for path in tmp_path.iterdir() if path.name.endswith(".tmp"))
    assert bool(left) is (moment == "before the copy has its name")
    assert leftovers(str(file)) == []  # it may still be at work, for all that is known
    for path in left:
        os.utime(path, (time.time() - 100,) * 2)
    assert leftovers(str(file), remove=True) == [str(path) for path in left]
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_only_what_was_left_is_named(tmp_path: Path) -> None:
    """Files of other names, of running processes, links, and what was just written are no leftovers."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    database = tmp_path / "c.db"
    old = [f"c.db.{gone.pid}.tmp", f"c.db.before-0004.{gone.pid}.tmp-journal", f"c.db.{os.getpid()}.tmp", "c.db.x.tmp"]
    old += ["notes.tmp", f"other.db.{gone.pid}.tmp", "c.db", "c.db.before-0004", "c.db-wal"]
    for name in old:
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time.time() - 100,) * 2)
    (tmp_path / f"c.db.copy.{gone.pid}.tmp").write_text("x")
    (tmp_path / f"c.db.{gone.pid}1.tmp").write_text("just written")
    for name in (f".catalog-copy-{gone.pid}-abc", ".catalog-salvage-abc", ".catalog-copy-1-abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "new.db").write_text("x")
        for path in (tmp_path / name / "new.db", tmp_path / name):
            os.utime(path, (time.time() - 100,) * 2)
    (tmp_path / f"c.db.before-0003.{gone.pid}.tmp").symlink_to(tmp_path / "notes.tmp")
    for name, age in ((".catalog-0123456789abcdef.tmp", 4_000), (".catalog-0123456789abcdff.tmp", 100)):
        (tmp_path / name).write_text("half an export")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    left = (old[0], old[1], f".catalog-copy-{gone.pid}-abc", ".catalog-0123456789abcdef.tmp")
    expected = sorted(str(tmp_path / name) for name in left)
    assert leftovers(str(database)) == expected
    assert leftovers(str(database), remove=True) == expected
    assert leftovers(str(database)) == []
    assert (tmp_path / "notes.tmp").read_text() == "x"


def test_what_lies_beside_a_link_is_found(tmp_path: Path) -> None:
    """A database opened through a link has its leftovers beside the link, or beside the file."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "c.db")
    left = [tmp_path / f"link.db.before-0004.{gone.pid}.tmp", tmp_path / "real" / f"c.db.{gone.pid}.tmp"]
    for path in left:
        path.write_text("x")
        os.utime(path, (time.time() - 100,) * 2)
    assert leftovers(str(tmp_path / "link.db")) == [str(path) for path in left]
