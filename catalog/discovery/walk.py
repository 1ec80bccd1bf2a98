"""The files of a scan: which there are, what modules they are, and what can't be read. Nothing is opened."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import EXTENSION_SUFFIXES
from itertools import islice

from catalog.discovery.documents.document import DocumentFile
from catalog.discovery.documents.folder import folder_stamp
from catalog.discovery.documents.forms import SKILLS, forms_of, hidden_folders
from catalog.discovery.ignore import Ignored
from catalog.discovery.left_out import EXCLUDED, IGNORED, LANGUAGES, Counted, closed, file_reason, folder_reason
from catalog.discovery.notebook import ENDING as NOTEBOOK
from catalog.discovery.notebook import NOT_LOADABLE as IN_NOTEBOOK
from catalog.discovery.notebook import notebook_modules
from catalog.files import NOT_REGULAR
from catalog.source.links import is_inside
from catalog.source.locate import is_installed
from catalog.source.made_names import is_part
from catalog.source.stamp import stamp_of

_SKIPPED_FOLDERS = frozenset({"__pycache__", "LC_MESSAGES"})
"""Folders that hold no modules; the last one's are translations, a thousand in django."""
_EXTENSIONS = tuple(EXTENSION_SUFFIXES)
_NOBODYS = frozenset({".git", ".hg", ".svn", ".tox", ".nox", ".venv"})
"""Folders with a dot in front that tools fill."""
NO_MODULE = "its name is no identifier, so nothing can import it"
DEEPEST = 60
"""How many folders deep a scan goes."""
MOST = 1_000_000
"""How many files and folders a scan looks at, Python's or not; more is a disk rather than a project."""
OUTSIDE = "a link that leads out of the folder that is scanned; not followed"
AGAIN = "a link to a folder that is scanned anyway"
NOT_TEXT = "its name is not UTF-8"


@dataclass(slots=True)
class SourceFile:
    """A file to look at: the module it is, where, and its state when it was listed."""

    module: str
    path: str
    is_package: bool
    size: int
    stamp: str  # as `catalog.source.stamp` makes it
    root: str
    imports: list[str] | None = None  # what it imports, where that was asked to find the root
    unloadable: str = ""  # why nothing of it can be imported


@dataclass(slots=True)
class Loose:
    """The Python files of one folder whose root is still to be found: stem, path and state of each."""

    folder: str
    sources: list[tuple[str, str, os.stat_result]]


