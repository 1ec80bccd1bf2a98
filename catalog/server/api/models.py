"""What requests of the API bring: parameters and bodies, validated here and described from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from catalog import ENTRY_STATES, REVIEW_STATES, SEARCH_MODES

MOST = 200
"""Entries of one page, and hits of one search, at the most."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Body(_Model):
    model_config = ConfigDict(strict=True)  # JSON says itself what is a number; a parameter is always a text


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half a surrogate pair") from None
    return text


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # 3.0 is an integer in JSON


Number = Annotated[int, BeforeValidator(_integer)]
Text = Annotated[str, AfterValidator(_whole)]
Texts = Annotated[list[Text], Field(max_length=50)]
Limit = Annotated[int, Field(ge=1, le=MOST, strict=False)]
Mode = Literal[SEARCH_MODES]  # type: ignore[valid-type]  # the words stand in one place, and pydantic reads them
State = Literal[(*REVIEW_STATES, *ENTRY_STATES)]  # type: ignore[valid-type]  # as above


class Origin(_Model):
    """Which entries are meant."""

    kind: Texts = Field([], description="Only these kinds.")
    tag: Texts = Field([], description="Only with all of these tags.")
    source: Texts = Field([], description="Only from one of these sources, as scan:mypkg, or what is below it.")
    distribution: Texts = Field([], description="Only from one of these distributions, by name.")
    framework: Texts = Field([], description="Only of one of these frameworks.")
    state: list[State] = Field(
        [], max_length=50, description="Only in one of these states of review, or with code of which one is said."
    )

    def filters(self) -> dict[str, Any]:
        """Return the filters as the catalog takes them."""
        asked = bool(self.source or self.distribution)
        return {
            "kind": self.kind or None,
            "tags": self.tag,
            "sources": self.source if asked else None,
            "distributions": self.distribution if asked else None,
            "states": self.state,
            "frameworks": self.framework,
        }


class Listing(Origin):
    """Parameters of a list of entries."""

    order: Literal["key", "name"] = Field("key", description="By what the entries are sorted.")
    limit: Limit = Field(50, description="Entries of a page.")
    cursor: Annotated[Text, Field(pattern=r"^[a-z_][a-z0-9_]*:[^\x00-\x1f]+$", max_length=250)] | None = Field(
        None, description="`next` of the page before: the key of its last entry."
    )


class Finding(Origin):
    """Filters of a search."""

    any_tag: Texts = Field([], description="Only with one of these tags.")
    not_tag: Texts = Field([], description="Only without these tags.")
    q: Text = Field("", max_length=10_000, description="What a person types; empty: everything that passes, by key.")

    def filters(self) -> dict[str, Any]:
        """Return the filters as the catalog takes them."""
        return {**super().filters(), "any_tags": self.any_tag, "exclude_tags": self.not_tag}


class Search(Finding):
    """Parameters of a search."""

    limit: Limit = Field(10, description="Hits at the most.")
    mode: Mode = Field("auto", description="How the text is matched.")


class Similar(_Model):
    """Parameters of a look for similar entries."""

    key: Text = Field(max_length=300, description="The key of an entry, kind:name.")
    limit: Limit = Field(10, description="Hits at the most.")
    floor: float | None = Field(None, ge=-1, le=1, description="The least cosine; else that of everyday requests.")


class Route(_Body):
    """What is to be routed."""

    prompt: Text = Field(min_length=1, max_length=100_000, description="The request, as a person writes it.")
    kind: Text | None = Field(None, max_length=40, description="The kind of the candidates; `all`: every kind.")
    candidates: Number = Field(20, ge=0, le=1_000, description="Candidates that the answer lists, the best first.")


class History(_Model):
    """Parameters of a history."""

    limit: Limit = Field(20, description="Revisions of a page, the newest first.")
    before: int | None = Field(None, ge=1, lt=2**63, description="Only lower revisions; `next` of the page before.")


class Attention(_Model):
    """Parameters of what needs attention."""

    lint: bool = Field(
        False, description="Also what a router can't tell apart, as `catalog route lint` finds it; ten seconds at most."
    )


class Bulk(_Model):
    """Parameters of an import."""

    replace: bool = Field(False, description="Write over entries that did not come from a file, too.")


class Export(_Model):
    """Parameters of an export."""

    vectors: bool = Field(False, description="Write the fresh vectors of each entry too, by embedder.")


class Why(_Body):
    """Why something is done."""

    reason: Text | None = Field(None, max_length=2_000, description="Why, for the history.")


class Deprecation(Why):
    """Why an entry has had its day."""

    instead: Text | None = Field(None, max_length=300, description="The key of the entry that replaces it.")


class Restoration(Why):
    """To which state an entry goes back."""

    revision: Number | None = Field(None, ge=1, lt=2**63, description="The revision; else the last one that it had.")


class Renaming(Why):
    """How an entry is to be called."""

    name: Text = Field(min_length=1, max_length=200, description="The new name.")


class Changes(Why):
    """Fields of an entry that are to be changed; those left out stay as they are."""

    ref: Text | None = Field(None, description="An object reference, package.module:name.")
    spec: JsonValue = Field(None, description="JSON data, in place of a reference.")
    description: Text | None = None
    tags: list[Text] | None = None
    add_tags: list[Text] | None = None
    remove_tags: list[Text] | None = None
    examples: list[Text] | None = None
    match: Text | None = None
    providers: list[Text] | None = None
    priority: Number | None = Field(None, ge=-(2**31), lt=2**31)
    metadata: dict[str, JsonValue] | None = None


class Whole(Why):
    """An entry as it is to be; fields left out are empty. Exactly one of `ref` and `spec` is given."""

    ref: Text | None = Field(None, description="An object reference, package.module:name.")
    spec: JsonValue = Field(None, description="JSON data, in place of a reference.")
    description: Text = ""
    tags: list[Text] = []
    examples: list[Text] = []
    match: Text | None = None
    providers: list[Text] | None = None
    priority: Number = Field(0, ge=-(2**31), lt=2**31)
    metadata: dict[str, JsonValue] = {}
