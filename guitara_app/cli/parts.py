"""One part each, for systems whose servers are elsewhere: web, worker, beat, migrate, seed, health."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from guitara_app.cli.build import ensure_built
from guitara_app.cli.console import console, step, tell, tell_progress
from guitara_app.cli.installation import at_hand, data_dir, migrate, need_servers, read_note
from guitara_app.cli.large import large_folder, make_large
from guitara_app.cli.windows import on_windows
from guitara_app.embedded import Postgres
from guitara_app.kit import signs
from guitara_app.kit.counting import counting_environment
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT, settings

QUEUES = ",".join(signs.QUEUES)
WEB_PROCESSES = 2
WORKER_PROCESSES = 2
_LOOP = "asyncio" if on_windows() else "uvloop"
# Of each web process, on Linux: by itself each of two dozen threads keeps one, and what is free in it no other can use.
_HEAPS = "2"

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    processes: Annotated[int, typer.Option(min=1)] = WEB_PROCESSES,
    purge: Annotated[
        bool, typer.Option(help="First forget the sockets of crashed web processes. Only when no other web runs.")
    ] = False,
    pages: Annotated[
        bool, typer.Option(help="Serve the pages too; without, a server in front does it from what publish laid out.")
    ] = True,
) -> None:
    """Serve the pages, the sockets and the API."""
    need_servers()
    if pages and ensure_built():
        tell("The pages were built.")
    if not pages:
        # Noted from the pages' code as it was at an earlier start.
        (data_dir() / "reflex" / "backend" / "stateful_pages.json").unlink(missing_ok=True)
    if purge:
        forget_sockets()
    _become(web_command(host, port, processes), web_environment(pages=pages) | counted())


def worker(processes: Annotated[int, typer.Option(min=1)] = WORKER_PROCESSES) -> None:
    """Run the jobs: dispatch, notifications, clean-up."""
    need_servers()
    _become(worker_command(processes), counted())


def beat() -> None:
    """Start the jobs that are due. Exactly one of these in a system."""
    need_servers()
    _become(beat_command(), counted())


def migrate_schema() -> None:
    """Bring the database's schema up to date."""
    with at_hand(), step("Schema up to date"):
        migrate()


class FirmSize(StrEnum):
    """How big the made-up firm is."""

    DEMO = "demo"
    LARGE = "large"


def seed_demo(
    size: Annotated[
        FirmSize, typer.Option(help="demo; or large, of 200,000 visits and a million clients, kept beside it.")
    ] = FirmSize.DEMO,
) -> None:
    """Fill in the demo firm, with its evening around the present moment."""
    if size is FirmSize.LARGE and not settings().database_url:
        keep_large()
        return
    with at_hand(), step("Firm seeded"):
        seed(size)


def keep_large() -> None:
    """Make the large firm, unless it is there and still fits, on servers of its own."""
    from guitara_app.demo.sizes import LARGE

    with large_folder() as folder:
        postgres = Postgres(folder / "postgresql")
        try:
            postgres.start()
            make_large(postgres, LARGE, now=now(), say=tell_progress, anew=False)
        finally:
            postgres.stop()
    tell("The large firm is there. ./guitara bench measures with it, ./guitara up --size large shows it.")


def health(
    url: Annotated[str, typer.Option(help="Address of the web processes; else of the one running here.")] = "",
    as_json: Json = False,
) -> None:
    """Ask whether every part is well; exits with 1 when one is not."""
    import httpx

    note = read_note()
    address = (url or (note.address if note else "http://127.0.0.1:8000")).rstrip("/")
    try:
        answer = httpx.get(f"{address}/health", timeout=10, trust_env=False)
        found = answer.json()
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        raise GuitaraError(f"Nothing well answers at {address}. Is it running? Start it with ./guitara up.") from error
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        for name, part in found["parts"].items():
            console.print(f"{'[green]✓[/]' if part['ok'] else '[red]✗[/]'} {name}  [dim]{part['ms']} ms[/]")
            if part.get("says"):
                tell(f"  {part['says']}")
        if "queues" in found:
            tell(_figures(found))
    raise typer.Exit(0 if answer.status_code == 200 else 1)


