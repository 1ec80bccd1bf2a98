"""Objects of Agno."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_text
from catalog.loader.ways.way import Method, Request, Tell, Way, answer


def agno_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run an agent, team or workflow of Agno and tell what its models write."""
    last: Any = None
    for event in obj.run(as_text(given), stream=True, stream_events=True):
        kind = str(getattr(event, "event", ""))
        if kind.endswith("RunContent") and isinstance(event.content, str):
            tell(event.content)
        elif kind.endswith(("RunCompleted", "WorkflowCompleted")):
            last = event
    return last


_AGENT = Way(Request("run"), Request("arun"), answer("content", "metrics"), agno_stream)

WAYS = {
    ("agno", "Function"): Way(Method("entrypoint")),
    ("agno", "Agent"): _AGENT,
    ("agno", "Team"): _AGENT,
    ("agno", "Workflow"): _AGENT,
}
