"""What ``.gitignore`` and ``exclude`` leave out of a scan, and what the report says of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from catalog.discovery.scan import scan
from catalog.errors import DiscoveryError

TOOL = "from catalog import tool\n@tool\ndef it(): ...\n"
PLACES = [
    "top.py", "app/__init__.py", "app/a.py", "app/gen/__init__.py", "app/gen/kept.py", "app/gen/lost.py",
    "app/deep/d.py", "app/deep/e.py", "build/b.py", "docs/x/conf.py", "docs/y.py", "src/build/c.py",
    "src/pkg/__init__.py", "src/pkg/m.py",
]  # fmt: skip
GITIGNORES: list[dict[str, str]] = [
    {"": "build/\n"},
    {"": "/build/\ndocs\n"},
    {"": "*.py\n!m.py\n!/top.py\n"},
    {"": "app/gen/*\n!app/gen/kept.py\n"},
    {"": "app/gen/\n!app/gen/kept.py\n"},
    {"": "**/deep/\n# a comment\n\n[\n\\\n!\n"},
    {"": "docs/**/conf.py\nsrc/*/m.py\n", "app": "gen\n!/a.py\n"},
    {"": "e.py\n", "app/deep": "*\n!e.py\n"},
    {"app": "*\n", "app/gen": "!kept.py\n"},
    {"": "*.py\n", "src": "!*.py\n", "src/pkg": "m.py\n"},
]


def kept(folder: Path, **options: Any) -> list[str]:
    """Return the files in which a scan of *folder* finds its tool."""
    return sorted(os.path.relpath(one.path, folder) for one in scan(folder, **options).findings)


@pytest.mark.skipif(shutil.which("git") is None, reason="asks git itself")
@pytest.mark.parametrize("gitignores", GITIGNORES)
def test_a_scan_looks_at_what_git_would_keep(make: Any, gitignores: dict[str, str]) -> None:
    """The files that count are those that ``git ls-files`` names, below a folder of the repository too."""
    files = dict.fromkeys(PLACES, TOOL)
    folder = make(files | {os.path.join(place, ".gitignore"): text for place, text in gitignores.items()})
    git = ["git", "-C", str(folder), "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "-q"], check=True)
    listed = [*git, "ls-files", "--others", "--exclude-standard", "*.py"]
    named = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.splitlines()
    assert kept(folder) == sorted(named)
    below = [name.removeprefix("app/") for name in sorted(named) if name.startswith("app/")]
    if below:  # else all of it is ignored, and was asked for all the same
        assert kept(folder / "app") == below


def test_what_is_left_out_is_reported(make: Any) -> None:
    """Each file and folder that is left out is named once with what leaves it out, a virtual environment is not."""
    extra = {".gitignore": "build/\nvenv\n", "venv/pyvenv.cfg": "", "venv/v.py": TOOL}
    folder = make(dict.fromkeys(PLACES, TOOL) | extra)
    skipped = scan(folder, exclude=["docs/", "e.py"]).skipped
    ignored = f"left out by {folder / '.gitignore'}"
    assert [(os.path.relpath(skip.path, folder), skip.reason) for skip in skipped] == [
        ("app/deep/e.py", "excluded by 'e.py'"),
        ("build", ignored),
        ("docs", "excluded by 'docs/'"),
        ("src/build", ignored),
    ]


def test_what_is_asked_for_by_name_is_scanned(make: Any) -> None:
    """A folder that git ignores is scanned if it is the target; what is ignored within it is not."""
    folder = make({".git/HEAD": "", ".gitignore": "build/\n", "build/b.py": TOOL, "build/.gitignore": "c.py\n"})
    (folder / "build" / "c.py").write_text(TOOL)
    assert kept(folder) == []
    assert kept(folder / "build") == ["b.py"]
    assert kept(folder / "build" / "c.py") == ["."]


def test_what_is_installed_is_there_to_be_used(make: Any) -> None:
    """A ``.gitignore`` around or in what is installed doesn't count."""
    folder = make({".gitignore": "*\n", "site-packages/p/__init__.py": TOOL, "site-packages/p/.gitignore": "m.py\n"})
    (folder / "site-packages" / "p" / "m.py").write_text(TOOL)
    assert kept(folder / "site-packages" / "p") == ["__init__.py", "m.py"]


def test_a_pattern_that_cannot_be_read_is_refused(make: Any) -> None:
    """The error names the pattern."""
    with pytest.raises(DiscoveryError, match="'!'"):
        scan(make({"a.py": TOOL}), exclude=["!"])


def test_a_changed_gitignore_counts_in_the_next_scan(make: Any) -> None:
    """A scan that knows all files sees that fewer of them count, and then more."""
    folder = make({"a.py": TOOL, "b.py": TOOL})
    first = scan(folder)
    (folder / ".gitignore").write_text("b.py\n")
    second = scan(folder, known=first.files)
    (folder / ".gitignore").unlink()
    third = scan(folder, known=second.files)
    names = [[Path(one.path).name for one in result.findings] for result in (first, second, third)]
    assert names == [["a.py", "b.py"], ["a.py"], ["a.py", "b.py"]]
