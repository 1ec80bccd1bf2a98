"""Labelled prompts: the cases of a file, and the candidates that their labels mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import format_key, parse_key
from catalog.entry.limits import read_json
from catalog.errors import EntryNotFoundError, RoutingError, close_matches, did_you_mean

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.pool import Pool

Label = str | Sequence[str] | None


class Case(NamedTuple):
    """A prompt, and what is right for it.

    Attributes:
        text: the prompt.
        names: names or keys of entries, any of which is right; empty: no entry fits.
    """

    text: str
    names: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the case as data for JSON, in the form that :func:`read_cases` reads."""
        return {"text": self.text, "gold": list(self.names)}


def case_of(text: str, label: Label) -> Case:
    """Return the case of a prompt and its label: a name or key, several of them, or None where no entry fits."""
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
            data = read_json(line)
        except ValueError as error:
            raise wrong(str(error)) from None
        if not isinstance(data, dict) or not isinstance(data.get("text"), str) or not data["text"].strip():
            raise wrong('give an object with a text, as in {"text": "plot my data", "gold": "create_scatter"}')
        fields = [field for field in ("gold", "name") if field in data]
        if not fields:
            raise wrong('"gold" is missing: the name or key of the right entry, or null where none fits')
        label = data[fields[0]]
        if not _is_label(label):
            raise wrong(f'"{fields[0]}" must be a name, a key, a list of them, or null')
        yield case_of(data["text"], label)


def _is_label(label: Any) -> bool:
    if isinstance(label, list):
        return all(isinstance(name, str) and name for name in label)
    return label is None or isinstance(label, str)


def placed(cases: Iterable[Case], pool: Pool) -> list[tuple[str, tuple[Entry, ...]]]:
    """Return each text with the candidates that are right for it; an empty tuple where none is.

    Raises:
        EntryNotFoundError: a name stands for no candidate, or for several; the text says whether the entry was left
            out, and names similar candidates.
    """
    known: dict[str, Entry | None] = {}
    placed_cases = []
    for case in cases:
        for name in case.names:
            if name not in known:
                known[name] = pool.find(name)
        right = tuple(entry for name in case.names if (entry := known[name]) is not None)
        placed_cases.append((case.text, right))
    unknown = [name for name, entry in known.items() if entry is None]
    if unknown:
        raise _lost(unknown, pool)
    return placed_cases


def _lost(unknown: list[str], pool: Pool) -> EntryNotFoundError:
    """Return the error about the first of the *unknown* names; its text also says how many more there are."""
    name = unknown[0]
    close: list[str] = []
    left_out = next((why for entry, why in pool.filtered if name in (entry.name, entry.key)), None)
    several = pool.named(name)
    if several:
        text = f"'{name}' names several candidates; write a key, as in {several[0].key}"
    elif left_out is not None:
        text = f"'{name}' is no candidate: {left_out}"
    elif not pool.entries:
        text = f"no candidate is called '{name}': there is none at all"
    else:
        kind, rest = parse_key(name) or ("", name)
        # Names of that kind are compared without it: with it, any two of them would look alike.
        same = [entry.name for entry in pool.entries if entry.kind == kind]
        names = list(dict.fromkeys(entry.name for entry in pool.entries))
        close = [format_key(kind, other) for other in close_matches(rest, same)] if same else close_matches(name, names)
        text = f"no candidate is called '{name}'{did_you_mean(close)}"
    if len(unknown) > 1:
        more = "1 more name is" if len(unknown) == 2 else f"{len(unknown) - 1} more names are"
        text += f" ({more} unknown, as '{unknown[1]}')"
    return EntryNotFoundError(text, name=name, close=close, unknown=unknown)
