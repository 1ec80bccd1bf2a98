"""Templates of Python's own library."""

from __future__ import annotations

from catalog.loader.given import filled
from catalog.loader.ways.way import Way

WAYS = {("string", "Template"): Way(lambda obj, given: filled(obj, "substitute", given))}