@dataclass(slots=True)
class Listing:
    """The files of a target, and what was left out with the reason."""

    files: list[SourceFile] = field(default_factory=list)
    documents: list[DocumentFile] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)  # empty once the roots are found
    skipped: list[tuple[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)  # by reason, as `catalog.discovery.left_out` counts
    unread: Counter[str] = field(default_factory=Counter)  # files in other languages, by language
    is_project: bool = False  # whether tests, and what others or programs wrote, are left out
    tests: bool = False  # tests are not
    top: str = ""  # the folder the walk began in, links resolved; of several the last
    shared: str = ""  # the folder that all of these lie in
    seen: int = 0  # files and folders that were looked at
    python: int = 0  # Python files that were met, those that are left out included
    ignored: Ignored = field(default_factory=Ignored)  # what somebody said is to be left out
    counted: Counted = field(default_factory=Counted)


def list_package(name: str, folder: str, root: str, into: Listing) -> None:
    """Add the modules of the package *name* in *folder*, those of subpackages included.

    Folders without ``__init__.py`` below it count as namespace packages, as they do for Python.
    """
    _begin(folder, into)
    _package(name, folder, root, into, 0)


def list_folder(folder: str, into: Listing) -> None:
    """Add every Python file below *folder*, whatever the folders are called; the roots are found afterwards."""
    _begin(folder, into)
    into.is_project = into.ignored.is_project
    _folder(folder, into, 0)


def _begin(folder: str, into: Listing) -> None:
    into.top = os.path.realpath(folder)
    before, into.shared = into.shared, os.path.commonpath([into.shared or into.top, into.top])
    if before and before != into.shared:  # of a distribution with several packages
        for document in into.documents:
            document.place = _below(os.path.join(before, document.place), into.shared)
    into.ignored.begin(folder)


def _below(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def list_file(path: str, into: Listing, module: str | None = None, root: str = "") -> None:
    """Add the one file *path*: as the *module* of *root*, else as what its place makes of it, found afterwards."""
    try:
        state = os.stat(path)
    except OSError as error:
        into.skipped.append((path, error.strerror or str(error)))
        return
    if not stat.S_ISREG(state.st_mode):
        into.skipped.append((path, NOT_REGULAR))
        return
    into.python += 1
    folder, name = os.path.split(path)
    if module is not None:
        into.files.append(listed(module, path, name == "__init__.py", state, root))
        return
    into.top = os.path.realpath(folder)
    into.loose.append(Loose(folder, [(name[:-3], path, state)]))


def listed(module: str, path: str, package: bool, state: os.stat_result, root: str) -> SourceFile:
    """Return the file at *path* as a *module* of *root*."""
    return SourceFile(module, path, package, state.st_size, stamp_of(state), root)


def _entries(folder: str, into: Listing, depth: int) -> list[os.DirEntry[str]]:
    """Return what is in *folder* by name; nothing if it is too deep or may not be read."""
    if depth > DEEPEST:
        into.skipped.append((folder, f"more than {DEEPEST} folders deep"))
        return []
    if into.seen >= MOST:
        into.skipped.append((folder, f"the folder that is scanned holds more than {MOST:,} files"))
        return []
    found: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as entries:
            found = sorted(islice(entries, MOST - into.seen), key=_name)
            into.seen += len(found)
            if next(entries, None) is not None:
                into.skipped.append((folder, f"of its files, those beyond {MOST:,} of the scan are not looked at"))
    except OSError as error:
        into.skipped.append((folder, error.strerror or str(error)))
        return []
    names = {entry.name for entry in found}
    into.ignored.enter(folder, names)
    found = [entry for entry in found if not _is_left_out(entry, names, into)]
    _documents(found, folder, into)
    _notebooks(found, folder, into)
    _hidden(found, into, depth)
    return found


def _documents(entries: list[os.DirEntry[str]], folder: str, into: Listing) -> None:
    """Add the files that by their names may be documents with entries; links, pipes and folders are none."""
    for entry in entries:
        name = entry.name
        if name.endswith(".py") or not forms_of(name, folder):
            if into.is_project and (language := LANGUAGES.get(name.rpartition(".")[2])) is not None:
                into.unread[language] += 1
            continue
        try:
            state = entry.stat(follow_symlinks=False)
        except OSError as error:
            into.skipped.append((entry.path, error.strerror or str(error)))
            continue
        if stat.S_ISREG(state.st_mode) and _is_text(name):
            into.documents.append(_document(entry.path, state, into.shared))


def _notebooks(entries: list[os.DirEntry[str]], folder: str, into: Listing) -> None:
    """Add the notebooks, each as a module of its folder that no import leads to."""
    states = {}
    for entry in entries:
        if entry.name.endswith(NOTEBOOK) and _is_text(entry.name):
            try:
                state = entry.stat(follow_symlinks=False)
            except OSError as error:
                into.skipped.append((entry.path, error.strerror or str(error)))
                continue
            if stat.S_ISREG(state.st_mode):
                states[entry.name[: -len(NOTEBOOK)]] = state
    for stem, module in notebook_modules(states).items():
        file = listed(module, os.path.join(folder, stem + NOTEBOOK), False, states[stem], folder)
        file.unloadable = IN_NOTEBOOK
        into.files.append(file)
        into.python += 1


def _document(path: str, state: os.stat_result, top: str) -> DocumentFile:
    folder, name = os.path.split(path)
    place = _below(os.path.join(os.path.realpath(folder), name), top)
    is_whole = any(form.whole_folder for form in forms_of(name, folder))
    return DocumentFile(path, place, folder_stamp(folder) if is_whole else stamp_of(state))


def list_document(path: str, into: Listing) -> bool:
    """Add the one file *path* if it may be a document with entries, by its name; return whether it may."""
    if not forms_of(os.path.basename(path), os.path.dirname(path)):
        return False
    _begin(os.path.dirname(path), into)
    try:
        state = os.stat(path)
        if stat.S_ISREG(state.st_mode):
            into.documents.append(_document(path, state, into.shared))
        else:
            into.skipped.append((path, NOT_REGULAR))
    except OSError as error:
        into.skipped.append((path, error.strerror or str(error)))
    return True


def _hidden(entries: list[os.DirEntry[str]], into: Listing, depth: int) -> None:
    """Look for documents in the folders among *entries* whose names begin with a dot and that may hold some."""
    for entry in entries:
        if not entry.name.startswith(".") or entry.name in _NOBODYS or not _is_folder(entry):
            continue
        if entry.name in hidden_folders():
            _documents_below(entry.path, into, depth + 1)
        elif os.path.isdir(skills := os.path.join(entry.path, SKILLS)) and not os.path.islink(skills):
            _documents_below(skills, into, depth + 1)


def _documents_below(folder: str, into: Listing, depth: int) -> None:
    for entry in _entries(folder, into, depth):
        if entry.name not in _SKIPPED_FOLDERS and not entry.name.startswith(".") and _is_folder(entry):
            _documents_below(entry.path, into, depth + 1)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False) and _is_text(entry.name)
    except OSError:
        return False


def _is_left_out(entry: os.DirEntry[str], beside: set[str], into: Listing) -> bool:
    """Tell whether *entry* is left out: nobody goes into it, somebody said so, or it is of no use; it is counted."""
    name = entry.name
    if name in _SKIPPED_FOLDERS:
        return True
    try:
        is_folder = entry.is_dir()
    except OSError:
        return False
    if is_folder and (what := closed(entry.path, name)) is not None:
        into.left_out[what] += 1
        return True
    reason = None if into.ignored.is_idle else into.ignored.reason(entry.path, is_folder)
    why = None
    if reason is not None:
        why = EXCLUDED if reason.startswith("excluded") else IGNORED
        if name.endswith(".py") or (is_folder and not name.startswith(".")):
            into.skipped.append((entry.path, reason))
    elif into.is_project and is_folder:
        why = folder_reason(name, beside, tests=into.tests)
    elif into.is_project and name.endswith(".py"):
        why = file_reason(name, tests=into.tests)
    if why is None:
        return False
    number = into.counted.files(entry.path) if is_folder and not name.startswith(".") else name.endswith(".py")
    if number:
        into.python += number
        into.left_out[why] += number
    return True


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _leads_in(entry: os.DirEntry[str], into: Listing) -> bool:
    """Tell whether *entry* is a folder to go into. No link is: it leads out, or to where the scan comes anyway."""
    try:
        if not entry.is_dir():
            return False
        if not entry.is_symlink():
            if _is_text(entry.name):
                return True
            into.skipped.append((entry.path, NOT_TEXT))  # no text could hold the paths in it
            return False
        into.skipped.append((entry.path, AGAIN if is_inside(entry.path, into.top) else OUTSIDE))
    except OSError as error:
        if not entry.name.endswith(".py"):  # of such a file it is said already
            into.skipped.append((entry.path, error.strerror or str(error)))
    return False


def _is_text(name: str) -> bool:
    """Tell whether a *name* is text: bytes that are not UTF-8 come as halves of surrogate pairs."""
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)


