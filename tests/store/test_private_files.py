"""What the catalog makes in the user's data folder is for the user alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from catalog import Catalog, default_url

pytestmark = pytest.mark.sqlite("its mode, and that of what lies beside it")


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of a folder and of all files in it."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_users_own_files_are_private(tmp_path, monkeypatch, umask) -> None:
    """Database, log, index and backup in the data folder are 0600 and the folder 0700, whatever the umask."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CATALOG_URL", raising=False)
    before = os.umask(umask)
    try:
        with Catalog(default_url()) as cat:
            cat.register("tool", "x", "os:getcwd")
            folder = tmp_path / "data" / "catalog"
            cat.backup(folder / "copy.db")
            cat.backup(tmp_path / "elsewhere.db")
            found = modes(folder)
        with Catalog(f"sqlite:///{tmp_path / 'named.db'}") as cat:
            cat.register("tool", "x", "os:getcwd")
    finally:
        os.umask(before)
    assert {"catalog.db", "catalog.db-wal", "catalog.db-shm", "copy.db"} <= found.keys()
    assert found.pop("catalog") == 0o700
    assert set(found.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "elsewhere.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "named.db").stat().st_mode) == 0o644  # as SQLite makes files
