"""The target of a scan: from a name or path to the files, and to the distribution they came with."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata

from catalog.discovery.ignore import Ignored
from catalog.discovery.left_out import asks_for
from catalog.discovery.placing import settle_roots
from catalog.discovery.walk import Listing, SourceFile, list_document, list_file, list_folder, list_package
from catalog.distributions import files_of, find_distribution, name_of, text_of
from catalog.errors import PackageNotFoundError, close_matches, did_you_mean
from catalog.source.locate import Locator, ModuleSite, is_installed
from catalog.source.read import read_bytes


@dataclass(slots=True)
class Target:
    """What is to be scanned.

    Attributes:
        name: as asked for; a path is absolute.
        listing: the files.
        root: folder that must be on ``sys.path``, or None; of a path: the folder or file itself until the roots of its
            files are known.
        distribution: name of the installed distribution, or None.
        is_path: whether a file or folder was asked for; its files may have several roots.
    """

    name: str
    listing: Listing = field(default_factory=Listing)
    root: str | None = None
    distribution: str | None = None
    is_path: bool = False

    @property
    def base(self) -> str:
        """The folder that all files are in; empty without files."""
        folders = {os.path.dirname(file.path) for file in self.listing.files}
        return os.path.commonpath(folders) if folders else ""


def find_target(
    target: str | os.PathLike[str],
    locator: Locator,
    known_distribution: str | None = None,
    exclude: Sequence[str] = (),
    *,
    tests: bool = False,
    known_imports: Callable[[str, str], list[str] | None] = lambda path, stamp: None,
    read: Callable[[str], bytes] = read_bytes,
) -> Target:
    """Return the files of *target*: a module or package, a distribution or a path; nothing is imported.

    Args:
        target: dotted name, distribution name or path. A text with a slash or ending in ``.py`` is a path.
        locator: finds the modules.
        known_distribution: what an earlier scan found it belongs to; spares the search.
        exclude: patterns of what to leave out, as in ``.gitignore``, from the folder of the target.
        tests: whether tests of a project count.
        known_imports: returns what the file of a path and a stamp is known to import, or None.
        read: returns what is in a file.

    Raises:
        PackageNotFoundError: there is nothing of that name; the text names close matches.
        DiscoveryError: a pattern can't be read.
    """
    what = _find(target, locator, known_distribution, Listing(ignored=Ignored(exclude), tests=tests))
    settle_roots(what.listing, known_imports, read)
    for file in what.listing.files if what.is_path else ():
        if file.path in (what.name, os.path.join(what.name, "__init__.py")):
            what.root = file.root
    _drop_shadowed(what.listing)
    what.listing.skipped += what.listing.ignored.faults
    return what


def _find(target: str | os.PathLike[str], locator: Locator, known_distribution: str | None, listing: Listing) -> Target:
    text = os.fspath(target)
    if not isinstance(target, str) or _looks_like_path(text):
        return _path_target(text, listing)
    if all(part.isidentifier() for part in text.split(".")):
        site = locator.find(text)
        if site is not None and _is_folder_here(text, site):
            return _path_target(text, listing)
        if site is not None:
            if _is_another_here(text, site):
                why = f"the package {text} is scanned, not what is called so here; .{os.sep}{text} is that"
                listing.skipped.append((os.path.abspath(text), why))
            return _module_target(text, site, known_distribution, listing)
    distribution = _distribution_target(text, locator, listing)
    if distribution is not None:
        return distribution
    if os.path.exists(text):
        return _path_target(text, listing)
    close = close_matches(text, _installed_names())
    hint = did_you_mean(close) or "; give the name of an installed package, of a distribution, or a path"
    raise PackageNotFoundError(f"there is no package, distribution or path {text!r}{hint}", target=text, close=close)


def _is_folder_here(text: str, site: ModuleSite) -> bool:
    """Tell whether *text* is a folder of the current one, and a module only as any folder is that anybody imports."""
    here = os.path.realpath(text)
    return site.form == "namespace" and [os.path.realpath(each) for each in site.locations] == [here]


def _is_another_here(text: str, site: ModuleSite) -> bool:
    """Tell whether the current folder has something called *text* that is none of the module's places."""
    places = [*site.locations, *([site.path, os.path.dirname(site.path)] if site.path else [])]
    return os.path.exists(text) and os.path.realpath(text) not in map(os.path.realpath, places)


def _drop_shadowed(listing: Listing) -> None:
    """Of several files that are one module of one root keep the one Python imports: a package, else the first."""
    chosen: dict[tuple[str, str], SourceFile] = {}
    for file in listing.files:
        known = chosen.get((file.root, file.module))
        if known is None or (file.is_package and not known.is_package):
            chosen[file.root, file.module] = file
    if len(chosen) < len(listing.files):
        for file in listing.files:
            if (other := chosen[file.root, file.module]) is not file:
                listing.skipped.append((file.path, f"{other.path} is the module {file.module}"))
        listing.files = list(chosen.values())


def distribution_version(name: str | None) -> str | None:
    """Return ``name==version`` of an installed distribution, or None."""
    if name is None:
        return None
    try:
        return f"{name}=={metadata.version(name)}"
    except Exception:  # it is not installed, or whatever a parser raises on damaged bytes
        return None


def _looks_like_path(text: str) -> bool:
    return "/" in text or os.sep in text or text.endswith(".py") or text in (".", "..") or text.startswith("~")


