"""Figures for those who watch the hub (/metrics, in the form of Prometheus): how old its sources are, what it answered, and how
often an answer was there already. Labels are names of hub.yaml and words of ours, never what somebody asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from replica.system import SourceState

if TYPE_CHECKING:
    from prometheus_client import Counter
    from prometheus_client.metrics_core import Metric

TOGETHER = "PROMETHEUS_MULTIPROC_DIR"
"""The folder in which the processes of a crew keep their counters. The library looks for it when it is loaded, which is why that
happens only in the process that counts."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("FRESH", "STALE", "UNAVAILABLE", "UNKNOWN")
PATHS = frozenset(("/", "/graphql", "/schema.graphql", "/healthz", "/readyz", "/metrics"))

How = Literal["memory", "shared", "made"]
Sources = Callable[[], Sequence[SourceState] | None]
"""The sources as they stand, None if the replica can't be read."""


class Metrics:
    """The figures of one process, or of all of a crew. What counts is counted for as long as the process lives."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]  # as below
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "simpul_http_requests", "Requests answered, by path and status", ("path", "status"), registry=self._registry
        )
        self._answers = Counter(
            "simpul_answers",
            "Answers without errors: found in memory, found in the shared cache, or made",
            ("from",),
            registry=self._registry,
        )
        self._paths: dict[tuple[str, int], Counter] = {}
        self._hows: dict[str, Counter] = {}

    def request(self, path: str, status: int) -> None:
        """Counts a request that was answered."""
        if path not in PATHS:
            path = next((known for known in ("/q/", "/static/") if path.startswith(known)), "other")
        found = self._paths.get((path, status))
        if found is None:
            found = self._paths[path, status] = self._requests.labels(path, str(status))
        found.inc()

    def answer(self, how: How) -> None:
        """Counts an answer by where it came from."""
        found = self._hows.get(how)
        if found is None:
            found = self._hows[how] = self._answers.labels(how)
        found.inc()

    def page(self, sources: Sequence[SourceState] | None, *, is_current: bool = True) -> bytes:
        """All figures, in the form of Prometheus. Not `is_current` means that hub.yaml was changed to one that can't be used."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        shown = CollectorRegistry()
        if os.environ.get(TOGETHER):
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]  # of a library that is typed but for this
        else:
            shown.register(_Given(self._registry.collect))
        shown.register(_Given(lambda: _gauges(sources, datetime.now(UTC), is_current)))
        return generate_latest(shown)


class _Given:
    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterable[Metric]:
        return self._collect()

    def describe(self) -> Iterable[Metric]:
        return ()


def _gauges(sources: Sequence[SourceState] | None, now: datetime, is_current: bool) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    current = GaugeMetricFamily("simpul_configuration_current", "Whether hub.yaml as it is now is the one in use")
    current.add_metric((), float(is_current))
    yield current
    up = GaugeMetricFamily("simpul_replica_up", "Whether the replica can be read")
    up.add_metric((), float(sources is not None))
    yield up
    for name, help_text, figure in _FIGURES:
        gauge = GaugeMetricFamily(f"simpul_source_{name}", help_text, labels=("source",))
        for source in sources or ():
            value = figure(source, now)
            if value is not None:
                gauge.add_metric((source.name,), value)
        yield gauge
    states = GaugeMetricFamily("simpul_source_state", "1 for the state a source is in", labels=("source", "state"))
    for source in sources or ():
        for state in STATES:
            states.add_metric((source.name, state), float(source.state == state))
    yield states


_FIGURES: tuple[tuple[str, str, Callable[[SourceState, datetime], float | None]], ...] = (
    (
        "last_success_timestamp_seconds",
        "When it was last read well",
        lambda source, now: source.read_at.timestamp() if source.read_at else None,
    ),
    (
        "age_seconds",
        "Age of its figures",
        lambda source, now: max(0.0, (now - source.read_at).total_seconds()) if source.read_at else None,
    ),
    (
        "lag_seconds",
        "By how much it is older than its refresh promises",
        lambda source, now: source.lag(now).total_seconds(),
    ),
    (
        "sync_seconds",
        "How long its last sync took",
        lambda source, now: source.took.total_seconds() if source.took else None,
    ),
    ("breaker_open", "Whether it is left alone after failures", lambda source, now: float(source.rests(now))),
    ("records", "Records taken from it", lambda source, now: source.records),
    ("rejects", "Rows that could not be taken", lambda source, now: source.rejects),
    ("issues", "Cells that could not be read", lambda source, now: source.issues),
)
