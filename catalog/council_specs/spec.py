"""``CouncilSpec``: a council as data, everything in it named; and ``Council``: what its names stand for, live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field, JsonValue, Strict

from catalog.council_specs.profiles import Profile, profile_of, values_of
from catalog.council_specs.shape import SCHEMA_VERSION, BaseSpec, SpecPart, as_data, issue
from catalog.council_specs.validate import council_key, spec_error, validate_council
from catalog.entry.entry import Text, plain_json
from catalog.entry.key import Key, format_key
from catalog.entry.kinds import FEWEST_OF
from catalog.entry.references import target_of
from catalog.errors import CouncilSpecError, close_matches, did_you_mean

if TYPE_CHECKING:
    from catalog.council_specs.graph import Graph
    from catalog.workspace.lookup import Lookup

Object = Annotated[dict[str, JsonValue], AfterValidator(plain_json)]


class Member(SpecPart):
    """Who sits in a council: an identity (role, prompt, schema) and what it can do (profile, tools).

    Attributes:
        id: unique in its council, the chair included.
        role: in a few words, for people and prompts.
        system_prompt: its instructions; may be empty for a sub-council.
        profile: the name of a profile; None inherits the council's default.
        profile_overrides: values that win over every profile, key by key.
        tools: names of tools, beside those of the council.
        output_schema: the name of a schema its answers follow.
        output_schema_inline: the JSON Schema itself; not both.
        sub_council: a council in the place of one voice: the name of a sub-council or council, or a nested spec.
            Profile, tools and schema don't count then.
        input_mapper: the name of the function that makes its input out of the council's; None hands it on as it is.
        metadata: any JSON that the author wants kept.
    """

    id: Text
    role: Text = ""
    system_prompt: Text = ""
    profile: Text | None = None
    profile_overrides: Object = Field(default_factory=dict)
    tools: tuple[Text, ...] = ()
    output_schema: Text | None = None
    output_schema_inline: Object | None = None
    sub_council: Text | CouncilSpec | None = None
    input_mapper: Text | None = None
    metadata: Object = Field(default_factory=dict)


class Round(SpecPart):
    """One step of a council.

    Attributes:
        type: built in (see :data:`FEWEST_OF`) or the name of a registered round.
        until_ref: what ends an ``iterate`` round, by the key of an entry (``tool:agreed``) or the name of a tool.
        options: any JSON the round understands; ``until_ref`` may stand here, too.
    """

    type: Text
    until_ref: Text | None = None
    options: Object = Field(default_factory=dict)


class CouncilSpec(BaseSpec):
    """A council as data: built, checked, stored as JSON and restored without running anything.

    A spec may be incomplete while it is put together: :meth:`validate` tells what is wrong with it. Each method that
    changes something returns a new spec.

    Attributes:
        schema_version: of this form.
        name: what a nested council is called in diagrams; the entry's name counts for one that is registered.
        description: what it is for.
        members: in the order they speak.
        rounds: in the order they happen.
        chair: who sums up at the end: a member of its own, or the id of one of the members.
        router: the name of the router that picks before each round who takes part.
        tools: names of tools that every member has, the chair included.
        default_profile: the name of the profile under every member's own.
        metadata: any JSON that the author wants kept.
    """

    schema_version: Annotated[int, Strict()] = SCHEMA_VERSION
    name: Text | None = None
    description: Text = ""
    members: tuple[Member, ...] = ()
    rounds: tuple[Round, ...] = ()
    chair: Member | Text | None = None
    router: Text | None = None
    tools: tuple[Text, ...] = ()
    default_profile: Text | None = None
    metadata: Object = Field(default_factory=dict)

    def replace(self, **fields: Any) -> Self:
        """Return this council with other *fields*: ``chair``, ``router``, ``tools``, ``default_profile``, ..."""
        return self.model_validate({**dict(self), **fields})

    def add_member(self, id: str, **fields: Any) -> Self:
        """Return this council with one more member at the end."""
        return self.replace(members=(*self.members, Member(id=id, **fields)))

    def replace_member(self, id: str, **fields: Any) -> Self:
        """Return this council with other *fields* of one member.

        Raises:
            CouncilSpecError: no member has this *id*.
        """
        at = self._place(id)
        changed = Member.model_validate({**dict(self.members[at]), **fields})
        return self.replace(members=(*self.members[:at], changed, *self.members[at + 1 :]))

    def remove_member(self, id: str) -> Self:
        """Return this council without one member.

        Raises:
            CouncilSpecError: no member has this *id*.
        """
        at = self._place(id)
        return self.replace(members=(*self.members[:at], *self.members[at + 1 :]))

    def add_round(self, type: str, *, until_ref: str | None = None, **options: Any) -> Self:
        """Return this council with one more round at the end."""
        return self.replace(rounds=(*self.rounds, Round(type=type, until_ref=until_ref, options=options)))

    def validate(  # type: ignore[override]  # pydantic's own is deprecated
        self, catalog: Lookup | None = None, **limits: Any
    ) -> list[dict[str, str]]:
        """Return every fault of this council, ``{path, code, message}`` each; see `catalog.validate_council`.

        Args:
            catalog: where names are looked up; without a catalog only the form is judged.
            **limits: ``fewest`` and ``most`` members, and the ``name`` the council has or will have.
        """
        return [
            {key: str(value) for key, value in issue.items()} for issue in validate_council(self, catalog, **limits)
        ]

    def resolve(self, catalog: Lookup, **options: Any) -> Council:
        """Return the live council, its parts loaded and its profiles layered; see `catalog.resolve_council`.

        Args:
            catalog: where names are looked up.
            **options: the ``name`` of the council, and ``application``, the profile under all others.

        Raises:
            CouncilSpecError: it is not valid.
            ResolveError, DriftError: a part can't be loaded.
        """
        return resolve_council(self, catalog, **options)

    def to_graph(self, catalog: Lookup | None = None, *, depth: int = 1) -> Graph:
        """Return how this council works, as nodes and edges to be drawn; see `catalog.council_graph`."""
        from catalog.council_specs.council_graph import council_graph  # most programs that hold specs draw none

        return council_graph(self, catalog, depth=depth)

    def _place(self, id: str) -> int:
        ids = [member.id for member in self.members]
        if id in ids:
            return ids.index(id)
        text = f"no member has the id {id!r}{did_you_mean(close_matches(id, ids))}"
        issue = {"path": "members", "code": "unknown_ref", "message": text}
        raise CouncilSpecError(text, issues=[issue])


Member.model_rebuild()


# -- live ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seat:
    """A member, ready to be asked.

    Attributes:
        profile: the values of all layers, each with the layer it comes from.
        model: the live model where the catalog has the one the profile names; else what the profile says.
        tools: live tools by name: the council's, then the profile's, then the member's own.
        output_schema: as registered (JSON Schema or class), or the inline JSON Schema.
        input_mapper: makes its input out of the council's; None hands it on as it is.
        sub_council: the council in its place, or a live object that runs by itself; profile, model, tools and
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
        name: its name in the catalog, or else in its spec.
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


def ensure_valid(spec: CouncilSpec | Mapping[str, Any], catalog: Lookup, *, name: str | None = None) -> CouncilSpec:
    """Return the spec, which is valid.

    Raises:
        CouncilSpecError: it is not; ``facts["issues"]`` says all that is wrong.
    """
    issues = validate_council(spec, catalog, name=name)
    if issues:
        raise spec_error(issues, name)
    return spec if isinstance(spec, CouncilSpec) else CouncilSpec.model_validate(as_data(spec))


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
        """Return the council under *key*, or the live object that runs by itself."""
        if key in chain:  # validation can't see through code that gives a spec
            circle = " → ".join(format_key(*link) for link in (*chain[chain.index(key) :], key))
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
        profile = profile_of(
            self._application, spec.default_profile, member.profile, member.profile_overrides, self._values
        )
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
