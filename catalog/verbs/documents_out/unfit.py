"""Why an entry can't be written in a form."""

from __future__ import annotations


class Unfit(Exception):
    """The form has no place for the entry; the text says why, for people, after the key."""
