"""``stop`` ends what is really ours, and nothing that only bears its number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from guitara_app.cli import holder as holders
from guitara_app.cli import installation, stop
from guitara_app.embedded import Valkey
from guitara_app.kit.errors import Unavailable
from guitara_app.settings import settings

_HOLDER = """
import signal, time
from guitara_app.cli.holder import noted_holder
from guitara_app.cli.installation import held
{ignored} or signal.signal(signal.SIGINT, signal.default_int_handler)
with held(), noted_holder():
    try:
        print("ready", flush=True)
        while True:
            time.sleep(0.05)
    except KeyboardInterrupt:
        print("stopped")
"""
# Whoever runs the tests in the background has interrupts ignored, and so had everything they start.
_CAUGHT = [sys.executable, "-c", _HOLDER.format(ignored=False)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GUITARA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], env={**os.environ, installation.MARK: "an earlier one"}) as process:
        yield process
        with suppress(ProcessLookupError):
            process.kill()


def test_an_up_is_asked_to_stop_and_waited_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER.format(ignored=False)], stdout=subprocess.PIPE, text=True
    ) as up:
        assert up.stdout is not None
        try:
            assert up.stdout.readline() == "ready\n"
            stop.stop()
            assert (up.wait(timeout=0), up.stdout.read()) == (0, "stopped\n")
        finally:
            up.kill()
    assert "✓ Guitara stopped" in capsys.readouterr().out
    assert not (folder / "up.pid").exists()


def test_whoever_has_its_number_now_is_left_alone(
    folder: Path, sleeper: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "up.pid").write_text(json.dumps({"pid": sleeper.pid, "started": 1.0}))

    assert holders.holder() is None
    stop.stop()

    assert sleeper.poll() is None
    assert capsys.readouterr().out == "Nothing runs from this folder.\n"


def test_what_a_killed_up_left_behind_is_stopped(
    folder: Path, sleeper: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    valkey = Valkey(folder / "valkey")
    try:
        valkey.start()
        (folder / "up.pid").write_text(json.dumps({"pid": 2**22, "started": 1.0}))
        installation.write_note(installation.Note("an earlier one", "http://127.0.0.1:1", "", "", ""))

        stop.stop()

        assert sleeper.poll() is not None
        assert not valkey.running
        assert "2 processes that an earlier start had left behind are stopped." in capsys.readouterr().out
        assert installation.read_note() is None
    finally:
        valkey.remove()


def test_a_command_at_work_keeps_its_servers(folder: Path) -> None:
    with installation.held(), pytest.raises(Unavailable, match="Another command of Guitara is at work"):
        stop.stop()


def test_one_that_does_not_stop_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop, "_STOP_SECONDS", 0)
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);" + _HOLDER.format(ignored=True)
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        assert up.stdout.readline() == "ready\n"
        try:
            with pytest.raises(Unavailable, match=f"Its process is {up.pid}; what its parts said"):
                stop.stop()
        finally:
            up.kill()


def test_a_clock_that_is_set_meanwhile_makes_no_stranger_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holders.noted_holder():
        created, booted = psutil.Process().create_time(), psutil.boot_time()
        monkeypatch.setattr(psutil.Process, "create_time", lambda _self: created + 3600)
        monkeypatch.setattr(psutil, "boot_time", lambda: booted + 3600)
        found = holders.holder()
    assert found is not None
    assert found.pid == os.getpid()
