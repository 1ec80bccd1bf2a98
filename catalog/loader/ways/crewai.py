"""Objects of CrewAI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from catalog.loader.given import Given, as_dict
from catalog.loader.limit import in_thread
from catalog.loader.ways.way import Method, Request, Tell, Way, Whole


async def acrew_tool(obj: Any, given: Given) -> Any:
    """Call a tool of CrewAI, awaited: most are no coroutines, and say so only then."""
    try:
        return await obj.arun(**as_dict(obj, given))
    except NotImplementedError:
        return await in_thread(Method("run"), obj, given)


def crew(obj: Any, given: Given) -> Any:
    """Start a crew or a flow of CrewAI: a text is the only input that its tasks have a place for."""
    return _finished_crew(obj.kickoff(_inputs(obj, given)), None)


async def acrew(obj: Any, given: Given) -> Any:
    """Start a crew or a flow of CrewAI, awaited."""
    result = await obj.kickoff_async(_inputs(obj, given))
    if isinstance(result, AsyncIterator):
        async for _ in result:
            pass
        return result.result  # type: ignore[attr-defined]  # the iterators of CrewAI have it
    return result


def crew_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Start a crew or a flow of CrewAI; one that was made with ``stream=True`` tells what its models write."""
    return _finished_crew(obj.kickoff(_inputs(obj, given)), tell)


def _finished_crew(result: Any, tell: Tell | None) -> Any:
    if not isinstance(result, Iterator):
        return result
    for part in result:
        if tell is not None and getattr(part, "content", None):
            tell(part.content)
    return result.result  # type: ignore[attr-defined]  # the iterators of CrewAI have it


def _inputs(obj: Any, given: Given) -> dict[str, Any]:
    if not isinstance(given, str):
        return given or {}
    names = sorted(obj.fetch_inputs()) if hasattr(obj, "fetch_inputs") else []
    return {names[0]: given} if len(names) == 1 else as_dict(obj, given)


def crew_answer(obj: Any, result: Any, given: Given) -> Whole:
    """Take the answer of an agent, a crew or a flow of CrewAI."""
    if not hasattr(result, "raw"):
        return Whole(result)
    structured = getattr(result, "pydantic", None) or getattr(result, "json_dict", None)
    usage = getattr(result, "token_usage", None) or getattr(result, "usage_metrics", None)
    return Whole(structured or result.raw, usage)


_AGENT = Way(Request("kickoff"), Request("kickoff_async"), crew_answer)
_CREW = Way(crew, acrew, crew_answer, crew_stream)

WAYS = {
    ("crewai", "BaseTool"): Way(Method("run"), acrew_tool),
    ("crewai", "Agent"): _AGENT,
    ("crewai", "LiteAgent"): _AGENT,
    ("crewai", "Crew"): _CREW,
    ("crewai", "Flow"): _CREW,
}
