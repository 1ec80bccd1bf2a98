"""Objects of Google ADK."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_dict, as_text
from catalog.loader.ways.way import Method, Tell, Way, Whole, at


async def adk(obj: Any, given: Given) -> Any:
    """Run an agent of Google's ADK, or an app of it, in a session of its own."""
    return await adk_stream(obj, given, None)


async def adk_stream(obj: Any, given: Given, tell: Tell | None) -> Any:
    """Run an agent of Google's ADK and tell what its models write."""
    from google.adk.agents.run_config import RunConfig, StreamingMode
    from google.adk.runners import InMemoryRunner
    from google.genai.types import Content, Part

    made = {"app": obj} if type(obj).__name__ == "App" else {"agent": obj, "app_name": "catalog"}
    mode = StreamingMode.SSE if tell is not None else StreamingMode.NONE
    asked = Content(role="user", parts=[Part(text=as_text(given))])
    answer, counted = "", []
    async with InMemoryRunner(**made) as runner:
        session = await runner.session_service.create_session(app_name=runner.app_name, user_id="catalog")
        events = runner.run_async(
            user_id="catalog", session_id=session.id, new_message=asked, run_config=RunConfig(streaming_mode=mode)
        )
        async for event in events:
            text = "".join(part.text for part in at(event, "content.parts") or () if part.text and not part.thought)
            if event.partial and text and tell is not None:
                tell(text)
            elif not event.partial:
                counted.append(event.usage_metadata)
                answer = text if event.is_final_response() and text else answer
    return Whole(answer, counted)


async def adk_tool(obj: Any, given: Given) -> Any:
    """Call a tool of the ADK that is no function; there is no agent that it could ask for something."""
    result = await obj.run_async(args=as_dict(obj, given), tool_context=None)
    if isinstance(result, dict) and set(result) == {"error"}:  # so the ADK tells a failure, and so it wraps a value
        raise RuntimeError(str(result["error"]))
    return result["result"] if isinstance(result, dict) and set(result) == {"result"} else result


WAYS = {
    ("google", "FunctionTool"): Way(Method("func")),
    ("google", "BaseTool"): Way(adk_tool),
    ("google", "BaseAgent"): Way(adk, stream=adk_stream),
    ("google", "App"): Way(adk, stream=adk_stream),
}
