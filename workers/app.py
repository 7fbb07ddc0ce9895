"""The Celery application: which servers, which queues, and how a task behaves when something is killed."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_process_init
from kombu.entity import Queue

from guitara_app.kit import doors, logs, outbox
from guitara_app.kit.database import use_pool
from guitara_app.kit.signs import QUEUES
from guitara_app.settings import settings
from workers import measuring, telling  # noqa: F401  they listen
from workers.heartbeat import WorkerHeartbeat
from workers.schedule import SCHEDULE
from workers.waking import rests, wake, woken

_LONGEST_TASK_S = 60
_begun: dict[str, float] = {}

app = Celery(
    "guitara",
    broker=settings().broker_redis_url,
    include=["workers.dispatching", "workers.notifying", "workers.playing", "workers.tasks"],
)
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_backend=None,
    task_ignore_result=True,
    task_queues=[Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]  # no types
    task_default_queue="maintenance",
    # A task that was running when its process was killed runs again: every task is written for that.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=_LONGEST_TASK_S - 15,
    task_time_limit=_LONGEST_TASK_S,
    # What a killed worker had taken comes back after this long; longer than any task, so that none runs twice at once.
    broker_transport_options={"visibility_timeout": 3 * _LONGEST_TASK_S},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
    timezone="UTC",
    enable_utc=True,
    beat_schedule=SCHEDULE,
    beat_scheduler="workers.heartbeat:Beat",
    beat_schedule_filename=str(settings().data_dir / "beat"),
    beat_max_loop_interval=5,
)
app.steps["consumer"].add(WorkerHeartbeat)


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _log_like_everybody(**_kwargs: Any) -> None:
    logs.configure()
    # Three lines for each of the many small tasks, with their arguments, would bury everything else.
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)


@worker_process_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _open_own_connections(**_kwargs: Any) -> None:
    use_pool(settings().worker_pool_size)
    doors.usually(doors.Door.TASK)
    outbox.on_commit(wake)


@task_prerun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _woken(task_id: str = "", sender: Any = None, **_kwargs: Any) -> None:
    _begun[task_id] = monotonic()
    woken(sender.name)


@task_postrun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _rests(task_id: str = "", sender: Any = None, **_kwargs: Any) -> None:
    began = _begun.pop(task_id, None)
    if began is not None:
        rests(sender.name, monotonic() - began)
