"""The drawing of a council: from the input through its rounds to the output, with who takes part."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from catalog.council_specs.graph import Edge, Graph, Node
from catalog.council_specs.shape import BaseSpec, as_data
from catalog.council_specs.validate import council_data, council_key
from catalog.entry.references import target_of

if TYPE_CHECKING:
    from catalog.workspace.lookup import Lookup


def council_graph(spec: BaseSpec | Mapping[str, Any] | str, catalog: Lookup | None = None, *, depth: int = 1) -> Graph:
    """Return how a council works: from the input through its rounds to the output, with who takes part.

    Args:
        spec: the spec, its JSON data, which may be broken, or the name or key of a council in the catalog.
        catalog: where named sub-councils are looked up.
        depth: how many levels of sub-councils that are named are opened; nested ones always are.
    """
    data = as_data(spec)
    if isinstance(spec, str) and catalog is not None:
        key = council_key(spec, catalog)
        data = None if key is None else council_data(key, catalog)
    drawing = _Drawing(catalog)
    drawing.whole(data, depth)
    return drawing.graph


class _Drawing:
    def __init__(self, catalog: Lookup | None) -> None:
        self.graph = Graph()
        self._drawn: set[str] = set()
        self._catalog = catalog

    def whole(self, data: object, depth: int) -> None:
        self._node("input", "input", "input")
        last = self._council(data, "", depth, "input", "feeds")
        self._edge(last, self._node("output", "output", "output"), "feeds")

    def _node(self, id_: str, kind: str, label: str, **attrs: Any) -> str:
        if id_ not in self._drawn:
            self._drawn.add(id_)
            shown = {key: value for key, value in attrs.items() if value not in (None, "", [], {})}
            self.graph.nodes.append(Node(id_, kind, label, shown))
        return id_

    def _edge(self, source: str, target: str, kind: str, label: str = "") -> None:
        self.graph.edges.append(Edge(source, target, kind, label))

    def _council(self, data: Any, prefix: str, depth: int, source: str, kind: str) -> str:
        """Draw a council below the node *source*, reached by edges of *kind*; return the node of its answer."""
        spec = data if isinstance(data, dict) else {}
        router = None
        if isinstance(spec.get("router"), str):
            router = self._node(f"{prefix}router", "router", spec["router"])
            self._edge(source, router, kind)
        rounds = [
            self._round(round_, f"{prefix}rounds.{number}")
            for number, round_ in enumerate(_objects(spec.get("rounds")))
        ]
        if rounds:
            self._edge(source, rounds[0], kind)
        for before, after in pairwise(rounds):
            self._edge(before, after, "feeds")
        seats = [
            self._seat(member, f"{prefix}members.{number}", "member", _texts(spec.get("tools")), depth)
            for number, member in enumerate(_objects(spec.get("members")))
        ]
        for holder in rounds or [source]:
            for seat in seats:
                self._edge(holder, seat, "contains")
        if router is not None:
            for seat in seats:
                self._edge(router, seat, "routes_to")
        last = rounds[-1] if rounds else source
        chair = self._chair(spec, prefix, seats, depth)
        if chair is not None:
            self._edge(last, chair, "aggregates")
        return chair or last

    def _round(self, round_: dict[str, Any], place: str) -> str:
        options = round_.get("options")
        until = round_.get("until_ref") or (options.get("until_ref") if isinstance(options, dict) else None)
        label = str(round_.get("type"))
        return self._node(place, "round", f"{label} until {until}" if until else label, options=options)

    def _chair(self, spec: dict[str, Any], prefix: str, seats: list[str], depth: int) -> str | None:
        chair = spec.get("chair")
        if isinstance(chair, dict):
            return self._seat(chair, f"{prefix}chair", "chair", _texts(spec.get("tools")), depth)
        ids = [member.get("id") for member in _objects(spec.get("members"))]
        if chair is None or chair not in ids:
            return None
        return self._node(f"{prefix}chair", "chair", str(chair), member=seats[ids.index(chair)])

    def _seat(self, member: dict[str, Any], place: str, kind: str, shared: list[str], depth: int) -> str:
        inner = member.get("sub_council")
        label = str(member.get("id") or place)
        about = {"role": member.get("role"), "profile": member.get("profile")}
        if inner is None:
            self._node(place, kind, label, **about, output_schema=member.get("output_schema"))
            for tool in dict.fromkeys([*shared, *_texts(member.get("tools"))]):
                self._edge(place, self._node(f"tool:{tool}", "tool", tool), "invokes")
            return place
        # Only named sub-councils use up depth; a nested spec is part of the drawn one, however deep it stands.
        name = inner if isinstance(inner, str) else inner.get("name") if isinstance(inner, dict) else None
        self._node(place, "sub_council", f"{label}: {name}" if name else label, role=member.get("role"), council=name)
        if isinstance(inner, str):
            inner = self._opened(inner) if depth > 0 else None
            depth -= 1
        if isinstance(inner, dict):
            self._council(inner, f"{place}.", depth, place, "contains")
        return place

    def _opened(self, word: str) -> Any:
        """Return the spec of the council that *word* names; None where only code has it, or there is none."""
        if self._catalog is None:
            return None
        kind, name = target_of(word, "sub_council")
        kinds = ("sub_council", "council") if kind == "sub_council" else (kind,)
        key = next(((kind, name) for kind in kinds if (kind, name) in self._catalog), None)
        return None if key is None else council_data(key, self._catalog)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
