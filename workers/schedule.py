"""What beat starts, and how often. A run that nobody took in time is dropped: the next one does the same."""

from __future__ import annotations

from typing import Any


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": max(10.0, seconds)}}


SCHEDULE: dict[str, dict[str, Any]] = {
    "publish left-over events": _every(2, "maintenance.publish_leftovers"),
    "grow overdue jobs": _every(30, "maintenance.grow_overdue"),
    "pack materials": _every(60, "maintenance.open_day"),
    # Hourly, so that a beat that was down when the day turned catches up.
    "extend shifts": _every(3600, "maintenance.extend_shifts"),
    "purge what is over": _every(3600, "maintenance.purge"),
}
