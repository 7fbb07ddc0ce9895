"""Whose time it is, minute by minute: somebody's evening worked out by walking the clock, and nothing cleverer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

GRID = 48 * 60


@dataclass(frozen=True)
class Stay:
    """One job: minutes since the grid's zero, and where it begins and ends (address, zone)."""

    id: int
    start: int
    end: int
    buffer: int = 0
    origin: tuple[int, int] | None = None
    destination: tuple[int, int] | None = None
    begun: bool = False


def way(origin: tuple[int, int] | None, destination: tuple[int, int] | None) -> int:
    """Minutes from place to place, as the contract says."""
    if origin is None or destination is None or origin[0] == destination[0]:
        return 0
    return 15 if origin[1] == destination[1] else 35


def wanted_until(stay: Stay, following: Stay | None) -> int:
    """When the person could begin the next job."""
    return stay.end + stay.buffer + (way(stay.destination, following.origin) if following else 0)


def in_order(stays: Sequence[Stay]) -> list[Stay]:
    """As they are taken up: by start, those that have begun first."""
    return sorted(stays, key=lambda stay: (stay.start, not stay.begun, stay.id))


def walked(stays: Sequence[Stay]) -> dict[int, int]:
    """Which job has each minute: the last one that was due, for as long as it and the way to the next take.

    Jobs due in the same minute are taken up one a minute.
    """
    due = in_order(stays)
    owner: dict[int, int] = {}
    current: Stay | None = None
    until = 0
    for now in range(GRID):
        if due and due[0].start <= now:
            current = due.pop(0)
            until = max(wanted_until(current, due[0] if due else None), now + 1)
        if current is not None and now < until:
            owner[now] = current.id
    return owner


def blocked(new: Stay, stays: Sequence[Stay]) -> bool:
    """Whether the new job shares a minute with another, or is too near to the one before or after it."""
    mine = set(range(new.start, new.end + new.buffer))
    if any(mine & set(range(stay.start, stay.end + stay.buffer)) for stay in stays):
        return True
    before = [stay for stay in stays if stay.start <= new.start]
    after = [stay for stay in stays if stay.start > new.start]
    return bool(
        (before and wanted_until(max(before, key=lambda s: (s.start, s.id)), new) > new.start)
        or (after and wanted_until(new, (following := min(after, key=lambda s: (s.start, s.id)))) > following.start)
    )


def short(stays: Sequence[Stay]) -> dict[tuple[int, int], int]:
    """By how many minutes each job runs into the next."""
    ordered = in_order(stays)
    effective: list[int] = []
    for stay in ordered:
        effective.append(max(stay.start, effective[-1] + 1) if effective else stay.start)
    found = {}
    for index, (stay, following) in enumerate(pairwise(ordered)):
        minutes = max(wanted_until(stay, following), effective[index] + 1) - following.start
        if minutes > 0:
            found[stay.id, following.id] = minutes
    return found


def minute(at: datetime, zero: datetime) -> int:
    """Whole minutes since ``zero``."""
    return int((at - zero) / timedelta(minutes=1))
