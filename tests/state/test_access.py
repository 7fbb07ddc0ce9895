"""What the marks on handlers do with arguments, errors and identities."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, Field
from redis.exceptions import ConnectionError as RedisDown
from reflex_base.utils.exceptions import LockExpiredError

from guitara_app.accounts.permissions import Actor, Permission, Role
from guitara_app.components.connection import LOAD_AGAIN
from guitara_app.kit.errors import Conflict, Unavailable
from guitara_app.pages import access
from guitara_app.pages.access import allow, current_actor, public, session_token, unforeseen, visitor

ANA = Actor(7, Role.OPERATOR, "Ana")
JOY = Actor(8, Role.THERAPIST, "Joy")


class Form(BaseModel):
    reason: str = Field(max_length=10)
    minutes: int = 0


class Page:
    """Handlers of every shape Reflex knows."""

    @allow(Permission.BOOK)
    async def plain(self, number: int, form: Form) -> Any:
        return number, form, current_actor()

    @allow(Permission.BOOK)
    def synchronous(self, word: str = "none") -> Any:
        return word

    @allow(Permission.BOOK)
    async def stream(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            yield number
        raise Conflict("Joy is taken from 21:00.")

    @allow(Permission.BOOK)
    def generator(self) -> Iterator[str]:
        yield "one"
        yield "two"

    @allow(Permission.BOOK)
    async def refused(self) -> None:
        raise Conflict("Joy is taken from 21:00.")

    @allow(Permission.BOOK)
    async def broken(self) -> None:
        raise ZeroDivisionError("secret details")

    @allow(Permission.BOOK)
    async def load(self) -> None:
        raise Unavailable("The database does not answer.")

    @public
    async def open(self) -> Any:
        return visitor()


def state(cookie: str = "sid=x") -> Any:
    raw = {"cookie": cookie, "origin": "http://localhost:8000"}
    return SimpleNamespace(
        router=SimpleNamespace(headers=SimpleNamespace(raw_headers=raw), url=SimpleNamespace(path="/board"))
    )


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "recognise", {"ana": ANA, "joy": JOY}.get)


def call(handler: Any, cookie: str, *arguments: Any, **named: Any) -> Any:
    return asyncio.run(handler(state(cookie), *arguments, **named))


def collect(handler: Any, cookie: str, *arguments: Any) -> list[Any]:
    async def all_of() -> list[Any]:
        return [event async for event in handler(state(cookie), *arguments)]

    return asyncio.run(all_of())


def test_arguments_are_parsed_before_use() -> None:
    number, form, actor = call(Page.plain, "sid=ana", number="12", form={"reason": "late", "minutes": "5"})
    assert (number, form, actor) == (12, Form(reason="late", minutes=5), ANA)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"number": "twelve", "form": {"reason": "late"}},
        {"number": 1, "form": {"reason": "x" * 11}},
        {"number": 1, "form": "late"},
        {"number": 1, "form": {"reason": "late"}, "actor": 1},
        {"number": None, "form": None},
    ],
)
def test_garbage_never_reaches_the_handler(payload: dict[str, Any]) -> None:
    assert access.GARBAGE in str(call(Page.plain, "sid=ana", **payload).args)


def test_every_shape_of_handler_is_guarded() -> None:
    assert call(Page.synchronous, "sid=ana") == "none"
    assert call(Page.synchronous, "sid=ana", "given") == "given"
    assert collect(Page.generator, "sid=ana") == ["one", "two"]
    for shape in (Page.stream, Page.generator):
        (refusal,) = collect(shape, "sid=joy", *([2] if shape is Page.stream else []))
        assert access.NOT_ALLOWED in str(refusal.args)
    assert access.NOT_ALLOWED in str(call(Page.synchronous, "sid=joy").args)
    assert "/login?next=%2Fboard" in str(call(Page.synchronous, "").args)


def test_an_error_of_a_service_becomes_its_sentence() -> None:
    assert "Joy is taken from 21:00." in str(call(Page.refused, "sid=ana").args)
    *numbers, notice = collect(Page.stream, "sid=ana", 2)
    assert numbers == [0, 1]
    assert "Joy is taken from 21:00." in str(notice.args)


def test_what_was_not_foreseen_says_so_without_details() -> None:
    said = str(call(Page.broken, "sid=ana").args)
    assert access.BROKEN in said
    assert "secret details" not in said


def test_a_silent_database_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_token: str) -> Actor:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(access, "recognise", silent)
    assert "The database does not answer." in str(call(Page.refused, "sid=ana").args)


def test_a_page_that_could_not_load_loads_again_by_itself() -> None:
    said, again = call(Page.load, "sid=ana")
    assert access.NOT_LOADED in str(said.args)
    assert LOAD_AGAIN in str(again.args)


@pytest.mark.parametrize("error", [RedisDown(), LockExpiredError()])
def test_a_state_that_is_not_at_hand_is_loaded_again(error: Exception) -> None:
    said, again = unforeseen(error)
    assert access.INTERRUPTED in str(said.args)
    assert LOAD_AGAIN in str(again.args)


def test_the_public_know_who_they_are_but_need_not_be_anybody() -> None:
    assert call(Page.open, "sid=ana") == ANA
    assert call(Page.open, "") is None


def test_one_call_never_inherits_the_actor_of_another() -> None:
    async def both() -> Any:
        await Page.synchronous(state("sid=ana"))  # type: ignore[misc]  # decorated: takes any state, is awaitable
        return await Page.open(state(""))  # type: ignore[arg-type]  # takes any state

    assert asyncio.run(both()) is None


def test_an_argument_without_a_type_is_refused_when_it_is_written() -> None:
    def untyped(self: Any, anything) -> None:  # type: ignore[no-untyped-def]
        """Takes whatever comes."""

    with pytest.raises(TypeError, match="anything"):
        allow(Permission.BOOK)(untyped)


@pytest.mark.parametrize(
    ("origin", "cookie", "expected"),
    [
        ("http://localhost:8000", "sid=plain; __Host-sid=secure", "plain"),
        ("https://guitara.example", "sid=plain; __Host-sid=secure", "secure"),
        ("https://guitara.example", "sid=plain", ""),
        ("http://localhost:8000", 'odd={"a": 1}; x; sid=plain', "plain"),
        ("http://localhost:8000", "", ""),
    ],
)
def test_the_cookie_that_counts_depends_on_the_scheme(origin: str, cookie: str, expected: str) -> None:
    assert session_token({"origin": origin, "cookie": cookie}) == expected
