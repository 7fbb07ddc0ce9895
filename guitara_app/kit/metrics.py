"""What is counted and timed while the system runs, in the form Prometheus reads.

With ``PROMETHEUS_MULTIPROC_DIR`` in the environment (as every part is started) all processes of a machine write into
that folder, and whoever reads it reads the sum of them; without it a process counts for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily

# Fine where people notice, coarse where it only matters that it was bad. Seconds.
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
_COUNTS = (1, 2, 5, 10, 15, 20, 30, 40, 60, 100, 200)

HANDLER_SECONDS = Histogram(
    "guitara_handler_seconds", "From taking an event of a page to its last answer.", ["handler"], buckets=_BUCKETS
)
HANDLER_ERRORS = Counter("guitara_handler_errors", "Events of pages that ended in an unforeseen error.", ["handler"])
ROUTE_SECONDS = Histogram(
    "guitara_route_seconds", "From a request to the end of its answer.", ["route", "status"], buckets=_BUCKETS
)
QUERIES = Histogram(
    "guitara_queries", "Statements sent for one event, request, task or reading of a view.", ["kind"], buckets=_COUNTS
)
QUERY_SECONDS = Histogram("guitara_query_seconds", "One statement, in the database and back.", buckets=_BUCKETS)
SLOW = Counter("guitara_slow", "Events, requests and tasks that took longer than is good.", ["kind", "name"])
REPEATED = Counter(
    "guitara_repeated_queries", "Events, requests and tasks that sent one statement again and again.", ["kind", "name"]
)
PUSH_SECONDS = Histogram(
    "guitara_push_seconds", "From the commit of a change to its way out to the browsers.", ["scope"], buckets=_BUCKETS
)
STREAM_LAG_SECONDS = Histogram(
    "guitara_stream_lag_seconds", "From the commit of a change to its arrival in a web process.", buckets=_BUCKETS
)
CONNECTIONS = Gauge("guitara_connections", "Open sockets.", ["role"], multiprocess_mode="livesum")
ROUND_TRIP_SECONDS = Histogram(
    "guitara_round_trip_seconds", "To a browser and back, over its socket.", buckets=_BUCKETS
)
CACHE_READS = Counter("guitara_cache_reads", "What was asked of a cache.", ["cache", "found"])
TASK_WAIT_SECONDS = Histogram(
    "guitara_task_wait_seconds", "From sending a task to a worker's taking it.", ["task"], buckets=_BUCKETS
)
TASK_SECONDS = Histogram("guitara_task_seconds", "A task at work.", ["task"], buckets=_BUCKETS)
TASK_ERRORS = Counter("guitara_task_errors", "Tasks that ended in an error; the next look does their work.", ["task"])
POOL_IN_USE = Gauge("guitara_pool_connections", "Connections to the database in use.", multiprocess_mode="livesum")
POOL_EXHAUSTED = Counter("guitara_pool_exhausted", "How often somebody was told that every connection is busy.")


class LookedAt(NamedTuple):
    """What no process counts: whoever tells of it looks at that moment."""

    name: str
    about: str
    labels: tuple[str, ...] = ()

    def told(self, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
        """Each value with its labels."""
        family = GaugeMetricFamily(self.name, self.about, labels=self.labels)
        for labels, value in values.items():
            family.add_metric(labels, value)
        return family


INFO = LookedAt("guitara_info", "The release that runs.", ("version",))
PART_UP = LookedAt("guitara_part_up", "Whether a part is well, as /health says: 1 or 0.", ("part",))
QUEUE_DEPTH = LookedAt("guitara_queue_depth", "Tasks that no worker has taken yet.", ("queue",))
WORKER_AGE = LookedAt("guitara_worker_age_seconds", "Since a worker's last sign of life.", ("worker",))
BEAT_AGE = LookedAt("guitara_beat_age_seconds", "Since beat's last sign of life.")


def cache_read(cache: str, *, hit: bool) -> None:
    """Count one question to ``cache``."""
    CACHE_READS.labels(cache, "yes" if hit else "no").inc()
