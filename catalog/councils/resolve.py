"""From a council spec to a live council: every name replaced by what the catalog has under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.councils.profiles import Profile, profile_of, values_of
from catalog.councils.shape import issue
from catalog.councils.validate import council_key, ensure_valid, spec_error
from catalog.entry.council import FEWEST_OF, CouncilSpec, Member, Round
from catalog.entry.key import Key, format_key
from catalog.entry.references import target_of
from catalog.errors import CouncilSpecError

if TYPE_CHECKING:
    from catalog.workspace.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Seat:
    """A member, ready to be asked.

    Attributes:
        profile: the values of all layers, each with the layer it comes from.
        model: the live model where the catalog has the one the profile names; else what the profile says.
        tools: live tools by name: the council's, then the profile's, then the member's own.
        output_schema: as registered (JSON Schema or class), or the inline JSON Schema.
        input_mapper: makes its input out of the council's; None hands it on as it is.
        sub_council: the council that sits in its place, or the live object that is one; profile, model, tools and
            schema are empty then.
    """

    id: str
    role: str
    system_prompt: str
    profile: Profile = field(default_factory=Profile)
    model: Any = None
    tools: Mapping[str, Any] = field(default_factory=dict)
    output_schema: Any = None
    input_mapper: Any = None
    sub_council: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveRound:
    """A round, ready to happen.

    Attributes:
        type: as in the spec.
        live: what is registered under it, or None for a built-in one, which the runner knows.
        until: what ends an iteration, live; None for other rounds.
        options: as in the spec.
    """

    type: str
    live: Any = None
    until: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Council:
    """A council with everything it needs, for a runner to run.

    Attributes:
        spec: what it was made from.
        name: its name in the catalog, or the one its spec says.
        members: in the order they speak.
        rounds: in the order they happen; with a chair, its synthesis follows the last one.
        chair: who sums up; one of the members where the spec says so.
        router: the live router, or None: everybody takes part in every round.
    """

    spec: CouncilSpec
    name: str | None
    members: tuple[Seat, ...]
    rounds: tuple[LiveRound, ...]
    chair: Seat | None = None
    router: Any = None


def resolve_council(
    spec: CouncilSpec | Mapping[str, Any] | str,
    catalog: Lookup,
    *,
    name: str | None = None,
    application: str | Mapping[str, Any] | None = None,
) -> Council:
    """Return the live council of a spec; this imports what its names stand for, and nothing else does.

    Args:
        spec: the spec, its JSON data, or the name or key of a council in the catalog.
        catalog: where the names are looked up.
        name: the name of the council, where *spec* doesn't say.
        application: the profile under all others, by name or as values; else the setting ``default_profile``.

    Raises:
        CouncilSpecError: the spec is not valid (``facts["issues"]``), or the entry is no spec at all.
        EntryNotFoundError: there is no such council.
        ResolveError, DriftError: a part can't be loaded.
    """
    if application is None:
        application = catalog.settings.default_profile
    return _Resolver(catalog, application).council(spec, name, ())


class _Resolver:
    def __init__(self, catalog: Lookup, application: str | Mapping[str, Any] | None) -> None:
        self._catalog = catalog
        self._application = application
        self._known: dict[Key, Any] = {}  # councils may share others, and those again: each is resolved once

    def council(self, spec: Any, name: str | None, chain: tuple[Key, ...]) -> Council:
        if isinstance(spec, str):
            key = council_key(spec, self._catalog) or ("council", spec)
            live = self._entered(key, chain)
            if not isinstance(live, Council):
                text = f"{format_key(*key)} is {type(live).__name__}, not a council spec; it runs by itself"
                raise CouncilSpecError(text, issues=[issue("", "bad_type", text)], name=key[1])
            return live
        valid = ensure_valid(spec, self._catalog, name=name)
        members = tuple(self._seat(valid, member, chain) for member in valid.members)
        chair = valid.chair
        return Council(
            spec=valid,
            name=name or valid.name,
            members=members,
            rounds=tuple(map(self._round, valid.rounds)),
            chair=self._seat(valid, chair, chain)
            if isinstance(chair, Member)
            else next((seat for seat in members if seat.id == chair), None),
            router=None if valid.router is None else self._catalog["router", valid.router],
        )

    def _entered(self, key: Key, chain: tuple[Key, ...]) -> Any:
        """Return the council under *key*, or the live object that is one."""
        if key in chain:  # validation can't see through code that gives a spec
            circle = " → ".join(format_key(*one) for one in (*chain[chain.index(key) :], key))
            raise spec_error([issue("", "cycle", f"a council can't hold itself: {circle}")], key[1])
        if key not in self._known:
            live = self._catalog[key]
            spec = isinstance(live, (CouncilSpec, Mapping))
            self._known[key] = self.council(live, key[1], (*chain, key)) if spec else live
        return self._known[key]

    def _seat(self, spec: CouncilSpec, member: Member, chain: tuple[Key, ...]) -> Seat:
        mapper = None if member.input_mapper is None else self._catalog["input_mapper", member.input_mapper]
        who: dict[str, Any] = {
            "id": member.id,
            "role": member.role,
            "system_prompt": member.system_prompt,
            "input_mapper": mapper,
            "metadata": member.metadata,
        }
        inner = member.sub_council
        if inner is not None:
            if isinstance(inner, CouncilSpec):
                return Seat(**who, sub_council=self.council(inner, None, chain))
            kind, name = target_of(inner, "sub_council")
            if kind == "sub_council" and (kind, name) not in self._catalog:
                kind = "council"
            return Seat(**who, sub_council=self._entered((kind, name), chain))
        profile = profile_of(spec, member, self._application, self._values)
        named = profile.get("tools") or ()
        tools = dict.fromkeys((*spec.tools, *((named,) if isinstance(named, str) else named), *member.tools))
        model = profile.get("model")
        if isinstance(model, str):
            model = self._catalog.get("model", model, model)
        schema = member.output_schema_inline
        return Seat(
            **who,
            profile=profile,
            model=model,
            tools=dict(map(self._tool, tools)),
            output_schema=self._catalog["schema", member.output_schema] if member.output_schema else schema,
        )

    def _tool(self, tool: Any) -> tuple[str, Any]:
        """Return name and object of a tool; a live profile may hold tools instead of names."""
        if isinstance(tool, str):
            return tool, self._catalog["tool", tool]
        return str(getattr(tool, "name", None) or getattr(tool, "__name__", None) or type(tool).__name__), tool

    def _values(self, name: str) -> Mapping[str, Any]:
        return values_of(self._catalog["profile", name], name)

    def _round(self, round_: Round) -> LiveRound:
        until = round_.until_ref or round_.options.get("until_ref")
        return LiveRound(
            type=round_.type,
            live=None if round_.type in FEWEST_OF else self._catalog["round", round_.type],
            until=self._catalog[target_of(until, "tool")] if isinstance(until, str) else None,
            options=round_.options,
        )
