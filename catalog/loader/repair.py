"""References that lead nowhere, or twice to one place, and where the code went; nothing is imported."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from catalog.entry.key import format_key
from catalog.errors import UnreadableSourceError
from catalog.loader.alike import Alike
from catalog.loader.verify import Recorded
from catalog.source.define import Definition, define
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator
from catalog.source.places import Places
from catalog.source.read import read_source

MOST_FILES = 5_000
"""How many files of one package or folder are read in search of code that moved."""

_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})


Trouble = Literal[
    "dead", "moved", "renamed", "duplicate", "elsewhere", "distribution", "dangling", "case", "damage", "vectors",
    "leftover",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the reference of an entry, and how to mend it.

    Attributes:
        key: ``kind:name``.
        ref: the reference as recorded.
        trouble: ``dead`` (gone without a trace), ``moved`` (found in another module), ``renamed`` (found in
            the same module under another name), ``duplicate`` (another entry of that kind stands for the
            same object) or ``elsewhere`` (its package or folder can't be seen from here: it can't be loaded here,
            and nothing else can be said). Beyond references: ``distribution`` (another has its code now), ``dangling``
            (it names an entry that is not there), ``case`` (another key differs in case only); of the database
            ``damage``, ``vectors`` (of texts that have changed) and ``leftover`` (a file nobody needs).
        proposal: the new reference, or None; of what names an entry the other key, of a distribution the other one.
        certain: ``exact`` if the code there has the recorded source checksum; ``likely`` if it has the same
            name and signature; empty without a proposal.
        why: in words.
        same_as: of a duplicate, the key of the entry that comes first by name.
        remedy: what a repair does, in words; empty if only a person can do something.
    """

    key: str
    ref: str
    trouble: Trouble
    proposal: str | None
    certain: Literal["exact", "likely", ""]
    why: str
    same_as: str | None = None
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as JSON data."""
        return asdict(self)


def diagnose(entries: Iterable[Recorded]) -> list[Fault]:
    """Return what is wrong with the references of *entries*, which come by place, by key.

    Code that is gone is looked for by checksum in the folder its entry was recorded with; of what is installed in its
    top-level package and its distribution. Each file is read at most once. Nowhere else: what is found from one working
    folder is not there from another. References that reading can't follow (extension modules, names made when a module
    runs) are no fault.
    """
    faults: list[Fault] = []
    places = Places()
    index = _Index()
    with Alike() as alike:
        for entry in entries:
            if not entry.ref:
                continue
            ref, locator, file = entry.ref, places.of(entry.root), entry.root or ""
            definition = find_object(ref, locator)
            if isinstance(definition, Missing):
                # What a distribution that is installed here does not have is gone, too.
                if definition.is_gone or (definition.is_out_of_sight and _top_level(_distribution(entry))):
                    faults.append(_gone(entry, ref, definition, index, locator))
                    continue
                if definition.is_out_of_sight:
                    faults.append(Fault(_key_of(entry), ref, "elsewhere", None, "", definition.message))
                    continue
                place = ref
            else:
                place, file = _identity(ref, definition, locator), os.path.realpath(definition.path)
            alike.add((entry.kind, place, file), (entry.name, ref))
        for (kind, place, _), same in alike.groups():
            (first, _), *others = sorted(same)
            key = format_key(kind, first)
            for name, ref in others:
                why = f"{key} stands for {place} too; unregister one of the two"
                faults.append(Fault(format_key(kind, name), ref, "duplicate", None, "", why, key))
    return sorted(faults, key=lambda fault: (fault.key, fault.trouble))


def _identity(ref: str, definition: Definition, locator: Locator) -> str:
    """Return one text for all references to an object.

    A method that two classes inherit is one definition and two objects, so of methods it is the class that
    counts.
    """
    owner, dot, last = ref.rpartition(".")
    if not dot or ":" not in owner:
        return definition.ref
    above = find_object(owner, locator)
    return definition.ref if isinstance(above, Missing) else f"{_identity(owner, above, locator)}.{last}"


def _gone(entry: Recorded, ref: str, missing: Missing, index: _Index, locator: Locator) -> Fault:
    """Return the fault of an entry whose code is gone: moved or renamed if the code is near, else dead."""
    module, _, qualname = ref.partition(":")
    last = qualname.rpartition(".")[2]
    candidates = index.near(module, _distribution(entry), locator)
    exact = list(candidates.by_source.get(entry.source_checksum or "", {}))
    chosen = _closest(exact, module, last)
    if chosen is not None:
        trouble: Literal["moved", "renamed"] = "renamed" if chosen.partition(":")[0] == module else "moved"
        why = f"{missing.message}; {chosen} has the same code"
        if len(exact) > 1:
            why += f" (as {len(exact) - 1} more)"
        return Fault(_key_of(entry), ref, trouble, chosen, "exact", why)
    named = candidates.by_name.get(last, {})
    likely = [place for place, checksum in named.items() if checksum == entry.checksum]
    chosen = _closest(likely, module, last)
    if chosen is not None:
        why = f"{missing.message}; {chosen} has its name and signature, but another body"
        return Fault(_key_of(entry), ref, "moved", chosen, "likely", why)
    why = missing.message
    if len(exact) > 1:
        why += f"; its code is at {len(exact)} places: {_some(exact)}"
    elif likely:
        why += f"; {_some(likely)} have its name and signature"
    elif named:
        why += f"; {_some(list(named))} has its name, but not its signature"
    return Fault(_key_of(entry), ref, "dead", None, "", why)


def _closest(refs: list[str], module: str, last: str) -> str | None:
    """Return the one reference that is meant, or None if several may be.

    Of several the ones that kept their name count, and of those the ones in the same module.
    """
    if len(refs) > 1:
        refs = [ref for ref in refs if ref.rpartition(":")[2].rpartition(".")[2] == last]
    if len(refs) > 1:
        refs = [ref for ref in refs if ref.partition(":")[0] == module]
    return refs[0] if len(refs) == 1 else None


def _some(refs: list[str]) -> str:
    return ", ".join(refs[:3]) + (", …" if len(refs) > 3 else "")


def _distribution(entry: Recorded) -> str:
    return (getattr(entry, "distribution", None) or "").partition("==")[0]


class _Known:
    """Definitions by source checksum and by name: references and their signature checksums."""

    def __init__(self) -> None:
        self.by_source: dict[str, dict[str, str]] = {}
        self.by_name: dict[str, dict[str, str]] = {}

    def add(self, definition: Definition) -> None:
        last = definition.qualname.rpartition(".")[2]
        self.by_source.setdefault(definition.source_checksum, {})[definition.ref] = definition.checksum
        self.by_name.setdefault(last, {})[definition.ref] = definition.checksum

    def update(self, other: _Known) -> None:
        for mine, its in ((self.by_source, other.by_source), (self.by_name, other.by_name)):
            for word, references in its.items():
                mine.setdefault(word, {}).update(references)


class _Index:
    """What is defined near a module, read when first asked for."""

    def __init__(self) -> None:
        self._near: dict[tuple[str, str, str | None], _Known] = {}
        self._read: dict[tuple[str, str], _Known] = {}

    def near(self, module: str, distribution: str, locator: Locator) -> _Known:
        """Return what is defined in the folder of *locator*; without one in the package of *module* and beside it."""
        top = module.partition(".")[0]
        known = self._near.get((top, distribution, locator.own))
        if known is None:
            known = self._near[top, distribution, locator.own] = _Known()
            for folder, prefix in dict.fromkeys(self._folders(top, distribution, locator)):
                known.update(self._folder(folder, prefix))
        return known

    def _folders(self, top: str, distribution: str, locator: Locator) -> Iterator[tuple[str, str]]:
        """Yield folder (or file) and the dotted name, with a dot at the end, of what is in it."""
        if locator.own is not None:
            yield locator.own, ""
            return
        site = locator.find(top)
        if site is not None and site.is_package:
            for location in site.locations:
                yield location, f"{top}."
        elif site is not None and site.path is not None:
            yield site.path, top
        for other in _top_level(distribution):
            beside = locator.find(other)
            if other != top and beside is not None:
                for location in beside.locations or (beside.path or "",):
                    yield location, f"{other}." if beside.is_package else other

    def _folder(self, folder: str, prefix: str) -> _Known:
        known = self._read.get((folder, prefix))
        if known is None:
            known = self._read[folder, prefix] = _Known()
            for path, module in _modules(folder, prefix):
                try:
                    # Past the locator, which would keep them: each is read once, and there may be thousands.
                    tree = read_source(path).tree
                except UnreadableSourceError:
                    continue
                for node, qualname in _definitions(tree.body, ""):
                    known.add(define(node, module, qualname, path))
        return known


def _modules(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield path and dotted name of the modules in *folder*, or of the one file it is."""
    if not os.path.isdir(folder):
        if folder.endswith(".py"):
            yield folder, prefix
        return
    count = 0
    for current, folders, files in os.walk(folder):
        here = os.path.relpath(current, folder)
        folders[:] = sorted(
            name
            for name in folders
            if name.isidentifier()
            and name not in _SKIPPED
            and not os.path.exists(os.path.join(current, name, "pyvenv.cfg"))
        )
        dotted = prefix if here == "." else f"{prefix}{here.replace(os.sep, '.')}."
        for name in sorted(files):
            stem, suffix = os.path.splitext(name)
            if suffix != ".py" or not stem.isidentifier():
                continue
            count += 1
            if count > MOST_FILES:
                return
            module = dotted[:-1] if stem == "__init__" else dotted + stem
            if module:
                yield os.path.join(current, name), module


def _definitions(body: list[ast.stmt], within: str) -> Iterator[tuple[Any, str]]:
    """Yield definitions and dotted names: functions, classes with their methods, values made by a call."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, within + node.name
        elif isinstance(node, ast.ClassDef):
            yield node, within + node.name
            yield from _definitions(node.body, f"{within}{node.name}.")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and isinstance(node.value, (ast.Call, ast.Constant, ast.Dict)):
                yield node.value, within + target.id
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _definitions(node.body, within)
            yield from _definitions(getattr(node, "orelse", []), within)


def _key_of(entry: Recorded) -> str:
    return format_key(entry.kind, entry.name)


def _top_level(distribution: str) -> list[str]:
    """Return the top-level modules an installed *distribution* brings; none if it is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import distribution as installed

    if not distribution:
        return []
    try:
        files = installed(distribution).files or []
    except (PackageNotFoundError, ValueError):
        return []
    first = {file.parts[0] for file in files if file.suffix == ".py" and ".." not in file.parts}
    return sorted(name for name in (part.removesuffix(".py") for part in first) if name.isidentifier())
