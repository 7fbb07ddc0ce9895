"""What can be wrong with the system, and what of it cannot wait."""

from __future__ import annotations

from enum import StrEnum


class Alarm(StrEnum):
    """What can be wrong with the system."""

    PART = "part"
    WORKER = "worker"
    BEAT = "beat"
    QUEUE = "queue"
    HANDLERS = "handlers"
    ROUTES = "routes"
    PUSHES = "pushes"
    LAG = "lag"
    ERRORS = "errors"
    CACHE = "cache"
    MEMORY = "memory"
    CONNECTIONS = "connections"
    POOL = "pool"
    SLOW = "slow"
    REPEATED = "repeated"


URGENT = frozenset(
    {Alarm.PART, Alarm.WORKER, Alarm.BEAT, Alarm.QUEUE, Alarm.ERRORS, Alarm.CONNECTIONS, Alarm.POOL, Alarm.LAG}
)
"""What keeps people from working, or soon will; the rest can be read later."""
