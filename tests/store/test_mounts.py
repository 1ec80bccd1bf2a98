"""Catalogs on file systems that are mounted: read only, as a share is, in memory, and one layer over another.

Each test mounts in a namespace of its own, which ends with the process: nothing of it is seen outside, and nothing is
left. A share that its server lets nobody write to looks as a read-only mount does: the kernel refuses.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import ROOT, blank_catalog, open_catalog
from make_fixture import FIXTURES, load

from catalog import StoreError
from catalog.store.access import IMMUTABLE, READ, WRITE, Access, connect, opened
from catalog.store.reader import translated

pytestmark = pytest.mark.sqlite("where it lies, and who else may look there")

Mounted = Callable[..., subprocess.Popen[str]]

READ_ONLY_MOUNTS = {
    "bind": 'mount --bind "$1" "$2" && mount -o remount,ro,bind "$2"',
    "memory": 'mount -t tmpfs tmpfs "$2" && cp -a "$1"/. "$2" && mount -o remount,ro "$2"',
    "layers": 'mount -t overlay overlay -o "lowerdir=$1:$3" "$2"',
}
"""Ways of mounting the folder $1 at $2 so that nobody can write to it; $3 is an empty folder."""

WRITABLE_LAYER = (
    'mount -t tmpfs tmpfs "$3" && mkdir "$3/upper" "$3/work" && '
    'mount -t overlay overlay -o "lowerdir=$1,upperdir=$3/upper,workdir=$3/work" "$2"'
)
"""As a container does: what is written goes to a layer of its own."""

WAYS = (("--user", "--map-root-user", "--mount"), ("--mount",))


@pytest.fixture(scope="session")
def namespace() -> list[str]:
    """The command that runs another one where it may mount."""
    for way in WAYS if sys.platform == "linux" else ():
        command = ["unshare", *way, "--propagation", "private"]
        try:
            done = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
        except OSError:
            break
        if done.returncode == 0:
            return command
    pytest.skip("nothing may be mounted here: that needs Linux, and root or namespaces of users")


@pytest.fixture
def mounted(namespace: list[str], tmp_path: Path) -> Mounted:
    """A function that runs Python code where the folder ``real`` is mounted at ``seen`` in some way."""
    for name in ("real", "seen", "spare"):
        (tmp_path / name).mkdir()

    def run(way: str, code: str, *arguments: object) -> subprocess.Popen[str]:
        shell = ["sh", "-c", f'{way} || exit 77; shift 3; exec "$@"', "sh"]
        folders = [str(tmp_path / name) for name in ("real", "seen", "spare")]
        return subprocess.Popen(
            [*namespace, *shell, *folders, sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def said(process: subprocess.Popen[str]) -> Any:
    """Return the JSON that a process prints at last."""
    out, err = process.communicate(timeout=120)
    if process.returncode == 77:
        pytest.skip(f"this kind of file system can't be mounted here: {err.strip()}")
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


LOOK = """
import json, os, subprocess, sys, warnings
from pathlib import Path
from catalog import Catalog, ReadOnlyError, Settings, backup_into, copy_catalog
seen, spare = Path(sys.argv[1]), Path(sys.argv[2])
file = seen / "c.db"
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    with Catalog(f"sqlite:///{file}", settings=Settings(embedder="none", trust={"allow": ["os.*", "posix.*"]})) as cat:
        done = [cat.list("tool"), [hit.key for hit in cat.search("second")], cat["tool:x"] is os.getcwd,
                [change.action for change in cat.log()], len(cat.verify()), cat.check(), cat.entry("tool:x").tags,
                cat.export_jsonl(spare / "out.jsonl")]
        cat.refresh()
        try:
            cat.register("tool", "z", "os:getcwd")
        except ReadOnlyError as error:
            done.append(str(error))
        cat.backup(spare / "backup.db")
    copy_catalog(str(file), str(spare / "copy.db"))
    for copy in ("backup.db", "copy.db"):
        with Catalog(f"sqlite:///{spare / copy}", settings=Settings(embedder="none")) as cat:
            done.append([cat.list("tool"), cat.check()])
done.append(sorted(path.name for path in seen.iterdir()))
ran = [sys.executable, "-m", "catalog_cli", "--url", f"sqlite:///{file}"]
for command in (["ls"], ["unregister", "tool:x"]):
    done.append(subprocess.run([*ran, *command], capture_output=True).returncode)
print(json.dumps([done, [str(each.message) for each in told]]))
"""


@pytest.fixture
def real(tmp_path: Path, mounted: Mounted) -> Path:
    """The folder that is mounted, with a catalog of two tools."""
    with open_catalog(blank_catalog(tmp_path / "real" / "c.db")) as cat:
        cat.register("tool", "x", "os:getcwd", tags=["first"])
        cat.register("tool", "y", "os:getcwd", description="The second.")
    return tmp_path / "real"


@pytest.mark.parametrize("way", READ_ONLY_MOUNTS)
def test_a_catalog_on_a_read_only_mount_is_read(mounted: Mounted, real: Path, tmp_path: Path, way: str) -> None:
    """All that reads works, copies come of it, a write is refused in words, and the folder stays byte for byte."""
    before = content(real)
    spare = tmp_path / "kept"
    spare.mkdir()
    done, told = said(mounted(READ_ONLY_MOUNTS[way], LOOK, tmp_path / "seen", spare))
    refusal = done.pop(8)
    assert done == [
        ["x", "y"], ["tool:y"], True, ["register", "register"], 0, [], ["first"], 2,
        [["x", "y"], []], [["x", "y"], []], ["c.db"], 0, 3,
    ]  # fmt: skip
    assert refusal.startswith(f"{tmp_path / 'seen' / 'c.db'} is read only here: this user may not write to the file")
    assert [text.partition(" (")[0].partition(": ")[0] for text in told] == [
        f"{tmp_path / 'seen' / 'c.db'} is read only here"
    ]
    assert content(real) == before


FOLLOW = """
import json, sys, warnings
from catalog import Catalog, Settings
warnings.simplefilter("ignore")
with Catalog(f"sqlite:///{sys.argv[1]}", settings=Settings(embedder="none")) as cat:
    seen = []
    while True:
        seen.append([cat.list("tool"), len(cat.search("second")), len(cat.log(99))])
        print("read", flush=True)
        if sys.stdin.readline() != "again\\n":
            break
