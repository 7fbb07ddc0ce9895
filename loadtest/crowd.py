"""The people of one process: they sign in, open their pages, work at a given pace, and compare what they see."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

import aiohttp

from loadtest.page import Arrivals, Page, Waits, different, shows, standing
from loadtest.people import DESK_PAGES, Evening, book, decide, look_around, look_for_client, ready_job, take_step
from loadtest.wire import NAVIGATE

T = TypeVar("T")

Deed = Coroutine[Any, Any, Any]
"""What somebody does. One that means to change something says why nothing came of it, or nothing."""

_AT_ONCE = 8
_MOST_OPEN_DEEDS = 200
# Of all changes. A visit is booked and changed eight times then: with more bookings nobody would be free before long.
_BOOKS, _TAKES_MONEY, _DECIDES = 0.12, 0.07, 0.05
_ROUND_AGAIN_S = 1.0
_API_DESK = (
    "/api/v1/appointments?limit=20",
    "/api/v1/clients?limit=20",
    "/api/v1/staff",
    "/api/v1/services",
    "/api/v1/me",
)
_API_FIELD = ("/api/v1/me", "/api/v1/appointments?limit=20", "/api/v1/notifications?limit=20", "/api/v1/services")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a number of open pages; the first is the one they act on. ``roams``: from page to page."""

    username: str
    role: str
    pages: int
    roams: bool = False
    cookie: str = ""

    @property
    def home(self) -> str:
        """Where their work is."""
        return "/tonight" if self.role in ("therapist", "driver") else "/board"


def visitors(base: str) -> aiohttp.ClientSession:
    """What asks for pages and answers at ``base`` as its own pages do."""
    return aiohttp.ClientSession(
        headers={"Origin": base}, connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    )


