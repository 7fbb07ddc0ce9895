"""The ways to ask for something: a service, the API, a handler of an open page. Each says why not, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from socketio.exceptions import SocketIOError
from sqlalchemy.orm import Session

from guitara_app.kit.database import run
from guitara_app.kit.errors import GuitaraError, Unavailable
from tests.support.socket_client import Tab

_ANSWER_S = 5.0
# So ends what people are told when the database was away; that is no answer, and they do try again.
_AGAIN = "try again"


class NoAnswer(Exception):
    """Nobody knows whether it was done."""


def said(work: Callable[[Session], object]) -> str:
    """Call a service."""
    try:
        run(work)
    except Unavailable:
        raise
    except GuitaraError as refusal:
        return refusal.sentence
    return ""


def post(base: str, cookie: str, path: str, body: Mapping[str, Any], key: str) -> str:
    """Ask the API."""
    headers = {"cookie": cookie, "origin": base, "idempotency-key": key}
    with httpx.Client(trust_env=False, timeout=_ANSWER_S) as client:
        answer = client.post(f"{base}/api/v1/{path}", json=dict(body), headers=headers)
    if answer.status_code in (502, 503, 504):
        raise NoAnswer
    if answer.status_code >= 500:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
    return "" if answer.status_code < 400 else answer.text[:300]


def press(page: Tab, handler: str, payload: dict[str, Any], answer: Callable[[Tab], str | None]) -> str:
    """Call a handler of an open page and wait for what it says of this key."""
    heard: list[str] = []

    def told(tab: Tab) -> bool:
        words = answer(tab)
        if words is not None:
            heard.append(words)
        return words is not None

    try:
        page.send(handler, payload)
        page.wait(told, _ANSWER_S)
    except (AssertionError, OSError, TimeoutError, SocketIOError) as error:
        raise NoAnswer from error
    if _AGAIN in heard[-1]:
        raise NoAnswer
    return heard[-1]


def dialog(page: Tab, state: str, key: str) -> Callable[[Tab], str | None]:
    """What a dialog says of this key from now on."""
    before = page.get(state, "answered", 0)

    def answer(tab: Tab) -> str | None:
        shown = tab.values.get(state, {})
        if shown.get("done") == key:
            return ""
        refused = shown.get("refused") or {}
        if shown.get("answered", 0) != before and refused.get("key") == key:
            return " ".join(words for name, words in refused.items() if name != "key") or "refused"
        return None

    return answer


def form(page: Tab, key: str) -> Callable[[Tab], str | None]:
    """What the booking form says from now on."""
    before = page.get("booking_state", "answered", 0)

    def answer(tab: Tab) -> str | None:
        shown = tab.values.get("booking_state", {})
        if shown.get("saved") == key:
            return ""
        problems = shown.get("problems")
        return str(problems) if problems and shown.get("answered", 0) != before else None

    return answer
