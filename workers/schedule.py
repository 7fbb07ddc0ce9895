"""What beat starts, and how often. A run that nobody took in time is dropped: the next one does the same."""

from __future__ import annotations

from typing import Any

from guitara_app.settings import settings


def _every(seconds: float, task: str, queue: str = "") -> dict[str, Any]:
    queue = queue or task.partition(".")[0]
    return {"task": task, "schedule": seconds, "options": {"expires": max(10.0, seconds), "queue": queue}}


SCHEDULE: dict[str, dict[str, Any]] = {
    "publish left-over events": _every(2, "maintenance.publish_leftovers"),
    "expire what nobody answered": _every(5, "dispatch.expire_unanswered"),
    "lapse therapists' offers": _every(5, "dispatch.lapse_offers"),
    "warn of answers that are due": _every(5, "dispatch.warn_unanswered"),
    "search drivers": _every(5, "dispatch.search_drivers"),
    "lapse drivers' offers": _every(2, "dispatch.lapse_leg_offers"),
    "hand out waiting trips": _every(2, "dispatch.hand_out_waiting"),
    "match the waiting list": _every(60, "dispatch.match_wishes"),
    "tell people": _every(2, "notify.deliver"),
    "send letters": _every(10, "notify.send_letters"),
    "take files in": _every(5, "maintenance.carry_out_imports"),
    "grow overdue jobs": _every(30, "maintenance.grow_overdue"),
    "pack materials": _every(60, "maintenance.open_day"),
    # Hourly, so that a beat that was down when the day turned catches up.
    "extend shifts": _every(3600, "maintenance.extend_shifts"),
    # Often enough that a change of hours or the turn of the day is followed within minutes.
    "book series ahead": _every(300, "maintenance.book_ahead"),
    # Each looks whether today's is there.
    "back everything up": _every(600, "maintenance.back_up"),
    # Each looks whether today's is done.
    "forget what is not to be kept": _every(600, "maintenance.retain"),
    "purge what is over": _every(3600, "maintenance.purge"),
}
if settings().simulator:
    SCHEDULE["let demo staff act"] = _every(5, "demo.play", "maintenance")
