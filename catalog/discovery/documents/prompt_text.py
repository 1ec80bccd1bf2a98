"""Prompts that are nothing but a text: in folders called ``prompts``, and Jinja templates that speak to a model.

Nothing in such a file says that it is a prompt. What is read must be in a folder for prompts, have the word in its
name, or begin as prompts do; what looks like a page, a program or documentation is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.forms import CODING_AGENTS, PROMPT_FOLDERS
from catalog.discovery.documents.prompt import prompt_item
from catalog.entry.template import F_STRING, JINJA

_ELSEWHERE = frozenset({"docs", "doc", "documentation", "website", "site", "blog", "node_modules", "changelog"})
"""Folders in which a text is about prompts."""
_NO_PROMPT = frozenset(
    {"readme", "index", "license", "changelog", "contributing", "notice", "requirements"}
    | {"agents", "claude", "gemini", "skprompt"}
)
_ENDINGS = ("", ".md", ".txt", ".prompt", ".xml")
"""What may stand before ``.jinja``: a template of ``page.html`` makes a page, and no prompt."""

_PAGE = re.compile(
    r"\s*(?:<!doctype|<html|<\?xml|#!|FROM \S+$|import \w+|from \w+ import )", re.IGNORECASE | re.MULTILINE
)
_SPOKEN = re.compile(
    r"(?i)\s*(?:#+ .*\n+|\[?system\]?:?\s+|<\w+>\s*)?"
    r"(?:You are |You're |You will |Your (?:task|job|role|goal)|Act as |As an? )"
)
"""How a text begins that speaks to a model."""
_ROLE = re.compile(r"(?i)\s*#*[ \t]*(?:system|user)[ \t]*:[ \t]*\r?\n")
"""How a chat begins: a line that says whose message follows."""

_HEAD = 5_000
"""How many characters tell how a template begins."""
_COMMENT = re.compile(r"\{#.*?#\}|\{%-?\s*(?:set|import|from|macro)\b[^%]*%\}", re.DOTALL)
_IN_JINJA = re.compile(r"\{%-?\s*\w+|\{\{-?\s*[A-Za-z_][\w.]*(?:\s*\|[^{}]*|\([^{}]*\))?\s*-?\}\}")
_PAGE_WORDS = frozenset({"layout", "slug", "sidebar_position", "sidebar", "permalink", "date", "weight"})


def read(document: Document) -> Iterator[Item]:
    """Yield the prompt, if the text is one."""
    name = document.name
    stem, ending = os.path.splitext(name)
    above = [part.lower() for part in document.place.split("/")[:-1]]
    place = f"/{document.folder.replace(os.sep, '/')}/"
    if (
        not _ELSEWHERE.isdisjoint(above)
        or stem.lower() in _NO_PROMPT
        or any(f"/{each}/" in place for each in CODING_AGENTS)
    ):
        return
    in_folder = not PROMPT_FOLDERS.isdisjoint(above) or os.path.basename(document.folder).lower() in PROMPT_FOLDERS
    if ending in (".md", ".txt"):
        if in_folder:
            yield from _text(document)
    elif _is_prompt(document.text, stem, in_folder):
        stem = os.path.splitext(stem)[0]
        yield prompt_item(document, document.text, JINJA, name=stem)


def _text(document: Document) -> Iterator[Item]:
    table, text, line = document.front_matter
    if _PAGE.match(text) or not text.strip() or (_PAGE_WORDS & table.keys() and "name" not in table):
        return
    form = JINJA if _IN_JINJA.search(text) else F_STRING
    title = table.get("name", table.get("title"))
    yield prompt_item(
        document,
        text,
        form,
        name=title if "name" in table else None,
        description=table.get("description"),
        tags=table.get("tags"),
        line=line,
    )


def _is_anothers(folder: str) -> bool:
    """Tell whether the folder is one of a coding agent, whose files have a form of their own."""
    place = f"/{folder.replace(os.sep, '/')}/"
    return any(f"/{each}/" in place for each in CODING_AGENTS)


def _is_prompt(text: str, stem: str, in_folder: bool) -> bool:
    """Tell whether a Jinja template is a prompt, by where it is, its name, or how it begins."""
    name, ending = os.path.splitext(stem.lower())
    if ending not in _ENDINGS or "chat_template" in name or not text.strip():
        return False
    said = _COMMENT.sub("", text[:_HEAD]).lstrip()
    if _PAGE.match(said):
        return False
    return in_folder or "prompt" in re.split(r"[\W_]+", name) or bool(_SPOKEN.match(said) or _ROLE.match(said))
