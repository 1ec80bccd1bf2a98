"""``catalog pin``."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def priced(run_cli, project: Path) -> Path:
    """A project with a tool and a prompt, and its configuration."""
    (project / "catalog.toml").write_text("")
    (project / "pricing.py").write_text("def price(item: str) -> int:\n    return 1\n")
    run_cli("register", "tool", "price", "pricing:price")
    run_cli("register", "prompt", "hello", "Hello {name}")
    return project


def test_pin_writes_what_is_compared(run_cli, priced) -> None:
    """All entries are pinned beside the configuration, and found to be as they were."""
    assert run_cli("pin") == (
        0,
        "pinned prompt:hello\npinned tool:price\n",
        "2 entries are pinned in catalog.lock\n",
    )
    assert run_cli("pin", "--check") == (0, "", "all entries are as pinned\n")
    assert run_cli("pin", "--check", "--json").data == []
    assert run_cli("pin", "--json").data == {
        "path": str(priced / "catalog.lock"),
        "pins": 2,
        "added": [],
        "changed": [],
        "removed": [],
        "left_out": {},
    }


def test_differences_are_a_no(run_cli, priced) -> None:
    """What is not pinned, is something else or is gone is a line for each field, and the status is 1."""
    run_cli("pin")
    (priced / "pricing.py").write_text("def price(item: int) -> int:\n    return 1\n")
    run_cli("register", "prompt", "bye", "Bye {name}")
    run_cli("unregister", "prompt:hello")
    done = run_cli("pin", "--check")
    assert (done.status, [line.split("\t")[:2] for line in done.out.splitlines()]) == (
        1,
        [
            ["prompt:bye", "pin"],
            ["prompt:hello", "entry"],
            ["tool:price", "checksum"],
            ["tool:price", "source_checksum"],
            ["tool:price", "file pricing.py"],
        ],
    )
    assert done.err == (
        "3 entries differ from the lock file; look at them, then `catalog pin [KEY]...` pins them as they are\n"
    )
    assert [one["message"] for one in run_cli("pin", "--check", "tool:price", "--json").data] == [
        "tool:price: the signature changed",
        "tool:price: the code changed",
        "tool:price: the file pricing.py changed",
    ]
    assert run_cli("pin", "tool:price").out == "changed tool:price\n"
    assert run_cli("pin", "--check", "tool:price").status == 0
    assert run_cli("pin", "--check").status == 1
    assert run_cli("pin").out == "pinned prompt:bye\nremoved prompt:hello\n"


def test_what_is_blocked_is_a_no_that_says_what_allows_it(run_cli, priced) -> None:
    """With ``mode = "block"`` taking what is not pinned ends with 1 and names the command that pins it."""
    (priced / "catalog.toml").write_text('[pin]\nmode = "block"\n')
    run_cli("pin")
    assert run_cli("run", "tool:price", "item=tea").out == "1\n"
    (priced / "pricing.py").write_text("def price(item: str) -> int:\n    return 2\n")
    assert run_cli("run", "tool:price", "item=tea") == (
        1,
        "",
        "Error: tool:price is not what catalog.lock pins: the code changed; the file pricing.py changed; if that is "
        "fine, `catalog pin tool:price` pins it so\n",
    )


def test_code_that_is_gone_is_left_out(run_cli, priced) -> None:
    """What can't be pinned is named, the rest is pinned, and the status is 1."""
    (priced / "pricing.py").unlink()
    done = run_cli("pin", "--file", "other.lock")
    assert (done.status, done.out.splitlines()[0]) == (1, "pinned prompt:hello")
    assert done.out.splitlines()[1].startswith("left out tool:price: ")
    assert (priced / "other.lock").read_text().count("[") == 1


def test_a_lock_that_was_edited_is_wrong_use(run_cli, priced) -> None:
    """A hand-edited file ends with 2 and one line that names the line."""
    run_cli("pin")
    lock = priced / "catalog.lock"
    lock.write_text(lock.read_text().replace("manual", "mine", 1).replace("source", "origin", 1))
    assert run_cli("pin", "--check") == (
        2,
        "",
        f"Error: {lock}, line 6: there is no field 'origin'\n",
    )
    assert run_cli("pin", "--check", "--file", "none.lock").err == (
        f"Error: there is no {priced / 'none.lock'}; `catalog pin` writes it\n"
    )
