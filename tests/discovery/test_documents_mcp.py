"""MCP servers in the configuration of client programs, and in ``server.json``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from document_samples import SERVER_JSON, SERVERS, as_json, found, skipped

FILES = {
    "transport": "stdio",
    "command": "npx",
    "args": ["-y", "@example/server-files", "."],
    "env": {"ROOT": "${ROOT}"},
}
WEATHER = {"transport": "http", "url": "https://weather.example/mcp", "headers": {"X-Key": "${X_KEY}"}}


@pytest.mark.parametrize(
    "name",
    [
        "mcp.json",
        ".mcp.json",
        "claude_desktop_config.json",
        ".vscode/mcp.json",
        ".cursor/mcp.json",
        ".gemini/settings.json",
        ".claude-plugin/plugin.json",
        "any-name.json",
    ],
)
def test_servers_are_found_wherever_a_client_keeps_them(make: Any, name: str) -> None:
    """Each server of a client's file is an entry with the names of its variables, and without their values."""
    servers = found(make({name: as_json(SERVERS)}))
    assert {key: server.spec for key, server in servers.items()} == {
        "mcp_server:files": FILES,
        "mcp_server:weather": WEATHER,
    }
    assert servers["mcp_server:files"].description == "MCP server run by npx -y @example/server-files ."
    assert (servers["mcp_server:weather"].tags, servers["mcp_server:weather"].line) == (("http",), 14)


@pytest.mark.parametrize(
    "data",
    [
        {"servers": SERVERS["mcpServers"]},
        {"mcp": {"servers": SERVERS["mcpServers"]}},
        {"mcp_servers": SERVERS["mcpServers"]},
        {"context_servers": SERVERS["mcpServers"]},
        SERVERS["mcpServers"],
        {"mcpServers": [{"name": name, **server} for name, server in SERVERS["mcpServers"].items()]},
    ],
)
def test_the_table_has_several_names(make: Any, data: Any) -> None:
    """VS Code, Zed, Codex and plug-ins call the table of servers otherwise, or leave it out."""
    assert sorted(found(make({"mcp.json": as_json(data)}))) == ["mcp_server:files", "mcp_server:weather"]


@pytest.mark.parametrize("name", ["mcp_agent.config.yaml", "fastagent.config.yaml", "fast-agent.yaml"])
def test_agents_of_mcp_keep_yaml(make: Any, name: str) -> None:
    """mcp-agent and fast-agent write their servers in YAML; the latter gives a command or an address as a target."""
    text = (
        "mcp:\n  servers:\n    fetch:\n      command: uvx\n      args: [server-fetch]\n"
        "    time:\n      target: uvx server-time\n    far:\n      target: https://far.example/mcp\n"
    )
    assert {key: server.spec for key, server in found(make({name: text})).items()} == {
        "mcp_server:far": {"transport": "http", "url": "https://far.example/mcp"},
        "mcp_server:fetch": {"transport": "stdio", "command": "uvx", "args": ["server-fetch"]},
        "mcp_server:time": {"transport": "stdio", "command": "uvx", "args": ["server-time"]},
    }


def test_codex_writes_toml(make: Any) -> None:
    """The servers in ``.codex/config.toml`` are found; a ``config.toml`` elsewhere is somebody else's."""
    text = """
        [mcp_servers.docs]
        command = "uvx"
        args = ["docs-server"]
        env = { TOKEN = "abc" }
        [mcp_servers.far]
        url = "https://far.example/mcp"
        bearer_token_env_var = "FAR_TOKEN"
        env_http_headers = { "X-Org" = "ORG" }
    """
    servers = found(make({".codex/config.toml": text, "other/config.toml": text.replace("docs", "no")}))
    assert {key: server.spec for key, server in servers.items()} == {
        "mcp_server:docs": {
            "transport": "stdio",
            "command": "uvx",
            "args": ["docs-server"],
            "env": {"TOKEN": "${TOKEN}"},
        },
        "mcp_server:far": {
            "transport": "http",
            "url": "https://far.example/mcp",
            "headers": {"X-Org": "${ORG}", "Authorization": "Bearer ${FAR_TOKEN}"},
        },
    }


