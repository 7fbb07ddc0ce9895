"""What is shown of how the system is doing, in the terminal and on the page."""

from __future__ import annotations

from typing import TypedDict


class Measure(TypedDict):
    """One figure as it is shown. ``tone`` is good, fair, bad, or empty where there is no target or nothing to judge.

    ``number`` and, in words, ``value`` are what it is now. ``line`` is what it was lately, oldest first, None where
    nothing was measured; ``limit`` is above what it is bad.
    """

    key: str
    group: str
    name: str
    number: float | None
    value: str
    target: str
    tone: str
    line: list[float | None]
    limit: float | None


class ProcessRow(TypedDict):
    """One process, or the many of one server. ``cpu`` is in percent of one core."""

    name: str
    pid: int
    cpu: float
    memory_mb: float


class Often(TypedDict):
    """Something that was slow, or sent one query again and again, since the system started."""

    kind: str
    name: str
    times: int


class AlertRow(TypedDict):
    """An alert as it is shown; ``closed`` is empty while it is open."""

    id: int
    words: str
    opened: str
    closed: str
    times: int
    urgent: bool


class PartRow(TypedDict):
    """A part of the system, or some of what it counts: its name, what is said of it, and ``good`` or ``bad``."""

    name: str
    words: str
    tone: str


class System(TypedDict):
    """All of it. ``measured`` is empty when nothing was within the hour; ``fresh`` says that it is the present.

    ``hour`` holds the longer line of each measure, by its key.
    """

    measured: str
    fresh: bool
    measures: list[Measure]
    hour: dict[str, list[float | None]]
    parts: list[PartRow]
    processes: list[ProcessRow]
    sockets: list[PartRow]
    queues: list[PartRow]
    alerts: list[AlertRow]
    slow: list[Often]
    repeated: list[Often]
