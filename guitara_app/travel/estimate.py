"""How long a trip takes: one interface, and the built-in estimate behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import asin, ceil, cos, radians, sin, sqrt
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

_EARTH_KM = 6371.0
# Streets are longer than the line across them; Manila's speeds by the hour of the day, in km/h.
_DETOUR = 1.4
_NIGHT_KMH, _DAY_KMH, _RUSH_KMH = 30.0, 20.0, 14.0
_RUSH_HOURS = frozenset({7, 8, 9, 16, 17, 18, 19})
_NIGHT_HOURS = frozenset({22, 23, 0, 1, 2, 3, 4, 5})
_SHORTEST_DRIVE = 5
LONGEST_MINUTES = 180
"""No estimate is longer; whoever looks for the jobs around a moment need not look further than this."""


class Place(NamedTuple):
    """Where a job is. Coordinates are degrees, or None when nobody has placed the address on the map."""

    address_id: int
    zone_id: int
    latitude: float | None = None
    longitude: float | None = None


SOMEWHERE = Place(-1, -1)
"""An address nobody has told yet: as far as another zone, so that who is free stays free once it is told."""


class TravelTimes(Protocol):
    """Whoever knows how long it takes: the estimate below, or a routing server."""

    def minutes(self, origin: Place | None, destination: Place | None, at: datetime) -> int:
        """Whole minutes from ``origin`` to ``destination``, leaving at ``at``; an unknown place is None."""
        ...


@dataclass(frozen=True, slots=True)
class Estimate:
    """By zones, or by distance and the hour's speed when both places are on the map."""

    same_zone_minutes: int
    other_zone_minutes: int
    zone: ZoneInfo

    def minutes(self, origin: Place | None, destination: Place | None, at: datetime) -> int:
        """See ``TravelTimes``; somebody whose place is not known is taken to come from another zone."""
        if origin is None or destination is None:
            return self.other_zone_minutes
        if origin.address_id == destination.address_id:
            return 0
        kilometres = _kilometres(origin, destination)
        if kilometres is not None:
            driven = ceil(60 * kilometres * _DETOUR / _speed(at.astimezone(self.zone).hour))
            return min(LONGEST_MINUTES, max(_SHORTEST_DRIVE, driven))
        return self.same_zone_minutes if origin.zone_id == destination.zone_id else self.other_zone_minutes


def _speed(hour: int) -> float:
    if hour in _RUSH_HOURS:
        return _RUSH_KMH
    return _NIGHT_KMH if hour in _NIGHT_HOURS else _DAY_KMH


def _kilometres(origin: Place, destination: Place) -> float | None:
    """Along the great circle (haversine formula); None when a place is not on the map."""
    if None in (origin.latitude, origin.longitude, destination.latitude, destination.longitude):
        return None
    lat1, lon1, lat2, lon2 = (
        radians(degrees or 0.0)
        for degrees in (origin.latitude, origin.longitude, destination.latitude, destination.longitude)
    )
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))
