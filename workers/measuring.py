"""Times every task: how long it waited for a worker, how long it was at work, and what it asked of the database."""

from __future__ import annotations

from contextlib import ExitStack
from time import time
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from guitara_app.kit import metrics
from guitara_app.kit.measuring import Work, measured

_SENT_AT = "guitara_sent_at"
_at_work: dict[str, tuple[Work, ExitStack]] = {}


@before_task_publish.connect  # type: ignore[untyped-decorator]  # Celery has no types
def note_sending(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    """Whoever sends a task writes the time on it."""
    if headers is not None:
        headers[_SENT_AT] = time()


@task_prerun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def begin(task_id: str = "", task: Any = None, **_kwargs: Any) -> None:
    """A worker takes the task."""
    sent_at = task.request.get(_SENT_AT)
    if isinstance(sent_at, float):
        metrics.TASK_WAIT_SECONDS.labels(task.name).observe(max(0.0, time() - sent_at))
    work, stack = Work("task", task.name), ExitStack()
    stack.enter_context(measured(work))
    _at_work[task_id] = work, stack


@task_postrun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def end(task_id: str = "", task: Any = None, state: str | None = None, **_kwargs: Any) -> None:
    """It is done, well or not."""
    work, stack = _at_work.pop(task_id, (None, None))
    if work is None or stack is None:
        return
    stack.close()
    metrics.TASK_SECONDS.labels(task.name).observe(work.seconds)
    if state == "FAILURE":
        metrics.TASK_ERRORS.labels(task.name).inc()
