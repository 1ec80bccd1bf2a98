"""A line of output says what the program says: no text of others begins one, whatever command shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from factories import open_catalog, run_sql
from test_screen import on_terminal
from test_text_gate import OURS, unseen

FORGED = "FORGED fixed tool:x"
EVIL = f"evil\n{FORGED}\r\n{FORGED}\r{FORGED}\x85{FORGED}\u2028{FORGED}\x0b{FORGED}\x1b[2K\x1b[1A\x1b[31m{FORGED}"
KEY = f"tool:{EVIL}"
MOMENT = "2026-01-01T00:00:00+00:00"

COMMANDS = [
    ["ls"], ["ls", "--columns", "key,ref,source,tags,metadata,signature,distribution"], ["ls", "--sort", "name"],
    ["search", "evil"], ["search", "--why", "evil"], ["explain", KEY], ["explain", "evil"], ["which", KEY],
    ["similar", KEY], ["graph"], ["graph", KEY], ["graph", "--mermaid"], ["log"], ["log", KEY], ["log", KEY, "--diff"],
    ["info"], ["verify"], ["verify", "--diff"], ["verify", KEY], ["verify", "--accept"], ["doctor"],
    ["doctor", "--fix"], ["doctor", "--fix", "--yes"],
    ["route", "evil", "--kind", "tool", "--explain"], ["route", "lint", "--kind", "all"], ["route", "golden", "list"],
    ["route", "log"], ["route", "eval", "--kind", "tool"], ["run", KEY], ["pin"], ["pin", "--check"], ["pin", KEY],
    ["approve", KEY], ["approve", "--source", EVIL], ["deprecate", KEY], ["deprecate", "tool:good", "--instead", KEY],
    ["tag", KEY, "+a"], ["update", KEY, "--description", EVIL], ["rename", KEY, "fine"], ["rename", "tool:good", EVIL],
    ["restore", KEY], ["unregister", KEY], ["unregister", "tool:good"], ["register", "tool", EVIL, "json:dumps"],
    ["register", "tool", "new", EVIL], ["alias", f"{KEY}@prod"], ["scan", EVIL], ["scan", "."], ["refresh"],
    ["import", "evil.jsonl"], ["import", EVIL], ["export", f"{EVIL}/x"], ["use", "record", "text", KEY],
    ["embed", "status"], ["db", "check"], ["db", "check", "--fix"], ["db", "backup", f"{EVIL}/b.db"], ["db", "current"],
    [EVIL], ["ls", EVIL], ["ls", "--tag", EVIL], ["ls", "--columns", EVIL], ["--url", EVIL, "ls"], ["init", EVIL],
]  # fmt: skip


@pytest.fixture
def hostile(url: str, project: Path) -> str:
    """A catalog whose keys and texts begin lines of their own, written past the catalog."""
    with open_catalog(url) as cat:
        cat.register("tool", "evil", "nowhere:f", description=f"evil {EVIL}", examples=[EVIL], metadata={EVIL: EVIL})
        cat.register("tool", "good", "json:dumps", metadata={"references": ["tool:evil"]})
        cat.register("agent", "asks", {"tools": ["evil", "gone"], "model": "none"}, description="evil")
        cat.golden.add("evil", "tool:evil")
    spec = json.dumps({"tools": [EVIL, "gone"], "model": EVIL})
    run_sql(
        url,
        ("UPDATE entry SET name = ? WHERE name = 'evil'", EVIL),
        (
            "UPDATE entry SET signature = ?, source = ?, distribution = ?, tags = ?",
            *(EVIL, EVIL, EVIL, json.dumps([EVIL])),
        ),
        ("UPDATE entry SET spec = ? WHERE kind = 'agent'", spec),
        ("UPDATE revision SET name = ? WHERE name = 'evil'", EVIL),
        ("UPDATE revision SET actor = ?, reason = ?", EVIL, EVIL),
        ("UPDATE entry_reference SET name = ?, path = path || ? WHERE kind = 'tool'", EVIL, EVIL),
        ("UPDATE golden_case SET text = ?, name = ?", EVIL, EVIL),
        ("INSERT INTO source (target, options, files, scanned_at) VALUES (?, '{}', '{}', ?)", EVIL, MOMENT),
    )
    (project / "evil.jsonl").write_text(json.dumps({"kind": "tool", "name": EVIL, "ref": "a:b"}) + "\n")
    (project / "tools.py").write_text(f"from catalog import tool\n@tool(name={EVIL!r})\ndef f(): {EVIL!r}\n")
    return url


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(word[:20] for word in map(ascii, words)))
def test_no_text_of_others_begins_a_line(hostile: str, run_cli, project: Path, command: list[str]) -> None:
    """Neither in a pipe nor among errors and warnings: no line begins with the forged text, and nothing is obeyed."""
    done = run_cli("--url", hostile, *command)
    for text in (done.out, done.err):
        assert [line for line in text.splitlines() if line.strip().startswith("FORGED")] == []
        assert unseen(text) == []
    assert "please report it" not in done.err


@pytest.mark.parametrize("command", [["ls"], ["explain", KEY], ["log"], ["doctor"], ["route", "evil", "--explain"]])
def test_nor_on_a_terminal(hostile: str, project: Path, command: list[str]) -> None:
    """Wrapped and fitted tables are made of our own line ends only."""
    shown = OURS.sub("", on_terminal(*command, url=hostile, cwd=project))
    assert [line for line in shown.splitlines() if line.startswith("FORGED")] == []
    assert unseen(shown) == []
