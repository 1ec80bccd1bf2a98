"""Plugins of pydantic: loaded before our first model, so that a broken one doesn't end the program."""

from __future__ import annotations

import warnings
from functools import cache

from pydantic import create_model

from catalog.distributions import forgiving
from catalog.errors import CatalogWarning


@cache
def load_plugins() -> None:
    """Have pydantic load its plugins, as it does for the first model of a program, and only then.

    It reads the entry points of all that is installed, and ends in whatever the first broken one raises; what was
    loaded until then stays loaded. Every module of ours that makes a model calls this before.
    """
    with forgiving():
        try:
            create_model("Plugins")
        except Exception as error:  # whatever the code of a plugin raises
            warnings.warn(f"a plugin of pydantic can't be loaded: {error!r}", CatalogWarning, stacklevel=2)
