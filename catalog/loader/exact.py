"""Running what was checked: while a module is imported, the bytes that were read for the check are those that run.

Between a check and an import a file may change, the import may take compiled code that lies beside the file, or find
another file of that name. Here the import is given the bytes themselves.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

_here = threading.local()


@contextmanager
def running(checked: Mapping[str, bytes]) -> Iterator[None]:
    """Let imports of this thread run the bytes of *checked*, by the real path of files, for the time of the block."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    before = getattr(_here, "checked", {})
    _here.checked = {**before, **checked}
    try:
        yield
    finally:
        _here.checked = before


class _Finder(MetaPathFinder):
    """Gives the modules of checked files a loader that runs the checked bytes."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the other finders do, with the bytes put in; None where nothing was checked."""
        checked = getattr(_here, "checked", None)
        if not checked:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec: ModuleSpec | None = finder.find_spec(fullname, path, target)
            if spec is not None:
                break
        else:
            return None
        data = checked.get(os.path.realpath(spec.origin)) if spec.origin else None
        if data is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader.get_code = _Code(spec.loader, data)  # type: ignore[method-assign]
            spec.cached = None
        return spec


class _Code:
    """Compiles the checked bytes, whatever lies beside the file or has become of it."""

    def __init__(self, loader: SourceFileLoader, data: bytes) -> None:
        self.loader = loader
        self.data = data

    def __call__(self, fullname: str) -> CodeType | None:
        code: Any = self.loader.source_to_code(self.data, self.loader.path)
        return code  # type: ignore[no-any-return]
