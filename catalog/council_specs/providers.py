"""Which model providers an entry needs: those of every profile and model it uses, through sub-councils too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from catalog.council_specs.shape import BaseSpec, as_data
from catalog.entry.key import Key, name_fault
from catalog.entry.kinds import COUNCILS
from catalog.entry.references import target_of
from catalog.errors import EntryNotFoundError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.lookup import Lookup

Find = Callable[[str, str], "Entry | None"]
Direct = tuple[frozenset[str], list[Key]]

DERIVED = (*COUNCILS, "agent", "profile", "prompt")
"""The kinds whose providers are worked out from their specs where nobody says them."""


def providers_of(spec: BaseSpec | Mapping[str, Any] | str, catalog: Lookup) -> tuple[str, ...]:
    """Return the providers a council needs, sorted; nothing is imported.

    Of the layers of a member's profile the nearest that names a provider counts; else the model's: its entry's
    providers, or what stands before the slash in its name. An entry that says its providers is believed. The
    application's default is left out: what is stored must not depend on who stored it.

    Args:
        spec: the spec, its JSON data, or the key of any entry (``council:seo``).
        catalog: where names are looked up; what is missing needs nothing.
    """
    if isinstance(spec, str):
        kind, name = target_of(spec, "council")
        return tuple(sorted(_Needs(_finder(catalog)).named(kind, name)))
    return tuple(sorted(_Needs(_finder(catalog)).council(as_data(spec))))


def with_providers(entries: list[Entry], catalog: Lookup) -> list[Entry]:
    """Return *entries* with the providers of those that don't say them but refer to what does.

    Entries of the same list are looked up before those of the catalog, so their order doesn't matter.
    """
    places = [
        place
        for place, entry in enumerate(entries)
        if entry.kind in DERIVED and entry.providers is None and isinstance(entry.spec, dict)
    ]
    if not places:
        return entries
    new = {(entry.kind, entry.name): entry for entry in entries}
    needs = _Needs(_finder(catalog, new))
    done = list(entries)
    for place in places:
        entry = entries[place]
        providers = needs.named(entry.kind, entry.name)
        if providers:
            done[place] = entry.model_copy(update={"providers": tuple(sorted(providers))})
    return done


def with_providers_of(entry: Entry, live: object, catalog: Lookup) -> Entry:
    """Return a runtime *entry* with the providers of the object it stands for, if that is a council as data."""
    if entry.providers is not None or entry.kind not in COUNCILS or not isinstance(live, (BaseSpec, dict)):
        return entry
    return entry.model_copy(update={"providers": providers_of(live, catalog) or None})


def _finder(catalog: Lookup, new: Mapping[Key, Entry] | None = None) -> Find:
    """Return the function that looks up an entry, among the *new* entries first."""

    def find(kind: str, name: str) -> Entry | None:
        entry = (new or {}).get((kind, name))
        if entry is not None or name_fault(name):
            return entry
        try:
            return catalog.entry(kind, name) if (kind, name) in catalog else None
        except EntryNotFoundError:  # unregistered between the two questions
            return None

    return find


class _Needs:
    """Follows what is named, from council to council; circles and depth do no harm."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._direct: dict[Key, Direct] = {}

    def named(self, kind: str, name: str) -> frozenset[str]:
        """Return what the entry of a key needs; nothing where there is no such entry."""
        return self._all((frozenset(), [(kind, name)]))

    def council(self, data: Any) -> frozenset[str]:
        """Return what the council of *data* needs, which may have any form."""
        return self._all(self._members(data))

    def _all(self, start: Direct) -> frozenset[str]:
        providers, waiting = start[0], list(start[1])
        seen: set[Key] = set()
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            if key not in self._direct:
                self._direct[key] = self._entry(*key)
            providers |= self._direct[key][0]
            waiting += self._direct[key][1]
        return providers

    def _entry(self, kind: str, name: str) -> Direct:
        """Return the providers an entry needs itself, and the keys of the entries whose providers it needs as well."""
        entry = self._find(kind, name)
        if entry is None:
            # A member may name a council where a sub-council is meant; a key that exists neither way needs nothing.
            return frozenset(), [("council", name)] if kind == "sub_council" else []
        if entry.providers is not None:
            return frozenset(entry.providers), []
        spec = entry.spec
        if not isinstance(spec, dict):
            return frozenset(), []
        if kind in COUNCILS:
            return self._members(spec)
        others = [spec.get(field) for field in ("agents", "handoffs")]
        names = [name for names in others if isinstance(names, list) for name in names]
        return self._nearest([spec, spec.get("profile")]), [("agent", name) for name in names if isinstance(name, str)]

    def _members(self, data: Any) -> Direct:
        providers: frozenset[str] = frozenset()
        keys: list[Key] = []
        waiting = [data]  # nested specs are opened without recursion: data may be nested to any depth
        while waiting:
            council = waiting.pop()
            if not isinstance(council, dict):
                continue
            members = council.get("members")
            for member in [*(members if isinstance(members, list) else []), council.get("chair")]:
                inner = member.get("sub_council") if isinstance(member, dict) else None
                if isinstance(inner, dict):
                    waiting.append(inner)
                elif isinstance(inner, str):
                    keys.append(target_of(inner, "sub_council"))
                elif isinstance(member, dict):
                    layers = [member.get("profile_overrides"), member.get("profile"), council.get("default_profile")]
                    providers |= self._nearest(layers)
        return providers, keys

    def _nearest(self, layers: list[Any]) -> frozenset[str]:
        """Return the providers of the nearest layer that has any; a layer is a mapping or the name of a profile."""
        model = None
        for layer in layers:
            values = layer
            if isinstance(layer, str):
                entry = self._find("profile", layer)
                if entry is not None and entry.providers is not None:
                    return frozenset(entry.providers)
                values = entry.spec if entry is not None else None
            if not isinstance(values, dict):
                continue
            if isinstance(values.get("provider"), str) and values["provider"]:
                return frozenset({values["provider"]})
            model = model or values.get("model")
        return self._model(model)

    def _model(self, name: object) -> frozenset[str]:
        if not isinstance(name, str):
            return frozenset()
        entry = self._find("model", name)
        if entry is not None and entry.providers is not None:
            return frozenset(entry.providers)
        spec = entry.spec if entry is not None else None
        provider = spec.get("provider") if isinstance(spec, dict) else None
        if isinstance(provider, str) and provider:
            return frozenset({provider})
        provider, slash, _ = name.partition("/")
        return frozenset({provider}) if slash and provider else frozenset()
