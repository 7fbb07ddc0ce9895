"""How long a trip takes: the built-in estimate by zones."""

from __future__ import annotations


def estimate_minutes(from_zone: int | None, to_zone: int, *, same_zone_minutes: int, other_zone_minutes: int) -> int:
    """Minutes from zone to zone; somebody whose place is not known is taken to come from another zone."""
    return same_zone_minutes if from_zone == to_zone else other_zone_minutes
