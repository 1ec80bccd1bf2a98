"""What reasons, findings and errors of routing say alike."""

from __future__ import annotations


def shortened(text: str, most: int = 60) -> str:
    """Return *text* as one line of at most *most* characters; what is cut off is shown as an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
