"""The patterns by which a configuration says what may be imported: modules, objects, distributions, folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from catalog.trust.folders import is_within

DISTRIBUTION = "dist:"
FOLDER = "root:"

COMMAND = "command:"
ADDRESS = "url:"
"""Begin patterns of what may be started and sent to; :mod:`catalog.trust.reach` compares them."""

FORMS = (
    '"mypkg.*", "mypkg.tools:refund", "dist:some-distribution", "root:/srv/tools", "command:uvx some-server", '
    '"url:https://host/*"'
)
"""What a pattern may be, for messages."""

_MODULE = re.compile(r"[\w*?]+(\.[\w*?]+)*(:[\w*?]+(\.[\w*?]+)*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is that a reference leads to, as far as that is known.

    Attributes:
        module: the module's name, as it is imported.
        qualname: the name within the module.
        file: the file of the module; None for what has none (built-in modules) or was not seen.
        is_home: whether the import path itself leads to that file: no folder that a row names is needed.
    """

    module: str
    qualname: str
    file: str | None = None
    is_home: bool = True

    @property
    def ref(self) -> str:
        """The reference."""
        return f"{self.module}:{self.qualname}"


def pattern_fault(pattern: str) -> str | None:
    """Return why *pattern* can't be used, or None."""
    if pattern.startswith(DISTRIBUTION):
        return None if pattern.removeprefix(DISTRIBUTION).strip() else "names no distribution"
    if pattern.startswith(FOLDER):
        return None if pattern.removeprefix(FOLDER).strip() else "names no folder"
    if pattern.startswith(COMMAND):
        return None if pattern.removeprefix(COMMAND).strip() else "names no command"
    if pattern.startswith(ADDRESS):
        return None if "://" in pattern else "names no address; write url:https://host/path"
    return None if _MODULE.fullmatch(pattern) else f"is no pattern; write {FORMS}"


def matches(patterns: Iterable[str], place: Place, folder: str | None) -> str | None:
    """Return the first of *patterns* that fits *place*, or None.

    A pattern of modules says nothing of a folder, and whoever names a folder in a row would choose the code behind
    the name. So it fits only where the import path leads by itself, or in the *folder* of the configuration.
    """
    named = place.is_home or (place.file is not None and folder is not None and is_within(place.file, folder))
    for pattern in patterns:
        if pattern.startswith((COMMAND, ADDRESS)):
            continue
        if pattern.startswith(DISTRIBUTION):
            if _is_of(place, pattern.removeprefix(DISTRIBUTION)):
                return pattern
        elif pattern.startswith(FOLDER):
            where = os.path.expanduser(pattern.removeprefix(FOLDER))
            where = where if os.path.isabs(where) or folder is None else os.path.join(folder, where)
            if place.file is not None and is_within(place.file, where):
                return pattern
        elif named and _names(pattern, place):
            return pattern
    return None


def _names(pattern: str, place: Place) -> bool:
    """Tell whether a pattern of modules fits: a module stands for what is in it, an object for what is in that."""
    module, _, qualname = pattern.partition(":")
    if qualname:
        return fnmatchcase(place.module, module) and (
            fnmatchcase(place.qualname, qualname) or fnmatchcase(place.qualname, f"{qualname}.*")
        )
    module = module.removesuffix(".*") or module
    return fnmatchcase(place.module, module) or fnmatchcase(place.module, f"{module}.*")


def _is_of(place: Place, name: str) -> bool:
    """Tell whether the installed distribution *name* brought the file of *place*."""
    from catalog.distributions import files_of, find_distribution, text_of  # reads metadata: for such patterns only

    dist = find_distribution(name)
    if dist is None or place.file is None:
        return False
    file = os.path.realpath(place.file)
    origin = text_of(dist, "direct_url.json")
    if '"editable"' in origin:  # its record lists no modules
        from json import JSONDecodeError, loads
        from urllib.parse import unquote, urlsplit

        try:
            about = loads(origin)
            if about["dir_info"]["editable"]:
                return is_within(file, unquote(urlsplit(about["url"]).path))
        except (JSONDecodeError, LookupError, TypeError):
            pass
    return any(os.path.realpath(str(dist.locate_file(path))) == file for path in files_of(dist))
