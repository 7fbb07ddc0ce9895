"""The embedded servers against what machines do to them: kills, wrong passwords, deep private folders, root."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import psutil
import psycopg2
import pytest
import redis

from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.place import home_of
from guitara_app.embedded.server import processes_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from guitara_app.embedded.server import Server

T = TypeVar("T")


@pytest.fixture(params=[Postgres, Valkey])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    made: Server = request.param(tmp_path / "below" / "server")
    yield made
    made.remove()


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    made = Postgres(tmp_path / "pg")
    made.start()
    yield made
    made.remove()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    made = Valkey(tmp_path / "valkey")
    made.start()
    yield made
    made.remove()


def modes_above(folder: Path) -> dict[Path, int]:
    return {parent: parent.stat().st_mode for parent in folder.parents if parent.exists()}


def kill(pid: int) -> None:
    """Kill it, and wait until it is gone: on a busy machine that takes a moment."""
    killed = psutil.Process(pid)
    killed.kill()
    killed.wait(30)


def processes_of(server: Server) -> list[psutil.Process]:
    return processes_in(home_of(server.folder)[0] / "data")


def seen(server: Server, look: Callable[[psutil.Process], T]) -> list[T]:
    """What ``look`` finds at each of the server's processes; helpers that end meanwhile are left out."""
    found = []
    for process in processes_of(server):
        with suppress(psutil.NoSuchProcess, FileNotFoundError):
            found.append(look(process))
    assert found
    return found


def main_pid(server: Server) -> int:
    assert server.process is not None
    return server.process.pid


def test_it_starts_stops_and_leaves_no_process(server: Server) -> None:
    server.start()
    assert server.running
    processes = processes_of(server)
    assert processes

    server.stop()

    assert not server.running
    assert psutil.wait_procs(processes, timeout=0)[1] == []


def test_everything_is_private_and_no_parent_is_touched(server: Server) -> None:
    before = modes_above(server.folder)

    server.start()

    home, _ = home_of(server.folder)
    for folder in (server.folder, home, home / "data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
    assert before.items() <= modes_above(server.folder).items()
    assert stat.S_IMODE(server.folder.parent.stat().st_mode) == 0o700


def test_it_does_not_run_as_root(server: Server) -> None:
    server.start()
    assert 0 not in seen(server, lambda process: process.uids().real)


def test_passwords_do_not_show_in_the_process_list(server: Server) -> None:
    server.start()
    shown = " ".join(part for line in seen(server, psutil.Process.cmdline) for part in line)
    assert not any(password in shown for password in server.passwords.values())


def test_it_listens_on_loopback_only(server: Server) -> None:
    server.start()
    found = seen(server, lambda process: [c.laddr.ip for c in process.net_connections() if c.status == "LISTEN"])
    listening = {address for addresses in found for address in addresses}
    assert listening == {"127.0.0.1"}


def test_below_a_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Postgres(closed / "project" / "pg", fast=True)
    try:
        server.start()
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        server.remove()


def test_postgres_recovers_what_was_committed_before_a_kill(postgres: Postgres) -> None:
    with psycopg2.connect(postgres.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 7 AS value")
    connection.close()
    port = postgres.port
    kill(main_pid(postgres))

    again = Postgres(postgres.folder)
    again.start()

    with psycopg2.connect(again.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kept")
        assert cursor.fetchone() == (7,)
    connection.close()
    assert again.port == port


def test_valkey_keeps_what_it_held_over_a_restart(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.set("kept", "7")
        client.waitaof(1, 0, 2000)
    os.kill(main_pid(valkey), signal.SIGKILL)

    again = Valkey(valkey.folder)
    again.start()

    with redis.Redis.from_url(again.url) as client:
        assert client.get("kept") == b"7"


def test_a_server_left_running_is_stopped_and_started_anew(server: Server) -> None:
    server.start()
    left = psutil.Process(main_pid(server))

    other = type(server)(server.folder)
    other.start()

    assert psutil.wait_procs([left], timeout=0)[1] == []
    assert other.running
    other.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a process that its parent was killed.")
def test_it_goes_when_the_program_that_started_it_is_killed(server: Server) -> None:
    kind = type(server).__name__
    starter = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import sys, pathlib, guitara_app.embedded as e;"
            f"s = e.{kind}(pathlib.Path(sys.argv[1])); s.start(); print(s.process.pid, flush=True); sys.stdin.read()",
            str(server.folder),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    processes = [psutil.Process(int(starter.stdout.readline()))]
    processes += processes[0].children()

    starter.kill()
    starter.communicate()

    assert psutil.wait_procs(processes, timeout=20)[1] == []


def test_postgres_refuses_a_wrong_password(postgres: Postgres) -> None:
    for user in ("postgres", "guitara_owner", "guitara_web"):
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(f"postgresql://{user}:wrong@127.0.0.1:{postgres.port}/guitara")
    with psycopg2.connect(postgres.superuser_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
        assert cursor.fetchall() == [("scram-sha-256",)]
    connection.close()


def test_valkey_refuses_without_the_password(valkey: Valkey) -> None:
    with (
        redis.Redis(host="127.0.0.1", port=valkey.port) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_the_owner_makes_the_extensions_and_the_app_cannot_make_tables(postgres: Postgres) -> None:
    urls = postgres.create_database("another")
    with psycopg2.connect(urls.owner) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION btree_gist")
        cursor.execute("CREATE EXTENSION pg_trgm")
    connection.close()
    with psycopg2.connect(urls.app) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role('guitara_app', 'member')")
        assert cursor.fetchone() == (True,)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("CREATE TABLE mine (id int)")
    connection.close()

    postgres.drop_database("another")

    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(urls.owner)


def test_names_sort_and_fold_the_same_on_every_machine(postgres: Postgres) -> None:
    with psycopg2.connect(postgres.app_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT lower('ÑÉ'), current_setting('server_encoding')")
        assert cursor.fetchone() == ("ñé", "UTF8")
    connection.close()
