"""Where worker and beat leave a sign of life in Redis, how old one may be, and which queues their tasks wait in."""

from __future__ import annotations

import time

WORKER_KEY = "guitara:heartbeat:worker:"
BEAT_KEY = "guitara:heartbeat:beat"
QUEUES = ("dispatch", "notify", "maintenance")
FRESH_S = 30.0


def sign_age(sign: str | None) -> float | None:
    """Seconds since the sign; None when there is none, or it is not a time."""
    try:
        return None if sign is None else round(abs(time.time() - float(sign)), 1)
    except ValueError:
        return None


def is_fresh(age_s: float | None) -> bool:
    """Whether somebody with a sign of that age counts as alive."""
    return age_s is not None and age_s < FRESH_S
