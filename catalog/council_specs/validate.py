"""Is a council spec right? Every issue at once, and nothing is imported to tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.council_specs.shape import MOST, BaseSpec, Issue, as_data, issue, join, shape_issues
from catalog.entry.key import Key, format_key, name_fault
from catalog.entry.kinds import COUNCILS, FEWEST_OF
from catalog.entry.references import Named, references_of, target_of
from catalog.errors import CouncilSpecError, EntryNotFoundError, close_matches, did_you_mean
from catalog.workspace.lookup import names_near

if TYPE_CHECKING:
    from catalog.workspace.lookup import Lookup

_DEEPEST = 50


def validate_council(
    spec: BaseSpec | Mapping[str, Any] | str,
    catalog: Lookup | None = None,
    *,
    name: str | None = None,
    fewest: int = 1,
    most: int = MOST,
) -> list[Issue]:
    """Return all that is wrong with a council spec; nothing if it can be run.

    Args:
        spec: the spec, JSON data that may be anything, or the name or key of a council in the catalog.
        catalog: where names are looked up; without a catalog only the form is judged.
        name: the name the council has or will have, so that a council that holds itself is reported.
        fewest: members it must have at least.
        most: members it may have at the most.

    Returns:
        ``{path, code, message}`` by path, the codes those of :data:`catalog.council_specs.shape.CODES`. What is wrong
        with a sub-council that is named stands below the path of the name. The model names of profiles are not looked
        up: many a model is used without being registered.
    """
    key: Key | None = None if name is None else target_of(name, "council")
    if isinstance(spec, str) and catalog is not None:
        key = council_key(spec, catalog)
        if key is None:
            return [issue("", "unknown_ref", _unknown("council", spec, catalog))]
        stored = council_data(key, catalog)
        if stored is None:
            return []  # code: nothing is known of it before it is loaded
        spec = stored
    data = as_data(spec)
    issues = shape_issues(data, fewest=fewest, most=most)
    if catalog is not None:
        issues += _Walk(catalog).issues(data, "", (key,) if key else ())
    return sorted(issues, key=_place)


def spec_error(issues: list[Issue], name: str | None = None) -> CouncilSpecError:
    """Return the error for a spec with these *issues*; its message is that of the first, and counts the others."""
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    first = issues[0]
    at = f"{first['path']}: " if first["path"] else ""
    who = f"the council {name!r}" if name else "the council spec"
    return CouncilSpecError(f"{who} is not valid: {at}{first['message']}{more}", issues=issues, name=name)


def council_key(word: str, catalog: Lookup) -> Key | None:
    """Return kind and name of the council that *word* names, by name or key, or None."""
    keys = [] if name_fault(word) else [("council", word), ("sub_council", word), target_of(word, "sub_council")]
    return next((key for key in keys if key in catalog), None)


def council_data(key: Key, catalog: Lookup) -> Any:
    """Return the spec of a council in the catalog, or None where only its code knows; nothing is imported."""
    data = held(key, catalog)
    return as_data(data) if isinstance(data, (BaseSpec, Mapping, list, str, int, float)) else None


def held(key: Key, catalog: Lookup) -> Any:
    """Return the data of an entry, or the object of a runtime entry; None where that takes loading code."""
    try:
        entry = catalog.entry(*key)
        if entry.ref is not None or entry.unloadable is not None:
            return None
        return catalog.get(*key) if entry.spec is None else entry.spec
    except EntryNotFoundError:  # unregistered between the two questions
        return None


def _place(fault: Issue) -> tuple[Any, ...]:
    """Return the sort key of an issue; numbers in a path count as numbers, so that member 2 precedes member 10."""
    parts = [(int(part) if len(part) < 10 and part.isdecimal() else -1, part) for part in fault["path"].split(".")]
    return parts, fault["code"], fault["message"]


def _unknown(kind: str, name: str, catalog: Lookup) -> str:
    meant = name.removeprefix(f"{kind}:")
    kinds = COUNCILS if kind == "sub_council" else (kind,)
    close = close_matches(meant, [near for each in kinds for near in names_near(catalog, each, meant)])
    return f"no {kind} {name!r:.80}{did_you_mean(close)}"


class _Walk:
    """Looks up the names of a council, and of those it holds, each once."""

    def __init__(self, catalog: Lookup) -> None:
        self._catalog = catalog
        self._done: set[Key] = set()

    def issues(self, data: object, path: str, chain: tuple[Key, ...]) -> Iterator[Issue]:
        """Yield what is wrong with the names in *data*, which stands at *path* and inside the councils of *chain*."""
        for named in references_of("council", data, {}):
            if named.kind == "model":
                continue
            target = self._target(named)
            place = join(path, named.path)
            if target is None:
                yield self._missing(named, place)
            elif target[0] in COUNCILS:
                yield from self._inside(target, place, chain)

    def _target(self, named: Named) -> Key | None:
        kinds = COUNCILS[::-1] if named.kind == "sub_council" else (named.kind,)
        return next(((kind, named.name) for kind in kinds if (kind, named.name) in self._catalog), None)

    def _missing(self, named: Named, place: str) -> Issue:
        if named.kind == "round":
            close = close_matches(named.name, [*FEWEST_OF, *names_near(self._catalog, "round", named.name)])
            hint = did_you_mean(close) or f"; built in are {', '.join(FEWEST_OF)}"
            return issue(place, "unknown_round", f"no round {named.name!r:.80}{hint}")
        # Perhaps the kind is wrong: the text is a name of another kind, or the key of an entry of another kind.
        meant = named.name
        before, _, name = named.name.partition(":")
        others = [kind for kind in self._catalog.kinds() if (kind, meant) in self._catalog]
        if not others and before in self._catalog.kinds() and before != named.kind and (before, name) in self._catalog:
            others = [before]
        if others:
            text = f"{meant!r:.80} is of kind {others[0]}, where one of kind {named.kind} belongs"
            return issue(place, "wrong_kind", text)
        return issue(place, "unknown_ref", _unknown(named.kind, meant, self._catalog))

    def _inside(self, key: Key, place: str, chain: tuple[Key, ...]) -> Iterator[Issue]:
        if key in chain:
            circle = " → ".join(format_key(*link) for link in (*chain[chain.index(key) :], key))
            yield issue(place, "cycle", f"a council can't hold itself: {circle}")
            return
        if key in self._done:
            return
        if len(chain) > _DEEPEST:
            yield issue(place, "cycle", f"councils hold each other more than {_DEEPEST} deep")
            return
        # Each council is judged once, where it is met first: shared ones would multiply with every level.
        self._done.add(key)
        inner = council_data(key, self._catalog)
        if inner is None:
            return
        for fault in shape_issues(inner):
            yield issue(join(place, fault["path"]), fault["code"], f"in {format_key(*key)}: {fault['message']}")
        for fault in self.issues(inner, place, (*chain, key)):
            inside = fault["code"] == "cycle" or fault["message"].startswith("in ")  # it names its councils already
            yield fault if inside else {**fault, "message": f"in {format_key(*key)}: {fault['message']}"}
