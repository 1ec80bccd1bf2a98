"""What is wrong with a document."""

from __future__ import annotations


class DocumentFault(Exception):
    """Why a document is passed over, in words for people."""
