"""``Event``: what a router tells its watcher; and a watcher for OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

FILTERED, STEP, DECISION, FAILED, STALE = (
    "route.filtered",
    "route.step",
    "route.decision",
    "route.failed",
    "route.calibration_stale",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while a prompt was routed.

    Attributes:
        name: ``route.filtered`` (candidates left out: ``count``, ``reasons``), ``route.step`` (of a cascade, as
            :meth:`Step.to_dict` gives it), ``route.decision`` (as :meth:`Decision.to_dict` gives it, without the
            record of the entry and the candidates), ``route.failed`` (``code``, ``error``),
            ``route.calibration_stale`` (``reason``).
        router: the name of the router.
        data: plain data; the prompt is not among it, but a model's reason for its choice may quote it.
    """

    name: str
    router: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return name, router and data as one mapping for JSON."""
        return {"name": self.name, "router": self.router, "data": dict(self.data)}


Watcher = Callable[[Event], None]


def otel_watcher(tracer: Any = None) -> Watcher:
    """Return a watcher that adds every event to the current OpenTelemetry span; without one, each event gets a span.

    Args:
        tracer: an OpenTelemetry tracer; None: the one the global provider gives for ``catalog``.

    Raises:
        MissingExtraError: ``opentelemetry-api`` is not installed.
    """
    try:
        from opentelemetry import trace
    except ImportError:
        from catalog.errors import MissingExtraError

        raise MissingExtraError("OpenTelemetry is not installed; install magma-catalog[otel]", extra="otel") from None
    own = tracer or trace.get_tracer("catalog")

    def watch(event: Event) -> None:
        attributes = {"catalog.router": event.router, **_flat(event.data)}
        span = trace.get_current_span()
        if span.is_recording():
            span.add_event(event.name, attributes)
            return
        with own.start_as_current_span(event.name, attributes=attributes):
            pass

    return watch


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return *data* as attributes of a span: plain values stay, None is left out, all else becomes JSON."""
    from json import dumps

    return {
        f"catalog.{name}": value if isinstance(value, (str, bool, int, float)) else dumps(value, ensure_ascii=False)
        for name, value in data.items()
        if value is not None
    }
