"""Whatever others wrote, nothing a terminal obeys reaches it, a pipe or JSON."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import ROOT, open_catalog, run_sql
from hypothesis import given
from hypothesis import strategies as st
from test_screen import on_terminal

from catalog import json_text, visible

EVIL = "a\x1b[2J\x1b]0;x\x07\x9b31m\x7f\u202e\u2066\u200f\u061c\ufeff\u00ad\u3164\U000e0041z"
OURS = re.compile(r"\x1b\[(?:[012]|3[0-7])m")

COMMANDS = [
    ["ls"], ["ls", "--columns", "key,metadata,signature,source,spec"], ["search", "evil"], ["search", "--why", "evil"],
    ["explain", "tool:evil"], ["explain", "model:evil"], ["explain", EVIL], ["which", "tool:evil"], ["log"],
    ["similar", "tool:evil"], ["graph", "tool:evil"], ["info"], ["verify"], ["doctor"], ["route", "evil", "--explain"],
    ["route", "lint"], ["db", "check"], ["db", "current"], ["use", "export"], ["export"], ["embed", "status"],
    [EVIL], ["ls", f"--{EVIL}"], ["ls", "--tag", EVIL], ["search", EVIL, "--embedder", EVIL], ["--help"],
]  # fmt: skip
AS_JSON = [["ls"], ["search", "evil"], ["explain", "tool:evil"], ["which", "tool:evil"], ["log"], ["info"]]


@pytest.fixture
def hostile(url: str, project: Path) -> str:
    """A catalog whose rows and configuration hold what a terminal would obey, written past the catalog."""
    with open_catalog(url) as cat:
        for kind, value in (("tool", "nowhere:f"), ("model", {"a": EVIL})):
            cat.register(
                kind, "evil", value, description=f"evil {EVIL}", examples=[EVIL], metadata={EVIL: EVIL, "b": [EVIL]}
            )
    values = json.dumps([EVIL]), f"(x='{EVIL}')", f"scan:{EVIL}"
    run_sql(url, ("UPDATE entry SET tags = ?, signature = ?, source = ?", *values))
    (project / "catalog.toml").write_text(
        f"[entries.tool.{json_text('b' + EVIL)}]\nref = {json_text('n:' + EVIL)}\n".replace("\x7f", "\\u007f")
    )
    return url


def texts(data: object) -> Iterator[str]:
    """Yield each text in JSON *data*."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | dict):
        for part in data if isinstance(data, list) else [*data, *data.values()]:
            yield from texts(part)


def unseen(text: str) -> list[str]:
    """Return the characters of *text* that a terminal obeys or doesn't show."""
    return sorted({c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf")})


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(map(ascii, words)))
def test_nothing_reaches_the_terminal_that_it_obeys(hostile, run_cli, project, command) -> None:
    """On a terminal there are no control characters but our own colours, in a pipe none at all."""
    assert unseen(OURS.sub("", on_terminal(*command, url=hostile, cwd=project))) == []
    done = run_cli(*command)
    assert unseen(done.out + done.err) == []


@pytest.mark.parametrize("command", AS_JSON, ids=" ".join)
def test_json_holds_escapes_and_the_same_data(hostile, run_cli, project, command) -> None:
    """``--json`` writes what can't be seen as escapes."""
    (project / "catalog.toml").unlink()
    done = run_cli(*command, "--json")
    assert (done.status, unseen(done.out)) == (0, [])
    assert (
        command == ["info"]
        or command == ["which", "tool:evil"]
        or EVIL in json.dumps(done.data, ensure_ascii=False).encode().decode("unicode_escape", "ignore")
        or EVIL in str(done.data)
        or repr(EVIL)[1:-1] in str(done.data)
    )


def test_exported_lines_hold_escapes_and_the_same_data(hostile, run_cli, project) -> None:
    """``export`` writes what can't be seen as escapes, and the lines say what the entries say."""
    (project / "catalog.toml").unlink()
    lines = run_cli("export").out.splitlines()
    assert [unseen(line) for line in lines] == [[], []]
    assert [json.loads(line)["description"] for line in lines] == [f"evil {EVIL}"] * 2


@given(st.text())
def test_json_is_the_same_data_and_text_is_visible(text: str) -> None:
    """Any text survives as JSON; neither JSON nor visible text holds a control or format character."""
    assert json.loads(json_text({text: [text]})) == {text: [text]}
    assert unseen(json_text({text: [text]}) + visible(text)) == []


def test_only_the_gate_writes() -> None:
    """No module of the command line but the gate prints, asks, or writes a traceback."""
    writers = set()
    for path in (ROOT / "cli" / "catalog_cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "print", "input", "click.echo", "click.secho", "click.confirm", "click.prompt", "traceback.print_exc",
                "print_exception", "sys.stderr.writelines",
            ):  # fmt: skip
                writers.add(path.name)
    assert writers == {"gate.py"}