def test_comments_and_needless_commas_are_read(make: Any) -> None:
    """What editors write is read: comments, also where a text looks like one, and commas before a bracket."""
    text = b"""// servers
    {"servers": {"a": {"url": "https://a.example/mcp", /* here */ "type": "sse",},}, // one
     "inputs": [{"type": "promptString", "id": "k", "password": true, "default": "hunter2"},],}
    """
    assert found(make({".vscode/mcp.json": text}))["mcp_server:a"].spec == {
        "transport": "sse",
        "url": "https://a.example/mcp",
    }


def test_what_an_editor_asks_for_is_kept_without_what_it_was_told(make: Any) -> None:
    """Inputs that a server uses are kept with their description; a default may be a secret and is left out."""
    data = {
        "inputs": [
            {"type": "promptString", "id": "k", "description": "Key", "password": True, "default": "hunter2"},
            {"type": "promptString", "id": "unused", "description": "Other"},
        ],
        "servers": {"a": {"command": "a", "env": {"KEY": "${input:k}"}}},
    }
    server = found(make({".vscode/mcp.json": as_json(data)}))["mcp_server:a"]
    assert server.spec == {
        "transport": "stdio",
        "command": "a",
        "env": {"KEY": "${input:k}"},
        "inputs": {"k": {"type": "promptString", "description": "Key", "password": True}},
    }


SECRETS = [
    "hunter2hunter2",
    "sk-abcdefghijklmnop1234",
    "ghp_abcdefghijklmnop1234",
    "tvly-abc123DEF456ghi789jkl",
    "c29tZSBzZWNyZXQgdGV4dA1234",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "server",
    [
        {"command": "a", "env": {"PLAIN": "SECRET"}},
        {"command": "a", "args": ["--api-key", "SECRET"]},
        {"command": "a", "args": ["--api-key=SECRET"]},
        {"command": "a", "args": ["--token", "SECRET", "b"]},
        {"command": "a", "args": ["-H", "Authorization: Bearer SECRET"]},
        {"command": "a", "args": ["--header", "Authorization:Bearer SECRET"]},
        {"command": "a", "args": ["--header=Authorization: Bearer SECRET"]},
        {"command": "a", "args": ["-e", "ANY=SECRET"]},
        {"command": "a", "args": ["API_KEY=SECRET"]},
        {"command": "a", "args": ["postgresql://user:SECRET@db.example/x"]},
        {"command": "a", "args": ["https://x.example/mcp?api_key=SECRET"]},
        {"command": "a --password SECRET"},
        {"url": "https://user:SECRET@x.example/mcp"},
        {"url": "https://x.example/mcp?token=SECRET&a=1"},
        {"url": "https://x.example/mcp", "headers": {"Authorization": "Bearer SECRET", "X-Any": "SECRET"}},
        {"url": "https://x.example/mcp", "env": {"A": "${A:-SECRET}"}, "headers": {"A": "${A:-SECRET}"}},
    ],
)
def test_no_secret_is_kept(make: Any, server: dict[str, Any], secret: str) -> None:
    """Of variables, headers, arguments and addresses no secret is in a finding, wherever it stands."""
    text = json.dumps({"mcpServers": {"s": server}}).replace("SECRET", secret)
    finding = found(make({"mcp.json": text.encode()}))["mcp_server:s"]
    assert secret not in json.dumps(finding.to_dict())


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/dev/shm/catalog-tests-i01l6w59/run/raw.py", True),
        ("./builds/2f9c1e7ab3-x86_64/server.py", True),
        ("~/Library/3f2504e0-4f89-11d3-9a0c-0305e82c3301/server.js", True),
        ("/run/c29tZSBzZWNyZXQgdGV4dA1234/x", False),
        ("/hooks/sk-abcdefghijklmnop1234", False),
        ("/wJ4lrXUtnF+EMIa7K8MDENGa9x=", False),
    ],
)
def test_a_path_is_kept_unless_a_token_is_part_of_it(make: Any, path: str, kept: bool) -> None:
    """What programs put into names of folders to tell them apart is no secret; a long token or a key is."""
    server = found(make({"mcp.json": as_json({"mcpServers": {"s": {"command": "a", "args": [path]}}})}))["mcp_server:s"]
    assert server.spec["args"] == [path if kept else "${SECRET}"]


