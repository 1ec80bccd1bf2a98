"""What a scan returns: findings, what was skipped, and names that clash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from operator import attrgetter
from typing import Any

from catalog.entry.key import format_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One object that a scan recognised; nothing was imported to find it.

    Attributes:
        kind: what it is: ``tool``, ``agent``, ...
        name: unique among the findings of its kind in one scan; of several with one name the least deep has it, the
            others have folders and modules in front.
        given_name: the name before that.
        ref: ``package.module:qualified.name``, or None for what can't be reached by a path.
        nested_in: reference of the function that makes it when called, if there is no ``ref``.
        reason: why there is no ``ref``, for people.
        description: from the source where it is a literal, else the first paragraph of the docstring.
        framework: whose it is: ``langchain``, ``mcp``, ...; ``python`` for plain public functions.
        form: ``function``, ``class``, ``value`` or ``document``.
        spec: the data that a document holds of the entry, instead of a reference; else None.
        signature: for people.
        checksum: of the signature.
        source_checksum: of all of it.
        parameters: JSON Schema of the arguments, or None.
        module: dotted name of the module that defines it.
        path: the file.
        line: where it begins there, from 1.
        root: folder that must be on ``sys.path`` for ``ref``; None if the module is found without.
        tags: from the source, where they are literals; so are the fields below, up to `metadata`.
        code: file and qualified name of the Python object that a document says the entry is, or None.
        place: of what was found in code: file, line and column; what `uses` tells it by.
        uses: the findings of the same scan that this one refers to: role (``tools``, ``handoffs``, ``model``, …), kind
            and `place` of each.
    """

    kind: str
    name: str
    given_name: str
    ref: str | None
    nested_in: str | None = None
    reason: str = ""
    description: str = ""
    framework: str = ""
    form: str = "function"
    spec: Any = None
    signature: str | None = None
    checksum: str | None = None
    source_checksum: str | None = None
    parameters: dict[str, Any] | None = None
    module: str = ""
    path: str = ""
    line: int = 0
    root: str | None = None
    tags: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    priority: int = 0
    match: str | None = None
    providers: tuple[str, ...] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    code: tuple[str, str] | None = None
    place: str = ""
    uses: tuple[tuple[str, str, str], ...] = ()

    def __hash__(self) -> int:
        return hash((self.kind, self.name, self.ref, self.path, self.line))

    @property
    def key(self) -> str:
        """``kind:name``."""
        return format_key(self.kind, self.name)

    def to_dict(self) -> dict[str, Any]:
        """Return kind, names, reference and the fields that differ from their defaults, as JSON data."""
        data = {}
        for (name, default), value in zip(_DEFAULTS.items(), _values(self), strict=True):
            if value != default or name in _ALWAYS:
                data[name] = list(value) if isinstance(value, tuple) else value
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """Return the finding that `to_dict` was asked of."""
        values = dict(data)
        for name in ("tags", "examples", "providers", "code"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        values["uses"] = tuple(tuple(use) for use in values.get("uses", ()))
        return cls(**values)


_NAMES = tuple(each.name for each in fields(Finding))
_values = attrgetter(*_NAMES)


def changed(finding: Finding, **changes: Any) -> Finding:
    """Return *finding* with *changes*, as `dataclasses.replace` does in four times the time: a scan makes thousands."""
    return Finding(**{**dict(zip(_NAMES, _values(finding), strict=True)), **changes})


_ALWAYS = ("kind", "name", "given_name", "ref")
_DEFAULTS: dict[str, Any] = {
    each.name: {} if each.name == "metadata" else None if each.name in _ALWAYS else each.default
    for each in fields(Finding)
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Two findings of one kind and name: who keeps it, and what the other is called."""

    kind: str
    name: str
    kept: str
    other: str
    renamed: str


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan found.

    Attributes:
        target: what was asked for.
        distribution: ``name==version`` of the installed distribution it belongs to, or None.
        root: folder that must be on ``sys.path`` to import the findings; None if it is found without.
        findings: by module and line.
        skipped: what could not be read, by path.
        clashes: names that two findings wanted.
        left_out: how many Python files were left out, by reason (:mod:`catalog.discovery.left_out`), the most first;
            of virtual environments and installed packages the folders are counted.
        unread: how many files of a project are in languages that are not read, by language, the most first.
        files: state of every file, to be handed to the next scan as ``known``; plain data for JSON.
        unchanged: whether no file changed since that state was taken; then nothing was read.
        counts: ``files``, ``looked_at`` (read), ``parsed``, ``findings``, ``skipped``.
    """

    target: str
    distribution: str | None
    root: str | None
    findings: Sequence[Finding]
    skipped: tuple[Skipped, ...]
    clashes: tuple[Clash, ...]
    files: dict[str, Any]
    unchanged: bool
    counts: dict[str, int]
    left_out: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON data, without the state of the files."""
        return {
            "target": self.target,
            "distribution": self.distribution,
            "root": self.root,
            "findings": [finding.to_dict() for finding in self.findings],
            "skipped": [asdict(skip) for skip in self.skipped],
            "clashes": [asdict(clash) for clash in self.clashes],
            "left_out": self.left_out,
            "unread": self.unread,
            "unchanged": self.unchanged,
            "counts": self.counts,
        }
