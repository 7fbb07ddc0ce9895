"""``./guitara test``: everything that must hold, in one go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer

from guitara_app.cli.build import Build
from guitara_app.cli.console import complain, console, step, tell
from guitara_app.kit.errors import GuitaraError
from guitara_app.settings import PROJECT

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FRONT = ("nginx-light", "libnginx-mod-http-brotli-static", "openssl")
_OF_ONE_PROCESS = 1_500_000_000  # bytes, with its servers, web processes and browser
_BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
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
    with _building() as built:  # beside the checks, which leave a core free
        if not arguments:
            for name, command in _checks().items():
                results.append(_timed(name, command))
        os.environ.update(_browser())
        os.environ.update(_front())
        results.append(built())
    together = ("-n", str(_processes()), "--dist", "loadgroup")
    pytest = [sys.executable, "-m", "pytest", *(arguments or together)]
    results.append(_timed("pytest", pytest))
    console.rule()
    for name, good, seconds in results:
        console.print(f"{'[green]✓[/]' if good else '[red]✗[/]'} {name}  [dim]{seconds:.1f} s[/]")
    raise typer.Exit(0 if all(good for _, good, _ in results) else 1)


def _processes() -> int:
    """One more than there are cores: each waits a third of its time for browsers, servers and clocks."""
    return max(2, min((os.cpu_count() or 1) + 1, psutil.virtual_memory().available // _OF_ONE_PROCESS))


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


@contextmanager
def _building() -> Iterator[Callable[[], tuple[str, bool, float]]]:
    """Build the pages, and go on meanwhile; what is yielded waits for them."""
    start, build = time.monotonic(), Build()

    def built() -> tuple[str, bool, float]:
        console.rule("pages")
        good = True
        try:
            with step("Pages built"):
                build.finish()
        except GuitaraError as error:
            complain(error.sentence)
            good = False
        return "pages built", good, time.monotonic() - start

    try:
        build.start()
        yield built
    finally:
        build.abandon()


def _browser() -> dict[str, str]:
    """Where Chromium is, for the browser tests; fetched when root can, else they fail and say why."""
    found = os.environ.get("GUITARA_CHROMIUM") or _find_browser() or _fetched("Chromium", _find_browser, "chromium")
    if not found:
        tell(
            "The browser tests will fail: there is no Chromium. Install it (Debian or Ubuntu: apt install chromium) "
            "or name one in GUITARA_CHROMIUM."
        )
        return {}
    return {"GUITARA_CHROMIUM": found}


def _front() -> dict[str, str]:
    """Where nginx is, for the test of a system behind it; fetched when root can, else that test fails and says why."""
    found = os.environ.get("GUITARA_NGINX") or _find_front() or _fetched("nginx", _find_front, *_FRONT)
    if not found:
        tell(f"The test behind nginx will fail. Install it (Debian or Ubuntu: apt install {' '.join(_FRONT)}).")
        return {}
    return {"GUITARA_NGINX": found}


def _fetched(name: str, find: Callable[[], str], *packages: str) -> str:
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return ""
    with step(f"{name} installed"):
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ([apt, "update", "-q"], [apt, "install", "-q", "-y", *packages]):
            subprocess.run(command, env=quietly, check=False, stdout=subprocess.DEVNULL)
    return find()


def _find_browser() -> str:
    installed = (shutil.which(name) for name in _BROWSERS)
    on_a_mac = (path for path in _MAC_BROWSERS if Path(path).exists())
    return next((path for path in (*installed, *on_a_mac) if path), "")


def _find_front() -> str:
    """Debian's, with the module that hands out what lies compressed with brotli."""
    paths = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
    return (shutil.which("nginx", path=paths) or "") if _BROTLI.exists() and shutil.which("openssl") else ""
