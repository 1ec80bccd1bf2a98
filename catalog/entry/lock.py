"""The lock file: what entries stood for when somebody looked, as a text that is reviewed and compared.

It is TOML that is written in one way only: a line with the version of the format, then a block for each entry, by key,
its fields in one order. All that is no printable ASCII is written as ``\\uXXXX``, so that two names that look alike do
not in a review. Reading accepts nothing else, so that each accepted text is written again byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NoReturn

from catalog.entry.key import composed, name_fault, parse_key
from catalog.entry.kinds import is_kind_name
from catalog.entry.object_ref import reference_fault
from catalog.errors import LockError, close_matches, did_you_mean

VERSION = 1
"""The version of the format that is written, and the only one that is read."""

LARGEST = 64_000_000
"""The most bytes of a lock file: some 100,000 entries."""

OUTSIDE = "outside"
"""Stands for a folder that is not near the lock file: another machine has it somewhere else."""

LONGEST = 4_000
"""The most characters of a text: twenty times the longest name."""

_TITLE = "# Written by `catalog pin`. Review what changes; do not edit it by hand.\n"
HEAD = f"{_TITLE}version = {VERSION}\n"
"""The beginning of a lock file; the blocks follow, by key."""

_TEXTS = ("reference", "spec", "match", "source", "root", "distribution", "checksum", "source_checksum")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUM = re.compile(r"[a-z]{2,8}[0-9]{1,3}:[0-9a-f]{8,128}")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_BLOCK = re.compile(rf"\[{_QUOTED}\]")
_FIELD = re.compile(rf"([a-z_]+) = {_QUOTED}")
_FILE = re.compile(rf"file\.{_QUOTED} = {_QUOTED}")
_ESCAPE = re.compile(r'\\(?:(["\\])|u([0-9A-F]{4})|U([0-9A-F]{8})|(.?))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pin:
    """What an entry stands for.

    Attributes:
        reference: where its code is; None for data.
        spec: SHA-256 of its data; None for code.
        match: the rule by which prompts are routed to it; None without one.
        source: where the entry came from, as ``manual`` or ``scan:mypkg``.
        root: the folder its code lies in, seen from that of the lock file, as ``.`` or ``./src``; ``outside`` if it is
            not near; None for what is installed.
        distribution: the installed distribution and its version, ``name==version``.
        checksum: of the signature.
        source_checksum: of signature and body.
        files: the files that importing it surely runs, by path from the folder of their top-level package, each with
            the SHA-256 of its bytes: its module, the module that defines it, and the packages these are in.
    """

    reference: str | None = None
    spec: str | None = None
    match: str | None = None
    source: str | None = None
    root: str | None = None
    distribution: str | None = None
    checksum: str | None = None
    source_checksum: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the pin as JSON data."""
        return {**{name: getattr(self, name) for name in _TEXTS}, "files": dict(self.files)}

    def values(self) -> dict[str, str]:
        """Return what is known by the name of its field; files as ``file PATH``."""
        known = {name: value for name in _TEXTS if (value := getattr(self, name)) is not None}
        return known | {f"file {path}": digest for path, digest in sorted(self.files.items())}


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock file says.

    Attributes:
        pins: by key.
    """

    pins: Mapping[str, Pin] = field(default_factory=dict)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of *content*, as a lock file has it."""
    return sha256(content).hexdigest()


def format_lock(lock: Lock) -> str:
    """Return the text of the lock file that says *lock*."""
    return HEAD + "".join(format_block(key, lock.pins[key]) for key in sorted(lock.pins))


def format_block(key: str, pin: Pin) -> str:
    """Return the part of the text of a lock file that pins the entry of *key*."""
    lines = [f"\n[{_quoted(key)}]\n"]
    lines += [f"{name} = {_quoted(value)}\n" for name in _TEXTS if (value := getattr(pin, name)) is not None]
    lines += [f"file.{_quoted(path)} = {_quoted(pin.files[path])}\n" for path in sorted(pin.files)]
    return "".join(lines)


def is_lock(text: str) -> bool:
    """Tell whether *text* is that of a lock file of this version, whole or damaged."""
    return text.replace("\r\n", "\n").startswith(HEAD)


def parse_lock(text: str, where: str = "catalog.lock") -> Lock:
    """Return what the *text* of a lock file says.

    Args:
        text: all of it; its lines may end as those of Windows.
        where: the file, for messages.

    Raises:
        LockError: it is not as :func:`format_lock` writes it; the message has the number of the line.
    """
    return _Reading(text.replace("\r\n", "\n"), where).lock()


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:  # nearly all
        return f'"{text}"'
    return '"' + "".join(map(_written, text)) + '"'


