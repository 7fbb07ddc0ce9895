"""Two real workers and two real beats that stand in a test's evening, for as long as a module of tests lasts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
import psycopg2
from redis import Redis

from guitara_app.kit.outbox import live_redis
from guitara_app.settings import PROJECT, settings
from tests.integration.conftest import Scratch, Until
from tests.integration.workers.conftest import kill, waits_for_lock

_DONE = "test:tasks done"

# The clock stands, and nobody is woken by what somebody else did: only the task that is asked for runs.
_IN_THE_EVENING = """
import sys
from datetime import datetime
from guitara_app.kit import outbox, time
at = datetime.fromisoformat(sys.argv[1])
time.now = lambda: at
outbox.on_commit = lambda tell: None
from workers.app import app
"""
_WORKER = (
    _IN_THE_EVENING
    + f"""
from celery.signals import task_postrun
task_postrun.connect(lambda **_: outbox.live_redis().incr({_DONE!r}), weak=False)
app.worker_main(["worker", "--concurrency", "1", "--without-mingle", "--without-gossip", "-n", sys.argv[2] + "@%h"])
"""
)
# For each task that is named, a beat that has just started and finds that very task due.
_BEAT = (
    _IN_THE_EVENING
    + """
from datetime import timedelta
from workers.heartbeat import Beat
for number, line in enumerate(sys.stdin):
    beat = Beat(app=app, schedule_filename=f"{sys.argv[2]}-{number}")
    [entry] = [entry for entry in beat.schedule.values() if entry.task == line.strip()]
    entry.last_run_at = app.now() - timedelta(days=2)
    beat.tick()
    beat.close()
    print("sent", flush=True)
"""
)


@dataclass
class Crew:
    """Two workers and two beats, and what a test makes of them."""

    scratch: Scratch
    until: Until
    folder: Path
    at: datetime
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    beats: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Everybody comes."""
        for number in range(2):
            self.workers.append(self._start(_WORKER, f"w{number}"))
            self.beats.append(self._start(_BEAT, str(self.folder / f"beat-{number}")))
        self.until(lambda: len(list(live_redis().scan_iter("guitara:heartbeat:worker:*"))) == 2, 60)

    def leave(self) -> None:
        """Everybody goes, without warning."""
        for process in (*self.workers, *self.beats):
            kill(process)

    def run(self, task: str, *, beats: int = 1) -> None:
        """Let so many beats find the task due at the same moment, and wait until all of it has been done."""
        with self._done_after(beats):
            self._send(task, beats)

    def run_together(self, task: str, table: str) -> None:
        """Two beats ask, and the second worker takes the task while the first is in the middle of it."""
        with self._done_after(2), self._held(table):
            self._send(task, 2)
            self.until(self._in_the_middle, 30)
            self.until(lambda: self._queued(task) == 0, 30)
            # Let go, and both come to an end.

    def run_killed(self, task: str, table: str) -> None:
        """The process that does the task is killed in the middle of its transaction; the task comes back by itself."""
        with self._done_after(1), self._held(table):
            self._send(task, 1)
            self.until(self._in_the_middle, 30)
            for worker in self.workers:
                for child in psutil.Process(worker.pid).children():
                    child.send_signal(signal.SIGKILL)
            # Whoever is killed leaves nothing behind: its half transaction ends with it.

    def _send(self, task: str, beats: int) -> None:
        for beat in self.beats[:beats]:
            assert beat.stdin is not None
            beat.stdin.write(f"{task}\n".encode())
            beat.stdin.flush()
        for beat in self.beats[:beats]:
            assert beat.stdout is not None
            assert beat.stdout.readline() == b"sent\n"

    @contextmanager
    def _done_after(self, tasks: int) -> Iterator[None]:
        before = int(str(live_redis().get(_DONE) or 0))
        yield
        self.until(lambda: int(str(live_redis().get(_DONE) or 0)) == before + tasks, 40)

    @contextmanager
    def _held(self, table: str) -> Iterator[None]:
        """Whoever wants to write to ``table`` waits until the block ends; everybody may read it."""
        with closing(psycopg2.connect(self.scratch.superuser_url)) as connection:
            connection.cursor().execute(f"LOCK TABLE {table} IN SHARE MODE")
            yield

    def _in_the_middle(self) -> bool:
        return waits_for_lock(self.scratch)

    def _queued(self, task: str) -> int:
        with Redis.from_url(settings().broker_redis_url) as broker:
            return int(broker.llen(task.partition(".")[0]))

    def _start(self, code: str, name: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{Path(name).name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-c", code, self.at.isoformat(), name],
                cwd=PROJECT,
                env={**os.environ, "GUITARA_DATA_DIR": str(self.folder)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if code is _BEAT else log,
                stderr=log,
                start_new_session=True,
            )
