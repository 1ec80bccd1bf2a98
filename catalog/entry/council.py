"""``CouncilSpec``: a council as data; everything in it is named and lives in the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, Strict

from catalog.entry.entry import Text, plain_json
from catalog.errors import CouncilSpecError, close_matches, did_you_mean

if TYPE_CHECKING:
    from catalog import Catalog, Council, Graph

SCHEMA_VERSION = 1
"""The version of the form below; a spec of another one is not guessed at."""

FEWEST_OF = {
    "independent_analysis": 1,
    "synthesis": 1,
    "peer_review": 2,
    "anonymized_peer_review": 2,
    "critique": 1,
    "ranking": 1,
    "vote": 1,
    "iterate": 1,
    "pairwise_elimination": 2,
}
"""The built-in types of rounds, with the members each needs at least; other types are names of registered rounds."""

Object = Annotated[dict[str, JsonValue], AfterValidator(plain_json)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Member(_Part):
    """Who sits in a council: an identity (role, prompt, schema) and what it can do (profile, tools).

    Attributes:
        id: unique in its council, the chair included.
        role: in a few words, for people and prompts.
        system_prompt: what it is told about itself; may be empty for a sub-council.
        profile: the name of a profile; None inherits the council's default.
        profile_overrides: values that win over every profile, key by key.
        tools: names of tools, beside those of the council.
        output_schema: the name of a schema its answers follow.
        output_schema_inline: the JSON Schema itself; not both.
        sub_council: a council in the place of one voice: the name of a sub-council or council, or a nested spec.
            Profile, tools and schema don't count then.
        input_mapper: the name of the function that makes its input out of the council's; None hands it on as it is.
        metadata: any JSON of one's own.
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


class Round(_Part):
    """One step of a council.

    Attributes:
        type: built in (see :data:`FEWEST_OF`) or the name of a registered round.
        until_ref: for ``iterate``: what ends it, the key of an entry (``tool:agreed``) or the name of a tool.
        options: any JSON the round understands; ``until_ref`` may stand here, too.
    """

    type: Text
    until_ref: Text | None = None
    options: Object = Field(default_factory=dict)


class CouncilSpec(_Part):
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
        router: the name of the router that says before each round who takes part.
        tools: names of tools that every member has, the chair included.
        default_profile: the name of the profile under every member's own.
        metadata: any JSON of one's own.
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
            CouncilSpecError: nobody has this *id*.
        """
        at = self._place(id)
        return self.replace(members=(*self.members[:at], *self.members[at + 1 :]))

    def add_round(self, type: str, *, until_ref: str | None = None, **options: Any) -> Self:
        """Return this council with one more round at the end."""
        return self.replace(rounds=(*self.rounds, Round(type=type, until_ref=until_ref, options=options)))

    def validate(  # type: ignore[override]  # pydantic's own is deprecated
        self, catalog: Catalog | None = None, **limits: Any
    ) -> list[dict[str, str]]:
        """Return all that is wrong with this council, ``{path, code, message}`` each; see `catalog.validate_council`.

        Args:
            catalog: where names are looked up; without one only the form is judged.
            **limits: ``fewest`` and ``most`` members, and the ``name`` the council has or will have.
        """
        from catalog import validate_council  # the public name: the layers above build on this one

        return [
            {key: str(value) for key, value in issue.items()} for issue in validate_council(self, catalog, **limits)
        ]

    def resolve(self, catalog: Catalog, **options: Any) -> Council:
        """Return the live council, its parts loaded and its profiles layered; see `catalog.resolve_council`.

        Args:
            catalog: where names are looked up.
            **options: the ``name`` of the council, and ``application``, the profile under all others.

        Raises:
            CouncilSpecError: it is not valid.
            ResolveError, DriftError: a part can't be loaded.
        """
        from catalog import resolve_council

        council: Council = resolve_council(self, catalog, **options)
        return council

    def to_graph(self, catalog: Catalog | None = None, *, depth: int = 1) -> Graph:
        """Return how this council works, as nodes and edges to be drawn; see `catalog.council_graph`."""
        from catalog import council_graph

        graph: Graph = council_graph(self, catalog, depth=depth)
        return graph

    def _place(self, id: str) -> int:
        ids = [member.id for member in self.members]
        if id in ids:
            return ids.index(id)
        text = f"no member has the id {id!r}{did_you_mean(close_matches(id, ids))}"
        issue = {"path": "members", "code": "unknown_ref", "message": text}
        raise CouncilSpecError(text, issues=[issue])


Member.model_rebuild()
