"""The processes of this system on this machine, and what each takes.

``./guitara up`` is the parent of everything it starts. Parts that were started one by one are known by what they run;
their servers count only when they are on this machine too.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import structlog

from guitara_app.monitoring.views import ProcessRow
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_MEGA = 1_000_000
_STARTED_BY = "GUITARA_STARTED_BY"
_WEB, _WORKER, _BEAT, _POSTGRES, _REDIS, _UP = "web", "worker", "beat", "PostgreSQL", "Valkey", "up"
_SERVERS = (_POSTGRES, _REDIS)
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
# What a part starts besides its workers (trackers of resources) is counted with it and not listed.
_LISTED_MB = 15.0
# Who belongs to it is found among all processes of the machine, and shares of memory take the kernel a while to add up.
_ANEW_EVERY = 4


class _Member(NamedTuple):
    """A process of the system: its part, whether it started the others of it, and its memory when last looked at."""

    kind: str
    process: psutil.Process
    main: bool
    memory_mb: float


class Processes:
    """Looks at them again and again; processor time counts from one look to the next."""

    def __init__(self) -> None:
        self._family: dict[int, _Member] = {}
        self._looks = 0

    def look(self) -> tuple[list[ProcessRow], float, float]:
        """What each takes; percent of the whole machine and megabytes of all of them together.

        Memory that processes share counts once, where the kernel says so.
        """
        if self._looks % _ANEW_EVERY == 0:
            self._find()
        self._looks += 1
        found: dict[str, list[ProcessRow]] = {}
        mains: set[int] = set()
        for pid, one in self._family.items():
            try:
                cpu = one.process.cpu_percent(None)
            except psutil.Error:
                continue
            mains |= {pid} if one.main else set()
            row = ProcessRow(name=one.kind, pid=pid, cpu=round(cpu, 1), memory_mb=one.memory_mb)
            found.setdefault(one.kind, []).append(row)
        rows = [row for kind, those in found.items() for row in _listed(kind, those, mains)]
        everything = [row for those in found.values() for row in those]
        cpu = sum(row["cpu"] for row in everything) / (psutil.cpu_count() or 1)
        return rows, round(cpu, 1), round(sum(row["memory_mb"] for row in everything))

    def _find(self) -> None:
        """Who belongs to it now, and how much memory each has; who is known keeps its count of processor time."""
        before, self._family = self._family, {}
        for kind, process, main in _ours():
            known = before.get(process.pid)
            same = process if known is None or known.process != process else known.process
            try:
                self._family[process.pid] = _Member(kind, same, main, round(_megabytes(same)))
            except psutil.Error:
                continue


def _ours() -> Iterator[tuple[str, psutil.Process, bool]]:
    """Each process with the part it belongs to, and whether it is the one that started the others of it."""
    everybody = {process.pid: process for process in psutil.process_iter()}
    below: dict[int | None, list[int]] = {}
    for pid, process in everybody.items():
        below.setdefault(_ppid(process), []).append(pid)
    parent = _up()
    first = [parent] if parent else _parts(everybody.values())
    waiting = [(process.pid, "") for process in first]
    seen: set[int] = set()
    while waiting:
        pid, above = waiting.pop(0)
        if pid in seen or pid not in everybody:
            continue
        seen.add(pid)
        kind = _kind(everybody[pid]) or above
        if kind:
            yield kind, everybody[pid], kind != above
        waiting += [(child, kind) for child in below.get(pid, ())]


def _up() -> psutil.Process | None:
    """The ``up`` that started this process, if one did: the first above it that does not bear its mark."""
    mark = os.environ.get(_STARTED_BY)
    if not mark:
        return None
    try:
        for process in psutil.Process().parents():
            if process.environ().get(_STARTED_BY) != mark:
                return process
    except psutil.Error as error:
        log.info("processes not found by their parent", error=type(error).__name__)
    return None


def _parts(everybody: Iterable[psutil.Process]) -> list[psutil.Process]:
    """What runs a part of this system, by its command and the servers in its environment; the first of it only."""
    servers = _servers_here()
    found = {process.pid: process for process in everybody if _belongs(process, servers)}
    return [process for process in found.values() if _ppid(process) not in found]


def _belongs(process: psutil.Process, servers: Container[str]) -> bool:
    kind = _kind(process)
    if kind in _SERVERS:
        return kind in servers
    try:
        return kind not in ("", _UP) and process.environ().get("GUITARA_REDIS_URL", "") == settings().redis_url
    except psutil.Error:
        return False


def _servers_here() -> Sequence[str]:
    addresses = ((_POSTGRES, settings().database_url), (_REDIS, settings().redis_url))
    return [kind for kind, address in addresses if (urlsplit(address).hostname or "") in _LOCAL]


def _kind(process: psutil.Process) -> str:
    """Which part its command runs; empty when that does not tell, as of what a part itself has started."""
    try:
        name, words = process.name(), process.cmdline()
    except psutil.Error:
        return ""
    if name.startswith("postgres"):
        return _POSTGRES
    if name.startswith(("valkey", "redis-server")):
        return _REDIS
    if "guitara_app.guitara_app:app" in words:
        return _WEB
    if "workers.app" in words:
        return _BEAT if "beat" in words else _WORKER
    return _UP if "guitara_app.cli" in words and "up" in words else ""


def _ppid(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def _megabytes(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return float(process.memory_info().rss) / _MEGA
    return float(getattr(full, "pss", full.rss)) / _MEGA


def _listed(kind: str, rows: list[ProcessRow], mains: Container[int]) -> list[ProcessRow]:
    """The rows of one part: one for a server and for what has one process, else one for each that is worth it."""
    large = [row for row in rows if row["memory_mb"] >= _LISTED_MB]
    if kind in _SERVERS or len(large) < 2:
        name = f"{kind} \N{MULTIPLICATION SIGN} {len(rows)}" if kind in _SERVERS and len(rows) > 1 else kind
        cpu, memory = sum(row["cpu"] for row in rows), sum(row["memory_mb"] for row in rows)
        return [ProcessRow(name=name, pid=rows[0]["pid"], cpu=round(cpu, 1), memory_mb=memory)]
    numbers = count(1)
    names = {row["pid"]: "main" if row["pid"] in mains else f"{next(numbers)}" for row in large}
    return [ProcessRow({**row, "name": f"{kind} {names[row['pid']]}"}) for row in large]
