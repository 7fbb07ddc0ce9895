"""One open page of somebody: what it shows, and asking the server for something as its buttons do."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from loadtest.screen import Screen, Update, read_update, rows_of
from loadtest.wire import EVENT, Wire

ANSWER_S = 20.0
BROKEN = "Something went wrong here"
COLUMNS = ("waiting", "confirmed", "on_the_way", "in_session", "payment", "ended")
JOBS = ("now_jobs", "next_jobs", "later_jobs", "done_jobs")

Answer = Callable[[Update], str | None]
"""Whether an update is the answer that is waited for: empty when it went well, words when it was refused."""

_NAN = float("nan")


class Arrivals:
    """When each page of a scope first showed something; a page is a number from 0 up to ``pages``."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.first: dict[str, array[float]] = {}

    def note(self, what: str, page: int, at: float) -> None:
        """``page`` shows ``what`` now, perhaps not for the first time."""
        times = self.first.get(what)
        if times is None:
            times = self.first[what] = array("d", [_NAN]) * self.pages
        if times[page] != times[page]:
            times[page] = at


@dataclass(slots=True)
class Waits:
    """How long people waited for each thing, what was refused with a reason, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def took(self, what: str, seconds: float, refusal: str = "") -> None:
        """Something was answered, be it with a no: that is waited for as long."""
        self.seconds.setdefault(what, []).append(round(seconds, 5))
        if refusal:
            self.refused[what] = self.refused.get(what, 0) + 1

    def failed(self, what: str, why: str) -> None:
        """Something did not happen at all, or not as it was meant to."""
        self.errors.append(f"{what}: {why}"[:300])


class Page:
    """An open page. ``at_home`` while it is on the page it was opened on."""

    def __init__(self, base: str, home: str, cookie: str, waits: Waits) -> None:
        self.home = home
        self.cookie = cookie
        self.waits = waits
        self.screen = Screen()
        self.wire: Wire | None = None
        self.number = 0
        self.seen: Arrivals | None = None
        self.on_card: Callable[[int], None] | None = None
        self.busy = False
        self.open = False
        self.closing = False
        self._base = base
        self._known: dict[Any, Any] = {}
        self._answer: tuple[Answer, asyncio.Future[str]] | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def scope(self) -> str:
        """What it shows live: the desk, or somebody's own evening."""
        return "desk" if self.home == "/board" else f"person:{self.person_id}"

    @property
    def person_id(self) -> int:
        """Whose page it is, as the server says; 0 before it has."""
        return int(self.screen.get("who", "person_id", 0))

    async def load(self, shown: Answer) -> None:
        """Open it and wait until it shows what it is opened for."""
        answer = self._wait(shown)
        self.wire = await Wire.open(self._base, self.home, self._heard, cookie=self.cookie)
        self.open = True
        self._listening = asyncio.create_task(self._listen(self.wire))
        await self._answered("open", answer)

    async def ask(self, what: str, handler: str, payload: dict[str, Any], answer: Answer) -> str | None:
        """Call a handler and wait for its answer; None when there was none."""
        return await self._timed(what, answer, lambda wire: wire.send(handler, payload))

    async def go(self, path: str, query: dict[str, str] | None = None, *, what: str) -> bool:
        """Navigate, and wait until the page has everything."""
        return await self._timed(what, hydrated, lambda wire: wire.go(path, query)) is not None

    def send(self, handler: str, payload: dict[str, Any]) -> None:
        """Call a handler and wait for nothing."""
        if self.wire is not None and self.open:
            self.wire.send(handler, payload)

    async def close(self) -> None:
        """Shut it."""
        self.closing = True
        if self.wire is not None:
            await self.wire.close()
        if self._listening is not None:
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _timed(self, what: str, answer: Answer, act: Callable[[Wire], None]) -> str | None:
        if self.wire is None or not self.open:
            return None
        began, waiting = time.perf_counter(), self._wait(answer)
        act(self.wire)
        refusal = await self._answered(what, waiting)
        if refusal is not None:
            self.waits.took(what, time.perf_counter() - began, refusal)
        return refusal

    def _wait(self, answer: Answer) -> asyncio.Future[str]:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answer = (answer, future)
        return future

    async def _answered(self, what: str, waiting: asyncio.Future[str]) -> str | None:
        try:
            return await asyncio.wait_for(waiting, ANSWER_S)
        except TimeoutError:
            self.waits.failed(what, f"no answer within {ANSWER_S:.0f} s" if self.open else "its socket closed")
            return None
        finally:
            self._answer = None

    async def _listen(self, wire: Wire) -> None:
        try:
            await wire.closed()
        except Exception as error:
            self.waits.failed("socket", f"{type(error).__name__}: {error}")
        finally:
            self.open = False
            if not self.closing:
                self.waits.failed("socket", "closed by the server")

    def _heard(self, frame: str) -> None:
        at = time.time()
        if not frame.startswith(EVENT):
            return
        update = read_update(frame)
        if not self.screen.take(update) and self.wire is not None:
            self.wire.go(self.wire.path, self.wire.query)
        for part in update.parts:
            if part.state == "desk_live":
                self._notice_cards(part.values, at)
            elif part.state == "person_live":
                self._notice_jobs(part.values, at)
        if any(BROKEN in str(event.get("payload")) for event in update.events):
            self.waits.failed("page", "a handler failed unforeseen")
        if self._answer is not None:
            answer, future = self._answer
            words = answer(update)
            if words is not None and not future.done():
                future.set_result(words)

    def _notice_cards(self, values: dict[str, Any], at: float) -> None:
        if self.seen is None and self.on_card is None:
            return
        for column in values.keys() & COLUMNS:
            for card in rows_of(values[column]):
                number = card["id"]
                if self._known.get(number) is not card:
                    self._known[number] = card
                    if self.seen is not None:
                        self.seen.note(f"{number}|{card['state']}", self.number, at)
                    if self.on_card is not None:
                        self.on_card(number)

    def _notice_jobs(self, values: dict[str, Any], at: float) -> None:
        if self.seen is None:
            return
        for jobs in values.keys() & JOBS:
            for job in rows_of(values[jobs]):
                if job["kind"] == "assignment":
                    self.seen.note(f"{job['appointment_id']}|{job['state']}", self.number, at)


