"""The extraction of one file: from its bytes, what is asked of it, and what all files of a scan share, to its extract.

Nothing else is looked at but whether modules can be imported, so another process may do it as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from catalog.discovery.extract import Extract, Extractor
from catalog.discovery.handing_bytes import schema_lines
from catalog.discovery.notebook import ENDING, cells_of
from catalog.discovery.prefilter import prefilter_for
from catalog.discovery.rules import Rules
from catalog.entry.limits import writable

HALF = re.compile(rb"\\[uU](?:0000)?[dD][89a-fA-F]")
"""The escape of half a surrogate pair: nothing else makes a text that can't be stored."""


class Common(NamedTuple):
    """What all files of a scan are extracted with.

    Attributes:
        rules: tell which names are known.
        aliases: the names that known decorators may have.
        makers: the names that what makes known objects may have.
        words: the same as they stand in files.
    """

    rules: Rules
    aliases: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    words: frozenset[bytes] = frozenset()


class Asked(NamedTuple):
    """What is asked of one file.

    Attributes:
        module: its dotted name.
        path: of the file.
        is_package: whether it is an ``__init__.py``.
        candidates: the classes in it that are to be described.
        deep: whether to look for decorators, and into classes and functions.
        assigned: whether to look for variables made by known constructors.
        written: whether to look for tools that are written as data for a model.
        renamed: other names that the file gives to known things; None: calls of known constructors are not looked for.
        aliased: the decorators and calls in it that may be known under other names.
    """

    module: str
    path: str
    is_package: bool
    candidates: frozenset[str] = frozenset()
    deep: bool = False
    assigned: bool = False
    written: bool = False
    renamed: dict[str, str] | None = None
    aliased: tuple[str, ...] = ()


def extracted(
    extractor: Extractor, data: bytes, asked: Asked, common: Common, public: Callable[[str], bool] | None = None
) -> Extract:
    """Return the extract of the file with the source *data* that *extractor* reads.

    *public* tells of a name at module level whether a function of that name is to be described.
    """
    lines: list[int] = []
    if asked.renamed is not None:
        lines = prefilter_for(common.rules).lines_of_calls(data, asked.renamed, common.words)
    extract = extractor.extract(
        asked.candidates,
        public=public,
        deep=asked.deep,
        assigned=asked.assigned,
        calls=lines,
        aliases=common.aliases,
        makers=common.makers,
        written=schema_lines(data) if asked.written else (),
    )
    extract["aliased"] = list(asked.aliased)
    if asked.path.endswith(ENDING):
        extract["cells"] = cells_of(data)
    return writable(extract) if HALF.search(data) is not None else extract
