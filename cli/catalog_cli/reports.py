"""How ``scan`` and ``refresh`` show what they did."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog_cli.gate import clean
from catalog_cli.output import clip, count

if TYPE_CHECKING:
    from catalog import ScanReport
    from catalog_cli.output import Screen

F = TypeVar("F", bound=Callable[..., Any])

INDENT = 11
"""Where what is said of a report begins in its line."""

FEW = 5
"""How many of each sort are shown unless all are asked for."""

_WORDS = (
    ("found", "new", "green"),
    ("updated", "updated", "green"),
    ("unchanged", "unchanged", None),
    ("drifted", "drifted", "yellow"),
    ("gone", "gone", "red"),
    ("renamed", "renamed", "yellow"),
    ("skipped", "skipped", "yellow"),
)


def verbose_option() -> Callable[[F], F]:
    """Add ``--verbose``, which shows all instead of a few."""
    return click.option("--verbose", "-v", is_flag=True, help=f"Show all of it, not the first {FEW} of each sort.")


def show(screen: Screen, report: ScanReport, *, verbose: bool) -> None:
    """Write a report: a line of figures, then the first of each sort, or all."""
    most = None if verbose else FEW
    figures = []
    for field, word, colour in _WORDS:
        number = len(getattr(report, field))
        if number or field in ("found", "unchanged"):
            figures.append(screen.style(f"{number} {word}", fg=colour if number else None))
    files = f" ({count(report.files, 'file', 'files')})" if report.files else ""
    screen.print(f"{screen.style(clean(near(report.target)), bold=True)}: {', '.join(figures)}{files}")
    room = screen.width - INDENT if screen.is_terminal else None
    for line in _details(report, most, room):
        screen.print("  " + (clip(clean(line), screen.width - 2) if screen.is_terminal else clean(line)))


def has_any(report: ScanReport) -> bool:
    """Tell whether what was scanned holds anything at all."""
    return bool(report.found or report.updated or report.unchanged or report.drifted)


def why_nothing(report: ScanReport) -> str:
    """Return in words why a scan found nothing: how much it saw and opened, and what it left out."""
    if not report.seen:
        left = f"; left out: {_left_out(report)}" if report.left_out else ""
        return f"there is no Python file{left}{'; ' * bool(report.unread)}{_unread(report)}"
    parts = [f"{count(report.seen, 'file', 'files')} seen, {report.opened} opened"]
    if report.files > report.opened:
        parts.append(f"{report.files - report.opened} as in the scan before")
    if report.left_out:
        parts.append(f"left out: {_left_out(report)}")
    if report.skipped:
        parts.append(f"{len(report.skipped)} skipped")
    if report.files:
        parts.append("nothing in them is recognised")
    if report.unread:
        parts.append(_unread(report))
    return ", ".join(parts)


def _left_out(report: ScanReport) -> str:
    return ", ".join(f"{reason} ({number})" for reason, number in report.left_out.items())


def _unread(report: ScanReport) -> str:
    """Return how much is in other languages, as the end of a sentence; empty if nothing is."""
    several = ", ".join(f"{number:,} of {language}" for language, number in report.unread.items())
    return several and f"not read: {several}"


_FOLDERS = ("virtual environments", "installed packages")
"""What is left out of which folders are counted, not files."""


def _details(report: ScanReport, most: int | None, room: int | None) -> Iterator[str]:
    yield from _new(report.found, most)
    yield from _some("updated", report.updated, most)
    yield from _some("drifted", [_key(drift) for drift in report.drifted], most)
    yield from _some("gone", report.gone, most)
    yield from _some("either", [_undecided(several) for several in report.undecided], most)
    yield from _some("renamed", [_rename(rename) for rename in report.renamed], most)
    yield from _some("shadows", [_shadow(shadow) for shadow in report.shadows], most)
    yield from _some("skipped", [_skip(skip, report.target, room) for skip in report.skipped], most)
    if report.left_out:
        files = sum(number for reason, number in report.left_out.items() if reason not in _FOLDERS)
        of = f"{files} of {count(report.seen, 'file', 'files')}: " if files else ""
        tests = "; --tests takes tests" if "tests" in report.left_out else ""
        yield f"left out {of}{_left_out(report)}{tests}"
    is_much = sum(report.unread.values()) > report.seen  # some scripts beside Python are no surprise
    if report.unread and (most is None or is_much) and has_any(report):
        yield _unread(report).replace(":", "", 1)
    if most is None or not report.is_quiet:  # clashes are shown once
        yield from _clashes(report.clashes, most)


def _new(keys: Sequence[str], most: int | None) -> Iterator[str]:
    """Yield what is new: the keys; of many keys of several kinds, a line for each kind."""
    kinds: dict[str, list[str]] = {}
    for key in keys:
        kind, _, name = key.partition(":")
        kinds.setdefault(kind, []).append(name)
    if most is None or len(keys) <= most or len(kinds) == 1:
        yield from _some("new", keys, most)
        return
    word = "new"
    for kind, names in sorted(kinds.items(), key=lambda each: (-len(each[1]), each[0])):
        names.sort(key=lambda name: ("/" in name, name))
        yield f"{word:<8} {count(len(names), kind, f'{kind}s')}: {', '.join(names[:most])}{', …' * (len(names) > most)}"
        word = ""
    yield f"{'':8} … --verbose shows all"


def _some(word: str, texts: Sequence[str], most: int | None) -> Iterator[str]:
    shown = texts[:most]
    yield from (f"{word:<8} {text}" for text in shown)
    if len(shown) < len(texts):
        yield f"{'':8} … and {len(texts) - len(shown)} more (--verbose)"


def near(path: str) -> str:
    """Return a path as seen from the current folder, if it is in it."""
    here = os.path.join(os.getcwd(), "")
    return path.removeprefix(here) if path != here[:-1] else "."


def _key(drifted: Any) -> str:
    return drifted if isinstance(drifted, str) else str(drifted["key"])


def _shadow(shadow: Any) -> str:
    configured = f" ({shadow['configured']})" if shadow["configured"] else ""
    return f"{shadow['key']} stands before the entry of the configuration{configured}; rename either to have both"


def _undecided(several: Any) -> str:
    lines = " or ".join(map(str, several["lines"]))
    return f"{several['key']} of {near(several['path'])}, line {lines}: which of them runs, reading can't tell"


def _rename(rename: Any) -> str:
    moved = f"moved to {rename['new_ref']}" if rename["became"] == rename["key"] else f"became {rename['became']}"
    return f"{rename['key']} {moved} (same body){', taken over' if rename['accepted'] else ''}"


def _skip(skip: Any, target: str, room: int | None) -> str:
    """Return what was skipped and why: the path as seen from here or from the target, shortened where it needs be."""
    path = near(skip["path"])
    if path == skip["path"]:
        path = path.removeprefix(os.path.join(target, ""))
    over = 0 if room is None else len(path) + len(skip["reason"]) + 2 - room
    if 0 < over < len(path) - 1:
        path = f"…{path[over + 1 :]}"
    return f"{path}: {skip['reason']}"


def _clashes(clashes: Sequence[Any], most: int | None) -> Iterator[str]:
    """Yield which names were taken; of many, each name once with the longer ones beside it."""
    if most is None or len(clashes) <= most:
        yield from _some("clash", [_clash(clash) for clash in clashes], most)
    else:
        by_key: dict[str, list[str]] = {}
        for clash in clashes:
            by_key.setdefault(clash["key"], []).append(clash["renamed"] or clash["other"])
        ordered = sorted(by_key.items(), key=lambda each: (-len(each[1]), each[0]))
        yield from _some("clash", [f"{key} is taken; also {_first(names)}" for key, names in ordered], most)
    yield from _decide(clashes)


def _first(names: Sequence[str]) -> str:
    """Return the first of many names, and how many others there are."""
    others = len(names) - FEW
    return ", ".join(names) if others <= 0 else f"{', '.join(names[:FEW])}, … {others} more"


def _clash(clash: Any) -> str:
    key, renamed = clash["key"], clash["renamed"]
    if not renamed:
        return f"{clash['other']} is left out: {key} is {clash['kept']}"
    return f"{key.partition(':')[0]}:{renamed}, as {key} is {clash['kept']}"


def _decide(clashes: Sequence[Any]) -> Iterator[str]:
    """Yield how the shortest of *clashes* that has a name of its own may be decided; the others are likewise."""
    pairs = [(each["key"], each["renamed"]) for each in clashes if each["renamed"]]
    if pairs:
        key, name = min(pairs, key=lambda pair: (len(pair[0]) + len(pair[1]), pair))
        other = f"{key.partition(':')[0]}:{name}"
        yield f"{'':8} to swap names: catalog unregister {shlex.quote(key)}"
        yield f"{'':8} then: catalog rename {shlex.quote(other)} {shlex.quote(key.partition(':')[2])}"
