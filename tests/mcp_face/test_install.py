"""`catalog mcp --install`: what clients read to start the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mcp import StdioServerParameters
from mcp.client.stdio import get_default_environment
from sessions import PATH, session

from catalog_cli.app import cli


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line, run in an empty folder; what it wrote, and how it ended."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return run


def server_in(table: str, text: str) -> dict[str, Any]:
    """Return the only server in a configuration."""
    return json.loads(text)[table]["catalog"]


TABLES = {"claude": ("mcpServers", {}), "cursor": ("mcpServers", {}), "vscode": ("servers", {"type": "stdio"})}


@pytest.mark.parametrize("client", TABLES)
def test_what_a_client_reads_is_printed(run: Any, client: str) -> None:
    """The configuration names program and database by their whole paths; nothing is written."""
    done = run("--url", "sqlite:///team.db", "mcp", "--install", client)
    table, extra = TABLES[client]
    made = server_in(table, done.stdout)
    command = [made.pop("command"), *made.pop("args")]
    assert made == extra
    assert command[-3:] == ["mcp", "--url", f"sqlite:///{Path.cwd() / 'team.db'}"]
    assert Path(command[0]).is_absolute()
    assert list(Path.cwd().iterdir()) == []


def test_a_project_is_named_by_its_folder(run: Any) -> None:
    """Where a configuration names the database the client is given its folder, so that all of it counts."""
    Path("catalog.toml").write_text('url = "sqlite:///catalog.db"\n', encoding="utf-8")
    made = server_in("mcpServers", run("mcp", "--install", "claude").stdout)
    assert made["args"][-3:] == ["mcp", "--project", str(Path.cwd())]


def test_a_file_keeps_what_else_is_in_it(run: Any) -> None:
    """Writing adds one server, keeps the rest and a copy of what was there, and does nothing the second time."""
    before = json.dumps({"mcpServers": {"other": {"command": "x"}}, "theme": "dark"})
    Path(".mcp.json").write_text(before, encoding="utf-8")
    done = run("--url", "sqlite:////srv/team.db", "mcp", "--install", "claude", "--write")
    assert (done.exit_code, done.stdout) == (0, "wrote catalog into .mcp.json\n")
    written = Path(".mcp.json").read_text(encoding="utf-8")
    assert list(json.loads(written)) == ["mcpServers", "theme"]
    assert list(json.loads(written)["mcpServers"]) == ["other", "catalog"]
    assert Path(".mcp.json.bak").read_text(encoding="utf-8") == before
    again = run("--url", "sqlite:////srv/team.db", "mcp", "--install", "claude", "--write")
    assert again.stdout == ".mcp.json has it already; it stays as it is\n"
    assert Path(".mcp.json.bak").read_text(encoding="utf-8") == before


def test_a_folder_is_made_and_another_file_can_be_named(run: Any) -> None:
    """The folder of the file need not be there; `--file` and `--name` put the server elsewhere."""
    assert run("--url", "sqlite://", "mcp", "--install", "vscode", "--write").exit_code == 0
    assert "catalog" in json.loads(Path(".vscode/mcp.json").read_text(encoding="utf-8"))["servers"]
    done = run("--url", "sqlite://", "mcp", "--install", "claude", "--write", "--file", "d/c.json", "--name", "tools")
    assert done.exit_code == 0
    assert "tools" in json.loads(Path("d/c.json").read_text(encoding="utf-8"))["mcpServers"]


@pytest.mark.parametrize("text", ['{"mcpServers": {} // mine\n}', "[1]", '{"mcpServers": []}', "\x00\xff"])
def test_a_file_that_is_something_else_stays_as_it_is(run: Any, text: str) -> None:
    """What can't be read as this client's configuration is not written over; one line says so."""
    Path(".mcp.json").write_bytes(text.encode("latin-1"))
    done = run("--url", "sqlite://", "mcp", "--install", "claude", "--write")
    assert done.exit_code in (1, 2)
    assert ".mcp.json" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert Path(".mcp.json").read_bytes() == text.encode("latin-1")


def test_no_password_is_written(run: Any) -> None:
    """A database with a password comes from the environment of the client, by the form that each client has."""
    for client, (table, _) in TABLES.items():
        done = run("--url", "postgresql://ada:secret@db/tools", "mcp", "--install", client)
        assert "secret" not in done.output
        assert "CATALOG_URL" in server_in(table, done.stdout)["env"]["CATALOG_URL"]


def test_write_goes_with_install(run: Any) -> None:
    """`--write` alone is wrong use."""
    done = run("mcp", "--write")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: --write and --file go with --install")


def test_a_client_starts_what_was_installed(run: Any, tmp_path: Path) -> None:
    """The command that was written starts a server from another folder, with the environment that clients give."""
    made = server_in("mcpServers", run("--url", "sqlite:///new.db", "mcp", "--install", "claude").stdout)
    environment = {**get_default_environment(), **PATH, **made.get("env", {})}
    parameters = StdioServerParameters(command=made["command"], args=made["args"], cwd=tmp_path, env=environment)

    async def ask(client: Any) -> Any:
        return (await client.call_tool("search_tools", {"query": "anything"})).structured_content

    assert session(parameters, ask) == {"hits": []}
