"""`catalog docs build`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

from catalog import DOCS_FORMATS
from catalog_cli.commands.docs.build import FORMATS


def test_build_writes_a_site_and_says_how_much(run_cli, url: str, tmp_path: Path) -> None:
    """The site is written, and figures are printed as JSON or said on standard error; nothing is imported."""
    run_cli("--url", url, "register", "tool", "dump", "json:dumps")
    out = tmp_path / "site"
    done = run_cli("docs", "build", str(out), "--url", url, "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == {"folder": str(out), "entries": 1, "files": 16, "links": 56}
    again = run_cli("docs", "--url", url, "build", str(out), "--since", str(out))
    assert (again.status, again.out) == (0, "")
    assert again.err == f"1 entry in 17 files at {out}; 64 links lead somewhere\n"
    assert FORMATS == DOCS_FORMATS


def test_a_folder_that_is_not_a_site_is_wrong_use(run_cli, url: str, tmp_path: Path) -> None:
    """A folder with something in it ends with 2 and one line that names it; so does an earlier build that is none."""
    done = run_cli("docs", "build", str(tmp_path.parent), "--url", url)
    assert done.status == 2
    assert done.err.splitlines()[0].startswith(f"Error: Could not open file {str(tmp_path.parent)!r}: it is there")
    done = run_cli("docs", "build", str(tmp_path / "new"), "--since", str(tmp_path), "--url", url)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "is no earlier build of a documentation site" in done.err
