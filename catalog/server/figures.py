"""What the server counts of itself, as Prometheus reads it, and the line it logs of each request."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import IO, Any

from catalog import json_text

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes that times are counted in, in seconds."""


class Figures:
    """Requests, by method, route and status, and how long they took."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._times: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._requests[method, route, status] += 1
            times = self._times.setdefault(route, [0] * (len(BUCKETS) + 1))
            times[next((i for i, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a counter may count in fractions

    def refuse(self, why: str) -> None:
        """Count a request that was not let in, by the code of the problem."""
        with self._lock:
            self._refused[why] += 1

    def text(self, **gauges: float) -> str:
        """Return the figures in Prometheus' text format, *gauges* among them under ``catalog_``."""
        with self._lock:
            lines = ["# TYPE catalog_http_requests_total counter"]
            for (method, route, status), number in sorted(self._requests.items()):
                labels = f'method="{method}",route="{_label(route)}",status="{status}"'
                lines.append(f"catalog_http_requests_total{{{labels}}} {number}")
            lines.append("# TYPE catalog_http_refused_total counter")
            lines += [f'catalog_http_refused_total{{code="{why}"}} {n}' for why, n in sorted(self._refused.items())]
            lines.append("# TYPE catalog_http_request_duration_seconds histogram")
            for route, times in sorted(self._times.items()):
                lines += _histogram(_label(route), times, self._seconds[route])
        for name, value in gauges.items():
            lines += [f"# TYPE catalog_{name} gauge", f"catalog_{name} {value:g}"]
        return "\n".join(lines) + "\n"


def _histogram(route: str, times: list[int], seconds: float) -> list[str]:
    name, lines, so_far = "catalog_http_request_duration_seconds", [], 0
    for bound, number in zip((*BUCKETS, None), times, strict=True):
        so_far += number
        lines.append(f'{name}_bucket{{route="{route}",le="{"+Inf" if bound is None else f"{bound:g}"}"}} {so_far}')
    return [*lines, f'{name}_sum{{route="{route}"}} {seconds:.6f}', f'{name}_count{{route="{route}"}} {so_far}']


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class AccessLog:
    """Writes one JSON object a line for each request; no token, no cookie, no query."""

    def __init__(self, file: IO[str] | None = None) -> None:
        """Write to *file*; None: to standard error, as it is at the time."""
        self._file = file
        self._lock = threading.Lock()

    def write(self, **of_it: Any) -> None:
        """Write a line; a log that can't be written ends no request."""
        line = json_text({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **of_it})
        try:
            with self._lock:
                file = sys.stderr if self._file is None else self._file
                file.write(line + "\n")
                file.flush()
        except (OSError, ValueError):
            return
