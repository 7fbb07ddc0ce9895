"""``./guitara test``: everything that must hold, in one go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from guitara_app.cli.build import ensure_built
from guitara_app.cli.console import complain, console, step, tell
from guitara_app.kit.errors import GuitaraError
from guitara_app.settings import PROJECT

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_BROWSERS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def test(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[PYTEST ARGUMENTS]", help="With these, only pytest runs.")
    ] = None,
) -> None:
    """Check style, types and imports, build the pages, run all tests."""
    results: list[tuple[str, bool, float]] = []
    if not arguments:
        for name, command in _checks().items():
            results.append(_timed(name, command))
    os.environ.update(_browser())
    results.append(_build())
    pytest = [sys.executable, "-m", "pytest", *(arguments or ("-n", "2", "--dist", "loadgroup"))]
    results.append(_timed("pytest", pytest))
    console.rule()
    for name, good, seconds in results:
        console.print(f"{'[green]✓[/]' if good else '[red]✗[/]'} {name}  [dim]{seconds:.1f} s[/]")
    raise typer.Exit(0 if all(good for _, good, _ in results) else 1)


def _checks() -> dict[str, list[str]]:
    python = sys.executable
    return {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "import contracts": [str(Path(python).with_name("lint-imports"))],
    }


def _timed(name: str, command: list[str]) -> tuple[str, bool, float]:
    console.rule(name)
    start = time.monotonic()
    good = subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
    return name, good, time.monotonic() - start


def _build() -> tuple[str, bool, float]:
    console.rule("pages")
    start = time.monotonic()
    try:
        with step("Pages built"):
            ensure_built()
    except GuitaraError as error:
        complain(error.sentence)
        return "pages built", False, time.monotonic() - start
    return "pages built", True, time.monotonic() - start


def _browser() -> dict[str, str]:
    """Where Chromium is, for the browser tests; fetched when root can, else they fail and say why."""
    found = os.environ.get("GUITARA_CHROMIUM") or _find_browser()
    apt = shutil.which("apt-get")
    if not found and apt and os.geteuid() == 0:
        with step("Chromium installed"):
            quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for command in ([apt, "update", "-q"], [apt, "install", "-q", "-y", "chromium"]):
                subprocess.run(command, env=quietly, check=False, stdout=subprocess.DEVNULL)
        found = _find_browser()
    if not found:
        tell(
            "The browser tests will fail: there is no Chromium. Install it (Debian or Ubuntu: apt install chromium) "
            "or name one in GUITARA_CHROMIUM."
        )
        return {}
    return {"GUITARA_CHROMIUM": found}


def _find_browser() -> str:
    installed = (shutil.which(name) for name in _BROWSERS)
    on_a_mac = (path for path in _MAC_BROWSERS if Path(path).exists())
    return next((path for path in (*installed, *on_a_mac) if path), "")
