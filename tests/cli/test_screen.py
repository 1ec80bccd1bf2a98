"""What is written to a terminal, a pipe and a program."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from click import unstyle
from factories import ROOT, open_catalog
from hypothesis import given
from hypothesis import strategies as st

from catalog_cli.gate import BREAK, clean
from catalog_cli.output import Column, Screen, cells, clip, count, moment

TABLE = (Column("KEY"), Column("DESCRIPTION", 10), Column("TAGS", 6))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(clean)


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("plot", 4), ("é", 1), ("e\u0301", 1), ("世界", 4), ("ｆ", 2), ("приве́т", 6)]
)
def test_wide_characters_take_two_columns(text: str, columns: int) -> None:
    """East Asian wide and full-width characters count twice, accents of their own not at all."""
    assert cells(text) == columns


@given(texts, st.integers(1, 40))
def test_clipped_text_fits(text: str, width: int) -> None:
    """Whatever the text, what is left fits, and text that fits is left alone."""
    assert cells(clip(text, width)) <= width
    assert clip(text, max(cells(text), 1)) == text


def test_clipping_is_marked() -> None:
    """A clipped text ends in an ellipsis, also where half a wide character would be left."""
    assert [clip("世界地図", width) for width in (8, 7, 6, 3, 1, 0)] == ["世界地図", "世界地…", "世界…", "世…", "…", ""]


@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=5), st.integers(40, 120))
def test_tables_fit_the_screen(rows: list[tuple[str, str, str]], width: int) -> None:
    """No line of a table is wider than the screen, whatever is in it."""
    lines = Screen(width=width, terminal=True).fitted(TABLE, rows)
    assert max(cells(unstyle(line)) for line in lines) <= width


def test_the_key_is_the_last_to_be_clipped(monkeypatch) -> None:
    """Descriptions and tags give way first, so that a key can be copied."""
    monkeypatch.setenv("NO_COLOR", "1")
    rows = [("tool:create_scatter", "Draw a scatter plot from two columns.", "plot, csv, chart")]
    assert [Screen(width=width, terminal=True).fitted(TABLE, rows)[1] for width in (80, 50, 40, 24)] == [
        "tool:create_scatter  Draw a scatter plot from two columns.  plot, csv, chart",
        "tool:create_scatter  Draw a scatt…  plot, csv, c…",
        "tool:create_scatter  Draw a sc…  plot,…",
        "tool:create_scatter",
    ]


WIDE = (Column("KEY", bold=True), Column("DESCRIPTION", 20), Column("TAGS", 10), Column("TIER", 6), Column("SCORE"))
words = st.text("abc 世", min_size=1, max_size=60).map(lambda text: text.strip() or "a")


@given(st.lists(st.tuples(words, words, words, words, words), min_size=1, max_size=4), st.integers(1, 120))
def test_no_key_is_cut_while_another_column_is_shown(rows: list[tuple[str, ...]], width: int) -> None:
    """At any width every line fits, and a key of up to 60 columns is whole unless it alone is wider than the screen."""
    lines = [unstyle(line) for line in Screen(width=width, terminal=True).fitted(WIDE, rows)]
    assert max(map(cells, lines)) <= width
    longest = max(cells(key) for key, *_ in rows)
    for line, (key, *_) in zip(lines[1:], rows, strict=True):
        if max(longest, 3) <= width:
            assert line.startswith(key)
        else:
            assert line == clip(key, width)


def test_a_very_long_key_leaves_room_for_the_rest(monkeypatch) -> None:
    """A key of 200 letters does not hide the descriptions of all other entries."""
    monkeypatch.setenv("NO_COLOR", "1")
    rows = [("tool:" + "x" * 195, "Long.", "", "", ""), ("tool:y", "Draw a scatter plot from two columns.", "", "", "")]
    assert Screen(width=80, terminal=True).fitted(WIDE, rows)[1:] == [
        "tool:" + "x" * 54 + "…  Long.",
        "tool:y" + " " * 56 + "Draw a scatter pl…",
    ]


def test_wide_characters_line_up(monkeypatch) -> None:
    """A column after wide characters begins at the same place in every row."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert Screen(width=60, terminal=True).fitted(TABLE, [("tool:世界", "a", ""), ("tool:plain", "b", "")]) == [
        "KEY         DESCRIPTION",
        "tool:世界   a",
        "tool:plain  b",
    ]


