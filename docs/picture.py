"""Draws docs/images/tour.svg: a terminal in which the commands below were really run, on a copy of the examples.

python docs/picture.py            # runs the commands and writes the picture
python docs/picture.py --check    # ends with 1 and shows the difference if the commands print something else now
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from difflib import unified_diff
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PICTURE = HERE / "images" / "tour.svg"
WIDTH = 96
"""Columns of the terminal."""

COMMANDS = (
    "catalog scan plots.py",
    'catalog search "make a diagram"',
    'catalog route "make a chart of price by size" --kind tool',
    "sed -i.old 's/(text: str)/(text: str, lines: bool = False)/' plots.py && catalog verify",
)
ACROSS, DOWN, SIZE, EDGE = 7.8, 18, 13, 16
"""Width of a letter, height of a line, size of the font and the room around the text."""

COLOURS = {"1": "#ffffff", "2": "#8b949e", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff"}
PLAIN, BACKGROUND, PROMPT = "#c9d1d9", "#0d1117", "\x1b[32m$\x1b[0m "


def record(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what *command* prints on a terminal, standard error included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    ended = subprocess.Popen(
        ["sh", "-c", command], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    printed = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so when the other side is closed
            break
        if not piece:
            break
        printed += piece
    os.close(ours)
    ended.wait()
    return printed.decode()


def shown(printed: str) -> list[str]:
    """Return the lines a terminal shows in the end: what was written over, as a progress bar, is gone."""
    without = re.sub(r"\x1b\[\?25[lh]", "", printed.replace("\r\n", "\n"))
    return [re.sub(r"^.*\r(?:\x1b\[K)?", "", line) for line in without.rstrip("\n").split("\n")]


def spans(line: str) -> str:
    """Return a line with colours as the spans of an SVG text, each at its own column."""
    colour, column, found = PLAIN, 0, []
    for code, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
        if not text:
            colour = PLAIN if code in ("", "0") else COLOURS[code]
            continue
        fill = "" if colour == PLAIN else f' fill="{colour}"'
        for piece in re.finditer(r"\S+(?: \S+)*", text):
            across = EDGE + ACROSS * (column + piece.start())
            found.append(f'<tspan x="{across:g}"{fill}>{escape(piece[0], quote=False)}</tspan>')
        column += len(text)
    return "".join(found)


def draw(lines: list[str]) -> str:
    """Return the picture of a terminal with these *lines*."""
    width, height = round(2 * EDGE + ACROSS * WIDTH), 2 * EDGE + DOWN * len(lines)
    rows = [
        f'<text y="{EDGE + DOWN * number + SIZE}">{spans(line)}</text>' for number, line in enumerate(lines) if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
            f' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"'
            f' font-size="{SIZE}" fill="{PLAIN}" xml:space="preserve">',
            f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
            *rows,
            "</svg>",
            "",
        ]
    )


def picture() -> str:
    """Run the commands in a new folder and return the picture of them; times, which differ, are left out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (HERE.parent / "examples").glob("plots.py"):
            shutil.copy(path, folder)
        command = folder / "bin" / "catalog"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m catalog_cli "$@"\n')
        command.chmod(0o755)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CATALOG_")},
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": name,
            "TERM": "xterm-256color",
            "COLUMNS": str(WIDTH),  # what an outer terminal has set does not count
            "CATALOG_URL": "tour.db",
        }
        environment.pop("NO_COLOR", None)
        lines: list[str] = []
        for text in COMMANDS:
            lines += [PROMPT + text, *shown(record(text, folder, environment)), ""]
    return draw([re.sub(r", in [\d.]+ ms", "", line) for line in lines[:-1]])


if __name__ == "__main__":
    if "--check" in sys.argv:
        committed = PICTURE.read_text(encoding="utf-8").splitlines()
        differing = list(unified_diff(committed, picture().splitlines(), lineterm=""))
        print(*differing, sep="\n", end="\n" if differing else "")
        sys.exit(bool(differing))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), encoding="utf-8")
