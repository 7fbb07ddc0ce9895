"""How much a load test does, and how its time is divided: slowly, then as fast as asked for, then by HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_SLOWLY, _SLOW_SHARE, _SLOW_S = 2.0, 0.25, 15.0
_ASKING_SHARE, _ASKING_S = 0.25, 20.0
_LOOKS_PER_PAGE = 1 / 30
_REQUESTS_PER_PAGE, _MOST_REQUESTS, _FEWEST_REQUESTS = 2.2, 220.0, 25.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: pages open at once, for how long, and changes a second."""

    users: int
    seconds: float
    changes: float = 0.0

    @property
    def per_second(self) -> float:
        """Changes a second; as many as so many people make, where nothing else is said."""
        return self.changes or max(2.0, self.users / 25)

    @property
    def slow_s(self) -> float:
        """How many seconds changes are made slowly."""
        return min(self.seconds * _SLOW_SHARE, _SLOW_S)

    @property
    def asking_s(self) -> float:
        """How many seconds at the end pages and lists are asked for."""
        return min(self.seconds * _ASKING_SHARE, _ASKING_S)

    def burst(self, started: float) -> tuple[float, float]:
        """From when to when as many changes are made as asked for, in a test that began at ``started``."""
        return started + self.slow_s, started + self.seconds - self.asking_s

    def orders(self, processes: int, started: float) -> dict[str, Any]:
        """What each of so many processes is told to do (see ``Crowd.run``)."""
        slow_until, asking = self.burst(started)
        requests = min(_MOST_REQUESTS, max(_FEWEST_REQUESTS, self.users * _REQUESTS_PER_PAGE))
        return {
            "do": "run",
            "until": started + self.seconds,
            "slow_until": slow_until,
            "slowly": min(_SLOWLY, self.per_second) / processes,
            "changes": self.per_second / processes,
            "looks": self.users * _LOOKS_PER_PAGE / processes,
            "asking": asking,
            "requests": requests / processes,
        }
