"""How fast one caller may ask: a bucket of requests that fills with time, for each caller and each web process."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

_MOST_CALLERS = 10_000


class Pace:
    """Lets ``per_minute`` requests through, a third of them at once. Only the event loop may ask."""

    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute / 60
        self._at_once = max(1.0, per_minute / 3)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str, *, take: bool = True) -> float:
        """Seconds until the caller may ask again; 0 when this request may go on.

        Unless it is to ``take`` one, it only looks.
        """
        at = monotonic()
        left, last = self._buckets.get(caller, (self._at_once, at))
        left = min(self._at_once, left + (at - last) * self._per_second)
        going = left >= 1
        self._buckets[caller] = (left - 1 if going and take else left, at)
        self._buckets.move_to_end(caller)
        while len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if going else (1 - left) / self._per_second
