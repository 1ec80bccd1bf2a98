"""Skills as folders, each with its ``SKILL.md`` and all files that belong to it, or as a zip file of such folders.

Nothing of them is run.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from catalog.discovery.documents.document import LARGEST, Document, DocumentFault
from catalog.discovery.documents.folder import files_below
from catalog.discovery.documents.secrets import without_secrets
from catalog.files import read_regular, whole_file
from catalog.verbs.documents_out.unfit import Unfit

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

_FILE = "SKILL.md"
_LARGEST_FILE = 100_000_000


def is_zip(path: str) -> bool:
    """Tell whether skills written to *path* become one zip file."""
    return path.lower().endswith(".zip")


class SkillFolders:
    """Skills on their way into a folder, or a zip file, that has one folder for each."""

    def __init__(self, out: str) -> None:
        """Write to the folder *out*, or a file that ends in ``.zip``, in the end, and nothing before that."""
        self._out = os.path.abspath(out)
        self._is_zip = is_zip(out)
        self._folders: dict[str, tuple[str, str]] = {}

    def add(self, entry: Entry) -> None:
        """Take in one skill.

        Raises:
            Unfit: its files are not here, or its folder can't be written.
        """
        name = entry.given_name
        if entry.document is None:
            raise Unfit("it was not read from a folder with a SKILL.md")
        if re.fullmatch(r"\w[\w .-]*", name) is None:
            raise Unfit(f"its name {name!r:.80} is no name of a folder")
        if name in self._folders:
            raise Unfit("there is another skill of its name; name one of the two")
        source = os.path.dirname(entry.document)
        try:
            text = _skill_md(entry.document)
        except (OSError, DocumentFault) as error:
            raise Unfit(f"{entry.document} can't be read: {error}") from None
        if not self._is_zip:
            self._check(os.path.join(self._out, name), source)
        self._folders[name] = source, text

    def _check(self, target: str, source: str) -> None:
        """Raise where the folder of a skill can't be *target*.

        Raises:
            Unfit: it is the *source* itself, or no folder of a skill.
        """
        if os.path.realpath(target) == os.path.realpath(source):
            raise Unfit(f"{target} is where it comes from")
        if os.path.lexists(target) and (os.path.islink(target) or not os.path.isfile(os.path.join(target, _FILE))):
            raise Unfit(f"{target} is there, and is no folder of a skill")

    def _write_zip(self) -> None:
        with whole_file(self._out) as file:
            bytes_of: Any = file  # a text file lies on one of bytes
            with ZipFile(bytes_of.buffer, "w") as folder:
                for name, (source, text) in sorted(self._folders.items()):
                    for path, data, mode in _files(source, text):
                        about = ZipInfo(f"{name}/{path}")  # its time is 1980: the same files give the same bytes
                        about.external_attr = (0o100000 | mode) << 16
                        about.compress_type = ZIP_DEFLATED
                        folder.writestr(about, data)

    def write(self) -> None:
        """Write the folders, all or none; those of skills that were there, or the zip file, are replaced.

        Raises:
            OSError: the system refuses; everything is as it was.
        """
        if self._is_zip:
            self._write_zip()
            return
        made = not os.path.isdir(self._out)
        os.makedirs(self._out, exist_ok=True)
        beside = os.path.join(self._out, f".catalog-{token_hex(8)}.tmp")
        done: list[str] = []
        try:
            for name, (source, text) in self._folders.items():
                _copy(source, os.path.join(beside, "new", name), text)
            os.makedirs(os.path.join(beside, "old"))
            for name in self._folders:
                target = os.path.join(self._out, name)
                if os.path.isdir(target):
                    os.rename(target, os.path.join(beside, "old", name))
                done.append(name)
                os.rename(os.path.join(beside, "new", name), target)
        except BaseException:
            for name in done:
                target, old = os.path.join(self._out, name), os.path.join(beside, "old", name)
                with suppress(OSError):
                    shutil.rmtree(target, ignore_errors=True)
                    if os.path.isdir(old):
                        os.rename(old, target)
            shutil.rmtree(beside, ignore_errors=True)
            if made:
                with suppress(OSError):
                    os.rmdir(self._out)
            raise
        shutil.rmtree(beside, ignore_errors=True)


def _skill_md(path: str) -> str:
    """Return the text of a ``SKILL.md``: as it is, but for secrets in the table at its beginning."""
    document = Document(path, _FILE, read_regular(path, LARGEST))
    table, text, _ = document.front_matter
    clean: Any = without_secrets(table)
    if clean == table:
        return document.text
    import yaml

    return f"---\n{yaml.safe_dump(clean, sort_keys=False, allow_unicode=True)}---\n{text}"


def _files(source: str, text: str) -> Iterator[tuple[str, bytes, int]]:
    """Yield path, content and rights of each file of a skill; *text* is that of its ``SKILL.md``."""
    for path, state in files_below(source):
        data = text.encode() if path == _FILE else read_regular(os.path.join(source, *path.split("/")), _LARGEST_FILE)
        yield path, data, 0o755 if state.st_mode & 0o100 else 0o644


def _copy(source: str, target: str, text: str) -> None:
    os.makedirs(target)
    for path, data, mode in _files(source, text):
        place = os.path.join(target, *path.split("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "xb") as file:
            file.write(data)
        os.chmod(place, mode)
