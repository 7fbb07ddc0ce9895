"""What people do all evening, each step through the handler behind the button they would press."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loadtest.page import Page, done, saved, told

_SOONEST_MIN, _LATEST_MIN = 5, 180
"""In how many minutes visits begin: within an hour so many, booked in a few minutes, would leave nobody free."""

_AGAIN_S = 4.0
"""How long somebody looks at a step that was just answered before they believe that it was not taken."""

_SAYS_NO = 0.04
_TAPS_TWICE = 0.05
_DRIVEN = 0.35
_REASON = "load test"
_NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Change:
    """Something the server said it did, in a form that can be looked up afterwards; ``words`` why it did not."""

    key: str
    action: str
    target: int
    visit: int
    words: str

    def as_json(self) -> list[Any]:
        """As it goes from process to process."""
        return [self.key, self.action, self.target, self.visit, self.words]


@dataclass(slots=True)
class Evening:
    """What all the people of one process know together."""

    names: dict[str, str]
    words: list[str]
    mark: str
    changes: list[Change] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    in_vain: Counter[str] = field(default_factory=Counter)
    engaged: dict[int, float] = field(default_factory=dict)
    given_up: dict[int, float] = field(default_factory=dict)
    _count: int = 0

    def key(self) -> str:
        """A key no other request has."""
        self._count += 1
        return f"{self.mark}-{self._count}"

    def keep(self, key: str, action: str, target: int, visit: int, words: str | None) -> None:
        """Remember what became of a request; with None nobody knows."""
        if words is None:
            self.unsure.append(key)
        else:
            self.changes.append(Change(key, action, target, visit, words))


def ready_job(page: Page, acted: dict[int, tuple[str, float]]) -> dict[str, Any] | None:
    """A job of tonight of which the next step can be taken."""
    jobs = [*(page.screen.get("person_live", "now_jobs") or ()), *(page.screen.get("person_live", "next_jobs") or ())]
    for job in jobs:
        action = job["step"]["action"]
        last, at = acted.get(job["id"], ("", 0.0))
        if action and (action != last or time.monotonic() - at > _AGAIN_S):
            found: dict[str, Any] = job
            return found
    return None


async def take_step(page: Page, job: dict[str, Any], acted: dict[int, tuple[str, float]], evening: Evening) -> str:
    """Press the big button of a job; some say no to an offer, and some tap twice.

    Why nothing came of it, or nothing.
    """
    step = job["step"]
    if step["action"] == "accept" and job["beside"]["action"] and random.random() < _SAYS_NO:
        step = job["beside"]
    action, key = step["action"], evening.key()
    asks = step["asks"]
    payload = {
        "action": action,
        "target_id": step["target_id"],
        "key": key,
        "values": {"reason": [_REASON]} if asks and action in ("reject", "decline_leg") else step["values"],
    }
    handler = evening.names["tonight_do" if asks else "tonight_tap"]
    answer = done("tonight_state", key) if asks else told(key)
    words = await page.ask(action, handler, payload, answer)
    acted[job["id"]] = (job["step"]["action"], time.monotonic())
    evening.keep(key, action, step["target_id"], job["appointment_id"], words)
    if words == "" and not asks and random.random() < _TAPS_TWICE:
        page.send(handler, payload)
    return _refused(words)


async def look_for_client(page: Page, evening: Evening) -> bool:
    """Type the beginning of a name; whether anybody was found."""
    typed = random.choice(evening.words)[: random.randrange(3, 6)]
    if page.screen.get("booking_state", "hits_for") == typed:
        typed += "a"
    words = await page.ask(
        "search clients",
        evening.names["find"],
        {"typed": typed},
        lambda update: "" if update.get("booking_state", "hits_for") == typed else None,
    )
    return words is not None and bool(page.screen.get("booking_state", "hits"))


async def book(page: Page, phones: set[int], evening: Evening) -> str:
    """A phone call from the name to the booked visit. Why it was not booked, or nothing."""
    if not await look_for_client(page, evening):
        return "nobody of that name"
    client = random.choice(page.screen.get("booking_state", "hits"))
    zone = ZoneInfo(page.screen.get("who", "zone") or "Asia/Manila")
    starts = datetime.now(zone) + timedelta(minutes=random.randrange(_SOONEST_MIN, _LATEST_MIN))
    draft: dict[str, Any] = {
        "client_id": client["id"],
        "client_text": client["name"],
        "start": f"{starts:%H:%M}",
        "driver_needed": random.random() < _DRIVEN,
        "notes": f"{evening.mark} {random.random()}",
    }
    services = page.screen.get("booking_state", "services") or []
    if services:
        draft["service_ids"] = [random.choice(services)["id"]]
    if await _consider(page, draft, evening) is None:
        return _NO_ANSWER
    if not services:
        draft["service_ids"] = [random.choice(page.screen.get("booking_state", "services"))["id"]]
        if await _consider(page, draft, evening) is None:
            return _NO_ANSWER
    free = _free(page, phones, evening)
    others = page.screen.get("booking_state", "others") or []
    if not free and others:
        draft |= random.choice(others)["patch"]
        if await _consider(page, draft, evening) is None:
            return _NO_ANSWER
        free = [one for one in _free(page, phones, evening) if one in draft.get("therapist_ids", [one])]
    places = page.screen.get("booking_state", "addresses") or []
    if not free or not places:
        return "nobody free" if places else "no address"
    therapist = random.choice(free[:20])
    evening.engaged[therapist] = time.monotonic() + 5.0
    draft |= {"therapist_ids": [therapist], "address_id": places[0]["id"], "idempotency_key": evening.key()}
    key = draft["idempotency_key"]
    words = await page.ask("book", evening.names["book"], {"draft": draft}, saved("booking_state", key))
    evening.keep(key, "book", therapist, 0, words)
    return _refused(words)


def _free(page: Page, phones: set[int], evening: Evening) -> list[int]:
    now = time.monotonic()
    return [
        one["id"]
        for one in page.screen.get("booking_state", "candidates") or ()
        if one["free"] and one["id"] in phones and evening.engaged.get(one["id"], 0.0) < now
    ]


async def _consider(page: Page, draft: dict[str, Any], evening: Evening) -> str | None:
    return await page.ask(
        "see who is free",
        evening.names["consider"],
        {"draft": draft},
        lambda update: "" if update.touches("booking_state") else None,
    )


async def decide(page: Page, boards: list[Page], evening: Evening, *, paid_only: bool = False) -> str:
    """Open a visit that somebody must decide on, and do: take the money, another time, or call it off.

    Why nothing came of it, or nothing.
    """
    board = random.choice(boards)
    now = time.monotonic()
    cards = [
        (column, card)
        for column in ("payment", "waiting", "confirmed")
        for card in board.screen.get("desk_live", column) or ()
        if evening.given_up.get(card["id"], 0.0) < now
    ]
    due = [card for column, card in cards if column == "payment" and card["state"] == "awaiting_payment"]
    if due:
        card, action = random.choice(due), "verify_payment"
    elif cards and not paid_only:
        card, action = random.choice([card for _, card in cards]), random.choice(["change", "change", "cancel"])
    else:
        return "nothing to decide"
    number = card["id"]
    evening.given_up[number] = now + 30.0
    if not await page.go(f"/appointments/{number}", {"number": str(number)}, what="open a visit"):
        return _NO_ANSWER
    key = evening.key()
    if action == "change":
        words = await _change(page, number, key, evening)
    else:
        values = {"reason": [_REASON]}
        if action == "verify_payment":
            price = "".join(letter for letter in card["price"] if letter.isdigit() or letter == ".") or "500"
            values = {"method": ["cash"], "amount": [price], "extension_amount": ["0"]}
        payload = {"action": action, "target_id": number, "key": key, "values": values}
        words = await page.ask(action, evening.names["visit_do"], payload, done("appointment_state", key))
    evening.keep(key, action, number, number, words)
    return _refused(words)


def _refused(words: str | None) -> str:
    return _NO_ANSWER if words is None else "refused" if words else ""


async def _change(page: Page, number: int, key: str, evening: Evening) -> str | None:
    zone = ZoneInfo(page.screen.get("who", "zone") or "Asia/Manila")
    start = datetime.now(zone) + timedelta(minutes=random.randrange(20, 90))
    draft = {
        "visit_id": number,
        "start": f"{start:%H:%M}",
        "reason": _REASON,
        "off_shift_reason": _REASON,
        "idempotency_key": key,
    }
    return await page.ask("change", evening.names["change"], {"draft": draft}, saved("change_state", key))


DESK_PAGES = ("/board", "/drivers", "/shifts", "/clients", "/notifications", "/profile")
FIELD_PAGES = ("/notifications", "/hours", "/profile")


async def look_around(page: Page) -> None:
    """Open another page, and a while later the own one again."""
    pages = DESK_PAGES if page.home == "/board" else FIELD_PAGES
    path = random.choice(pages)
    if await page.go(path, what=f"open {path}"):
        await asyncio.sleep(random.uniform(0.2, 0.8))
        if page.home != "/board":
            await page.go(page.home, what=f"open {page.home}")