def test_wrapped_text_hangs() -> None:
    """Long text goes on below its beginning; in a pipe it stays whole."""
    text = "one two three four five six seven"
    broken = Screen(width=30, terminal=True).wrapped(text, indent=8)
    assert broken.replace(BREAK, "\n") == "one two three four\n        five six seven"
    assert Screen(width=30, terminal=False).wrapped(text, indent=8) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("two\nlines\tand tabs", "two lines and tabs"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("世界", "世界"),
    ],
)
def test_nothing_moves_the_cursor(text: str, cleaned: str) -> None:
    """Control characters are replaced, line ends and tabs become spaces."""
    assert clean(text) == cleaned


def test_numbers_have_their_word() -> None:
    """One is singular, all others are plural."""
    assert [count(n, "entry", "entries") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    assert moment(None) == ""


def on_terminal(*arguments: str, url: str, cwd: object, **environment: str) -> str:
    """Run a command on a terminal, of 60 columns if ``COLUMNS`` is not given, and return all it wrote there."""
    main, end = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    env |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}", "CATALOG_URL": url, "TERM": "xterm", "COLUMNS": "60"}
    done = subprocess.Popen(
        [sys.executable, "-m", "catalog_cli", *arguments],
        stdin=end, stdout=end, stderr=end, cwd=str(cwd), env=env | environment,
    )  # fmt: skip
    os.close(end)
    written = b""
    while True:
        try:
            part = os.read(main, 65_536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(main)
    done.wait(timeout=60)
    return written.decode().replace("\r\n", "\n")


def test_colours_appear_on_a_terminal_only(url, project) -> None:
    """A terminal gets bold keys and coloured tags, under NO_COLOR the same table without them."""
    with open_catalog(url) as cat:
        cat.register("tool", "x", "nowhere:f", tags=["plot"])
    coloured = on_terminal("ls", url=url, cwd=project)
    assert coloured == "\x1b[2mKEY     TAGS\x1b[0m\n\x1b[1mtool:x\x1b[0m  \x1b[36mplot\x1b[0m\n"
    assert on_terminal("ls", url=url, cwd=project, NO_COLOR="1") == "KEY     TAGS\ntool:x  plot\n"
    assert on_terminal("ls", url=url, cwd=project, TERM="dumb") == "KEY     TAGS\ntool:x  plot\n"


def test_a_scan_shows_progress_on_a_terminal(url, project, plots) -> None:
    """While a scan runs a bar is drawn, which leaves nothing behind but the report."""
    shown = on_terminal("scan", "plots.py", url=url, cwd=project)
    assert "scanning plots.py" in shown
    assert shown.rpartition("\x1b[K\x1b[?25h")[2].startswith("\x1b[1mplots.py\x1b[0m: \x1b[32m1 new\x1b[0m")


@pytest.mark.parametrize("columns", [20, 25, 32, 40, 60, 80])
def test_listings_keep_their_keys_on_narrow_terminals(url, project, run_cli, columns) -> None:
    """On terminals of 20 to 80 columns `ls` and `search` show keys whole, and no line is wider."""
    with open_catalog(url) as cat:
        for name in ("draw_scatter", "read"):
            cat.register("tool", name, "nowhere:f", description="Draw a scatter plot of two columns.", tags=["plot"])
    for command in (["ls"], ["search", "scatter"], ["search", "scatter", "--why"]):
        if columns == 32:  # once on a real one, whose width is asked for
            shown = on_terminal(*command, url=url, cwd=project, NO_COLOR="1", COLUMNS=str(columns))
        else:
            shown = run_cli(*command, width=columns).out
        lines = [line for line in shown.splitlines() if line.startswith(("KEY", "tool:"))]
        assert {line.split()[0] for line in lines} >= {"KEY", "tool:draw_scatter"}
        assert max(map(cells, lines)) <= columns