def hydrated(update: Update) -> str | None:
    """The page has everything it asks for when it loads."""
    return "" if update.get("state", "is_hydrated") is True else None


def shows(state: str) -> Answer:
    """The page shows what is pushed to this state."""
    return lambda update: "" if update.get(state, "loaded") else None


def done(state: str, key: str) -> Answer:
    """A dialog is told that its action was taken, or why not."""

    def answer(update: Update) -> str | None:
        refused = update.get(state, "refused") or {}
        if refused.get("key") == key:
            return " ".join(str(words) for name, words in refused.items() if name != "key") or "refused"
        return "" if update.get(state, "done") == key else None

    return answer


def told(key: str) -> Answer:
    """A tap is told what became of it."""

    def answer(update: Update) -> str | None:
        said = update.get("tonight_state", "told") or {}
        return (said["words"] or ("again" if said["again"] else "")) if said.get("key") == key else None

    return answer


def saved(state: str, key: str) -> Answer:
    """A form is told that it was saved, or that it was not."""

    def answer(update: Update) -> str | None:
        if update.get(state, "saved") == key:
            return ""
        if update.get(state, "answered") is None:
            return None
        problems = update.get(state, "problems") or {}
        return " ".join(map(str, problems.values() if isinstance(problems, dict) else [problems])) or "refused"

    return answer


def standing(page: Page) -> dict[str, Any]:
    """What a page shows that only a change can change: nothing that follows from the clock alone."""
    values = page.screen.values
    if page.scope == "desk":
        board = values.get("desk_live", {})
        cards = {
            f"visit {card['id']}": [column, *(card[name] for name in _OF_CARD)]
            for column in COLUMNS
            for card in board.get(column, ())
        }
        return {**cards, "ended": board.get("ended_count")}
    night = values.get("person_live", {})
    return {
        f"{job['kind']} {job['id']}": [job[name] for name in _OF_JOB] for jobs in JOBS for job in night.get(jobs, ())
    }


_OF_CARD = ("state", "starts_at", "ends_at", "client", "services", "people", "place", "driver", "price", "due_at")
_OF_JOB = ("state", "answer", "starts_at", "ends_at", "title", "price", "due_at")


def different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What the two show differently."""
    keys: Iterable[str] = one.keys() | other.keys()
    return sorted(key for key in keys if one.get(key) != other.get(key))
