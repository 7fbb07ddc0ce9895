"""The process with the pages: ``python -m loadtest.swarm``. It is told what to do a line at a time (see ``handle``)."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from contextlib import suppress
from typing import Any

import uvloop

from loadtest.crowd import Crowd


async def main() -> None:
    """Until there is nobody left to say anything."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64_000_000)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = json.loads(await reader.readline())
    async with Crowd.of(plan) as crowd:
        handlers = {
            "open": crowd.open_pages,
            "run": crowd.run,
            "settle": crowd.settle,
            "report": crowd.report,
            "again": crowd.again,
            "expect": lambda said: Expecting(crowd).expect(said),
        }
        while line := await reader.readline():
            said = json.loads(line)
            try:
                answer = await handlers[said["do"]](said)
            except Exception as error:
                say({"failed": f"{type(error).__name__}: {error}"})
                raise
            say(answer)


class Expecting:
    """Waits, for a measurement outside, until every board shows a visit."""

    def __init__(self, crowd: Crowd) -> None:
        self._boards = [page for page in crowd.boards if page.open]
        self._shown: dict[int, list[float]] = defaultdict(list)
        self._all = asyncio.Event()

    async def expect(self, said: dict[str, Any]) -> dict[str, Any]:
        """Say that it looks, look, and say when the first and the last board showed it (``time.time``)."""
        number = said["visit"]
        for page in self._boards:
            page.on_card = lambda shown: self._note(shown, number)
        say({"expecting": number})
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all.wait(), said["within"])
        for page in self._boards:
            page.on_card = None
        times = self._shown[number]
        missing = len(self._boards) - len(times)
        return {"first": min(times, default=0), "last": max(times, default=0), "missing": missing}

    def _note(self, shown: int, number: int) -> None:
        if shown == number:
            times = self._shown[number]
            times.append(time.time())
            if len(times) == len(self._boards):
                self._all.set()


def say(answer: dict[str, Any]) -> None:
    """One line for whoever started this."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