def _figures(found: dict[str, Any]) -> str:
    """What the parts say besides being well, in a line."""
    waiting = ", ".join(f"{name} {depth:,}" for name, depth in found["queues"].items())
    trip, views = found["round_trip_ms"]["p95"], found["cache"].get("views", {}).get("hit_rate")
    figures = [
        f"{len(found['workers'])} workers" if len(found["workers"]) != 1 else "1 worker",
        f"waiting: {waiting}",
        f"{found['connections']:,} browsers" + (f", {trip:g} ms there and back at p95" if trip is not None else ""),
        *([f"{views:.0%} of views were there already"] if views is not None else []),
        f"version {found['version']}",
    ]
    return "; ".join(figures)


def seed(size: FirmSize = FirmSize.DEMO) -> None:
    """The made-up firm; what is there already and still fits is left alone."""
    from guitara_app.demo.large import build
    from guitara_app.demo.seed import is_empty, run
    from guitara_app.demo.sizes import DEMO, LARGE
    from guitara_app.kit.database import engine

    wanted = LARGE if size is FirmSize.LARGE else DEMO
    try:
        if wanted is LARGE and is_empty():
            build(settings().owner_database_url or settings().database_url, LARGE, now=now(), say=tell_progress)
        run(now=now(), size=wanted)
    finally:
        engine().dispose()


def forget_sockets() -> None:
    """Delete the records of sockets that a crashed web process left, else returning browsers lose their state."""
    import redis

    with redis.Redis.from_url(settings().state_redis_url) as client:
        for key in client.scan_iter(match="token_manager_socket_record_*", count=1000):
            client.delete(key)


def web_command(host: str, port: int, processes: int) -> list[str]:
    """Granian serving the assembled application."""
    return [
        *(sys.executable, "-m", "granian", "guitara_app.guitara_app:app"),
        *("--factory", "--interface", "asgi", "--loop", _LOOP, "--host", host, "--port", str(port)),
        *("--workers", str(processes), "--respawn-failed-workers", "--workers-kill-timeout", "10"),
    ]


def web_environment(*, pages: bool = True) -> dict[str, str]:
    """What tells Reflex to serve the pages as they were built, and the system how many heaps to keep.

    Or none: then no build is needed, and what Reflex notes down goes to the data folder, so that the code may lie where
    nobody can write.
    """
    common = {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", _HEAPS),
    }
    if pages:
        return common | {"__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true"}
    return common | {"REFLEX_BACKEND_ONLY": "true", "REFLEX_WEB_WORKDIR": str(data_dir() / "reflex")}


def counted() -> dict[str, str]:
    """What lets every part of this installation count in one place."""
    return counting_environment(data_dir() / "metrics")


def worker_command(processes: int = WORKER_PROCESSES) -> list[str]:
    """Celery's worker on all queues."""
    return [
        *(sys.executable, "-m", "celery", "-A", "workers.app", "worker"),
        *("--queues", QUEUES, "--concurrency", str(processes), "--loglevel", settings().log_level),
        *(("--pool", "solo") if on_windows() else ()),  # Celery's other pools fork
    ]


def beat_command() -> list[str]:
    """Celery's beat; what it remembers lies in the data folder."""
    return [
        *(sys.executable, "-m", "celery", "-A", "workers.app", "beat", "--pidfile="),
        *("--schedule", str(data_dir() / "beat"), "--loglevel", settings().log_level),
    ]


def _become(command: list[str], environment: dict[str, str]) -> None:
    os.chdir(PROJECT)
    if on_windows():  # which has no exec: the terminal would be given back at once
        raise typer.Exit(subprocess.run(command, env={**os.environ, **environment}, check=False).returncode)
    os.execve(command[0], command, {**os.environ, **environment})  # noqa: S606 - no shell is wanted
