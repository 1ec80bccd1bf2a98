"""Folders made to take a scan down: what can't be read is skipped with its reason, and the rest is found."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from catalog import Catalog
from catalog.discovery.scan import scan

HEAD = "from catalog import tool\n"
GOOD = HEAD + "@tool\ndef good(x: int):\n    'Fine.'\n"
OUT = "a link that leads out of the folder that is scanned; not followed"


def doubled(first: str, step: str, last: int) -> str:
    """Return statements of which each is made of the one before, twice."""
    return f"a0 = {first}\n" + "".join(f"a{i + 1} = {step.format(f'a{i}')}\n" for i in range(last))


def test_files_that_never_end_or_never_begin_are_skipped(make) -> None:
    """A pipe, a socket, a device, a ring of links and 50 GB of nothing are skipped before a byte is read."""
    folder = make({"good.py": GOOD})
    os.mkfifo(folder / "pipe.py")
    os.symlink("/dev/zero", folder / "device.py")
    os.symlink("ring.py", folder / "ring.py")
    (folder / "sparse.py").touch()
    os.truncate(folder / "sparse.py", 50_000_000_000)
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket may have a hundred characters
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.py")
        os.chdir(here)
        found = scan(folder)
    assert {Path(one.path).name: one.reason for one in found.skipped} == {
        "pipe.py": "not a regular file",
        "device.py": "not a regular file",
        "socket.py": "not a regular file",
        "ring.py": "Too many levels of symbolic links",
        "sparse.py": "it has 50,000,000,000 bytes; 8,000,000 are read",
    }
    assert [one.key for one in found.findings] == ["tool:good"]


def test_links_that_lead_out_are_not_followed(make, tmp_path: Path) -> None:
    """A link to the root of the disk, to a private folder or to a file in it is skipped, and imports don't go there."""
    private = tmp_path / "private"
    private.mkdir()
    (private / "secret.py").write_text(f"{GOOD}SECRET = 'hush'\n")
    folder = make({"uses.py": f"{HEAD}from linked.secret import SECRET\n@tool(description=SECRET)\ndef uses(): ...\n"})
    os.symlink("/", folder / "disk")
    os.symlink(private, folder / "linked")
    os.symlink(private / "secret.py", folder / "file.py")
    found = scan(folder)
    assert {Path(one.path).name: one.reason for one in found.skipped} == {"disk": OUT, "linked": OUT, "file.py": OUT}
    assert [(one.key, one.description) for one in found.findings] == [("tool:uses", "")]


@pytest.mark.parametrize(
    "source",
    [
        doubled("'x' * 3 + 'y'", "{0} + {0}", 60),
        doubled("'xxxxxxxxxx'", "{0} + {0}", 60),
        doubled("'xxxxxxxxxx'", "f'{{{0}}}{{{0}}}'", 60),
        doubled("'aaaaaaaaaa'", "{0}.replace('a', 'aaaaaaaaaa')", 60),
        doubled("['x']", "{0} + {0}", 60),
        doubled("['x']", "[{0}, {0}]", 60),
        "a60 = 'x' * 10**9\n",
        "a60 = '%1000000000d' % 3\n",
        "a60 = '{:1000000000}'.format(3)\n",
        "a60 = f'{3:1000000000}'\n",
    ],
)
def test_values_that_grow_without_bound_are_not_worked_out(make, source: str) -> None:
    """A text or list that a few lines double again and again is a value that can't be told, and nothing more."""
    folder = make({"grows.py": f"{HEAD}{source}@tool(description=a60)\ndef grows(): ...\n", "good.py": GOOD})
    found = scan(folder)
    assert {one.key: one.description for one in found.findings} == {"tool:good": "Fine.", "tool:grows": ""}


@pytest.mark.parametrize(
    "condition",
    [
        doubled("1", "{0} and {0}", 60),
        doubled("1", "({0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}) == 1", 60),
        "a60 = not b\nb = not a60\n",
    ],
)
def test_conditions_that_ask_for_each_other_are_left_open(make, condition: str) -> None:
    """A condition whose names lead to each other again and again is one that reading can't tell."""
    folder = make({"asks.py": f"{condition}if a60:\n    pass\n{GOOD}"})
    assert [one.key for one in scan(folder).findings] == ["tool:good"]


def test_half_a_surrogate_pair_harms_nothing(make, catalog: Catalog) -> None:
    """Half a surrogate pair in a name, description, default or docstring is stored as text that can be written."""
    folder = make(
        {
            "halves.py": f"{HEAD}@tool(description='a\\ud800b')\ndef one(x='\\ud800'): ...\n"
            "@tool\ndef two(x: dict = {'\\ud800': 1}):\n    '''Says \\udc00.'''\n",
            "good.py": GOOD,
        }
    )
    report = catalog.scan(folder)
    assert (report.found, report.skipped) == (("tool:good", "tool:one", "tool:two"), ())
    assert [catalog.entry("tool", name).description for name in ("one", "two")] == ["a?b", "Says \\udc00."]


def test_names_that_are_not_text_and_broken_sources_are_skipped(make, catalog: Catalog) -> None:
    """A folder whose name is no UTF-8, too deep an expression and too many of them are skipped; the rest is stored."""
    folder = make(
        {"good.py": GOOD, "deep.py": f"{HEAD}x = {'-' * 90_000}1\n", "odd\nname/nl.py": GOOD.replace("good", "nl")}
    )
    (folder / "many.py").write_text(f"{GOOD}x = [{'0,' * 2_000_000}]\n")
    os.mkdir(os.fsencode(folder) + b"/bad\xff")
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff/inside.py")).write_text(GOOD)
    report = catalog.scan(folder)
    assert report.found == ("tool:good", "tool:nl")
    assert {os.path.basename(one["path"]): one["reason"] for one in report.skipped} == {
        "bad\udcff": "its name is not UTF-8",
        "deep.py": "its expressions are nested too deeply for Python's parser",
        "many.py": "it holds more than 1,500,000 expressions",
    }


def test_a_pipe_in_place_of_patterns_or_metadata_holds_up_nothing(make) -> None:
    """A ``.gitignore`` or the metadata of a distribution that is a pipe is not opened; of the first it is reported."""
    folder = make({"pkg/__init__.py": "", "pkg/good.py": GOOD, "x-1.dist-info/INSTALLER": ""})
    for name in (".gitignore", "x-1.dist-info/METADATA", "x-1.dist-info/RECORD"):
        os.mkfifo(folder / name)
    with pytest.warns(match="broken metadata"):
        found = scan("pkg", roots=[folder])
    assert [one.key for one in found.findings] == ["tool:good"]
    assert [one.reason for one in scan(folder).skipped] == ["not a regular file; what it leaves out is looked at"]
