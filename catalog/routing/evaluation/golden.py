"""Golden cases: labelled prompts that are kept with the catalog to test routing.

A prompt may have several right entries, or none: then it is out of scope for every router.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from catalog.characters import json_text
from catalog.entry.key import Key, format_key, parse_key, split_key
from catalog.entry.limits import bounded_lines
from catalog.errors import EntryNotFoundError, RoutingError, close_matches, did_you_mean
from catalog.files import open_text, whole_file
from catalog.routing.labelled import Case, Label, case_of, read_cases
from catalog.routing.wording import shortened
from catalog.store.golden_and_decisions import golden
from catalog.workspace.lookup import names_near

if TYPE_CHECKING:
    from catalog.routing.pool import Pool
    from catalog.workspace.lookup import HasWorkspace

MOST_CHARACTERS = 20_000
"""How many characters the text of a case may have."""


class Golden:
    """The golden cases of a catalog, ``cat.golden``: an iterable of :class:`Case`, the oldest first."""

    def __init__(self, catalog: HasWorkspace) -> None:
        """Take the catalog that keeps them."""
        self._catalog = catalog

    def __iter__(self) -> Iterator[Case]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def list(self, entry: str | None = None) -> list[Case]:
        """Return all cases, or those of an *entry*, given as key or name, which may be gone; their names are keys."""
        self._catalog.workspace.snapshot()
        keys_of: dict[str, list[str]] = {}
        for row in golden(self._catalog.workspace.store.reader):
            keys_of.setdefault(row.text, []).extend([format_key(row.kind, row.name)] if row.kind else [])
        cases = [Case(text, tuple(keys)) for text, keys in keys_of.items()]
        if entry is None:
            return cases
        return [case for case in cases if any(entry in (key, split_key(key)[1]) for key in case.names)]

    def add(self, text: str, label: Label) -> int:
        """Keep a prompt and what is right for it; return how many rows were new.

        Args:
            text: the prompt.
            label: the key or name of an entry, several of which any is right, or None where none fits.

        Raises:
            EntryNotFoundError: no entry is called that, or several are.
            RoutingError: the text is blank or too long, or a case says already that it fits none, or that it fits some.
        """
        return self.add_many([case_of(text, label)])

    def add_many(self, cases: Iterable[Case]) -> int:
        """Keep many cases, all or nothing; return how many rows were new."""
        wanted: dict[str, dict[str, None]] = {case.text: dict.fromkeys(case.names) for case in self.list()}
        before = {text: bool(names) for text, names in wanted.items()}
        rows: list[tuple[str, str, str]] = []
        known: dict[str, tuple[str, str]] = {}
        for case in cases:
            text = case.text
            if not text.strip() or len(text) > MOST_CHARACTERS:
                raise RoutingError(
                    f"a golden case has a text of 1 to {MOST_CHARACTERS:,} characters, not {len(text.strip()):,}"
                )
            if not text.isascii() and text != text.encode("utf-8", "replace").decode():
                raise RoutingError(f"{text!r} is no text that can be kept: it holds half a character", text=text)
            if before.setdefault(text, bool(case.names)) != bool(case.names):
                right = " and ".join(wanted.get(text) or {}) or "no entry"
                raise RoutingError(
                    f"'{shortened(text)}' is golden for {right} already; take that away first", text=text
                )
            for name in case.names:
                if name not in known:
                    known[name] = self._key(name)
            rows += [(text, *known[name]) for name in case.names] or [(text, "", "")]
            wanted.setdefault(text, {}).update(dict.fromkeys(":".join(known[name]) for name in case.names))
        with self._catalog.workspace.writing() as transaction:
            return transaction.add_golden(rows)

    def remove(self, text: str | None = None, entry: str | None = None) -> int:
        """Delete the cases of a text, of an entry (a key or name, which may be gone), or of an entry and a text.

        Returns:
            How many rows were deleted.

        Raises:
            RoutingError: neither is given.
        """
        if text is None and entry is None:
            raise RoutingError("say which golden cases to take away: a text, an entry, or both")
        self._catalog.workspace.snapshot()
        rows = [
            (row.text, row.kind, row.name)
            for row in golden(self._catalog.workspace.store.reader)
            if text in (None, row.text) and (entry is None or entry in (row.name, f"{row.kind}:{row.name}"))
        ]
        with self._catalog.workspace.writing() as transaction:
            return transaction.remove_golden(rows)

    def import_jsonl(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Add the cases of a file as :func:`read_cases` reads it, all or nothing; return how many rows were new.

        Raises:
            RoutingError: a line is not of that form.
            EntryNotFoundError: a name is none of an entry.
        """
        if not isinstance(path, (str, os.PathLike)):
            return self.add_many(read_cases(bounded_lines(path), "standard input"))
        with open_text(path) as file:
            return self.add_many(read_cases(bounded_lines(file), os.fspath(path)))

    def export_jsonl(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Write the cases, one JSON object with ``text`` and ``gold`` (a list of keys) a line; return their number."""
        lines = (json_text(case.to_dict()) + "\n" for case in self.list())
        if not isinstance(path, (str, os.PathLike)):
            return sum(1 for line in lines if path.write(line))
        with whole_file(path) as file:
            return sum(1 for line in lines if file.write(line))

    def _key(self, named: str) -> Key:
        """Return the key of the entry that *named*, a key or a name, stands for.

        Raises:
            EntryNotFoundError: no entry is called that, or several are.
        """
        catalog = self._catalog
        parsed = parse_key(named)
        if parsed is not None and parsed[0] in catalog.kinds() and parsed in catalog:
            return parsed
        kinds = [kind for kind in catalog.kinds() if (kind, named) in catalog]
        if len(kinds) == 1:
            return kinds[0], named
        if kinds:
            keys = [format_key(kind, named) for kind in kinds]
            raise EntryNotFoundError(
                f"'{named}' is the name of {len(keys)} entries; write a key, as in {keys[0]}", name=named, close=keys
            )
        meant = named if parsed is None else parsed[1]
        key_of = {name: format_key(kind, name) for kind in catalog.kinds() for name in names_near(catalog, kind, meant)}
        close = [key_of[name] for name in close_matches(meant, key_of)]
        raise EntryNotFoundError(f"no entry is called '{named}'{did_you_mean(close)}", name=named, close=close)


def cases_for(catalog: HasWorkspace, pool: Pool) -> tuple[list[Case], list[Case]]:
    """Return the golden cases that a router over *pool* can be asked, and the others.

    A router can be asked about prompts that fit no entry, and prompts that a candidate is right for. The others are of
    other kinds and tags, or of entries that are left out or gone.
    """
    mine, others = [], []
    for case in Golden(catalog).list():
        keys = tuple(key for key in case.names if pool.place(*split_key(key)) is not None)
        if keys or not case.names:
            mine.append(Case(case.text, keys))
        else:
            others.append(case)
    return mine, others
