"""The command line every benchmark has: its own options, and where the evaluation data is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import VARIABLE


class Parser(argparse.ArgumentParser):
    """A parser with the docstring of its benchmark as help, and ``--data``."""

    def __init__(self, name: str, text: str | None) -> None:
        super().__init__(
            prog=f"python -m benchmarks {name}",
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add_argument(
            "--data", "--eval", type=Path, metavar="DIR", help=f"folder of the evaluation data, in place of {VARIABLE}"
        )

    def options(self, arguments: Sequence[str] | None) -> Any:
        """Return the parsed *arguments*; ``--data`` holds from now on, for processes started later too."""
        options = self.parse_args(arguments)
        if options.data is not None:
            os.environ[VARIABLE] = str(options.data.resolve())
        return options
