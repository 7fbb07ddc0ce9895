"""``./guitara loadtest``: a few people for a few seconds, with everything well, and with boards that are never told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from guitara_app.appointments.lifecycle import Action
from guitara_app.settings import PROJECT, settings
from loadtest.firm import System, own_firm

_WITHOUT = ("GUITARA_DATABASE_URL", "GUITARA_OWNER_DATABASE_URL", "GUITARA_REDIS_URL", "GUITARA_DATA_DIR")
_DEAF = os.pathsep.join([str(PROJECT / "tests" / "support" / "deaf"), str(PROJECT)])


def loadtest(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the command: its exit code, what it says to programs, and what to people."""
    command = [sys.executable, "-m", "guitara_app.cli", "loadtest", "--json", *arguments]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    return ended.returncode, json.loads(ended.stdout) if ended.stdout else {}, ended.stderr


def rows(found: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: row for row in found["rows"]}


def test_a_dozen_people_lose_nothing_and_nothing_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _WITHOUT:
        monkeypatch.delenv(name, raising=False)
    before = {process.pid for process in psutil.process_iter()}
    code, found, said = loadtest("--users", "12", "--seconds", "8")
    assert code in (0, 1), said  # 1: something took longer than it must, which a busy machine decides
    named = rows(found)
    for name in ("double bookings", "lost updates", "changes carried out twice", "other rules of the data broken"):
        assert named[name]["value"] == 0, named[name]
    assert named["unexpected errors"]["value"] == 0, named["unexpected errors"]
    assert found["changes"] > 3
    assert named["open websockets"]["value"] == 12
    # Which of the steps a few seconds bring is chance.
    assert any(named[action]["runs"] for action in Action if action in named)
    assert named["push, each page of each change"]["runs"] > 0
    assert 0 < named["database connections"]["value"] <= 50
    assert named["memory of the whole system"]["value"] > 100
    assert named["HTTP requests a minute"]["value"] > 0
    assert found["ok"] is (code == 0)
    assert not [one for one in psutil.process_iter() if one.pid not in before and _ours(one)]


def _ours(process: psutil.Process) -> bool:
    try:
        return any("guitara-load" in word or "loadtest.swarm" in word for word in process.cmdline())
    except psutil.Error:
        return False


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[System]:
    """A demo firm that runs, whose boards are told of nothing."""
    for name in (*_WITHOUT, "GUITARA_SECRET", "GUITARA_SIMULATOR"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", _DEAF)
    settings.cache_clear()
    with own_firm(large=False, users=12, say=lambda _: None, put=monkeypatch.setenv) as system:
        monkeypatch.setenv("PYTHONPATH", str(PROJECT))
        yield system
    settings.cache_clear()


def test_boards_that_are_never_told_are_lost_updates(deaf: System) -> None:
    # Whom somebody finds, and whether they are free, is chance: a board that nothing happened on is not wrong.
    for _ in range(4):
        code, found, said = loadtest("--users", "12", "--seconds", "6", "--changes-per-second", "4", "--url", deaf.base)
        assert code == 1, said
        if found["changes"]:
            break
    named = rows(found)
    assert named["lost updates"]["value"] > 0
    assert "desk" in named["lost updates"]["note"]
    assert named["double bookings"]["value"] == 0
    assert "they stay there" in said
