"""Results on standard output, remarks on standard error.

On a terminal results are tables as wide as the window; in a pipe they are lines of tab-separated columns without a
heading, nothing clipped, so that ``cut``, ``awk`` and ``while read`` can take them apart. ``--json`` gives one JSON
document in both. Colours and progress bars appear on a terminal only, and colours not under ``NO_COLOR``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from catalog import json_text
from catalog_cli.gate import BREAK, clean, coloured, one_line, say, tell
from catalog_cli.streams import results

if TYPE_CHECKING:
    from datetime import datetime

GAP = "  "

PAGE = 1_000
"""Lines that are written at once."""

T = TypeVar("T")


class Column(NamedTuple):
    """A column of a table on a terminal.

    Attributes:
        title: its heading.
        least: how narrow it may be made to fit the others in; None: as wide as its longest cell.
        colour: of its cells, as click names it.
        bold: whether its cells are bold: what a row is known by, clipped after everything else.
        right: whether they stand at the right, as numbers do.
    """

    title: str
    least: int | None = None
    colour: str | None = None
    bold: bool = False
    right: bool = False


class Screen:
    """Where results and remarks go, and what can be shown there."""

    def __init__(self, *, width: int | None = None, terminal: bool | None = None) -> None:
        """Take *width* and *terminal*, or ask the standard streams for what is None."""
        self._width = width
        self._terminal = terminal

    @cached_property
    def is_terminal(self) -> bool:
        """Whether a person reads standard output."""
        return _is_terminal(results()) if self._terminal is None else self._terminal

    @cached_property
    def is_watched(self) -> bool:
        """Whether a person reads standard error."""
        return _is_terminal(sys.stderr) if self._terminal is None else self._terminal

    @cached_property
    def is_asked(self) -> bool:
        """Whether a person can be asked a question."""
        return _is_terminal(sys.stdin) and self.is_watched if self._terminal is None else self._terminal

    @cached_property
    def width(self) -> int:
        """Columns of the terminal: those of ``COLUMNS``, else those the terminal reports, else 80."""
        if self._width is not None:
            return self._width
        if os.environ.get("COLUMNS", "").isdecimal() and int(os.environ["COLUMNS"]):
            return int(os.environ["COLUMNS"])
        for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
            try:
                return os.get_terminal_size(stream.fileno()).columns or 80  # type: ignore[union-attr]
            except (AttributeError, ValueError, OSError):
                continue
        return 80

    def style(self, text: str, **how: Any) -> str:
        """Return *text* in colour, or as it is where colours don't belong."""
        return coloured(text, **how) if text and self.is_terminal and _colours() else text

    def print(self, *lines: str) -> None:
        """Write a result, line by line: whatever the texts in it hold, it has so many lines and no more."""
        say("\n".join(map(one_line, lines)), results(), colour=True)

    def document(self, text: str, *, whole: bool = False) -> None:
        """Write a text that has lines of its own; *whole*: data, which only a terminal must be kept from."""
        say(text, results(), colour=True, whole=whole)

    def part(self, text: str) -> None:
        """Write a part of a text whose other parts follow, at once."""
        say(text, results(), colour=True, whole=True, end=False)
        results().flush()

    def remark(self, text: str) -> None:
        """Write one line for people to standard error."""
        tell(text)

    def hint(self, text: str) -> None:
        """Write a remark that only somebody at a terminal has a use for."""
        if self.is_terminal and self.is_watched:
            with suppress(OSError):
                say(coloured(clean(text), dim=True) if _colours() else clean(text), sys.stderr, colour=_colours())

    def json(self, document: Any) -> None:
        """Write one JSON document; each item of a list has its own line."""
        if isinstance(document, list):
            self.json_lines(document)
        else:
            self.document(json_text(document, ascii=_lacks_characters(), indent=2))

    def json_lines(self, items: Iterable[Any]) -> None:
        """Write a JSON array, each item on its own line, while the items come."""
        escaped = _lacks_characters()
        pages = batched((json_text(item, ascii=escaped) for item in items), PAGE)
        page, begin = next(pages, None), "[\n"
        if page is None:
            self.document("[]")
        while page is not None:
            after = next(pages, None)
            self.document(begin + ",\n".join(page) + ("\n]" if after is None else ","))
            page, begin = after, ""

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write a table: fitted on a terminal, tab-separated, whole and while the rows come elsewhere."""
        if not self.is_terminal:
            for page in batched(rows, PAGE):
                self.print(*("\t".join(map(clean, row)) for row in page))
        elif rows := [*rows]:
            self.print(*self.fitted(columns, rows))

    def fitted(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: int = 0, wrap: bool = False
    ) -> list[str]:
        """Return the lines of a table no wider than the screen; columns without any text are left out.

        What is too long is clipped, and columns for which there is no room are left out, from the right; with *wrap*
        all stay, and the last column goes on in further lines instead.
        """
        rows = [[clean(cell) for cell in row] for row in rows]
        shown = [i for i in range(len(columns)) if any(row[i] for row in rows)]
        natural = {i: max(cells(columns[i].title), *(cells(row[i]) for row in rows)) for i in shown}
        room = self.width - indent + len(GAP)
        if self.is_terminal and not wrap:
            shown = _with_room(natural, columns, room)
        columns = [columns[i] for i in shown]
        rows = [[row[i] for i in shown] for row in rows]
        widths = [natural[i] for i in shown]
        if self.is_terminal:
            _fit(widths, columns, room - len(GAP) * len(columns))
        titles = [
            f"{clip(column.title, width):{'>' if column.right else '<'}{width}}"
            for column, width in zip(columns, widths, strict=True)
        ]
        heading = GAP.join(titles).rstrip()
        lines = [self.style(heading, dim=True)]
        last = indent + sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
        for row in rows:
            parts = []
            for column, width, cell in zip(columns, widths, row, strict=True):
                if wrap and column is columns[-1]:
                    parts.append(self.wrapped(cell, indent=last))
                    break
                text = clip(cell, width)
                styled, blank = (
                    self.style(text, fg=column.colour, bold=column.bold or None),
                    " " * (width - cells(text)),
                )
                parts.append(blank + styled if column.right else styled + blank)
            lines.append(GAP.join(parts).rstrip())
        return [" " * indent + line for line in lines]

    def wrapped(self, text: str, *, indent: int) -> str:
        """Return *text* broken at spaces into lines that begin at column *indent*; whole where this is no terminal."""
        room = self.width - indent
        if not self.is_terminal or room < 20:
            return text
        lines, line, used = [], "", 0
        for word in text.split(" "):
            wide = cells(word)
            if line and used + 1 + wide > room:
                lines.append(line)
                line, used = word, wide
            else:
                line, used = (f"{line} {word}", used + 1 + wide) if line else (word, wide)
        return f"{BREAK}{'':{indent}}".join([*lines, line])

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[..., None] | None]:
        """Yield a function that takes steps done and steps to do, and draws a bar on standard error.

        None where standard error is no terminal.
        """
        if not self.is_watched:
            yield None
            return
        bar: Any = None

        def report(done: int, total: int, *_: object) -> None:
            nonlocal bar
            if bar is None:
                bar = click.progressbar(length=total, label=clean(label), file=sys.stderr, width=24, show_pos=True)
                bar.__enter__()
            bar.length = total
            if done - bar.pos >= total / 100 or done >= total:  # redrawn once for each percent
                bar.update(done - bar.pos)

        try:
            yield report
        finally:
            if bar is not None:  # the summary follows: clear the line, show the cursor again
                sys.stderr.write("\r\033[K\033[?25h")
                sys.stderr.flush()


def _lacks_characters() -> bool:
    """Tell whether standard output can't take every character: Python's \\x escapes of what it lacks are not JSON."""
    return (getattr(results(), "encoding", None) or "").lower().replace("-", "") != "utf8"


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to *size* items."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page


def _is_terminal(stream: IO[str] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _colours() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def cells(text: str) -> int:
    """Return how many columns of a terminal *text* takes: two for each wide East Asian character, none for accents."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        2 if east_asian_width(char) in "WF" else 0 if combining(char) or char in _NO_WIDTH else 1 for char in text
    )


