"""How a server is told how to answer: configuration, command line, environment, files of tokens."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from catalog import SettingsError
from catalog.server.callers import Token, digest_of
from catalog.server.settings import ServerSettings, server_settings

LONG = "a-token-of-enough-letters"
ALL = frozenset({"read", "write", "call", "approve"})


def test_the_table_is_read_and_the_command_line_wins(tmp_path: Path) -> None:
    """Each value comes from the table unless it is given; tokens may be sums, or in files and variables."""
    (tmp_path / "ci-token").write_text(LONG + "\n")
    table = {
        "port": 9000,
        "prefix": "/catalog/",
        "hosts": ["catalog.example.org"],
        "allow_write": True,
        "tokens": {
            "ada": {"sha256": hashlib.sha256(b"hers").hexdigest(), "rights": ["read", "write"]},
            "ci": {"file": "ci-token"},
            "bot": {"env": "BOT_TOKEN", "rights": ["read", "call"]},
        },
    }
    env = {"BOT_TOKEN": LONG + "!"}
    assert server_settings(table, tmp_path / "catalog.toml", env=env, port=9001, host=None) == ServerSettings(
        port=9001,
        prefix="/catalog",
        hosts=("catalog.example.org",),
        allow_write=True,
        tokens=(
            Token("ada", digest_of("hers"), frozenset({"read", "write"})),
            Token("ci", digest_of(LONG), frozenset({"read"})),
            Token("bot", digest_of(LONG + "!"), frozenset({"read", "call"})),
        ),
    )


def test_one_token_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """`--token FILE`, `--token env:NAME` and `CATALOG_TOKEN` give one token with every right."""
    file = tmp_path / "token"
    file.write_text(f"{LONG}\n")
    expected = (Token("token", digest_of(LONG), ALL),)
    assert server_settings({}, token=str(file), env={}).tokens == expected
    assert server_settings({}, token="env:MINE", env={"MINE": LONG}).tokens == expected
    assert server_settings({}, env={"CATALOG_TOKEN": LONG}).tokens == expected
    assert server_settings({}, env={}).tokens == ()


def test_a_file_may_hold_named_tokens(tmp_path: Path) -> None:
    """A TOML file gives each token a name and rights."""
    file = tmp_path / "tokens.toml"
    file.write_text(f'[ada]\nsha256 = "{"0" * 64}"\nrights = ["read", "approve"]\n')
    assert server_settings({}, token=str(file), env={}).tokens == (
        Token("ada", bytes(32), frozenset({"read", "approve"})),
    )


def test_a_token_on_the_command_line_is_refused_and_not_repeated() -> None:
    """What stands where a file should be named is not said again: it may be a token."""
    with pytest.raises(SettingsError) as caught:
        server_settings({}, token="my-very-secret-token-1234", env={})
    assert ("my-very-secret" in str(caught.value), "env:NAME" in str(caught.value)) == (False, True)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"colour": "red"}, "server.colour is not a setting"),
        ({"prot": 1}, "did you mean 'port'?"),
        ({"port": "80"}, "server.port must be a whole number from 0"),
        ({"port": True}, "server.port must be a whole number from 0"),
        ({"rate": -1}, "server.rate must be a whole number from 0"),
        ({"hosts": [1]}, "server.hosts must be a list of texts"),
        ({"allow_write": "yes"}, "server.allow_write must be true or false"),
        ({"prefix": "catalog"}, "server.prefix is 'catalog'; give a path, as /catalog"),
        ({"tokens": ["x"]}, "server.tokens must be tables"),
        ({"tokens": {"a": {"rights": ["read"]}}}, "server.tokens.a must say one of env, file and sha256"),
        ({"tokens": {"a": {"env": "X", "rights": ["fly"]}}}, "server.tokens.a.rights must be a list of read, write"),
        ({"tokens": {"a": {"env": "X"}}}, "server.tokens.a.env names X, which is not set"),
        ({"tokens": {"a": {"env": "SHORT"}}}, "has 5 characters and can be guessed"),
        ({"tokens": {"a": {"file": "nowhere"}}}, "which can't be read"),
        ({"tokens": {"a": {"sha256": "12"}}}, "must be the SHA-256 of the token"),
    ],
)
def test_a_wrong_value_is_named(table: dict, said: str) -> None:
    """The error names the file, the key and what it should be."""
    with pytest.raises(SettingsError) as caught:
        server_settings(table, Path("catalog.toml"), env={"SHORT": "12345"})
    assert said in str(caught.value)
    assert "12345" not in str(caught.value)


def test_two_tokens_of_one_name_are_refused() -> None:
    """A token of the environment and one of the configuration can't share a name: the history would not tell them."""
    table = {"tokens": {"token": {"sha256": "0" * 64}}}
    with pytest.raises(SettingsError, match="two tokens are called 'token'"):
        server_settings(table, env={"CATALOG_TOKEN": LONG})