def _written(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if " " <= char <= "~":
        return char
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"


class _Reading:
    """One reading of a lock file, line by line."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.line = 0
        self.pins: dict[str, Pin] = {}
        self.key: str | None = None
        self.began = 0
        self.texts: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.is_as_written = text.startswith(HEAD)
        self.checked = len(HEAD)  # how much of the text was compared with what would be written

    def lock(self) -> Lock:
        start = 0
        while start <= len(self.text):  # line by line: there may be a million
            end = self.text.find("\n", start)
            end = len(self.text) if end < 0 else end
            self._line(self.text[start:end], start)
            start = end + 1
        self._close(len(self.text))
        lock = Lock(self.pins)
        if not self.is_as_written or self.checked < len(self.text):
            # Blank lines, the order of fields, escapes that are not needed: the line is looked for.
            pairs = zip(self.text.split("\n"), format_lock(lock).split("\n"), strict=False)
            self.line = next((at for at, (mine, its) in enumerate(pairs, 1) if mine != its), self.line)
            self._wrong("is not as `catalog pin` writes it; write it again")
        return lock

    def _line(self, line: str, start: int) -> None:
        self.line += 1
        if len(line) > 2 * LONGEST:
            self._wrong(f"has {len(line):,} characters, too many for any field")
        if self.line <= 2:
            self._head(line)
        elif line.startswith("["):
            self._block(line, start)
        elif line:
            self._field(line)

    def _wrong(self, fault: str) -> NoReturn:
        raise LockError(f"{self.where}, line {self.line}: {fault}", file=self.where, line=self.line)

    def _head(self, line: str) -> None:
        if self.line == 1:
            if line + "\n" != _TITLE:
                self._wrong("this is no lock file; `catalog pin` writes one")
            return
        found = re.fullmatch(r"version = ([0-9]{1,9})", line)
        if found is None:
            self._wrong(f"'version = {VERSION}' must stand here")
        if int(found[1]) != VERSION:
            self._wrong(f"version {int(found[1])} of the format is not known here; this program reads {VERSION}")

    def _block(self, line: str, start: int) -> None:
        self._close(start - 1)  # a block begins with the blank line above its key
        found = _BLOCK.fullmatch(line)
        if found is None:
            self._wrong('a block begins with its key, as ["tool:plot"]')
        key = self._plain(found[1])
        parsed = parse_key(key)
        if parsed is None or not is_kind_name(parsed[0]) or name_fault(parsed[1]) or composed(key) != key:
            self._wrong(f"{_quoted(key)} is no key; a key is KIND:NAME")
        last = next(reversed(self.pins), None)
        if key in self.pins:
            self._wrong(f"{_quoted(key)} is pinned twice")
        if last is not None and key < last:
            self._wrong(f"{_quoted(key)} must stand before {_quoted(last)}: keys are sorted")
        self.key, self.began, self.texts, self.files = key, self.line, {}, {}

    def _field(self, line: str) -> None:
        if self.key is None:
            self._wrong("a field must stand below the key of an entry")
        file = _FILE.fullmatch(line)
        if file is not None:
            path, digest = self._plain(file[1]), self._plain(file[2])
            fault = _path_fault(path)
            if fault:
                self._wrong(f"the path {_quoted(path)} {fault}")
            if path in self.files:
                self._wrong(f"the file {_quoted(path)} is there twice")
            if not _DIGEST.fullmatch(digest):
                self._wrong("a file has a SHA-256 of 64 small hexadecimal digits")
            self.files[path] = digest
            return
        found = _FIELD.fullmatch(line)
        if found is None:
            self._wrong('a field is written NAME = "TEXT"')
        name, value = found[1], self._plain(found[2])
        if name not in _TEXTS:
            self._wrong(f"there is no field {name!r:.80}{did_you_mean(close_matches(name[:80], _TEXTS))}")
        if name in self.texts:
            self._wrong(f"the field {name!r} is there twice")
        fault = _fault(name, value)
        if fault:
            self._wrong(f"{name} {fault}")
        self.texts[name] = value

    def _close(self, end: int) -> None:
        """Take in the block that ends at *end*."""
        if self.key is None:
            return
        at, self.line = self.line, self.began
        if ("reference" in self.texts) == ("spec" in self.texts):
            self._wrong(f"{_quoted(self.key)} needs either a reference or a spec")
        if "spec" in self.texts and ("checksum" in self.texts or "source_checksum" in self.texts):
            self._wrong(f"{_quoted(self.key)} is data: it has no checksums")
        if "spec" in self.texts and self.files and "match" not in self.texts:
            self._wrong(f"{_quoted(self.key)} is data: it has no files but those of its rule")
        self.line = at
        pin = self.pins[self.key] = Pin(**self.texts, files=self.files)
        block = format_block(self.key, pin)
        self.is_as_written = self.is_as_written and self.text[self.checked : end] == block
        self.checked = end

    def _plain(self, written: str) -> str:
        """Return the text that is *written* between quotes."""
        text = _ESCAPE.sub(self._char, written) if "\\" in written else written
        if len(text) > LONGEST:
            self._wrong(f"a text has {len(text):,} characters; {LONGEST:,} are allowed")
        return text

    def _char(self, found: re.Match[str]) -> str:
        plain, short, long, other = found.groups()
        if plain:
            return plain
        code = int(short or long or "110000", 16)
        if other is not None or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            self._wrong(f"{found[0]!a} is no escape")
        return chr(code)


def _fault(name: str, value: str) -> str | None:
    """Return what is wrong with the *value* of a field, or None."""
    if not value:
        return "is empty"
    if name == "reference":
        fault = reference_fault(value)
        return f"is no reference: {fault}" if fault else None
    if name == "spec" and not _DIGEST.fullmatch(value):
        return "is a SHA-256 of 64 small hexadecimal digits"
    if name in ("checksum", "source_checksum") and not _SUM.fullmatch(value):
        return "is no checksum, as sig1:… with small hexadecimal digits"
    if name == "root" and value not in (OUTSIDE, ".", "..") and not value.startswith(("./", "../")):
        return "is a folder seen from this file, as '.' or './src'"
    return None


def _path_fault(path: str) -> str | None:
    parts = path.split("/")
    if "" in parts or "." in parts or ".." in parts or "\\" in path or "\0" in path:
        return "does not lead into the folder of a package"
    return None
