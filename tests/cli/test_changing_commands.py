"""``catalog update``, ``tag`` and ``rename``; commands that are called otherwise."""

from __future__ import annotations

import pytest
from factories import open_catalog

from catalog import Settings
from catalog.entry.kinds import KINDS
from catalog_cli.app import COMMANDS
from catalog_cli.lazy import MEANT


@pytest.fixture
def refund(run_cli) -> None:
    """A tool with tags, a description and an example."""
    run_cli("register", "tool", "refund", "os:getcwd", "--tag", "a", "-d", "Pay back.", "--example", "money back")


def test_update_changes_what_is_said(run_cli, refund) -> None:
    """A field changes, the others stay; a name of one kind only will do for the key."""
    assert run_cli("update", "refund", "--description", "Give back.") == (0, "updated tool:refund (revision 2)\n", "")
    entry = run_cli("explain", "tool:refund", "--json").data
    assert (entry["description"], entry["tags"], entry["examples"]) == ("Give back.", ["a"], ["money back"])
    changed = run_cli("update", "tool:refund", "--meta", "team=billing", "--priority", "2", "--json").data
    assert (changed["metadata"]["team"], changed["priority"], changed["revision"]) == ("billing", 2, 3)


def test_update_without_a_change_is_wrong_use(run_cli, refund) -> None:
    """Nothing to change is said; so is an entry that is not there, with what may be meant."""
    done = run_cli("update", "tool:refund")
    assert (done.status, done.err.startswith("Error: there is nothing to change; say what")) == (2, True)
    done = run_cli("update", "tool:refnd", "-d", "x")
    assert (done.status, "did you mean 'tool:refund'?" in done.err) == (1, True)


def test_tag_adds_and_removes(run_cli, refund) -> None:
    """A plus adds, a minus removes, and a word alone adds."""
    assert run_cli("tag", "tool:refund", "+b", "-a", "c") == (0, "updated tool:refund (revision 2)\n", "")
    assert run_cli("explain", "tool:refund", "--json").data["tags"] == ["b", "c"]
    assert run_cli("tag", "tool:refund", "+b", "--json").data["revision"] == 2


def test_rename_gives_another_name(run_cli, refund) -> None:
    """The entry is found by its new name, with its history; a taken name is wrong use."""
    assert run_cli("rename", "refund", "payback") == (0, "renamed tool:refund to tool:payback (revision 2)\n", "")
    assert [change["action"] for change in run_cli("log", "tool:payback", "--json").data] == ["rename", "register"]
    run_cli("register", "tool", "other", "os:getcwd")
    done = run_cli("rename", "tool:payback", "other")
    assert (done.status, "'tool:other' is another entry" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("show", "explain"), ("add", "register"), ("rm", "unregister"), ("describe", "explain"), ("new", "register"),
     ("delete", "unregister"), ("version", "--version"), ("mv", "rename"), ("edit", "update"), ("serach", "search")],
)  # fmt: skip
def test_a_command_of_another_name_is_answered_with_ours(run_cli, word: str, meant: str) -> None:
    """What people type elsewhere is answered with the command that does it here."""
    done = run_cli(word, "x")
    assert (done.status, f"no such command '{word}'; did you mean '{meant}'" in done.err) == (2, True)


def test_entries_of_a_kind_that_is_not_declared_here_are_reached(run_cli, url: str) -> None:
    """What another project stored under a kind of its own is shown, changed, taken away and restored by its key."""
    with open_catalog(url, settings=Settings(embedder="none", kinds=(*KINDS, "dataset"))) as other:
        other.register("dataset", "faq", "os:getcwd", description="Questions.")
    assert run_cli("ls", "dataset") == (0, "dataset:faq\tQuestions.\t\tpersistent\n", "")
    assert run_cli("explain", "faq", "--json").data["key"] == "dataset:faq"
    assert run_cli("tag", "dataset:faq", "+b").status == 0
    assert run_cli("unregister", "dataset:faq") == (0, "unregistered dataset:faq\n", "")
    assert run_cli("restore", "dataset:faq").status == 0
    assert run_cli("explain", "dataset:fak").err == "Error: no entry 'dataset:fak'; did you mean 'dataset:faq'?\n"


def test_every_suggested_command_exists() -> None:
    """Each word that is answered with a command is none itself, and what it is answered with is."""
    commands = set(COMMANDS)
    assert {word for word in MEANT if word in commands} == set()
    assert {meant for words in MEANT.values() for meant in words} - commands == {"--version", "--help"}
