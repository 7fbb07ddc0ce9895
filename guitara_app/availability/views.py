"""What pages are given of shifts."""

from __future__ import annotations

from typing import TypedDict


class ShiftRow(TypedDict):
    """One person's evening; ``starts`` and ``ends`` are wall-clock times such as ``13:00``, empty when off."""

    person_id: int
    name: str
    role: str
    starts: str
    ends: str
