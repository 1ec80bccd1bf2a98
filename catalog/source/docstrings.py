"""From a docstring: its summary, and what each parameter is for."""

from __future__ import annotations

import re

_MARKS = {
    "google": re.compile(
        r"^[ \t]*(?:args|arguments|params|parameters|keyword args|other parameters):\s*$", re.I | re.M
    ),
    "numpy": re.compile(r"^[ \t]*(?:other )?parameters[ \t]*\n[ \t]*---", re.I | re.M),
    "sphinx": re.compile(r"^[ \t]*:(?:param|parameter|arg|argument|key|keyword)\b", re.M),
}
"""What a docstring of each style holds if it describes parameters."""


def summary(docstring: str) -> str:
    """Return the first paragraph of *docstring* as one line."""
    lines: list[str] = []
    for line in docstring.strip().split("\n"):
        stripped = line.strip()
        if not stripped:
            break
        lines.append(stripped)
    return " ".join(lines)


def parameter_texts(docstring: str) -> dict[str, str]:
    """Return what *docstring* says about each parameter, each as one line.

    Google, numpy and sphinx style are read by griffe, which takes longer than all the rest of a scan: only
    the styles whose marks the text has are tried. The style that finds most parameters counts; of several the first,
    in the order above.
    """
    best: dict[str, str] = {}
    for style, mark in _MARKS.items():
        if mark.search(docstring):
            texts = _parsed(docstring, style)
            if len(texts) > len(best):
                best = texts
    return best


def _parsed(docstring: str, style: str) -> dict[str, str]:
    import griffe  # here, as it takes longer than reading all of a small package, and most docstrings need it not

    try:
        sections = griffe.Docstring(docstring, lineno=1).parse(style, warnings=False)  # type: ignore[arg-type]
    except Exception:  # whatever a docstring does to a parser, the function it belongs to is still there
        return {}
    texts: dict[str, str] = {}
    for section in sections:
        if section.kind.value in ("parameters", "other parameters"):
            for parameter in section.value:
                name = parameter.name.lstrip("*").replace("\\*", "")
                text = " ".join(parameter.description.split())
                if text:
                    texts[name] = text
    return texts
