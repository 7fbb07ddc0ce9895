"""The demo's staff act by themselves; nothing of this runs in a real firm."""

from __future__ import annotations

import structlog
from celery import shared_task

from guitara_app import tables  # noqa: F401  rows point at tables that no task itself imports
from guitara_app.demo.simulator.playing import play as play_due
from guitara_app.kit.time import now
from guitara_app.settings import settings

log = structlog.get_logger(__name__)


@shared_task(name="demo.play")  # type: ignore[untyped-decorator]  # Celery has no types
def play() -> None:
    """Let those whom nobody has signed in as take the steps whose time has come."""
    if settings().simulator and (taken := play_due(now=now())):
        log.info("demo staff acted", steps=taken)