print(json.dumps(seen))
"""


@pytest.mark.parametrize("is_open", [True, False])
def test_what_its_owner_writes_is_read_through_a_read_only_mount(
    mounted: Mounted, real: Path, tmp_path: Path, is_open: bool
) -> None:
    """A reader sees each change by its next call, whether or not the owner had the catalog open before."""
    owner = open_catalog(real / "c.db") if is_open else None
    if owner is not None:
        owner.register("tool", "before", "os:getcwd")
    reader = mounted(READ_ONLY_MOUNTS["bind"], FOLLOW, tmp_path / "seen" / "c.db")
    assert reader.stdin is not None
    assert reader.stdout is not None
    names = ["before"] if is_open else []
    expected = [[sorted([*names, "x", "y"]), 1, 2 + len(names)]]
    for turn in range(3):
        if reader.stdout.readline() != "read\n":
            break
        with owner or open_catalog(real / "c.db") as cat:
            cat.register("tool", f"new{turn}", "os:getcwd", description="A second, too.")
            names.append(f"new{turn}")
            expected.append([sorted([*names, "x", "y"]), 2 + turn, 2 + len(names)])
            owner = None
            reader.stdin.write("again\n")
            reader.stdin.flush()
            if turn == 0 and is_open:  # it is read while it is open, and after it was closed
                assert reader.stdout.readline() == "read\n"
                reader.stdin.write("again\n")
                reader.stdin.flush()
                expected.append(expected[-1])
    assert said(reader) == expected


def test_a_log_that_goes_between_the_look_and_the_opening_is_no_fault(tmp_path: Path) -> None:
    """Its owner may close a catalog at any moment; where it can be written to, nothing is tried again."""
    path = str(blank_catalog(tmp_path / "c.db"))
    owner = open_catalog(path)
    owner.register("tool", "x", "os:getcwd")
    modes = []

    def take_up(access: Access) -> str:
        modes.append(access.mode)
        if len(modes) != 2:
            owner.close()
            with translated(path):
                connect(f"{path}-gone", access.mode, timeout=1)
        return access.mode

    assert (opened(path, "asked for", take_up), modes) == (IMMUTABLE, [READ, IMMUTABLE])
    with pytest.raises(StoreError, match="unable to open"):
        opened(path, "", take_up)
    assert modes == [READ, IMMUTABLE, WRITE]


def test_an_interrupted_catalog_on_a_read_only_mount_says_what_helps(
    mounted: Mounted, real: Path, tmp_path: Path
) -> None:
    """With a log that nobody has put into the file, and no index of it: status 3, and not a byte is written."""
    with open_catalog(real / "c.db") as cat:
        cat.register("tool", "z", "os:getcwd")
        for end in ("", "-wal"):
            shutil.copyfile(f"{real / 'c.db'}{end}", f"{real / 'copy.db'}{end}")
    load(FIXTURES / "0004.sql", real / "old.db")
    before = content(real)
    code = """
import json, subprocess, sys
ran = [sys.executable, "-m", "catalog_cli", "--url"]
done = [subprocess.run([*ran, f"sqlite:///{file}", "ls"], capture_output=True, text=True) for file in sys.argv[1:]]
print(json.dumps([[each.returncode, each.stderr] for each in done]))
"""
    seen = tmp_path / "seen"
    (status, log), (old_status, old) = said(mounted(READ_ONLY_MOUNTS["bind"], code, seen / "copy.db", seen / "old.db"))
    assert (status, old_status) == (3, 3)
    assert f"its last changes lie in {seen / 'copy.db'}-wal, which can't be read without {seen / 'copy.db'}-shm" in log
    assert "old.db has schema 0004" in old
    assert "let its owner run" in old
    assert content(real) == before


def test_a_layer_over_a_catalog_takes_what_is_written(mounted: Mounted, real: Path, tmp_path: Path) -> None:
    """In a container two catalogs of one file see what the other writes; the image below stays byte for byte."""
    before = content(real)
    code = """
import json, sys
from catalog import Catalog, Settings
def opened():
    return Catalog(f"sqlite:///{sys.argv[1]}", settings=Settings(embedder="none"))
with opened() as one, opened() as other:
    first = other.list("tool")
    one.register("tool", "z", "os:getcwd", description="Written in a layer.")
    seen = [first, other.list("tool"), [hit.key for hit in other.search("layer")]]
    other.unregister("tool", "x")
    seen.append(one.list("tool"))
with opened() as cat:
    print(json.dumps([*seen, cat.list("tool"), cat.check()]))
"""
    assert said(mounted(WRITABLE_LAYER, code, tmp_path / "seen" / "c.db")) == [
        ["x", "y"], ["x", "y", "z"], ["tool:z"], ["y", "z"], ["y", "z"], [],
    ]  # fmt: skip
    assert content(real) == before
