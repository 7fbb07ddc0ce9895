"""Two web processes of the application, to be measured from outside."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import aiohttp

from guitara_app.cli.build import ensure_built
from guitara_app.cli.parts import web_command, web_environment
from guitara_app.embedded.server import free_port
from guitara_app.kit.errors import Unavailable
from loadtest.processes import running

_START_S = 90.0
_PROCESSES = 2


@contextmanager
def web(log: Path) -> Iterator[str]:
    """Two web processes of the application; yields their address."""
    port = free_port()
    ensure_built()
    with running(web_command("127.0.0.1", port, _PROCESSES), log, web_environment()) as process:
        asyncio.run(_answers(process, port, log))
        yield f"http://127.0.0.1:{port}"


async def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = perf_counter() + _START_S
    async with aiohttp.ClientSession() as session:
        while True:
            if process.poll() is not None or perf_counter() > deadline:
                raise Unavailable(f"The web processes did not start. What they said: {log}")
            try:
                async with session.get(f"http://127.0.0.1:{port}/health"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
