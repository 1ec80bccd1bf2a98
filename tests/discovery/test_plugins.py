"""Entry points are read and scanned, never loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import refs

from catalog.discovery.plugins import Plugin, plugins, scan_plugin
from catalog.errors import CatalogWarning
from catalog.source.stamp import stamp

TOOLS = """
    raise SystemExit("a plugin was loaded")

    from catalog import agent, tool

    @tool(name="hammer")
    def hit(nail: str) -> None:
        \"\"\"Hit a nail.\"\"\"

    @agent
    class Smith:
        \"\"\"Works with iron.\"\"\"

    def plain(x: int) -> int:
        \"\"\"Not marked.\"\"\"
"""

Install = Callable[..., Path]


@pytest.fixture
def install(make: Any, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution with entry points on ``sys.path``."""

    def install(name: str, points: str, files: dict[str, str], **more: str) -> Path:
        folder: Path = make(files)
        record = []
        for file in files:
            digest = base64.urlsafe_b64encode(hashlib.sha256((folder / file).read_bytes()).digest()).rstrip(b"=")
            record.append(f"{file},sha256={digest.decode()},1")
        info = f"{name}-1.0.dist-info"
        make(
            {
                f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
                f"{info}/entry_points.txt": points,
                f"{info}/RECORD": "\n".join(record),
                **{f"{info}/{file.replace('__', '.')}": text for file, text in more.items()},
            }
        )
        monkeypatch.syspath_prepend(str(folder))
        return folder

    return install


def ours(*groups: str) -> list[Plugin]:
    """Return the plugins of the test's own distributions."""
    return [one for one in plugins(groups or ("magma_plugins",)) if (one.distribution or "").startswith("Forge")]


def test_a_plugin_is_described_without_loading_it(install: Install) -> None:
    """An entry point has its name, value, distribution, file and the sum recorded when it was installed."""
    folder = install("Forge", "[magma_plugins]\niron = forge_tools\n", {"forge_tools.py": TOOLS})
    digest = hashlib.sha256((folder / "forge_tools.py").read_bytes()).hexdigest()
    (found,) = ours()
    assert found == Plugin(
        group="magma_plugins",
        name="iron",
        value="forge_tools",
        module="forge_tools",
        attr=None,
        distribution="Forge",
        version="1.0",
        path=str(folder / "forge_tools.py"),
        sha256=digest,
        recorded_sha256=digest,
    )
    assert (found.is_intact, found.key) == (True, "magma_plugins:Forge:iron")


def test_a_module_brings_what_is_in_it(install: Install) -> None:
    """A plugin that names a module brings what a scan finds there, under the distribution's name and version."""
    install("Forge", "[magma_plugins]\niron = forge_tools\n", {"forge_tools.py": TOOLS})
    found = scan_plugin(ours()[0])
    assert (found.distribution, refs(found)) == (
        "Forge==1.0",
        {"agent:Smith": "forge_tools:Smith", "tool:hammer": "forge_tools:hit"},
    )


@pytest.mark.parametrize(
    ("attr", "expected"),
    [
        ("hit", {"tool:hammer": "forge_tools:hit"}),
        ("Smith", {"agent:Smith": "forge_tools:Smith"}),
        ("plain", {"tool:iron": "forge_tools:plain"}),
        ("gone", {}),
    ],
)
def test_an_object_is_brought_alone(install: Install, attr: str, expected: dict[str, str]) -> None:
    """A plugin that names an object brings that one: as what it is recognised to be, else as a tool."""
    install("Forge", f"[magma_plugins]\niron = forge_tools:{attr}\n", {"forge_tools.py": TOOLS})
    found = scan_plugin(ours()[0])
    assert refs(found) == expected
    assert [one.reason for one in found.skipped] == ([] if expected else ["forge_tools has no 'gone'"])


def test_groups_of_a_project_are_read(install: Install) -> None:
    """Only the groups that are asked for are read."""
    points = (
        "[magma_plugins]\na = forge_tools\n[own.group]\nb = forge_tools:hit\n[console_scripts]\nc = forge_tools:hit\n"
    )
    install("Forge", points, {"forge_tools.py": TOOLS})
    assert [(one.group, one.name) for one in ours("own.group", "magma_plugins")] == [
        ("magma_plugins", "a"),
        ("own.group", "b"),
    ]


def test_a_broken_plugin_keeps_the_rest_from_nothing(install: Install) -> None:
    """A value that is no reference and a module that isn't there are reported; the others are read."""
    points = "[magma_plugins]\nbad = forge tools:x\ngone = forge_missing\niron = forge_tools\n"
    install("Forge", points, {"forge_tools.py": TOOLS})
    found = ours()
    assert [(one.name, one.fault is None) for one in found] == [("bad", False), ("gone", False), ("iron", True)]
    assert found[1].fault == "there is no module forge_missing"
    assert [len(scan_plugin(one).findings) for one in found] == [0, 0, 2]
    assert [one.reason for one in scan_plugin(found[1]).skipped] == ["there is no module forge_missing"]


def test_broken_metadata_is_reported(install: Install, make: Any) -> None:
    """A distribution whose metadata can't be read is reported with its place, and the others are read."""
    folder = install("Forge", "[magma_plugins]\niron = forge_tools\n", {"forge_tools.py": TOOLS})
    make(
        {
            "Broken-1.dist-info/METADATA": "Name: Broken\nVersion: 1\n",
            "Broken-1.dist-info/entry_points.txt": b"\xff\xfe[x",
        }
    )
    with pytest.warns(CatalogWarning, match="the installed distribution Broken has broken metadata"):
        found = plugins()
    broken = [one for one in found if one.fault and str(folder) in one.name]
    assert [one.name for one in broken] == [str(folder / "Broken-1.dist-info")]
    assert [one.name for one in found if one.distribution == "Forge"] == ["iron"]


def test_a_changed_file_is_not_intact(install: Install) -> None:
    """A module that differs from what the installer recorded is not intact; without a record nobody can tell."""
    folder = install("Forge", "[magma_plugins]\niron = forge_tools\n", {"forge_tools.py": TOOLS})
    (folder / "forge_tools.py").write_text("x = 1\n")
    assert ours()[0].is_intact is False
    (folder / "Forge-1.0.dist-info" / "RECORD").write_text("")
    assert ours()[0].is_intact is None


def test_an_editable_install_is_known(install: Install) -> None:
    """A distribution that is installed in place says so."""
    origin = '{"url": "file:///somewhere", "dir_info": {"editable": true}}'
    install("Forge", "[magma_plugins]\niron = forge_tools\n", {"forge_tools.py": TOOLS}, direct_url__json=origin)
    assert ours()[0].editable is True


def test_an_uninstalled_plugin_is_gone(install: Install) -> None:
    """What is no longer installed is no longer listed."""
    folder = install("Forge", "[magma_plugins]\niron = forge_tools\n", {"forge_tools.py": TOOLS})
    (folder / "Forge-1.0.dist-info" / "entry_points.txt").unlink()
    assert ours() == []


def test_a_second_look_reads_nothing(install: Install) -> None:
    """A plugin that is unchanged is not read again, also if it names a single object."""
    install("Forge", "[magma_plugins]\niron = forge_tools:plain\n", {"forge_tools.py": TOOLS})
    first = scan_plugin(ours()[0])
    state = {**first.files, "files": {k: [_stamp(first), *v[1:]] for k, v in first.files["files"].items()}}
    assert scan_plugin(ours()[0], known=state).unchanged is True


def _stamp(found: Any) -> str | None:
    return stamp(found.findings[0].path)