_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufe0e\ufe0f"


def clip(text: str, width: int) -> str:
    """Return *text* in at most *width* columns, ending in ``…`` where something is missing."""
    if cells(text) <= width:
        return text
    kept = text[: max(width - 1, 0)]
    while kept and cells(kept) > width - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…" if width > 0 else ""


NARROW = 6
"""A column that would have to be narrower than so many letters tells nothing."""

KEPT = 60
"""What a row is known by is shown whole up to so many letters, before anything else has room."""


def _with_room(natural: Mapping[int, int], columns: Sequence[Column], room: int) -> list[int]:
    """Return the places of the columns that can be shown; those that may shrink are the first to be left out."""
    keys = _keys([columns[place] for place in natural], list(natural))
    narrowest = {}
    for place, width in natural.items():
        least = KEPT if place in keys else NARROW
        narrowest[place] = width if place not in keys and columns[place].least is None else min(width, least)
    may_go = sorted(natural.keys() - keys, key=lambda place: (columns[place].least is not None, place))
    shown = list(natural)
    while may_go and sum(narrowest[place] + len(GAP) for place in shown) > room:
        shown.remove(may_go.pop())
    return shown


def _keys(columns: Sequence[Column], places: Sequence[int]) -> set[int]:
    """Return the places of the columns that a row is known by: the bold ones, else the first."""
    return {place for column, place in zip(columns, places, strict=True) if column.bold} or set(places[:1])


