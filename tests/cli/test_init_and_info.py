"""``catalog init`` and ``info``, and the options of ``ls``."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from catalog_cli.mcp_clients import without_password

TOOL = """
from catalog import tool


@tool
def pie(path: str) -> str:
    '''Draw a pie chart.'''
    return path
"""


@pytest.fixture
def fresh(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a configuration, and no database named by the environment."""
    monkeypatch.delenv("CATALOG_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "data"))
    (project / "plots.py").write_text(TOOL)
    return project


def test_init_writes_into_the_project_and_scans(run_cli, fresh: Path) -> None:
    """The table goes to the end of pyproject.toml, the database beside it, and what is named is scanned."""
    (fresh / "pyproject.toml").write_text('[project]\nname = "x"\n')
    done = run_cli("init", "--scan", "plots.py", "--yes")
    assert done.status == 0
    assert done.out.splitlines()[:2] == [
        f"wrote [tool.catalog] into {fresh / 'pyproject.toml'}", f"the catalog is {fresh / 'catalog.db'}",
    ]  # fmt: skip
    written = tomllib.loads((fresh / "pyproject.toml").read_text())
    assert written == {"project": {"name": "x"}, "tool": {"catalog": {"url": "sqlite:///catalog.db"}}}
    assert [entry["key"] for entry in run_cli("ls", "--json").data] == ["tool:pie"]
    again = run_cli("init", "--yes")
    assert (again.status, "configures a catalog already; it stays as it is" in again.out) == (0, True)


def test_init_makes_a_file_of_its_own_where_there_is_no_project(run_cli, fresh: Path) -> None:
    """Without a pyproject.toml there is a catalog.toml; a URL that is none is said before anything is written."""
    done = run_cli("init", "--database", "nonsense", "--yes")
    assert (done.status, (fresh / "catalog.toml").exists()) == (3, False)
    assert run_cli("init", "--yes").status == 0
    assert tomllib.loads((fresh / "catalog.toml").read_text()) == {"url": "sqlite:///catalog.db"}


def test_init_keeps_to_the_url_that_was_given(run_cli, fresh: Path) -> None:
    """The database of ``--url`` is the configured one, so the next command without it finds the same entries."""
    assert run_cli("--url", "sqlite:///mine.db", "init", "--scan", "plots.py", "--yes").status == 0
    assert tomllib.loads((fresh / "catalog.toml").read_text()) == {"url": "sqlite:///mine.db"}
    assert [entry["key"] for entry in run_cli("ls", "--json").data] == ["tool:pie"]


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("postgresql://ann:hunter22@db/team?schema=x", "postgresql://ann@db/team?schema=x"),
        ("postgresql://db/team?user=ann&password=hunter22", "postgresql://db/team?user=ann"),
        ("postgresql:///team", "postgresql:///team"),
        ("sqlite:///a:b@c?password=x.db", "sqlite:///a:b@c?password=x.db"),
        ("team.db", "team.db"),
    ],
)
def test_no_password_is_written_into_a_file(url: str, written: str) -> None:
    """What goes into a configuration is the URL without its password, wherever in the URL that is."""
    assert without_password(url) == written


def test_info_shows_which_catalog_it_is(run_cli, fresh: Path) -> None:
    """Database, configuration, counts by kind, embedder and vectors, for people and as JSON."""
    run_cli("init", "--scan", "plots.py", "--yes")
    data = run_cli("info", "--json").data
    assert (data["path"], data["entries"], data["gone"]) == (str(fresh / "catalog.db"), {"tool": 1}, [])
    assert data["configuration"] == str(fresh / "catalog.toml")
    lines = dict(line.split(None, 1) for line in run_cli("info").out.splitlines())
    assert lines["entries"] == "1 (1 tool)"
    assert lines["configuration"] == str(fresh / "catalog.toml")


def test_an_entry_whose_code_is_gone_is_marked_everywhere(run_cli, fresh: Path) -> None:
    """After a refresh it is marked in ls, search and info, not routed to, and good again once the code is back."""
    run_cli("init", "--scan", "plots.py", "--yes")
    run_cli("update", "tool:pie", "--match", "pie")
    text = (fresh / "plots.py").read_text()
    (fresh / "plots.py").write_text(text.replace("def pie", "def cake"))
    run_cli("refresh")
    assert {entry["key"]: entry.get("code") for entry in run_cli("ls", "--json").data} == {
        "tool:cake": None, "tool:pie": "gone",
    }  # fmt: skip
    assert [entry["key"] for entry in run_cli("ls", "--state", "gone", "--json").data] == ["tool:pie"]
    assert {hit["key"]: hit.get("code") for hit in run_cli("search", "pie", "--json").data}["tool:pie"] == "gone"
    assert run_cli("ls").out.splitlines()[1].endswith("persistent, gone")
    assert run_cli("info", "--json").data["gone"] == ["tool:pie"]
    route = run_cli("route", "a pie", "-k", "tool", "--strategy", "rules", "--json")
    assert (route.status, json.loads(route.out)["key"]) == (1, None)
    (fresh / "plots.py").write_text(text)
    run_cli("refresh")
    assert [entry["key"] for entry in run_cli("ls", "--state", "gone", "--json").data] == ["tool:cake"]


def test_listings_are_cut_sorted_and_narrowed(run_cli) -> None:
    """Several kinds, tags, a source, a limit, an order and columns."""
    for kind, name, tag in (("tool", "b", "x"), ("tool", "a", "y"), ("agent", "c", "x")):
        run_cli("register", kind, name, "os:getcwd", "--tag", tag)
    run_cli("register", "model", "m", "os:getcwd")

    def keys(*options: str) -> list[str]:
        return [entry["key"] for entry in run_cli("ls", *options, "--json").data]

    assert keys("tool", "agent") == ["agent:c", "tool:a", "tool:b"]
    assert keys("--tag", "x") == ["agent:c", "tool:b"]
    assert keys("--sort", "name", "--limit", "2") == ["tool:a", "tool:b"]
    assert keys("--sort", "updated", "--limit", "1") == ["model:m"]
    assert keys("--source", "manual", "model") == ["model:m"]
    assert run_cli("ls", "--source", "scan:").status == 1
    assert run_cli("ls", "tool", "--columns", "key,tags").out == 'tool:a\t["y"]\ntool:b\t["x"]\n'
    done = run_cli("ls", "--columns", "descripton")
    assert (done.status, "did you mean 'description'" in done.err) == (2, True)