def _path_target(text: str, listing: Listing) -> Target:
    path = os.path.abspath(os.path.expanduser(text))
    listing.tests = listing.tests or asks_for(path)
    if os.path.isdir(path):
        list_folder(path, listing)
    elif os.path.isfile(path):
        if path.endswith(".py"):
            list_file(path, listing)
        elif not list_document(path, listing):
            raise PackageNotFoundError(
                f"{text!r} is not a Python file, nor a document that a scan reads; give one of these, or a folder",
                target=text,
            )
    else:
        raise PackageNotFoundError(f"there is no file or folder {text!r}", target=text, close=[])
    return Target(path, listing, root=path, is_path=True)


def _module_target(name: str, site: ModuleSite, known_distribution: str | None, listing: Listing) -> Target:
    target = Target(name, listing)
    depth = name.count(".") + 1
    if site.locations:
        for folder in site.locations:  # several for a namespace package
            root = _up(folder, depth)
            list_package(name, folder, root, target.listing)
            target.root = target.root or (None if is_installed(root) else root)
    elif site.has_source and site.path is not None and site.form == "source":
        root = _up(site.path, depth)
        list_file(site.path, target.listing, name, root)
        target.root = None if is_installed(root) else root
    else:
        reasons = {
            "bytecode": "bytecode without source; never run",
            "extension": "an extension module; it has no Python source",
        }
        reason = reasons.get(site.form, "part of Python itself; it has no source to read")
        target.listing.skipped.append((site.path or name, reason))
    if site.form in ("builtin", "frozen") or name.partition(".")[0] in sys.stdlib_module_names:
        return target
    where = site.path or (site.locations[0] if site.locations else "")
    target.distribution = known_distribution or distribution_of(name, where)
    return target


def _up(path: str, levels: int) -> str:
    for _ in range(levels):
        path = os.path.dirname(path)
    return path


# --- distributions -------------------------------------------------------------------------------------------------


def _distribution_target(text: str, locator: Locator, listing: Listing) -> Target | None:
    if not re.fullmatch(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", text):
        return None
    dist = find_distribution(text)
    if dist is None:
        return None
    name = name_of(dist) or text
    target = Target(text, listing, distribution=name)
    files = [path for path in files_of(dist) if path.endswith(".py") and not path.startswith("..")]
    folder = str(dist.locate_file(""))
    has_modules = False
    for package, place in _packages(files):
        has_modules = True
        list_package(package, os.path.join(folder, place), folder, target.listing)
    for path in files:
        if "/" not in path and path[:-3].isidentifier():
            has_modules = True
            list_file(os.path.join(folder, path), target.listing, path[:-3], folder)
    if has_modules:
        return target
    for module in _module_names(dist, name):  # an editable install: its record lists no modules
        site = locator.find(module)
        if site is not None:
            part = _module_target(module, site, name, listing)
            target.root = target.root or part.root
    return target


def _packages(files: Sequence[str]) -> list[tuple[str, str]]:
    """Return dotted name and folder of the outermost packages among *files*, namespace packages looked through."""
    folders = sorted({path.removesuffix("/__init__.py") for path in files if path.endswith("/__init__.py")})
    outermost: list[str] = []
    for folder in folders:
        inner = any(folder.startswith(above + "/") for above in outermost)
        if not inner and all(part.isidentifier() for part in folder.split("/")):
            outermost.append(folder)
    return [(folder.replace("/", "."), folder) for folder in outermost]


def _module_names(dist: metadata.Distribution, name: str) -> list[str]:
    listed = text_of(dist, "top_level.txt").split()
    guess = re.sub(r"[-.]+", "_", name)
    return [module for module in dict.fromkeys([*listed, guess, guess.lower()]) if module.isidentifier()]


def distribution_of(module: str, path: str) -> str | None:
    """Return the name of the installed distribution that brought the *module* at *path*, or None."""
    depth = module.count(".") + 1
    inside = os.path.basename(path) == "__init__.py"
    folder = _up(path, depth + 1 if inside else depth)
    top = module.partition(".")[0]
    # Most distributions are called like their package: two guesses spare reading the record of every distribution.
    for guess in dict.fromkeys((top, module.replace(".", "-"))):
        dist = find_distribution(guess)
        if dist is not None and _is_same_place(str(dist.locate_file("")), folder) and _records(dist, module):
            return name_of(dist)
    for dist in metadata.distributions(path=[folder]):
        if _records(dist, module):
            return name_of(dist)
    return _editable(path)


def _records(dist: metadata.Distribution, module: str) -> bool:
    record = text_of(dist, "RECORD") or text_of(dist, "installed-files.txt")
    place = module.replace(".", "/")
    return f"\n{place}/" in "\n" + record or f"\n{place}.py," in "\n" + record


def _editable(path: str) -> str | None:
    """Return the distribution installed from a folder above *path*, by what pip wrote of its origin."""
    for dist in metadata.distributions():
        origin = text_of(dist, "direct_url.json")
        match = re.search(r'"url":\s*"file://([^"]+)"', origin)
        if match is not None and '"editable": true' in origin.replace('":true', '": true'):
            from urllib.parse import unquote

            if path.startswith(unquote(match[1]).rstrip("/") + "/"):
                return name_of(dist)
    return None


def _is_same_place(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)


def _installed_names() -> set[str]:
    names: set[str] = set()
    for dist in metadata.distributions():
        name = name_of(dist)
        if name:
            names.update((name, name.replace("-", "_").lower()))
    return names