def _package(name: str, folder: str, root: str, into: Listing, depth: int) -> None:
    entries = _entries(folder, into, depth)
    installed = is_installed(root)
    for stem, path, state in _sources(entries, into, installed):
        if stem == "__init__":
            into.files.append(listed(name, path, True, state, root))
        elif is_part(stem):
            into.files.append(listed(f"{name}.{stem}", path, False, state, root))
        elif installed:
            into.skipped.append((path, NO_MODULE))
        else:
            into.loose.append(Loose(folder, [(stem, path, state)]))
    for entry in entries:
        if is_part(entry.name) and _leads_in(entry, into):
            _package(f"{name}.{entry.name}", entry.path, root, into, depth + 1)
        elif not installed and not is_part(entry.name) and _is_searched(entry, into):
            _folder(entry.path, into, depth + 1)  # what is in it is no part of the package, and may be a project


def _folder(folder: str, into: Listing, depth: int) -> None:
    entries = _entries(folder, into, depth)
    if sources := list(_sources(entries, into, not into.is_project)):
        into.loose.append(Loose(folder, sources))
    for entry in entries:
        if _is_searched(entry, into):
            _folder(entry.path, into, depth + 1)


def _is_searched(entry: os.DirEntry[str], into: Listing) -> bool:
    """Tell whether *entry* is a folder that modules of a project may lie in."""
    return not entry.name.startswith(".") and _leads_in(entry, into)


def _sources(
    entries: list[os.DirEntry[str]], into: Listing, installed: bool = False
) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield stem, path and state of the Python files; report what is compiled only, and what can't be read.

    A file of a project that is a link out of it is somebody else's, and private perhaps. What is *installed* may be
    links to where an installer keeps the files of all environments.
    """
    names = {entry.name for entry in entries}
    for entry in entries:
        name = entry.name
        if name.endswith(".py"):
            into.python += 1
            try:
                state = entry.stat()
            except OSError as error:
                into.skipped.append((entry.path, error.strerror or str(error)))
                continue
            if stat.S_ISDIR(state.st_mode):
                into.python -= 1
                continue
            if not stat.S_ISREG(state.st_mode):  # a pipe would block whoever reads it
                into.skipped.append((entry.path, NOT_REGULAR))
            elif not installed and entry.is_symlink() and not is_inside(entry.path, into.top):
                into.skipped.append((entry.path, OUTSIDE))
            else:
                yield name[:-3], entry.path, state
        elif name.endswith(".pyc"):
            if f"{name[:-4]}.py" not in names:
                into.skipped.append((entry.path, "bytecode without source; never run"))
        elif name.endswith(_EXTENSIONS) and f"{name.partition('.')[0]}.py" not in names:
            into.skipped.append((entry.path, "an extension module; it has no Python source"))