def _fit(widths: list[int], columns: Sequence[Column], room: int) -> None:
    """Make *widths* add up to at most *room*, each at least 1 where that can be.

    Columns that may shrink do, down to their least; then what rows are known by, where it is very long; then all
    others, and what rows are known by last.
    """
    keys = _keys(columns, range(len(columns)))
    others = [place for place in range(len(columns)) if place not in keys]
    may_shrink = {place: least for place in others if (least := columns[place].least) is not None}
    for bounds in (
        may_shrink,
        dict.fromkeys(keys, KEPT),
        dict.fromkeys(may_shrink, 1),
        dict.fromkeys(others, 1),
        dict.fromkeys(keys, 1),
    ):
        _shrink(widths, bounds, room)


def _shrink(widths: list[int], least: Mapping[int, int], room: int) -> None:
    """Make *widths* narrower, the widest first, until they fit into *room* or each is at its *least*."""
    while (excess := sum(widths) - room) > 0:
        able = [place for place, width in least.items() if widths[place] > width]
        if not able:
            return
        widest = max(widths[place] for place in able)
        level = max((widths[place] for place in able if widths[place] < widest), default=0)
        tied = [place for place in able if widths[place] == widest]
        share = -(-excess // len(tied))
        for place in tied[:excess]:
            widths[place] = max(level, least[place], widest - share)


def moment(at: datetime | None) -> str:
    """Return a moment as people read it, in local time; nothing for None."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def count(number: int, singular: str, plural: str) -> str:
    """Return a number with its word: ``1 entry``, ``2 entries``."""
    return f"{number} {singular if number == 1 else plural}"


def vectors(embedder: str, counts: Mapping[str, int]) -> str:
    """Return in words how many texts have a vector of an embedder: ``hash, 3 texts: 2 fresh, 0 stale, 1 missing``."""
    states = ", ".join(f"{number:,} {state}" for state, number in counts.items())
    return f"{embedder}, {count(sum(counts.values()), 'text', 'texts')}: {states}"
