"""How ``scan`` and ``refresh`` show what they did."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog_cli.gate import clean
from catalog_cli.output import clip, count

if TYPE_CHECKING:
    from catalog import ScanReport
    from catalog_cli.output import Screen

F = TypeVar("F", bound=Callable[..., Any])

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
    for line in _details(report, most):
        screen.print("  " + (clip(clean(line), screen.width - 2) if screen.is_terminal else clean(line)))


def why_nothing(report: ScanReport) -> str:
    """Return in words why a scan found nothing: how much it saw and opened, and what it left out."""
    if not report.seen:
        left = f"; left out: {_left_out(report)}" if report.left_out else ""
        return f"there is no Python file{left}"
    parts = [f"{count(report.seen, 'file', 'files')} seen, {report.opened} opened"]
    if report.files > report.opened:
        parts.append(f"{report.files - report.opened} as in the scan before")
    if report.left_out:
        parts.append(f"left out: {_left_out(report)}")
    if report.skipped:
        parts.append(f"{len(report.skipped)} skipped")
    if report.files:
        parts.append("nothing in them is recognised")
    return ", ".join(parts)


def _left_out(report: ScanReport) -> str:
    reasons = []
    for reason, number in report.left_out.items():
        word = reason[:-1] if number == 1 and reason in _FOLDERS else reason
        reasons.append(f"{number} {word}{' (--tests takes them)' if reason == 'tests' else ''}")
    return ", ".join(reasons)


_FOLDERS = ("virtual environments", "installed packages")
"""What is left out of which folders are counted, not files."""


def _details(report: ScanReport, most: int | None) -> Iterator[str]:
    yield from _new(report.found, most)
    yield from _some("updated", report.updated, most)
    yield from _some("drifted", [_key(drift) for drift in report.drifted], most)
    yield from _some("gone", report.gone, most)
    yield from _some("either", [_undecided(several) for several in report.undecided], most)
    yield from _some("renamed", [_rename(rename) for rename in report.renamed], most)
    yield from _some("shadows", [_shadow(shadow) for shadow in report.shadows], most)
    yield from _some("skipped", [f"{near(skip['path'])}: {skip['reason']}" for skip in report.skipped], most)
    if report.left_out:
        files = sum(number for reason, number in report.left_out.items() if reason not in _FOLDERS)
        of = f"{files} of {count(report.seen, 'file', 'files')}: " if files else ""
        yield f"left out {of}{_left_out(report)}"
    if most is None or not report.is_quiet:  # clashes are shown once
        yield from _some("clash", [_clash(clash) for clash in report.clashes], most)
        yield from _decide(report.clashes)


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


def _clash(clash: Any) -> str:
    key = clash.get("key") or f"{clash['kind']}:{clash['name']}"
    renamed = clash.get("renamed")
    if not renamed:
        return f"{clash['other']} is left out: {key} is {clash['kept']}"
    return f"{key.partition(':')[0]}:{renamed}, as {key} is {clash['kept']}"


def _decide(clashes: Sequence[Any]) -> Iterator[str]:
    """Yield how the first of *clashes* that has a name of its own may be decided; the others are decided likewise."""
    for clash in clashes:
        if renamed := clash.get("renamed"):
            kind, _, name = (clash.get("key") or f"{clash['kind']}:{clash['name']}").partition(":")
            yield (
                f"{'':8} to have the other under the short name: `catalog unregister {kind}:{name}`, "
                f"then `catalog rename {kind}:{renamed} {name}`"
            )
            return
