"""The statements of the store, written for SQLite, as PostgreSQL takes them.

Both keep the same tables, and nearly all statements are the same. What differs are the marks of parameters, a few
functions on JSON, and joins that tell SQLite in which order to go. Those are replaced here, once for each text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

_ARGUMENT = r"((?:[^()]|\([^()]*\))*)"
_FUNCTIONS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(rf"IN \(SELECT value FROM json_each\({_ARGUMENT}\)\)"),
        r"IN (SELECT jsonb_array_elements_text((\1)::jsonb))",
    ),
    (re.compile(r"\bIN \(\)"), "IN (NULL)"),
    (re.compile(rf"json_each\({_ARGUMENT}\) AS k"), r"jsonb_array_elements((\1)::jsonb) AS k(value)"),
    (re.compile(r"json_extract\(k\.value, '\$\[(\d)\]'\)"), r"(k.value ->> \1)"),
    (re.compile(r"\|\| k\.value"), r"|| (k.value #>> '{}')"),
    (re.compile(r"json_valid\([\w.]+\)"), "TRUE"),  # as catalog_json gives NULL for what is none
    (
        re.compile(r"json_extract\(([\w.]+), '\$\.\x22?([\w ]+)\x22?'\)"),
        r"""((catalog_json(\1) ->> '\2') COLLATE "C")""",
    ),
    (re.compile(r"instr\(([\w.]+), ('[^']*')\)"), r"(strpos(\1, \2) > 0)"),
    (re.compile(r"NOT INDEXED CROSS JOIN"), "JOIN"),
    (re.compile(r"CROSS JOIN (\w+ AS \w+)\s+ON\b"), r"JOIN \1 ON"),
    (re.compile(r"GLOB '([^'*]*)\*'"), r"LIKE '\1%'"),
)
_WORDS = {
    "SELECT w.doc FROM entry_words AS w WHERE w.term = ?": "SELECT w.docs FROM search_word AS w WHERE w.word = ?",
    "SELECT w.term FROM entry_words AS w WHERE w.term > ? AND w.term < ? ORDER BY w.doc DESC, w.term LIMIT 8": (
        "SELECT w.word FROM search_word AS w WHERE w.word > ? AND w.word < ? ORDER BY w.docs DESC, w.word LIMIT 8"
    ),
}
"""Statements about the index of words, which is another here."""


@lru_cache(maxsize=1_024)
def translated(sql: str) -> str:
    """Return a statement with marks for parameters as psycopg takes it: ``%s``, or ``%(p1)s`` for ``?1``."""
    sql = functions(_WORDS.get(sql, sql)).replace("%", "%%")
    sql = sql.replace("LIMIT ?", "LIMIT NULLIF(?, -1)")
    sql = re.sub(r"\?(\d)", r"%(p\1)s", sql)
    return sql.replace("?", "%s")


@lru_cache(maxsize=1_024)
def functions(sql: str) -> str:
    """Return a statement whose parameters are marked already, with PostgreSQL's functions in place of SQLite's."""
    for pattern, instead in _FUNCTIONS:
        sql = pattern.sub(instead, sql)
    return sql


def parameters(sql: str, given: Mapping[str, Any] | Sequence[Any]) -> Any:
    """Return the parameters for a *sql* that :func:`translated` gave; None where it has none."""
    if "%(p1)s" in sql and not isinstance(given, Mapping):
        return {f"p{place}": value for place, value in enumerate(given, start=1)}
    return given


def tsquery(match: str) -> str:
    """Return a full-text expression of FTS5, as this package writes them, as the text of a ``tsquery``.

    Words of a name are in the index a second time, with :data:`IN_NAME` in front; a part for ``{name}`` asks for those.
    """
    made: list[str] = []
    scopes: list[bool] = [False]
    pending = False
    for word, column, sign in _TOKEN.findall(match):
        if word:
            text = word[1:-1].replace('""', '"')
            prefix = IN_NAME if scopes[-1] or pending else ""
            made.append("'" + (prefix + text).replace("\\", "\\\\").replace("'", "''") + "'")
            pending = False
        elif column:
            pending = column == "{name}"
        elif sign == "(":
            scopes.append(scopes[-1] or pending)
            pending = False
            made.append("(")
        elif sign == ")":
            scopes.pop()
            made.append(")")
        else:
            made.append({"AND": "&", "OR": "|", "NOT": "& !"}[sign])
    return " ".join(made)


def quoted_words(match: str) -> list[str]:
    """Return the different words in a full-text expression of FTS5, in their order."""
    return list(dict.fromkeys(word[1:-1].replace('""', '"') for word, _, _ in _TOKEN.findall(match) if word))


IN_NAME = "\u00ab"
"""Begins a word of a name in the index; no word of a text begins so."""

_TOKEN = re.compile(r'("(?:[^"]|"")*")|(\{\w+\})\s*:|(\(|\)|AND|OR|NOT)')
