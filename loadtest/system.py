"""What a system takes while it works: memory and processor time of each part, and connections to the database."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import text

from guitara_app.kit.database import reading
from guitara_app.kit.errors import GuitaraError

_EVERY_S = 2.0
_MEGA = 1_000_000
# Whoever asks is one more, and does not belong to the system.
_CONNECTIONS = text(
    "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """At one moment: megabytes and processor seconds of each part, and connections to the database."""

    at: float
    memory: dict[str, float]
    cpu: dict[str, float]
    connections: int

    @property
    def megabytes(self) -> float:
        """Of the whole system. Memory that processes share counts once."""
        return sum(self.memory.values())


@dataclass
class Watch:
    """Looks every few seconds, from a thread of its own, for as long as it is entered."""

    parts: dict[str, int]
    taken: list[Taken] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.note()

    def note(self) -> None:
        """Look now."""
        memory, cpu = {}, {}
        for name, pid in self.parts.items():
            memory[name], cpu[name] = _of(pid)
        try:
            with reading() as session:
                connections = int(session.execute(_CONNECTIONS).scalar_one())
        except GuitaraError:
            connections = -1
        self.taken.append(Taken(time.time(), memory, cpu, connections))

    def _look(self) -> None:
        while True:
            self.note()
            if self._over.wait(_EVERY_S):
                return


def cache_hits(counted: Path | None, cache: str) -> tuple[int, int]:
    """How often what was asked of ``cache`` was there, and how often it was asked, by all processes together."""
    if counted is None or not any(counted.iterdir()):
        return 0, 0
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(counted))  # type: ignore[no-untyped-call]
    hits = asked = 0
    for metric in registry.collect():
        for sample in metric.samples:
            if sample.name == "guitara_cache_reads_total" and sample.labels.get("cache") == cache:
                asked += int(sample.value)
                hits += int(sample.value) if sample.labels.get("found") == "yes" else 0
    return hits, asked


def _of(pid: int) -> tuple[float, float]:
    """Megabytes and processor seconds of a process and everything below it."""
    try:
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0.0, 0.0
    memory = cpu = 0.0
    for process in family:
        try:
            full = process.memory_full_info()
            times = process.cpu_times()
        except psutil.Error:
            continue
        memory += getattr(full, "pss", full.rss) / _MEGA
        cpu += times.user + times.system
    return memory, cpu
