"""Defaults that are secrets stay in the code."""

from __future__ import annotations

import ast

import pytest

from catalog.source.secret_defaults import hide_secrets, is_secret, without_secrets


@pytest.mark.parametrize(
    ("name", "default", "shown"),
    [
        ("password", "'hunter2'", "'…'"),
        ("db_password", "b'x'", "'…'"),
        ("api_key", "'abc'", "'…'"),
        ("access_token", "f'{a}secret'", "f'{a}…'"),
        ("url", "'postgresql://me:pw@host/db'", "'…'"),
        ("x", "'sk-abcdefghijklmnop'", "'…'"),
        ("options", "{'api_key': 'abc', 'n': 1}", "{'api_key': '…', 'n': 1}"),
        ("client", "Client(token='abc', host='h')", "Client(token='…', host='h')"),
        ("password", "Field(default='abc', description='d')", "Field(default='…', description='d')"),
        ("password", "None", "None"),
        ("password", "''", "''"),
        ("max_tokens", "512", "512"),
        ("tokenizer", "'bert'", "'bert'"),
        ("pad_token", "'<pad>'", "'<pad>'"),
        ("token", "TOKEN", "TOKEN"),
        ("key", "'name'", "'name'"),
        ("x", "'a text of some length: a@b'", "'a text of some length: a@b'"),
    ],
)
def test_a_secret_is_shown_as_dots(name: str, default: str, shown: str) -> None:
    """What is named like a secret or looks like a key is ``…``; all other defaults are as they are."""
    node = ast.parse(default, mode="eval").body
    assert ast.unparse(without_secrets(name, node)) == shown
    assert ast.unparse(node) == default
    assert not is_secret(name, None)


def test_a_scan_stores_no_secret(catalog, tmp_path) -> None:
    """Signature and parameters of scanned functions and classes hold no secret, and what is exported neither."""
    (tmp_path / "tools.py").write_text(
        "import catalog\n\n"
        "@catalog.tool\ndef send(to: str, api_key: str = 'hunter2', size: int = 3) -> str:\n    return to\n\n"
        "@catalog.tool\nclass Send:\n    password: str = 'hunter2'\n    size: int = 3\n"
        "    def _run(self, token='hunter2', *, keys={'secret': 'hunter2'}):\n        return 1\n"
    )
    catalog.scan(tmp_path)
    entry = catalog.entry("tool", "send")
    assert entry.signature == "(to: str, api_key: str = '…', size: int = 3) -> str"
    assert entry.parameters["properties"] == {
        "to": {"type": "string"},
        "api_key": {"type": "string"},
        "size": {"type": "integer", "default": 3},
    }
    assert entry.parameters["required"] == ["to"]
    catalog.export_jsonl(tmp_path / "out.jsonl")
    assert "hunter2" not in (tmp_path / "out.jsonl").read_text()
    assert [drift.key for drift in catalog.verify()] == []


def test_secrets_of_the_environment_are_hidden_and_the_working_folder_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values of variables that are named like secrets are dots in any text; the shell's PWD is no password."""
    for name, value in {
        "PWD": "/srv/team",
        "DB_PWD": "rosebud-1941",
        "api_token": "tok-tok-tok",
        "LANG": "C.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    text = "/srv/team/tools.py said rosebud-1941, tok-tok-tok and C.UTF-8"
    assert hide_secrets(text) == "/srv/team/tools.py said …, … and C.UTF-8"
