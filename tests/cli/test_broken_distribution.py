"""Installed distributions with broken metadata, on the path of real processes: named once, and passed over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import ROOT, WHOLE
from forks import PLAIN, Forks

Run = Callable[..., subprocess.CompletedProcess[str]]

SOUND = b"Metadata-Version: 2.1\nName: NAME\nVersion: 1.0\n"
MINE = 'from catalog import tool\n\n@tool\ndef shout(x: str) -> str:\n    "Say it aloud."\n    return x.upper()\n'
WARNING = "Warning: the installed distribution {} has broken metadata and is passed over: "

DAMAGE: dict[str, dict[str, bytes]] = {
    "entry points are no text": {"METADATA": SOUND, "entry_points.txt": b"[console_scripts]\na = \xff\xfe\n"},
    "entry points have a line that is none": {"METADATA": SOUND, "entry_points.txt": b"[console_scripts]\nnothing\n"},
    "entry points without a group": {"METADATA": SOUND, "entry_points.txt": b"a = b:c\nnothing\n[x\n"},
    "metadata is no text": {"METADATA": b"Name: \xff\xfe\n", "entry_points.txt": b"[magma_plugins]\na = b:c\n"},
    "metadata has no name": {"METADATA": b"", "entry_points.txt": b"[magma_plugins]\na = b:c\n"},
    "metadata is missing": {"entry_points.txt": b"[magma_plugins]\na = b:c\n"},
    "the record is no text": {
        "METADATA": SOUND,
        "RECORD": b"\xff\xfe,,\n",
        "entry_points.txt": b"[magma_plugins]\na = json\n",
    },
    "the record has odd lines": {"METADATA": SOUND, "RECORD": b'a,b,c,d,e\n"open', "top_level.txt": b"\xff"},
    "the origin is no text": {
        "METADATA": SOUND,
        "direct_url.json": b'\xff{"dir_info": [',
        "entry_points.txt": b"[magma_plugins]\na = json\n",
    },
}

HARMLESS = ("entry points without a group",)  # Python passes it

COMMANDS = (
    ("db upgrade", 0),
    ("scan mine.py", 0),
    ("scan .", 0),
    ("scan json", 1),
    ("scan no_such_thing", 1),
    ("ls", 0),
    ("search aloud", 0),
    ("explain tool:shout", 0),
    ("register tool again mine:shout", 0),
    ("route --kind tool aloud", 0),
    ('run tool:shout --input {"x":"bo"}', 0),
    ("verify", 0),
    ("doctor", None),  # the two tools are one function
    ("refresh", 0),
    ("embed status", 0),
    ("info", 0),
    ("db check", 0),
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of processes with a site folder of their own on the path, and a folder with a tool."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.py").write_text(MINE)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (tmp_path / "site-packages", ROOT, ROOT / "cli"))),
        "CATALOG_URL": f"sqlite:///{tmp_path / 'c.db'}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """A function that runs Python in a process of its own."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path / "here",
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return call


def install(folder: Path, files: dict[str, bytes]) -> None:
    """Write the metadata of a distribution."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.replace(b"NAME", folder.name.partition("-")[0].encode()))


@pytest.mark.parametrize("damages", [list(DAMAGE), *([one] for one in DAMAGE if WHOLE)], ids=", ".join)
def test_a_broken_distribution_ends_no_command(damages: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    """Whatever of a distribution's metadata is broken, every command answers, and names it once at the most."""
    for number, damage in enumerate(damages):
        install(tmp_path / "site-packages" / f"broken_{number}-1.0.dist-info", DAMAGE[damage])
    named = [0] * len(damages)
    commands = [*COMMANDS, *((f"scan broken-{number}", 1) for number in range(len(damages)))]
    here = tmp_path / "here"
    shell = Forks(PLAIN, (tmp_path / "site-packages",))
    for command, wanted in commands:
        status, out, err = shell(here, environment, *command.split())
        assert "Traceback" not in err, command
        assert wanted is None or status == wanted, (command, out, err)
        counts = [err.count(WARNING.format(f"broken_{number}")) for number in range(len(damages))]
        assert max(counts) <= 1, (command, err)
        named = [before + now for before, now in zip(named, counts, strict=True)]
    shell.close()
    assert [damage for damage, times in zip(damages, named, strict=True) if not times] == [
        damage for damage in damages if damage in HARMLESS
    ]


def test_a_broken_distribution_is_named_once_by_a_program(run: Run, tmp_path: Path) -> None:
    """A program that opens, fills and asks two catalogs is warned once, and sees the plugins of other distributions."""
    site = tmp_path / "site-packages"
    install(site / "broken_dist-1.0.dist-info", DAMAGE["entry points have a line that is none"])
    install(
        site / "other-1.0.dist-info",
        {
            "METADATA": b"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
            "entry_points.txt": b"[magma_plugins]\nmine = mine\n",
        },
    )
    program = (
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as seen:\n"
        "    warnings.simplefilter('always')\n"
        "    from catalog import AutoCouncil, Catalog\n"
        "    for url in ('sqlite://', None):\n"
        "        with Catalog(url) as cat:\n"
        "            cat.register('schema', 'verdict', {'type': 'object'})\n"
        "            print(cat.list('tool'), AutoCouncil(cat, kind='tool').resolve('say it aloud').name)\n"
        "print([one.category.__name__ for one in seen])\n"
    )
    done = run("-c", program)
    assert (done.returncode, done.stdout) == (0, "['shout'] shout\n['shout'] shout\n['CatalogWarning']\n"), done.stderr


@pytest.mark.parametrize(("group", "library"), [("pydantic", "pydantic"), ("alembic.plugins", "Alembic")])
def test_a_plugin_of_a_library_that_raises_is_passed_over(group: str, library: str, run: Run, tmp_path: Path) -> None:
    """A plugin of pydantic or of Alembic that raises while it is imported is named, and the catalog is made."""
    site = tmp_path / "site-packages"
    install(
        site / "other-1.0.dist-info",
        {
            "METADATA": b"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
            "entry_points.txt": f"[{group}]\nbad = bad_plugin\n".encode(),
        },
    )
    (site / "bad_plugin.py").write_text("raise RuntimeError('not today')\n")
    done = run("-m", "catalog_cli", "scan", "mine.py")
    assert (done.returncode, done.stderr) == (
        0,
        f"Warning: a plugin of {library} can't be loaded: RuntimeError('not today')\n",
    )
