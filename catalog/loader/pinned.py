"""What an entry stands for now, in the terms of a lock file; files are read and nothing is run."""

from __future__ import annotations

import ast
import json
import os
import sys
from dataclasses import replace
from typing import Any

from catalog.distributions import find_distribution
from catalog.entry.lock import LONGEST, OUTSIDE, Pin, digest_of
from catalog.entry.match import is_predicate
from catalog.errors import UnreadableSourceError
from catalog.source.define import Node
from catalog.source.docstrings import summary
from catalog.source.find import Missing, find_node
from catalog.source.locate import Locator, ModuleSite, folder_with
from catalog.source.places import Places

MOST_UP = 2
"""How many folders above that of the lock file a root may lie in to be named by the way to it."""


def pin_of(entry: Any, folder: str, places: Places, read: dict[str, bytes] | None = None) -> Pin | Missing:
    """Return what *entry* stands for now, or why that can't be known.

    Args:
        entry: of any tier; an object of this process has nothing to pin.
        folder: of the lock file: folders are named by the way from there.
        places: where code is looked for; the same for all entries of an operation.
        read: takes up the bytes of the files, by real path.
    """
    named = record_of(entry, folder)
    if len(entry.match or "") > LONGEST:
        reason = f"its rule has {len(entry.match):,} characters; {LONGEST:,} are pinned"
        return Missing(entry.ref or "", "unreadable", reason)
    try:
        rules = rule_files(entry, folder, places, read)
    except OSError as error:
        return _unread(entry, error)
    if entry.ref is None:
        return replace(named, files=rules)
    locator = places.of(entry.root)
    found = find_node(entry.ref, locator)
    if isinstance(found, Missing):
        if found.reason not in ("dynamic", "not-source"):
            return found
        signature = body = None
        modules = [entry.ref.partition(":")[0]]
    else:
        definition = found[0]
        signature, body = definition.checksum, definition.source_checksum
        modules = [entry.ref.partition(":")[0], definition.module]
    try:
        files = _files(modules, locator, places.digests, read)
    except OSError as error:
        return _unread(entry, error)
    return replace(named, checksum=signature, source_checksum=body, files={**rules, **files})


def _unread(entry: Any, error: OSError) -> Missing:
    reason = f"{error.filename} can't be read: {error.strerror}"
    return Missing(entry.ref or "", "unreadable", reason, error.filename)


def rule_files(entry: Any, folder: str, places: Places, read: dict[str, bytes] | None = None) -> dict[str, str]:
    """Return the files that routing runs for the predicate of *entry*; none where its rule is no predicate.

    Arguments as of :func:`pin_of`; raises OSError where one can't be read.
    """
    if not entry.match or not is_predicate(entry.match):
        return {}
    module = entry.match.partition(":")[0]
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:  # never called
        return {}
    root = folder_with(top, [each for each in (entry.root, folder) if each])
    return _files([module], places.of(root), places.digests, read)


def record_of(entry: Any, folder: str) -> Pin:
    """Return what the record of *entry* alone says, without a look at its code."""
    return Pin(
        reference=entry.ref,
        spec=spec_digest(entry.spec) if entry.ref is None else None,
        match=entry.match,
        source=_portable_source(entry.source, folder),
        root=_portable(entry.root, folder),
        distribution=_installed(entry.distribution),
    )


def spec_digest(spec: object) -> str:
    """Return the SHA-256 of data: of its JSON with sorted keys, without spaces, in ASCII."""
    return digest_of(json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode())


def loaded_elsewhere(entry: Any, places: Places) -> str | None:
    """Return the file this process has loaded the module of *entry* from, if that is not the file that was looked at.

    What lies in a folder of its own is imported under a name of its own where another file has its name, so only what
    is installed is looked at.
    """
    module = entry.ref.partition(":")[0]
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    site = places.of(None).find(module) if entry.root is None and isinstance(file, str) else None
    if site is None or site.path is None or not isinstance(file, str) or site.form not in ("source", "extension"):
        return None
    same = os.path.splitext(os.path.realpath(file))[0] == os.path.splitext(os.path.realpath(site.path))[0]
    return None if same else file


