"""Every event is timed under its handler's name, whatever becomes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import REGISTRY
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext

from guitara_app.accounts.permissions import Role
from guitara_app.pages import measuring
from guitara_app.pages.access import BROKEN, NOT_ALLOWED
from tests.state.conftest import OpenBrowser


def full_name(short: str) -> str:
    [found] = [name for name in RegistrationContext.get().event_handlers if name.endswith(f"____{short}")]
    return found


def times(handler: str) -> float:
    return REGISTRY.get_sample_value("guitara_handler_seconds_count", {"handler": handler}) or 0.0


def errors(handler: str) -> float:
    return REGISTRY.get_sample_value("guitara_handler_errors_total", {"handler": handler}) or 0.0


def test_an_event_is_timed_and_its_statements_counted(browser: OpenBrowser) -> None:
    def asked() -> float:
        return REGISTRY.get_sample_value("guitara_queries_count", {"kind": "handler"}) or 0.0

    before = times("login_state.load"), errors("login_state.load"), asked()
    browser(Role.ADMIN).call(full_name("login_state.load"))
    assert (times("login_state.load"), errors("login_state.load")) == (before[0] + 1, before[1])
    assert asked() == before[2] + 1


def test_what_is_refused_is_timed_and_is_no_error(browser: OpenBrowser) -> None:
    before = times("audit_state.load")
    assert browser(Role.DRIVER).call(full_name("audit_state.load")).says(NOT_ALLOWED)
    assert times("audit_state.load") == before + 1
    assert errors("audit_state.load") == 0


def test_an_unforeseen_error_is_counted(browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("guitara_app.pages.palette.state._find", breaks)
    before = errors("palette_state.find")
    told = browser(Role.OPERATOR).call(full_name("palette_state.find"), {"typed": "souza"})
    assert told.says(BROKEN)
    assert errors("palette_state.find") == before + 1


def test_what_nobody_waits_for_any_more_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = BaseStateEventProcessor()
    outcome: list[BaseException | None] = [asyncio.CancelledError(), RuntimeError(), None]

    async def execute(**_: Any) -> None:
        if error := outcome.pop(0):
            raise error

    monkeypatch.setattr(processor, "_execute_event", execute)
    measuring.measure(processor)
    entry: Any = type("Entry", (), {"event": Event(name="a.b____some_state.go")})
    before = times("some_state.go")
    for error, timed, failed in ((asyncio.CancelledError, 0, 0), (RuntimeError, 1, 1), (None, 2, 1)):
        run = processor._execute_event(entry=entry, registered_handler=None)  # type: ignore[arg-type]
        if error:
            with pytest.raises(error):
                asyncio.run(run)
        else:
            asyncio.run(run)
        assert (times("some_state.go") - before, errors("some_state.go")) == (timed, failed)
