"""The application as it is; or, with WEAKENED_WITHOUT, without one of its guards, to show what it guards against."""

from __future__ import annotations

import os

from guitara_app.guitara_app import app
from guitara_app.live import subscriber, views

__all__ = ["app"]

if os.environ.get("WEAKENED_WITHOUT") == "resync":
    views.Views.resync = lambda self: None
    subscriber._TICKS_TO_COMPARE = 10**9
