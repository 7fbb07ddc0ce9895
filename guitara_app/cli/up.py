"""``./guitara up``: everything on one machine, looked after until it is told to stop."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import time
from contextlib import ExitStack, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx
import psutil
import typer

from guitara_app.cli import children as processes
from guitara_app.cli.build import Build
from guitara_app.cli.children import Child
from guitara_app.cli.console import complain, console, step, tell, tell_progress
from guitara_app.cli.holder import noted_holder
from guitara_app.cli.installation import (
    MARK,
    Note,
    Servers,
    data_dir,
    held,
    migrate,
    read_note,
    remove_note,
    stop_leftovers,
    write_note,
)
from guitara_app.cli.large import large_folder, make_large
from guitara_app.cli.parts import (
    WEB_PROCESSES,
    FirmSize,
    beat_command,
    counted,
    forget_sockets,
    seed,
    web_command,
    web_environment,
    worker_command,
)
from guitara_app.embedded.server import port_is_free
from guitara_app.kit.errors import NotPossible, Unavailable
from guitara_app.kit.time import now
from guitara_app.settings import settings

if TYPE_CHECKING:
    from types import FrameType

_HEALTH_SECONDS = 180
_SPACE_NEEDED = 300_000_000
_LOOK_SECONDS = 0.5
_ACT_BY_THEMSELVES = (
    "Therapists and drivers nobody is signed in as act by themselves, and the desk too while nobody sits at it. "
    "--no-simulator makes them stand still."
)


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")] = 8000,
    lan: Annotated[bool, typer.Option(help="Let other machines of a trusted network in, over plain http.")] = False,
    demo: Annotated[bool, typer.Option(help="Fill in the demo firm, with its evening around now.")] = True,
    simulator: Annotated[bool, typer.Option(help="Let demo staff nobody has signed in as act by themselves.")] = True,
    size: Annotated[FirmSize, typer.Option(help="Show the large firm instead; see seed.")] = FirmSize.DEMO,
) -> None:
    """Start everything on this machine and look after it; Ctrl-C stops all of it."""
    with held() as free:
        if not free:
            note = read_note()
            where = f", at {note.address}" if note else ""
            raise Unavailable(f"Guitara already runs in this folder{where}. Stop it first: ./guitara stop")
        own_folder = size is FirmSize.LARGE and not settings().database_url
        with noted_holder(), large_folder() if own_folder else nullcontext() as folder:
            demo = demo and settings().environment == "demo"
            _Up(port, lan=lan, demo=demo, simulator=simulator, size=size, folder=folder).run()


class _Up:
    """One run from start to stop."""

    def __init__(
        self, port: int, *, lan: bool, demo: bool, simulator: bool, size: FirmSize, folder: Path | None
    ) -> None:
        self.port = port
        self.host = "0.0.0.0" if lan else "127.0.0.1"  # noqa: S104 - asked for with --lan
        self.address = f"http://127.0.0.1:{port}"
        self.demo = demo
        # The large firm is there to be measured, and stands still for it.
        self.simulator = simulator and size is FirmSize.DEMO
        self.size = size
        self.folder = folder
        self.lan = lan
        self.mark = secrets.token_hex(16)
        self.setup_code = settings().setup_code.get_secret_value()
        self.founding = False
        self.children: list[Child] = []

    def run(self) -> None:
        """Until a signal says stop."""
        check_port(self.port, self.host)
        check_space()
        with ExitStack() as undo:
            _on_signals_stop(undo)
            undo.callback(remove_note)
            undo.callback(stop_leftovers, self.mark)
            before = read_note()
            if before is not None:
                stop_leftovers(before.mark)
            try:
                self._start(undo)
                self._say_where()
                self._look_after()
            except KeyboardInterrupt:
                console.print()
            finally:
                _ignore_signals()
                if self.children:
                    tell("Stopping …")
        tell("Everything is stopped.")

    def _start(self, undo: ExitStack) -> None:
        start = time.monotonic()
        servers = Servers(self.folder)
        self.servers = servers
        os.environ[MARK] = self.mark
        if self.lan:
            os.environ["GUITARA_LAN"] = "true"
        build = Build()
        undo.callback(servers.stop)
        for server in servers.embedded:
            with step(f"{server.name} started"):
                server.start()
        undo.callback(build.abandon)
        build.start()  # goes on beside the database's steps
        if self.folder is not None and servers.postgres is not None:
            from guitara_app.demo.sizes import LARGE

            make_large(servers.postgres, LARGE, now=now(), say=tell_progress, anew=False)
        servers.announce()
        self._note()
        with step("Schema up to date"):
            migrate()
        if self.demo:
            self._seed()
        else:
            self._look_for_a_firm()
        if build.needed():
            with step("Pages built"):
                build.finish()
        forget_sockets()
        self.children = self._make_children()
        undo.callback(processes.stop, self.children)
        with step("Web, worker and beat started"):
            for child in self.children:
                child.start()
            self._wait_until_well()
        console.print(f"[dim]Ready after {time.monotonic() - start:.1f} s.[/]")

    def _seed(self) -> None:
        try:
            with step("Demo firm seeded"):
                seed(self.size)
        except NotPossible as refusal:  # a real firm works on this database
            self.demo = False
            tell(refusal.sentence)

    def _look_for_a_firm(self) -> None:
        """Without the demo: the database holds nothing, a real firm, or the demo of an earlier start.

        Raises:
            Unavailable: it holds the demo; a real firm needs a place of its own.
        """
        from guitara_app.demo.seed import is_demo_firm, is_empty
        from guitara_app.kit.database import engine

        try:
            if is_demo_firm():
                raise Unavailable(
                    f"The demo firm lives in {data_dir()}. A real firm needs a folder of its own: "
                    f"GUITARA_DATA_DIR={data_dir()}-firm ./guitara up --no-demo"
                )
            if is_empty() and not self.setup_code:
                self.setup_code = secrets.token_hex(4)
            self.founding = is_empty()
        finally:
            engine().dispose()

    def _note(self) -> None:
        known = settings()
        write_note(
            Note(self.mark, self.address, known.database_url, known.owner_database_url, known.redis_url),
        )

    def _make_children(self) -> list[Child]:
        logs = data_dir() / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        # The schema's owner is nobody's business once the schema is up to date.
        environment = {name: value for name, value in os.environ.items() if name != "GUITARA_OWNER_DATABASE_URL"}
        environment["GUITARA_SETUP_CODE"] = self.setup_code
        environment["GUITARA_SIMULATOR"] = str(self.demo and self.simulator).lower()
        environment |= counted()
        commands = {
            "web": web_command(self.host, self.port, WEB_PROCESSES),
            "worker": worker_command(),
            "beat": beat_command(),
        }
        return [
            Child(name, command, environment | (web_environment() if name == "web" else {}), logs / f"{name}.log")
            for name, command in commands.items()
        ]

    def _wait_until_well(self) -> None:
        deadline = time.monotonic() + _HEALTH_SECONDS
        failing = ["web"]
        while time.monotonic() < deadline:
            for child in self.children:
                if child.fell_over():
                    raise Unavailable(
                        f"{child.name} stopped while starting. It said:\n{child.last_words()}\nAll of it: {child.log}"
                    )
            try:
                answer = httpx.get(f"{self.address}/health", timeout=5, trust_env=False)
                if answer.status_code == 200:
                    return
                failing = [name for name, part in answer.json()["parts"].items() if not part["ok"]]
            except (httpx.HTTPError, ValueError, KeyError):
                failing = ["web"]
            time.sleep(0.2)
        raise Unavailable(
            f"Not well after {_HEALTH_SECONDS} s: {', '.join(failing)}. What the parts said: {data_dir() / 'logs'}"
        )

    def _say_where(self) -> None:
        console.print(f"\n[bold]Guitara is at {self.address}[/]")
        if self.lan:
            for address in _addresses():
                tell(f"On this network: http://{address}:{self.port}")
        if self.demo and find_spec("guitara_app.demo.accounts"):
            from guitara_app.demo.accounts import DEMO_ACCOUNTS

            for role, name, password in DEMO_ACCOUNTS:
                console.print(f"  {role:<10} [bold]{name}[/]  {password}")
            if self.simulator:
                tell(_ACT_BY_THEMSELVES)
        if self.founding:
            tell(f"Nobody has an account yet. Set the firm up at {self.address}/setup")
            tell(f"From another machine that takes this code: {self.setup_code}")
        console.print("[dim]Ctrl-C stops it.[/]\n")

    def _look_after(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            for server in self.servers.embedded:
                if not server.running:
                    complain(f"{server.name} stopped. It starts again; what it said is kept in {server.log}.")
                    server.start()
            for child in self.children:
                news = child.look_after()
                if news:
                    complain(news)


def check_port(port: int, host: str) -> None:
    """Raise ``Unavailable`` with a way out when ``port`` cannot be had."""
    if port_is_free(port, host):
        return
    if port < 1024 and os.geteuid() != 0:
        raise Unavailable(f"Ports below 1024 are for root only. Run ./guitara up --port {port + 8000}.")
    other = next((free for free in range(port + 10, 65535, 10) if port_is_free(free, host)), 8010)
    raise Unavailable(f"Port {port} is in use. Stop the other program or run ./guitara up --port {other}.")


def check_space() -> None:
    """Raise ``Unavailable`` when the data folder's disk is nearly full: PostgreSQL would stop in the middle of work."""
    roots = [Path("/var")] if os.geteuid() == 0 else []  # where the servers' data lie when root starts them
    for folder in (data_dir(), *roots):
        free = shutil.disk_usage(folder).free
        if free < _SPACE_NEEDED:
            raise Unavailable(
                f"The disk that holds {folder} is nearly full: {free // 1_000_000} MB are free, "
                f"{_SPACE_NEEDED // 1_000_000} MB are needed. Free some space and start again."
            )


def _addresses() -> list[str]:
    import socket

    return [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET and not entry.address.startswith("127.")
    ]


def _stop_now(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise KeyboardInterrupt


def _on_signals_stop(undo: ExitStack) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP:
            undo.callback(signal.signal, number, signal.signal(number, _stop_now))


def _ignore_signals() -> None:
    """Once it stops, it stops: an impatient second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
