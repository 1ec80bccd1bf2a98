"""How an object is called, by the names of its classes; no framework is imported to recognise what it made."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.entry.kinds import CALL_METHODS
from catalog.loader.given import Given, as_text, filled, fitted, refuse

Tell = Callable[[Any], None]
"""Is called with each part of an answer as it comes: a text, or what a generator yields."""


class Whole(NamedTuple):
    """What a call gave, without what a framework wraps around it, and what the framework counted."""

    value: Any
    usage: Any = None


def _as_it_is(obj: Any, result: Any, given: Given) -> Whole:
    return result if isinstance(result, Whole) else Whole(result)


class Way(NamedTuple):
    """How objects of a class are called.

    Attributes:
        call: called with the object and the arguments; what it gives may be awaitable, or a generator.
        acall: gives an awaitable of the same; None: ``call`` does, or is called in a thread.
        whole: takes the object, what the call gave, and the arguments; gives what is behind the framework's wrapping.
        stream: like ``call``, and tells each part of the answer as it comes; None: there is only the whole.
    """

    call: Callable[[Any, Given], Any]
    acall: Callable[[Any, Given], Any] | None = None
    whole: Callable[[Any, Any, Given], Whole] = _as_it_is
    stream: Callable[[Any, Given, Tell], Any] | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """The call of a method with arguments by name; of the object itself, if the method has no name.

    Attributes:
        name: of the method.
        like: path to the function whose signature the arguments must fit, where the method's own says nothing.
    """

    name: str = ""
    like: str = ""

    def target(self, obj: Any) -> Any:
        """Return what is called."""
        return getattr(obj, self.name) if self.name else obj

    def __call__(self, obj: Any, given: Given) -> Any:
        """Call it."""
        return fitted(self.target(obj), given, obj, like=at(obj, self.like) if self.like else None)


@dataclass(frozen=True, slots=True)
class Request(Method):
    """The call of a method with one text, the request to an agent; or with arguments by name."""

    def __call__(self, obj: Any, given: Given) -> Any:
        """Call it."""
        return fitted(self.target(obj), as_text(given) if is_text(given) or not given else given, obj)


@dataclass(frozen=True, slots=True)
class One(Method):
    """The call of a method with one argument: a mapping or a text, as it was given."""

    def __call__(self, obj: Any, given: Given) -> Any:
        """Call it."""
        return self.target(obj)({} if given is None else given)


def is_text(given: Given) -> bool:
    """Tell whether the arguments are one text: as such, or as an ``input`` that stands alone."""
    return isinstance(given, str) or (given is not None and set(given) == {"input"})


def answer(value: str, usage: str = "") -> Callable[[Any, Any, Given], Whole]:
    """Return what takes the *value* and the *usage* out of a result: attributes, with dots between."""

    def whole(obj: Any, result: Any, given: Given) -> Whole:
        first = value.partition(".")[0]
        found = at(result, value) if hasattr(result, first) else result
        return Whole(found, at(result, usage) if usage else None)

    return whole


def at(obj: Any, path: str) -> Any:
    """Return what lies at *path*, attributes with dots between; None where there is nothing."""
    for part in path.split("."):
        obj = obj.get(part) if isinstance(obj, Mapping) else getattr(obj, part, None)
    return obj


def content(result: Any, failed: bool) -> Any:
    """Return what content blocks hold, where it is one text; else *result*.

    Raises:
        RuntimeError: the tool says that it *failed*.
    """
    blocks = result.get("content") if isinstance(result, Mapping) else None
    texts = [part["text"] for part in blocks or () if isinstance(part, Mapping) and "text" in part]
    if failed:
        raise RuntimeError("\n".join(map(str, texts)) or "the tool says that it failed")
    return texts[0] if len(texts) == 1 == len(blocks or ()) else result


_FILES = {
    "agent_framework": "agent_framework",
    "agents": "openai_agents",
    "agno": "agno",
    "claude_agent_sdk": "claude_agent",
    "crewai": "crewai",
    "dspy": "dspy",
    "fastmcp": "mcp",
    "google": "google_adk",
    "haystack": "haystack",
    "langchain_core": "langchain",
    "langgraph": "langchain",
    "llama_index": "llamaindex",
    "mcp": "mcp",
    "pydantic_ai": "pydantic_ai",
    "smolagents": "smolagents",
    "strands": "strands",
    "string": "text",
    "workflows": "llamaindex",
}
"""Top-level module of a class to the file here whose ``WAYS`` may have it, by that module and its name."""

_GUESSES = {
    "__call__": Way(Method()),
    "_run": Way(Method("_run")),
    "run": Way(Method("run")),
    "invoke": Way(One("invoke")),
    "call": Way(Method("call")),
    "forward": Way(Method("forward")),
    "format": Way(lambda obj, given: filled(obj, "format", given)),
    "ainvoke": Way(One("ainvoke")),
    "arun": Way(Method("arun")),
}
"""Method to way, for objects of classes that no file knows; the first one the class has counts."""

_TWINS = ("acall", "ainvoke", "arun", "_arun")
"""Methods that are the same to be awaited."""


def way_of(obj: object) -> Way:
    """Return how *obj* is called: of its classes the first that is known counts, in method resolution order.

    Raises:
        LoadError: it can't be called.
    """
    kind = type(obj)
    if kind.__name__ in ("function", "builtin_function_or_method", "method", "type"):
        return _GUESSES["__call__"]
    for base in kind.__mro__:
        way = _known(base)
        if way is not None:
            return way
    own = own_names(kind)
    for method, way in _GUESSES.items():
        if method in own:
            return way
    return refuse(obj, "can't be called: it has none of the methods tools, prompts and agents have", "not-callable")


def twin_of(obj: Any) -> str | None:
    """Return the name of the method that does the same, to be awaited; None: there is none."""
    return next((name for name in _TWINS if inspect.iscoroutinefunction(getattr(type(obj), name, None))), None)


def is_tool_class(cls: type) -> bool:
    """Tell whether an object of *cls* is called, not the class."""
    return any(_known(base) is not None for base in cls.__mro__) or not own_names(cls).isdisjoint(CALL_METHODS)


def own_names(cls: type) -> set[str]:
    """Return what the class and its bases define: asking for ``__call__`` itself would find that of `type`."""
    return {name for base in cls.__mro__ if base is not object for name in vars(base)}


def _known(base: type) -> Way | None:
    top = base.__module__.partition(".")[0]
    file = _FILES.get(top)
    if file is None:
        return None
    ways: dict[tuple[str, str], Way] = importlib.import_module(f"catalog.loader.ways.{file}").WAYS
    return ways.get((top, base.__name__))
