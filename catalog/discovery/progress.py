"""How a scan tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with the number of files done, the number of all files, and the module just looked at."""


class Steps:
    """Tells of each file of a scan that it is done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        """Tell *progress* of *total* files."""
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, module: str) -> None:
        """Tell that the file of *module* is done."""
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total, module)