class Crowd:
    """Everybody of one process. ``plan`` is as ``loadtest.run`` makes it."""

    def __init__(self, session: aiohttp.ClientSession, plan: dict[str, Any]) -> None:
        self.base: str = plan["base"]
        self.members = [Member(**one) for one in plan["members"]]
        self.waits = Waits()
        self.evening = Evening(plan["names"], plan["words"], plan["mark"])
        self.pages: list[Page] = []
        self.boards: list[Page] = []
        self.roamers: list[Page] = []
        self.phones: list[Page] = []
        self.arrivals: dict[str, Arrivals] = {}
        self._password: str = plan["password"]
        self._session = session
        self._acted: dict[int, dict[int, tuple[str, float]]] = defaultdict(dict)
        self._deeds: set[asyncio.Task[Any]] = set()
        self._requests = 0

    @classmethod
    def of(cls, plan: dict[str, Any]) -> Self:
        """The crowd of this plan; to be entered."""
        return cls(visitors(plan["base"]), plan)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for deed in self._deeds:
            deed.cancel()
        await asyncio.gather(*(page.close() for page in self.pages), return_exceptions=True)
        await self._session.close()

    async def open_pages(self, _said: dict[str, Any]) -> dict[str, Any]:
        """Everybody signs in and opens their pages."""
        await _a_few_at_once(self._arrive(one) for one in self.members)
        groups: dict[str, list[Page]] = defaultdict(list)
        for page in [*self.boards, *self.phones]:
            if page not in self.roamers:
                groups[page.scope].append(page)
        for page in self.pages:
            if page.home == "/tonight" and page not in self.phones:
                groups[page.scope].append(page)
        for scope, pages in groups.items():
            seen = self.arrivals[scope] = Arrivals(len(pages))
            for number, page in enumerate(pages):
                page.seen, page.number = seen, number
        return {"open": sum(page.open for page in self.pages), "errors": self.waits.errors[:20]}

    async def run(self, said: dict[str, Any]) -> dict[str, Any]:
        """Work until ``asking`` (``time.time``), then ask for so many pages and lists a second until ``until``.

        The first part of the work goes slowly, so that changes stand alone and are pushed alone.
        """
        asking, slow_until = said["asking"], min(said["slow_until"], said["asking"])
        change = partial(self._one_change, asking)
        await asyncio.gather(
            self._at_pace(said["slowly"], slow_until, change),
            self._later(slow_until, self._at_pace, said["changes"], asking, change),
            self._at_pace(said["looks"], asking, self._look),
            self._later(asking, self._at_pace, said["requests"], said["until"], self._request),
        )
        if self._deeds:
            await asyncio.wait(self._deeds, timeout=25)
        return {"ran": len(self.evening.changes), "open": sum(page.open for page in self.pages)}

    async def again(self, _said: dict[str, Any]) -> dict[str, Any]:
        """Let every board ask for all it shows, at once; when the last had it (``time.time``)."""
        boards = [page for page in self.boards if page.open]
        began = time.time()
        await asyncio.gather(*(page.ask("again", NAVIGATE, {}, shows("desk_live")) for page in boards))
        return {"began": began, "last": time.time()}

    async def settle(self, said: dict[str, Any]) -> dict[str, Any]:
        """Compare every page with a fresh one of the same; what differs for longer than ``within`` seconds is stale."""
        away = [page for page in self.pages if page.open and page.wire and page.wire.path != page.home]
        await _a_few_at_once(self._go_home(page) for page in away)
        groups: dict[str, list[Page]] = defaultdict(list)
        for page in self.pages:
            if page.open:
                groups[page.scope].append(page)
        ends, scopes = time.monotonic() + said["within"], list(groups)
        stale: dict[str, list[str]] = {}
        while scopes:
            found = await _a_few_at_once(self._stale(groups[scope]) for scope in scopes)
            stale = {scope: wrong for scope, wrong in zip(scopes, found, strict=True) if wrong}
            scopes = list(stale)
            if not scopes or time.monotonic() > ends:
                break
            await asyncio.sleep(_ROUND_AGAIN_S)
        return {
            "compared": sum(len(pages) for pages in groups.values()),
            "stale": sum(len(found) for found in stale.values()),
            "examples": [f"{scope}: {found[0]}" for scope, found in stale.items()][:10],
        }

    async def report(self, _said: dict[str, Any]) -> dict[str, Any]:
        """Everything there is to know afterwards."""
        return {
            "seconds": self.waits.seconds,
            "refused": self.waits.refused,
            "errors": self.waits.errors,
            "changes": [change.as_json() for change in self.evening.changes],
            "unsure": self.evening.unsure,
            "arrivals": {
                scope: {what: list(times) for what, times in seen.first.items()}
                for scope, seen in self.arrivals.items()
            },
            "requests": self._requests,
            "in_vain": dict(self.evening.in_vain),
            "open": sum(page.open for page in self.pages),
            "people": sorted({page.person_id for page in self.phones}),
        }

    async def _arrive(self, member: Member) -> None:
        cookie = member.cookie or await self._sign_in(member.username)
        if not cookie:
            return
        for number in range(member.pages):
            page = Page(self.base, member.home, cookie, self.waits)
            shown = shows("desk_live" if member.home == "/board" else "person_live")
            began = time.perf_counter()
            try:
                await page.load(shown)
            except (OSError, TimeoutError) as error:
                self.waits.failed("open", f"{type(error).__name__} {error}")
                continue
            self.waits.took("connect and show", time.perf_counter() - began)
            self.pages.append(page)
            if member.home == "/board":
                self.boards.append(page)
                if member.roams:
                    self.roamers.append(page)
            elif number == 0:
                self.phones.append(page)

    async def _sign_in(self, username: str) -> str:
        form = {"username": username, "password": self._password}
        began = time.perf_counter()
        async with self._session.post(f"{self.base}/auth/login", data=form, allow_redirects=False) as answer:
            kept = [cookie for name, cookie in answer.cookies.items() if name in ("sid", "__Host-sid")]
        self.waits.took("sign in", time.perf_counter() - began)
        if not kept:
            self.waits.failed("sign in", f"{username} was not let in")
            return ""
        return f"{kept[0].key}={kept[0].value}"

    async def _go_home(self, page: Page) -> None:
        await page.go(page.home, what=f"open {page.home}")

    async def _stale(self, pages: list[Page]) -> list[str]:
        """What is wrong with each page that does not show what a fresh one shows."""
        fresh = Page(self.base, pages[0].home, pages[0].cookie, Waits())
        try:
            await fresh.load(shows("desk_live" if pages[0].home == "/board" else "person_live"))
            right = standing(fresh)
        except (OSError, TimeoutError) as error:
            return [f"no fresh page: {type(error).__name__}"] * len(pages)
        finally:
            await fresh.close()
        wrong = [different(standing(page), right) for page in pages]
        return [f"differs in {', '.join(found[:4])}" for found in wrong if found]

    async def _later(self, at: float, work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        await asyncio.sleep(max(0.0, at - time.time()))
        await work(*arguments)

    async def _at_pace(self, per_second: float, until: float, begin: Callable[[], Deed | None]) -> None:
        """Begin something so many times a second, however long each takes."""
        if per_second <= 0:
            return
        due = time.time()
        while (now := time.time()) < until:
            if now < due:
                await asyncio.sleep(min(due, until) - now)
                continue
            due = max(due + random.expovariate(per_second), now - 2.0)
            if len(self._deeds) < _MOST_OPEN_DEEDS and (deed := begin()) is not None:
                task = asyncio.create_task(deed)
                self._deeds.add(task)
                task.add_done_callback(self._ended)

    def _ended(self, deed: asyncio.Future[Any]) -> None:
        self._deeds.discard(deed)
        if not deed.cancelled() and (error := deed.exception()):
            self.waits.failed("load test", f"{type(error).__name__}: {error}")

    async def _one_change(self, until: float) -> None:
        """Change something. What comes to nothing is followed by something else, so that the pace is one of changes."""
        while time.time() < until:
            deed = self._change_something()
            why = "nothing to change" if deed is None else await deed
            if not why:
                return
            self.evening.in_vain[why] += 1
            if deed is None:
                await asyncio.sleep(_ROUND_AGAIN_S)

    def _change_something(self) -> Deed | None:
        """What the next change is: mostly the next step of somebody's work."""
        dice = random.random()
        # Boards are measured by visits booked while they were watched, so there is one from the beginning.
        if dice < _BOOKS or not any(done.action == "book" and not done.words for done in self.evening.changes):
            return self._booking()
        only_money = dice < _BOOKS + _TAKES_MONEY
        if dice < _BOOKS + _TAKES_MONEY + _DECIDES and (deed := self._deciding(paid_only=only_money)) is not None:
            return deed
        for page in random.sample(self.phones, len(self.phones)):
            if page.busy or not page.open or page.wire is None or page.wire.path != page.home:
                continue
            acted = self._acted[page.person_id]
            job = ready_job(page, acted)
            if job is not None:
                return self._busy(page, take_step(page, job, acted, self.evening))
        return self._deciding(paid_only=True) or self._booking()

    def _booking(self) -> Deed | None:
        desk = _idle([page for page in self.boards if page not in self.roamers] or self.boards)
        if desk is None:
            return None
        free = {page.person_id for page in self.phones}
        return self._busy(desk, book(desk, free, self.evening))

    def _deciding(self, *, paid_only: bool) -> Deed | None:
        roamer = _idle(self.roamers)
        boards = [page for page in self.boards if page.open and page not in self.roamers]
        if roamer is None or not boards:
            return None
        return self._busy(roamer, decide(roamer, boards, self.evening, paid_only=paid_only))

    def _look(self) -> Deed | None:
        """Somebody looks at something and changes nothing."""
        dice = random.random()
        if dice < 0.4 and (desk := _idle([one for one in self.boards if one not in self.roamers])):
            return self._busy(desk, look_for_client(desk, self.evening))
        roamer = _idle(self.roamers if dice < 0.8 else self.phones)
        return self._busy(roamer, look_around(roamer)) if roamer else None

    def _busy(self, page: Page, deed: Deed) -> Deed:
        """The deed, with nobody else at the page from now until it is over."""
        page.busy = True

        async def alone() -> Any:
            try:
                return await deed
            finally:
                page.busy = False

        return alone()

    async def _request(self) -> None:
        page = random.choice(self.pages)
        path = random.choice((*_API_DESK, *DESK_PAGES[:1]) if page.home == "/board" else _API_FIELD)
        began = time.perf_counter()
        try:
            async with self._session.get(self.base + path, headers={"Cookie": page.cookie}) as answer:
                await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.waits.failed("request", f"{path} {type(error).__name__}")
            return
        self._requests += 1
        if answer.status >= 400:
            self.waits.failed("request", f"{path} answered {answer.status}")
        else:
            self.waits.took("request", time.perf_counter() - began)


def _idle(pages: list[Page]) -> Page | None:
    found = [page for page in pages if page.open and not page.busy]
    return random.choice(found) if found else None


async def _a_few_at_once(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(waiting: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await waiting

    return await asyncio.gather(*(one(waiting) for waiting in work))
