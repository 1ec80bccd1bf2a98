"""What there is to do with each file of a scan, by this process or another: to look at its bytes, and to extract it."""

from __future__ import annotations

from typing import Any, NamedTuple

from catalog.discovery.extraction import Asked
from catalog.discovery.looking import Looker
from catalog.discovery.root_scan import RootScan


class Look(NamedTuple):
    """A file whose bytes are to be looked at."""

    scan: RootScan
    module: str
    looker: Looker

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self.scan.states[self.module].file.size

    def here(self) -> None:
        """Look at it in this process."""
        self.scan.look(self.module, self.looker)

    def handed(self) -> tuple[str, bool, bytes]:
        """Return what another process needs for it."""
        return self.module, self.scan.states[self.module].file.is_package, self.scan.source(self.module)

    def take(self, answer: Any) -> None:
        """Take what another process saw."""
        self.scan.take_look(self.module, answer)


class Extraction(NamedTuple):
    """A file that is to be extracted."""

    scan: RootScan
    number: int
    module: str
    asked: Asked

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self.scan.states[self.module].file.size

    def here(self) -> None:
        """Extract it in this process."""
        self.scan.extract(self.module, self.asked)

    def handed(self) -> tuple[int, Asked, bytes]:
        """Return what another process needs for it."""
        return self.number, self.asked, self.scan.source(self.module)

    def take(self, answer: Any) -> None:
        """Take the extract that another process has made."""
        self.scan.take(self.module, answer)
