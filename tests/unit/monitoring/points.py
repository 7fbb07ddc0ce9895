"""Intervals to judge: a quiet system, with what a test says is different."""

from __future__ import annotations

from typing import Any

from guitara_app.monitoring.figures import Point

EVERY_S = 5.0
START = 1_000_000.0

_QUIET: dict[str, Any] = {
    name: None if name.endswith(("_p50", "_p95")) or name in ("per_event", "per_request") else 0
    for name in Point._fields
} | {"seconds": EVERY_S, "workers": 1, "beat_age_s": 2.0, "connections": 12, "memory_mb": 400.0}


def point(number: int = 0, **different: Any) -> Point:
    queues = different.pop("queues", {"dispatch": 0, "notify": 0})
    values = _QUIET | {"at": START + number * EVERY_S, "queues": queues, "queued": sum(queues.values()), "failing": []}
    return Point(**(values | different))


def points(number: int, **different: Any) -> list[Point]:
    return [point(at, **different) for at in range(number)]
