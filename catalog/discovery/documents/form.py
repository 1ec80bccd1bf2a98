"""What a form of documents is: which files may have it, and which module reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from catalog.discovery.documents.document import Document


class Form(NamedTuple):
    """One published form.

    Attributes:
        name: what people call it: ``agent skill``.
        kinds: the kinds of entries that it holds.
        files: names of files that may have the form: ``SKILL.md``, or ``*.prompty`` for any name that ends so.
        reader: the module of this package with ``read(document)``; imported when the first such file is seen.
        checked: whose form it is, and the version or date it was read by.
        folders: the file counts only below folders of these names, the last ones of its path: ``.claude/agents``;
            empty: anywhere.
        hints: the file is read only if its first bytes hold one of these; empty: always.
        whole_folder: the form is that of a folder, which the file describes: a change of any file in it is a change.
    """

    name: str
    kinds: tuple[str, ...]
    files: tuple[str, ...]
    reader: str
    checked: str
    folders: tuple[str, ...] = ()
    hints: tuple[bytes, ...] = ()
    whole_folder: bool = False


class Code(NamedTuple):
    """A Python object that a document names: the file it is in, and its qualified name there."""

    path: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a document holds of one entry: the fields are those of :class:`catalog.Entry`.

    Attributes:
        spec: the data of the entry, as JSON; of a prompt its text; without secrets.
        signature: what others rely on, in one line for people: ``GET /pets``, the command that is run. Where it is
            given, a change of it tells more than another change of the spec.
        line: where it begins, from 1.
        references: keys of the entries it names, such as ``mcp_server:files``.
        code: the Python object that the entry is; its reference takes the place of *spec* if the file is scanned.
    """

    kind: str
    name: str
    description: str = ""
    spec: Any = field(default_factory=dict)
    signature: str | None = None
    line: int = 1
    tags: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    parameters: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    code: Code | None = None


class Reader(Protocol):
    """A module that reads one form."""

    def read(self, document: Document) -> Iterable[Item]:
        """Return what *document* holds.

        Raises:
            DocumentFault: it has another form; the text says what is wrong, for people.
        """
