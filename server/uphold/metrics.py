"""Metrics: the server's counters for Prometheus; every layer may count, and none depends on HTTP for it.

Labels only take values from short fixed lists, never anything that a client sends. The client library decides at import
whether several processes add up their counts, in files in the folder that the environment variable `FOLDER` names; so
it is imported at the first count, after `serve` has set the variable.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

__all__ = ["Metrics", "added_up", "metrics"]

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "metrics-"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@cache
def metrics() -> Metrics:
    """The counts of this process."""
    return Metrics()


class Metrics:
    """All metrics."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry, multiprocess_mode="livesum")
        self.requests = counter("uphold_http_requests", "Requests answered.", ["method", "endpoint", "status"])
        self.seconds = Histogram(
            *("uphold_http_request_duration_seconds", "Seconds until the response was sent.", ["endpoint"]),
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.queries = counter("uphold_queries", "Queries by outcome.", ["outcome"])
        self.validations = counter("uphold_validations", "Graphs sent for validation, by outcome.", ["outcome"])
        self.replaced = counter("uphold_worker_restarts", "Query workers replaced, by reason.", ["reason"])
        self.waiting = gauge("uphold_queue_length", "Queries waiting for a worker.")
        self.answers = counter(
            "uphold_result_cache_requests",
            "Cache lookups by result: hit, miss, or shared with an identical running query.",
            ["result"],
        )
        self.answer_bytes = gauge("uphold_result_cache_bytes", "Bytes of cached results.")
        self.request = cache(self.requests.labels)  # looking up a child costs more than counting
        self.duration = cache(self.seconds.labels)
        self.query = cache(self.queries.labels)
        self.had = cache(self.answers.labels)

    def exposition(self, accept: str, snapshot_id: str, quads: int) -> tuple[bytes, str]:
        """The metrics of all server processes, and their media type."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder
        from prometheus_client.multiprocess import MultiProcessCollector

        encode, content_type = choose_encoder(accept)
        folder = os.environ.get(FOLDER)
        shown = CollectorRegistry()
        if folder:
            remove_dead_gauges(Path(folder))
            MultiProcessCollector(shown, folder)  # type: ignore[no-untyped-call]
        else:
            shown.register(RegistryCollector(self.registry))
        shown.register(SnapshotCollector(snapshot_id, quads))
        return encode(shown), content_type


class RegistryCollector:
    """The metrics of one registry, for use in another one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        yield from self.registry.collect()


class SnapshotCollector:
    """Metrics of the current snapshot, collected on each request, so that no old snapshot remains."""

    def __init__(self, snapshot_id: str, quads: int) -> None:
        self.snapshot_id, self.quads = snapshot_id, quads

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        info = GaugeMetricFamily("uphold_snapshot_info", "The snapshot that is served; always 1.", labels=["id"])
        info.add_metric([self.snapshot_id], 1)
        yield info
        yield GaugeMetricFamily("uphold_snapshot_quads", "Statements in the snapshot.", value=self.quads)


def remove_dead_gauges(folder: Path) -> None:
    """Remove the gauges of killed processes; their counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    for process in {path.stem.rpartition("_")[2] for path in folder.glob("gauge_live*_*.db")}:
        if not lives(int(process)):
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


def lives(process: int) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists, and belongs to another user
        return True
    return True


@contextmanager
def added_up(state: Path) -> Iterator[None]:
    """Let the child processes add up their counts, in a temporary folder."""
    for left in state.glob(f"{PREFIX}*"):
        if not lives(int(left.name.removeprefix(PREFIX))):  # left by a server that was killed
            shutil.rmtree(left, ignore_errors=True)
    folder = state / f"{PREFIX}{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ[FOLDER] = str(folder.resolve())
    try:
        yield
    finally:
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)
