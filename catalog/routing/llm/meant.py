"""Which of the names offered a model means: it writes them with blanks and quotes around, and in another case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_AROUND = " \t\r\n\u00a0\"'`*.,;<>[](){}“”„‘’‚«»‹›"


def meant(answer: str, forms: Mapping[str, str] | Iterable[str]) -> str | None:
    """Return what *answer* means among *forms*, or None where it means nothing, or could mean several.

    Args:
        answer: as the model wrote it.
        forms: what may be written, each with what it stands for; names alone stand for themselves. What is written
            exactly so counts first, then without what stands around it, then without regard to case.
    """
    known = forms if isinstance(forms, Mapping) else {name: name for name in forms}
    bare = answer.strip(_AROUND)
    for written in (answer, answer.strip(), bare):
        if written in known:
            return known[written]
    folded = bare.casefold()
    found = {label for form, label in known.items() if form.strip(_AROUND).casefold() == folded} if folded else set()
    return found.pop() if len(found) == 1 else None