def source_text(ref: str, locator: Locator, most: int) -> str | None:
    """Return the source of what *ref* leads to with its decorators; None where none is, or more than *most* bytes."""
    found = find_node(ref, locator)
    if isinstance(found, Missing):
        return None
    definition, node = found
    try:
        lines = locator.parse(definition.path).text.split("\n")
    except UnreadableSourceError:
        return None
    text = "\n".join(lines[definition.line - 1 : node.end_lineno]) + "\n"
    return text if len(text.encode("utf-8", "replace")) <= most else None


def said(ref: str, locator: Locator) -> str:
    """Return what the code of *ref* says it is for: by a decorator, by an attribute of its class, or its docstring."""
    found = find_node(ref, locator)
    return "" if isinstance(found, Missing) else _given(found[1]) or summary(found[0].docstring)


def _given(node: Node) -> str:
    """Return the description that a decorator or an attribute of a class gives in so many words; else an empty text."""
    given: list[ast.expr | None] = []
    for decorator in getattr(node, "decorator_list", ()):
        if isinstance(decorator, ast.Call):
            given += [keyword.value for keyword in decorator.keywords if keyword.arg == "description"]
    if isinstance(node, ast.ClassDef):
        for statement in node.body:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
            if isinstance(target, ast.Name) and target.id == "description":
                given.append(getattr(statement, "value", None))
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return " ".join(value.value.split())
    return ""


def _files(
    modules: list[str], locator: Locator, digests: dict[str, str], read: dict[str, bytes] | None
) -> dict[str, str]:
    """Return the files that importing *modules* surely runs, each with the SHA-256 of its bytes.

    Each file is read once for all entries of an operation, but anew where its bytes are wanted.
    """
    files: dict[str, str] = {}
    for module in modules:
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            site = locator.find(".".join(parts[:length]))
            path = None if site is None else _path(site)
            if site is None or site.path is None or path is None or path in files:
                continue
            if read is not None or site.path not in digests:
                if not os.path.isfile(site.path):  # in an archive, or made by an import hook
                    continue
                with open(site.path, "rb") as file:
                    data = file.read()
                digests[site.path] = digest_of(data)
                if read is not None:
                    read[os.path.realpath(site.path)] = data
            files[path] = digests[site.path]
    return files


def _path(site: ModuleSite) -> str | None:
    """Return the path of the file of a module from the folder of its top-level package; None for Python's own."""
    if site.path is None or site.form in ("builtin", "frozen"):
        return None
    parts = site.name.split(".")
    return "/".join([*(parts if site.is_package else parts[:-1]), os.path.basename(site.path)])


def _installed(distribution: str | None) -> str | None:
    """Return a *distribution* with the version that is installed; as it was recorded where it is not."""
    name = (distribution or "").partition("==")[0]
    found = find_distribution(name) if name else None
    if found is None:
        return distribution or None
    try:
        return f"{name}=={found.version}"
    except Exception:  # its metadata is damaged
        return distribution


def _portable(root: str | None, folder: str) -> str | None:
    """Return the way from *folder* to *root*, which is the same on every machine; `OUTSIDE` where there is none."""
    if root is None:
        return None
    try:
        way = os.path.relpath(os.path.realpath(root), os.path.realpath(folder)).replace(os.sep, "/")
    except ValueError:  # on another drive
        return OUTSIDE
    steps = way.split("/")
    if steps.count("..") > MOST_UP:
        return OUTSIDE
    return way if steps[0] in (".", "..") else f"./{way}"


def _portable_source(source: str, folder: str) -> str:
    """Return the *source* of an entry without an absolute path in it."""
    word, colon, place = source.partition(":")
    return f"{word}:{_portable(place, folder)}" if colon and os.path.isabs(place) else source
