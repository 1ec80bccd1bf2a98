"""Writing to a disk that is full at a random point: what was acknowledged is there, and writing goes on with room."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.children import Tell, whole
from benchmarks.store.kills import after_upgrade, old_catalog
from benchmarks.store.seen import Seen, described, fill, look, opened

_AMPLE = 64 << 20


class FullDisk:
    """A folder in which room can be made and taken away.

    Attributes:
        folder: the folder.
        is_limit: whether a limit on the size of each file stands in for a file system of its own.
    """

    def __init__(self, folder: Path) -> None:
        """Mount a file system of its own at *folder*, which is made; only root can."""
        folder.mkdir()
        self.folder = folder
        command = ["mount", "-t", "tmpfs", "-o", f"size={_AMPLE}", "tmpfs", str(folder)]
        try:
            self.is_limit = subprocess.run(command, capture_output=True, check=False).returncode != 0
        except OSError:
            self.is_limit = True

    def room(self, size: int | None) -> None:
        """Leave *size* bytes free, or plenty (None); where a limit stands in, of this process and its children."""
        if self.is_limit:
            largest = max((path.stat().st_size for path in self.folder.rglob("*")), default=0)
            most = resource.RLIM_INFINITY if size is None else largest + size
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
            return
        used = shutil.disk_usage(self.folder).used
        total = _AMPLE if size is None else used + size
        command = ["mount", "-o", f"remount,size={max(total, 4096)}", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)

    def close(self) -> None:
        """Unmount it."""
        self.room(None)
        if not self.is_limit:  # lazily: what still has a file open there must not keep it mounted
            subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


def disk_full(folder: Path, times: int, chance: random.Random) -> Seen:
    """Store, import, back up and copy until there is no room, then with room again, in one process."""
    disk = FullDisk(folder / "disk")
    if disk.is_limit:
        print("   (no file system of its own can be mounted here: a limit on the size of files stands in)")
    seen = Seen()
    try:
        for turn in range(times):
            for left in disk.folder.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            file = disk.folder / "c.db"
            expected = fill(file, 100)
            told = whole(_until_full(disk, file, chance.randrange(0, 300_000), turn))
            stopped = "full" in told.lines
            expected |= {line for line in told.lines if line.startswith("tool:")}
            one = look(file, expected, stopped=stopped)
            seen = seen.and_(one._replace(faults=one.faults + told.faults))
    finally:
        disk.close()
    return seen


def upgrade_without_room(folder: Path, times: int, chance: random.Random) -> Seen:
    """Upgrade where the disk is full at a random point: an error and the old catalog, or the new; then with room."""
    disk = FullDisk(folder / "disk")
    seen = Seen()

    def work(tell: Tell) -> None:
        from catalog import CatalogError

        try:
            opened(disk.folder / "old.db").close()
        except CatalogError:
            tell("full")

    try:
        for turn in range(times):
            disk.room(None)
            for left in disk.folder.iterdir():
                left.unlink()
            file, keys, revisions = old_catalog(disk.folder, turn)
            disk.room(chance.randrange(0, 300_000))
            told = whole(work)
            disk.room(None)
            halves = [path.name for path in disk.folder.iterdir() if path.name.endswith(".tmp")]
            one = after_upgrade(file, keys, revisions, stopped="full" in told.lines)
            seen = seen.and_(one._replace(faults=(*one.faults, *told.faults, *halves)))
    finally:
        disk.close()
    return seen


def _until_full(disk: FullDisk, file: Path, room: int, turn: int) -> Callable[[Tell], None]:
    """Return work that meets a full disk with *room* bytes left, and goes on when there is room again."""

    def work(tell: Tell) -> None:
        from catalog import CatalogError, backup_into, copy_catalog

        with opened(file) as cat:
            kept = disk.folder / "kept"
            kept.mkdir()

            def register(number: int) -> None:
                entry = described(f"t{number}")
                cat.register("tool", entry["name"], entry["ref"], description=entry["description"])
                tell(f"tool:{entry['name']}")

            def many(number: int) -> None:
                cat.register_many(described(f"m{number}x{place}") for place in range(20))
                tell("\n".join(f"tool:m{number}x{place}" for place in range(20)))

            def back_up(number: int) -> None:
                backup_into(str(file), kept, keep=3)

            def copy(number: int) -> None:
                copy_catalog(str(file), str(disk.folder / "copy.db"), replace=True)

            act = (register, many, back_up, copy, lambda number: cat.reindex())[turn % 5]
            disk.room(room)
            for number in range(200):
                try:
                    act(number)
                except CatalogError:  # the only kind of error that may come of it
                    tell("full")
                    break
            for number in range(1_000, 1_003):  # a full disk must not harm what comes in other ways, either
                try:
                    register(number)
                except CatalogError:
                    tell("full")
            len(cat.search("words", limit=3))
            disk.room(None)
            for number in range(2_000, 2_003):
                register(number)
        _no_halves(disk.folder)

    return work


def _no_halves(folder: Path) -> None:
    """Raise where something was left half written, or a copy does not open."""
    left = [name for _, folders, names in os.walk(folder) for name in (*folders, *names) if "tmp" in name]
    left += [path.name for path in folder.glob(".catalog-*")]
    if left:
        raise AssertionError(f"left behind: {left}")
    for file in (*folder.glob("kept/*.db"), *folder.glob("copy.db")):
        with opened(file) as cat:
            faults = cat.check()
        if faults:
            raise AssertionError(f"{file.name}: {faults}")
