"""One thing that a count found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Item:
    """A tool, agent, prompt, model, skill or server.

    Attributes:
        kinds: what it may be called; the first is what it is counted as.
        name: as the source has it; empty where it has none.
        path: below the repository.
        line: where it begins.
        how: ``decorated``, ``derived``, ``constructed``, ``document``, or ``given`` (a plain function, to an agent).
        origin: whose it is: the dotted name of the decorator, base or class; for a document, its form.
        where: ``module``, ``class``, ``function``, ``notebook`` or ``document``.
        text: whether the source has a text that says what it is.
        required: whether a scan has to find it; what is not required is no fault where it is found.
        names: what else it may be called: the variable, the role.
        spans: every place at which finding it counts: path, first and last line; of a notebook, line 0.
    """

    kinds: tuple[str, ...]
    name: str
    path: str
    line: int
    how: str
    origin: str
    where: str = "module"
    text: bool = False
    required: bool = True
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What it is counted as."""
        return self.kinds[0]
