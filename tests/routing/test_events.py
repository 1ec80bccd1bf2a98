"""Events as OpenTelemetry sees them."""

from __future__ import annotations

from typing import Any

import pytest
from factories import tool

from catalog import AutoCouncil, Catalog
from catalog.routing.events import otel_watcher

trace = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")


@pytest.fixture
def spans() -> tuple[Any, Any]:
    """A tracer, and what keeps its finished spans."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return provider.get_tracer("test"), kept


def test_events_join_the_current_span(catalog: Catalog, spans: tuple[Any, Any]) -> None:
    """Within a span of the application, decisions and steps are its events, with plain attributes."""
    tracer, kept = spans
    catalog.register_many([tool("plot", match="plot")])
    route = AutoCouncil(catalog, "cascade", kind="tool", chain=["rules"], watch=otel_watcher(tracer), name="front")
    with tracer.start_as_current_span("request"):
        route.resolve("plot it")
    (span,) = kept.get_finished_spans()
    assert [event.name for event in span.events] == ["route.step", "route.decision"]
    attributes = dict(span.events[1].attributes)
    assert attributes["catalog.router"] == "front"
    assert (attributes["catalog.name"], attributes["catalog.strategy"]) == ("plot", "rules")
    assert attributes["catalog.cost"] == '{"requests": 0, "tokens": 0, "dollars": null}'
    assert "catalog.confidence" not in attributes
    assert "plot it" not in str(span.to_json()).replace("'plot'", ""), "prompts are not told"


def test_without_a_span_each_event_is_one(catalog: Catalog, spans: tuple[Any, Any]) -> None:
    """Outside any span, an event becomes a span of its own."""
    tracer, kept = spans
    catalog.register_many([tool("plot", match="plot")])
    AutoCouncil(catalog, "rules", kind="tool", watch=otel_watcher(tracer)).resolve("plot it")
    assert [span.name for span in kept.get_finished_spans()] == ["route.decision"]