@pytest.mark.parametrize("secret", ["sk-abcdefghijklmnop1234", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def-123"])
def test_keys_in_prose_are_left_out(make: Any, secret: str) -> None:
    """A key that somebody wrote into a description is not stored; the words around it are."""
    server = {"command": "a", "description": f"Call it with {secret}, please."}
    finding = found(make({"mcp.json": as_json({"mcpServers": {"s": server}})}))["mcp_server:s"]
    assert finding.description == "Call it with ${SECRET}, please."


def test_what_is_no_secret_stays(make: Any) -> None:
    """Packages, versions, paths, flags and variables are what tells servers apart; they stay as they are."""
    arguments = [
        "-y",
        "@modelcontextprotocol/server-filesystem@2025.8.21",
        "/Users/somebody/Documents/2024-taxes",
        "git+https://github.com/example/mcp-git-ingest",
        "--port=8080",
        "--ignore-robots-txt",
        "mcp/postgres:1.2",
        "${workspaceFolder}",
        "https://docs.example/mcp?version=2&org=${ORG}",
        "--directory",
        "./src/very-long-name-of-a-folder-in-a-project",
    ]
    finding = found(make({"mcp.json": as_json({"mcpServers": {"s": {"command": "npx", "args": arguments}}})}))
    assert finding["mcp_server:s"].spec == {"transport": "stdio", "command": "npx", "args": arguments}


def test_a_published_server_is_read(make: Any) -> None:
    """``server.json`` of the registry gives the server with packages and addresses."""
    server = found(make({"server.json": as_json(SERVER_JSON)}))["mcp_server:io.github.example/weather"]
    assert server.description == "Weather of any place."
    assert server.spec == {word: part for word, part in SERVER_JSON.items() if word not in ("$schema", "description")}
    assert server.tags == ("http", "stdio")
    assert server.signature == "io.github.example/weather: npm:@example/weather, https://weather.example/mcp"


def test_the_words_of_earlier_versions_are_read(make: Any) -> None:
    """Before September 2025 the words of ``server.json`` were written with underscores."""
    data = {
        "name": "io.github.example/old",
        "description": "Old.",
        "version": "1",
        "packages": [
            {
                "registry_name": "pypi",
                "name": "old",
                "environment_variables": [{"name": "TOKEN", "is_secret": True, "value": "abc", "default": "abc"}],
            }
        ],
    }
    assert found(make({"server.json": as_json(data)}))["mcp_server:io.github.example/old"].spec == {
        "name": "io.github.example/old",
        "version": "1",
        "packages": [
            {
                "registryType": "pypi",
                "identifier": "old",
                "environmentVariables": [{"name": "TOKEN", "isSecret": True, "value": "${TOKEN}"}],
            }
        ],
    }


def test_other_files_of_these_names_hold_nothing(make: Any) -> None:
    """A ``server.json`` or ``mcp.json`` of something else is passed over without a word."""
    folder = make({"server.json": b'{"port": 80}', "mcp.json": b'{"a": 1}', "a/mcp.json": b"[1]"})
    assert (found(folder), skipped(folder)) == ({}, {})


def test_a_broken_file_is_a_line_of_the_report(make: Any) -> None:
    """JSON that can't be read is named with the line."""
    folder = make({"mcp.json": b'{"mcpServers":\n {"a": }}', "b/mcp.json": b'{"mcpServers": {"a": 1}}'})
    assert skipped(folder) == {
        "mcp.json": "MCP client configuration: it is not JSON: Expecting value (line 2)",
        "b/mcp.json": "MCP client configuration: the server 'a' is no object",
    }
