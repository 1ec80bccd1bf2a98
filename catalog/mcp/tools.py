"""The tools that a client sees, however many entries there are: their definitions, and what they answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from catalog import AutoCouncil, CatalogError, InvalidFilterError, LoadError, hide_secrets, visible
from catalog.adapters.arguments import check, parsed
from catalog.adapters.base import Bridge, Outcome, bridge
from catalog.adapters.finding import usable
from catalog.adapters.names import Rule
from catalog.mcp.uris import uri_of

if TYPE_CHECKING:
    from catalog import Catalog, Entry

SEARCH, DESCRIBE, CALL, ROUTE = "search_tools", "describe_tool", "call_tool", "route"

MOST = 50
"""The most hits that one search gives."""
USUAL = 10
LONGEST = 300
"""The most characters of a description that a search shows; `describe_tool` shows all."""
RULE = Rule(128, "-.")
"""What the protocol allows for names of tools."""
_ROUTERS = 32

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_KIND = {
    "anyOf": [_TEXT, _TEXTS],
    "description": "tool, prompt, agent, skill, model, council, …; one or several.",
}
_KEY = {"type": "string", "description": "The key of an entry, kind:name, as search_tools gives it."}

DEFINITIONS: dict[str, dict[str, Any]] = {
    SEARCH: {
        "title": "Search the catalog",
        "description": "Find tools, prompts, agents, skills and other building blocks by what they do. "
        "Gives keys and descriptions, the best first; describe_tool gives the rest of one.",
        "input_schema": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What it should do, in plain words."},
                "kind": {**_KIND, "description": f"{_KIND['description']} Every kind if left out."},
                "tags": {**_TEXTS, "description": "Tags that it must have, all of them."},
                "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "description": f"{USUAL} if left out."},
            },
            "required": ["query"],
            "additionalProperties": False,
        },
        "output_schema": {
            "type": "object",
            "properties": {
                "hits": {
                    "type": "array",
                    "description": "Each has key, kind, name and description, which are text, score, a number, and "
                    "tags and state where there are any.",
                    "items": {
                        "type": "object",
                        # No types in here: a client in Python takes 0.4 ms to look at those of ten hits, each time.
                        "properties": dict.fromkeys(("key", "kind", "name", "description", "tags", "score"), True),
                        "required": ["key", "kind", "name", "description", "score"],
                    },
                }
            },
            "required": ["hits"],
        },
    },
    DESCRIBE: {
        "title": "Describe an entry",
        "description": "Show all that is known of an entry: the JSON Schema of its arguments, examples, its source.",
        "input_schema": {
            "type": "object",
            "properties": {"key": _KEY},
            "required": ["key"],
            "additionalProperties": False,
        },
        "output_schema": {
            "type": "object",
            "properties": {
                "key": _TEXT,
                "kind": _TEXT,
                "name": _TEXT,
                "description": _TEXT,
                "parameters": {"type": "object"},
                "state": _TEXT,
                "uri": _TEXT,
            },
            "required": ["key", "kind", "name", "description", "parameters", "state", "uri"],
        },
    },
    CALL: {
        "title": "Call an entry",
        "description": "Call what search_tools found, with arguments that fit the parameters that describe_tool shows.",
        "input_schema": {
            "type": "object",
            "properties": {
                "key": _KEY,
                "arguments": {"type": "object", "description": "By name.", "additionalProperties": True},
            },
            "required": ["key"],
            "additionalProperties": False,
        },
        "output_schema": {"type": "object"},
    },
    ROUTE: {
        "title": "Route a prompt",
        "description": "Pick the one entry that should handle a prompt, or say that none fits; key is null then.",
        "input_schema": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "The request, in plain words."},
                "kind": {**_KIND, "description": "Kinds to pick from, or all; else as configured, or council."},
            },
            "required": ["prompt"],
            "additionalProperties": False,
        },
        "output_schema": {
            "type": "object",
            "properties": {
                "key": {"type": ["string", "null"]},
                "reason": _TEXT,
                "strategy": _TEXT,
                "score": {"type": ["number", "null"]},
                "candidates": {"type": "array", "items": {"type": "object"}},
            },
            "required": ["key", "reason", "strategy", "candidates"],
        },
    },
}
"""What a client is told of each tool."""


class Tools:
    """What the tools answer; each answer is JSON data, and nothing is imported for it but by `route`."""

    def __init__(self, cat: Catalog, *, call: bool) -> None:
        """Answer from *cat*; *call*: whether entries may be called."""
        self.cat, self.call = cat, call
        self._routers: dict[Any, AutoCouncil] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the tools that a client sees."""
        return [name for name in DEFINITIONS if self.call or name != CALL]

    def arguments(self, name: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the arguments of a call of the tool *name*, which fit its definition.

        Raises:
            UnfitError: they do not fit; the text names what is missing, unknown or of a wrong type.
        """
        arguments = parsed(given)
        check(arguments, DEFINITIONS[name]["input_schema"])
        return {field: value for field, value in arguments.items() if value is not None}

    def answer(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of the tool *name*, which is not `call_tool`."""
        answers: dict[str, Callable[..., dict[str, Any]]] = {
            SEARCH: self.search,
            DESCRIBE: self.describe,
            ROUTE: self.route,
        }
        return answers[name](**arguments)

    def search(self, query: str, kind: Any = None, tags: Any = (), limit: int = USUAL) -> dict[str, Any]:
        """Return what a search gives, without drafts, what needs a review, and what is not there any more."""
        limit = int(limit)  # JSON has no other number than 5.0, for some
        if not 1 <= limit <= MOST:
            raise InvalidFilterError(f"limit={limit}: give a number from 1 to {MOST}", limit=limit)
        for most in (limit + 5, 4 * limit + 100):  # some may not be usable, mostly none
            found = self.cat.search(query, kind=_kinds(kind), tags=tuple(tags), limit=most)
            marks = self.cat.marks([hit.key for hit in found])
            hits = [hit for hit in found if usable(marks.get(hit.key))][:limit]
            if len(hits) == limit or len(found) < most:
                break
        return {
            "hits": [
                {
                    "key": hit.key,
                    "kind": hit.kind,
                    "name": hit.name,
                    "description": shortened(hit.description),
                    **({"tags": [*hit.tags]} if hit.tags else {}),
                    "score": round(hit.score, 6),
                    **({"state": str(marks[hit.key])} if hit.key in marks else {}),
                }
                for hit in hits
            ]
        }

    def entry(self, key: str) -> Entry:
        """Return the entry of a key, or of a name that a tool has, or one other entry only.

        Raises:
            EntryNotFoundError: there is none; the text names close matches.
        """
        kind, colon, _ = key.partition(":")
        if colon and kind in self.cat.kinds():
            return self.cat.entry(key)
        having = [each for each in self.cat.kinds() if (each, key) in self.cat]
        return self.cat.entry(having[0] if len(having) == 1 else "tool", key)

    def bridge(self, entry: Entry) -> Bridge:
        """Return *entry* as something that can be called."""
        return bridge(self.cat, entry, RULE)

    def describe(self, key: str) -> dict[str, Any]:
        """Return all that a model should know of an entry."""
        entry = self.entry(key)
        marks = self.cat.marks([entry.key]).get(entry.key)
        more = {
            "tags": [*entry.tags],
            "examples": [visible(text) for text in entry.examples],
            "providers": None if entry.providers is None else [*entry.providers],
            "signature": entry.signature,
            "ref": entry.ref,
            "distribution": entry.distribution,
            "source": entry.source,
            "tier": entry.tier,
            "revision": entry.revision,
        }
        return {
            "key": entry.key,
            "kind": entry.kind,
            "name": entry.name,
            "description": visible(entry.description),
            "parameters": self.bridge(entry).parameters,
            "state": str(marks or "") or "approved",
            "uri": uri_of(entry.kind, entry.name),
            **{field: value for field, value in more.items() if value not in (None, [])},
        }

    def route(self, prompt: str, kind: Any = None) -> dict[str, Any]:
        """Return the entry that should handle *prompt*, and why; ``key`` is None where none fits."""
        decision = self._router(_kinds(kind)).resolve(prompt)
        picked = decision.entry
        about = {} if picked is None else {"description": shortened(picked.description)}
        return {
            "key": decision.key,
            **about,
            "reason": decision.reason,
            "strategy": decision.strategy,
            "score": decision.score,
            "confidence": decision.confidence,
            "threshold": decision.threshold,
            "steps": [
                {"strategy": step.strategy, "outcome": step.outcome, "reason": step.reason} for step in decision.steps
            ],
            "candidates": [
                {"key": one["key"], "score": one["score"]}
                for one in decision.to_dict(candidates=5, entry=False)["candidates"]
            ],
        }

    def _router(self, kind: Any) -> AutoCouncil:
        with self._lock:
            router = self._routers.get(kind)
        if router is None:
            over = {} if kind is None else {"kind": kind}
            if self.cat.settings.router.get("on_no_match", "error") == "error":
                over["on_no_match"] = "abstain"
            router = AutoCouncil.configured(self.cat, **over)
            with self._lock:
                if len(self._routers) >= _ROUTERS:
                    self._routers.clear()
                self._routers[kind] = router
        return router

    def called(self, key: str) -> Bridge:
        """Return what is to be called for *key*.

        Raises:
            LoadError: nothing may be called.
            EntryNotFoundError: there is no such entry.
        """
        if not self.call:
            raise LoadError(
                "calling entries is off here; who runs this server can write `call = true` under [tool.catalog.mcp]",
                setting="mcp.call",
            )
        return self.bridge(self.entry(key))


def shortened(text: str) -> str:
    """Return a description as lists show it: on one line, what can't be seen marked, and not too long."""
    line = " ".join(visible(text[: 4 * LONGEST]).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _kinds(kind: Any) -> Any:
    """Return a kind as searches and routers take it."""
    return tuple(kind) if isinstance(kind, list) else kind


def said(outcome: Outcome, key: str) -> str:
    """Return what a client is told of a call of *key* that failed: where it is the catalog's error, its own message."""
    if not isinstance(outcome.error, CatalogError):
        return outcome.text
    message = hide_secrets(str(outcome.error))
    return message if key in message else f"{key}: {message}"
