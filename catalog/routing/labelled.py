"""Prompts whose right entry is known: files of them, and which candidates they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from json import loads
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.errors import EntryNotFoundError, RoutingError, close_matches, did_you_mean

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.pool import Pool

Label = str | Sequence[str] | None


class Case(NamedTuple):
    """A prompt, and what is right for it.

    Attributes:
        text: the prompt.
        names: names or keys of the entries of which any is right; none: no entry fits.
    """

    text: str
    names: tuple[str, ...] = ()


def case_of(text: str, label: Label) -> Case:
    """Return the case that a text and its label make: a name, a key, several of them, or None where none fits."""
    if label is None or label == "":
        return Case(text)
    return Case(text, (label,) if isinstance(label, str) else tuple(dict.fromkeys(label)))


def read_cases(lines: Iterable[str], where: str) -> Iterator[Case]:
    """Yield the cases of JSON Lines: objects with ``text``, and ``gold`` or ``name``; blank lines are passed over.

    ``gold`` and ``name`` hold a name or key, a list of them (any is right), or nothing at all: null, ``""``, ``[]``.

    Raises:
        RoutingError: a line is not of that form; the text names it by number and *where*.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue

        def wrong(what: str, number: int = number) -> RoutingError:
            return RoutingError(f"{where}, line {number}: {what}", where=where, line=number)

        try:
            data = loads(line)
        except ValueError as error:
            raise wrong(f"not JSON: {error}") from None
        if not isinstance(data, dict) or not isinstance(data.get("text"), str) or not data["text"].strip():
            raise wrong('give an object with a text, as in {"text": "plot my data", "gold": "create_scatter"}')
        given = [field for field in ("gold", "name") if field in data]
        if not given:
            raise wrong('"gold" is missing: the name or key of the right entry, or null where none fits')
        label = data[given[0]]
        if not _is_label(label):
            raise wrong(f'"{given[0]}" must be a name, a key, a list of them, or null')
        yield case_of(data["text"], label)


def _is_label(label: Any) -> bool:
    if isinstance(label, list):
        return all(isinstance(one, str) and one for one in label)
    return label is None or isinstance(label, str)


def placed(cases: Iterable[Case], pool: Pool) -> list[tuple[str, tuple[Entry, ...]]]:
    """Return each text with the candidates that are right for it.

    Raises:
        EntryNotFoundError: a name is none of a candidate; the text says whether it was left out, and names close ones.
    """
    known: dict[str, Entry] = {}
    named = _by_name(pool.entries)
    found = []
    unknown: dict[str, None] = {}
    for case in cases:
        entries = []
        for name in case.names:
            entry = known.get(name)
            if entry is None:
                kind, colon, rest = name.partition(":")
                place = pool.place(kind, rest) if colon else None
                same = [pool.entries[place]] if place is not None else named.get(name, [])
                if len(same) != 1:
                    unknown[name] = None
                    continue
                entry = known[name] = same[0]
            entries.append(entry)
        found.append((case.text, tuple(entries)))
    if unknown:
        raise _lost(list(unknown), pool, named)
    return found


def _by_name(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    named: dict[str, list[Entry]] = {}
    for entry in entries:
        named.setdefault(entry.name, []).append(entry)
    return named


def _lost(unknown: list[str], pool: Pool, named: dict[str, list[Entry]]) -> EntryNotFoundError:
    """Return the error about the first of *unknown*, with how many more there are."""
    name = unknown[0]
    close: list[str] = []
    left_out = next((why for entry, why in pool.filtered if name in (entry.name, entry.key)), None)
    if name in named:
        text = f"'{name}' names several candidates; write a key, as in {named[name][0].key}"
    elif left_out is not None:
        text = f"'{name}' is no candidate: {left_out}"
    elif not pool.entries:
        text = f"no candidate is called '{name}': there is none at all"
    else:
        kind, _, rest = name.partition(":")
        same = [entry.name for entry in pool.entries if entry.kind == kind]  # prefixes alike say nothing
        close = [f"{kind}:{one}" for one in close_matches(rest, same)] if same else close_matches(name, named)
        text = f"no candidate is called '{name}'{did_you_mean(close)}"
    if len(unknown) > 1:
        more = "1 more name is" if len(unknown) == 2 else f"{len(unknown) - 1} more names are"
        text += f" ({more} unknown, as '{unknown[1]}')"
    return EntryNotFoundError(text, name=name, close=close, unknown=unknown)
