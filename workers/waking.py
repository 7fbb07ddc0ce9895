"""Starts a task the moment a change makes work for it, instead of at the next look of the beat.

Nothing depends on it: a task finds its work in rows, and the beat lets it look every few seconds all the same. While a
wake waits in its queue, further ones are not sent: the task that takes it reads what all of them told of. After a look
a task rests in proportion to how long it took, as boards do: what happens meanwhile is looked at together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

import structlog
from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from guitara_app.kit.outbox import Change, live_redis
from guitara_app.notifications.rules import RULES
from guitara_app.settings import settings
from workers import measuring  # noqa: F401  it writes on each task when it was sent

log = structlog.get_logger(__name__)

SEARCH = "dispatch.search_drivers"
HAND_OUT = "dispatch.hand_out_waiting"
MATCH = "dispatch.match_wishes"
TELL = "notify.deliver"
TAKE_IN = "maintenance.carry_out_imports"

WORK_FROM: dict[str, tuple[str, ...]] = {
    SEARCH: (
        "appointment_changed",
        "appointment_reopened",
        "booked",
        "review_replaced",
        "state_forced",
        "swapped",
    ),
    # A trip waits, or a driver has time for one.
    HAND_OUT: (
        "appointment_cancelled",
        "appointment_changed",
        "appointment_expired",
        "brought_back",
        "checked_in",
        "checked_in_again",
        "driver_accepted",
        "driver_chosen",
        "driver_declined",
        "driver_offer_lapsed",
        "driver_searched",
        "driver_searched_again",
        "driver_stepped_back",
        "dropped_off",
        "got_home",
        "no_show",
        "pickup_asked",
        "review_dropped",
        "shift_removed",
        "shift_set",
        "shift_usual",
        "state_forced",
        "trip_released",
        "week_set",
    ),
    # Somebody's time comes free or is taken, or somebody waits for other than before.
    MATCH: (
        "appointment_cancelled",
        "appointment_changed",
        "appointment_expired",
        "appointment_reopened",
        "booked",
        "evenings_set",
        "holidays_set",
        "no_show",
        "offer_lapsed",
        "offer_rejected",
        "place_withdrawn",
        "review_dropped",
        "review_insisted",
        "review_replaced",
        "session_ended",
        "session_extended",
        "session_stopped_early",
        "shift_removed",
        "shift_set",
        "shift_usual",
        "state_forced",
        "swapped",
        "time_off_approved",
        "time_off_entered",
        "time_off_taken_back",
        "week_set",
        "wish_added",
        "wish_booked",
        "wish_changed",
        "wish_declined",
        "wish_waits_again",
        "wish_withdrawn",
    ),
    TELL: tuple(sorted(RULES)),
    TAKE_IN: ("import_asked",),
}
"""For each task, the kinds of events that may have made work for it."""

_WAITING = "guitara:wake:"
_WAITS_S = 5

_RESTING = "guitara:rest:"
_REST, _LONGEST_REST_S = 4, 0.4


def tasks_for(kinds: Iterable[str]) -> list[str]:
    """The tasks that may have work because events of these kinds happened."""
    happened = set(kinds)
    return [task for task, makers in WORK_FROM.items() if not happened.isdisjoint(makers)]


def wake(changes: Sequence[Change]) -> None:
    """Send the tasks that ``changes`` made work for; when that cannot be done, the beat's next look does it."""
    tasks = tasks_for(change.kind for change in changes)
    try:
        for task in tasks:
            if live_redis().set(_WAITING + task, 1, nx=True, ex=_WAITS_S):
                _sender(settings().broker_redis_url).send_task(
                    task, queue=task.partition(".")[0], expires=_WAITS_S, retry=False, countdown=_rest_of(task)
                )
    except (RedisError, KombuError) as error:
        log.info("nobody woken", tasks=tasks, error=type(error).__name__)


def woken(task: str) -> None:
    """The task begins to look: what happens from now on needs a new wake."""
    if task in WORK_FROM:
        try:
            live_redis().delete(_WAITING + task)
        except RedisError as error:
            log.info("wake not taken back", task=task, error=type(error).__name__)


def rests(task: str, took_s: float) -> None:
    """The task has looked, and that took so long."""
    if task in WORK_FROM:
        try:
            live_redis().set(_RESTING + task, 1, px=max(1, round(1000 * min(_REST * took_s, _LONGEST_REST_S))))
        except RedisError as error:
            log.info("no rest kept", task=task, error=type(error).__name__)


def _rest_of(task: str) -> float | None:
    """The seconds that are left of it."""
    left_ms = cast("int", live_redis().pttl(_RESTING + task))
    return left_ms / 1000 if left_ms > 0 else None


@lru_cache(maxsize=1)
def _sender(broker: str) -> Celery:
    # Not the workers' own application: whoever sends need not load every task.
    sender = Celery("guitara", broker=broker, set_as_current=False)
    sender.conf.update(
        task_ignore_result=True,
        # Kombu would otherwise try for four seconds to connect, in which whoever has committed waits for nothing.
        broker_transport_options={
            "socket_timeout": 1.0,
            "socket_connect_timeout": 0.5,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
        },
    )
    return sender
