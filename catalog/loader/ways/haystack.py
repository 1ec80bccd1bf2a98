"""Objects of Haystack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.loader.given import Given, as_text
from catalog.loader.ways.way import Method, Tell, Way, Whole, at, is_text


def haystack(obj: Any, given: Given) -> Any:
    """Run an agent of Haystack."""
    return obj.run(**_messages(given))


def haystack_async(obj: Any, given: Given) -> Any:
    """Run an agent of Haystack, awaited."""
    return obj.run_async(**_messages(given))


def haystack_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run an agent of Haystack and tell what its models write."""

    def part(chunk: Any) -> None:
        if chunk.content:
            tell(chunk.content)

    return obj.run(**_messages(given), streaming_callback=part)


def _messages(given: Given) -> dict[str, Any]:
    if not is_text(given):
        return dict(given or {})  # type: ignore[arg-type]  # a mapping, or what `dict` refuses in words
    from haystack.dataclasses import ChatMessage

    return {"messages": [ChatMessage.from_user(as_text(given))]}


def haystack_answer(obj: Any, result: Any, given: Given) -> Whole:
    """Take the answer of an agent of Haystack."""
    messages = result.get("messages") if isinstance(result, Mapping) else None
    if not messages:
        return Whole(result)
    usage = [at(part, "meta.usage") for part in messages]
    return Whole(messages[-1].text if is_text(given) else result, usage)


WAYS = {
    ("haystack", "Tool"): Way(Method("invoke"), Method("invoke_async")),
    ("haystack", "Agent"): Way(haystack, haystack_async, haystack_answer, haystack_stream),
}
