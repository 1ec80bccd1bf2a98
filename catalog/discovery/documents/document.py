"""One document: its bytes as text, JSON or YAML, read safely and within limits."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

LARGEST = 2_000_000
"""The most bytes of a document that is read."""
DEEPEST = 100
"""How deep lists and objects may be nested."""
MOST = 200_000
"""How many values a document may hold, those that aliases repeat counted each time."""


class DocumentFault(Exception):
    """Why a document is passed over, in words for people."""


@dataclass(slots=True)
class DocumentFile:
    """A file that is not Python and may hold entries; `place` is its path below the folder the walk began in."""

    path: str
    place: str
    stamp: str


@dataclass(eq=False)
class Document:
    """A file that may have one of the forms.

    Attributes:
        path: of the file.
        place: the path below the folder that is scanned, with ``/``.
        data: its bytes.
    """

    path: str
    place: str
    data: bytes

    @property
    def folder(self) -> str:
        """The folder the file is in."""
        return os.path.dirname(self.path)

    @cached_property
    def text(self) -> str:
        """The bytes as UTF-8, a mark of byte order left out."""
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DocumentFault(f"it is not UTF-8 (byte {error.start})") from None

    @cached_property
    def json(self) -> Any:
        """The value of a JSON document."""
        try:
            value = json.loads(self.text)
        except RecursionError:
            raise DocumentFault(f"its values are nested more than {DEEPEST} deep") from None
        except ValueError as error:
            raise DocumentFault(f"it is not JSON: {error}"[:300]) from None
        check_size(value)
        return value

    @cached_property
    def yaml(self) -> Any:
        """The value of a YAML document; only plain data is made, whatever the tags in it."""
        return yaml_of(self.text)

    @cached_property
    def front_matter(self) -> tuple[dict[str, Any], str, int]:
        """The table between the first two lines of ``---``, the text after it, and the line that text begins in."""
        lines = self.text.splitlines(keepends=True)
        if not lines or lines[0].rstrip() != "---":
            return {}, self.text, 1
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() == "---":
                table = yaml_of("".join(lines[1:number]))
                if table is not None and not isinstance(table, dict):
                    raise DocumentFault("what stands between its first two lines of `---` is not a table")
                return table or {}, "".join(lines[number + 1 :]), number + 2
        raise DocumentFault("it begins with `---`, and no line of `---` ends that part")


def yaml_of(text: str) -> Any:
    """Return the value of YAML *text*, as plain data.

    Raises:
        DocumentFault: it is no YAML, holds what is no plain data, or too much of it.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = yaml.load(text, Loader=loader)
    except RecursionError:
        raise DocumentFault(f"its values are nested more than {DEEPEST} deep") from None
    except yaml.YAMLError as error:
        raise DocumentFault(f"it is not YAML: {' '.join(str(error).split())}"[:300]) from None
    except ValueError as error:  # a date that is none
        raise DocumentFault(f"it is not YAML: {error}"[:300]) from None
    check_size(value)
    return value


def check_size(value: Any) -> None:
    """Check that *value* is not nested too deeply and doesn't hold too much, repeated values counted each time.

    Raises:
        DocumentFault: it does.
    """
    count, waiting = 0, [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if count > MOST:
            raise DocumentFault(f"it holds more than {MOST:,} values")
        if depth > DEEPEST:
            raise DocumentFault(f"its values are nested more than {DEEPEST} deep")
        if isinstance(each, dict):
            waiting += [(inner, depth + 1) for inner in each.values()]
        elif isinstance(each, (list, tuple, set)):
            waiting += [(inner, depth + 1) for inner in each]
