"""A page is there after one event, whatever it has to load."""

from __future__ import annotations

from typing import Any

import pytest
from reflex.app import App
from reflex.state import OnLoadInternalState, State

from guitara_app.accounts.permissions import Role
from guitara_app.kit.errors import NotFound
from guitara_app.pages.access import NOT_ALLOWED
from guitara_app.pages.catalog.services_state import ServicesState
from guitara_app.pages.shell import Who
from tests.state.conftest import OpenBrowser


@pytest.fixture(autouse=True)
def loads(app: App, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the page calls when it is opened; pages themselves are put together only where they are built."""
    called: list[Any] = [Who.load, ServicesState.load]
    monkeypatch.setattr(app, "get_load_events", lambda _path: called)
    return called


_OPENED = f"{OnLoadInternalState.get_full_name()}.on_load_internal"


def test_what_the_frame_and_the_page_load_comes_with_the_event_that_opens_it(browser: OpenBrowser) -> None:
    told = browser(Role.OPERATOR, "/services").call(_OPENED)

    assert told.handled == [_OPENED]
    assert told.values["name"] == "One operator"
    assert "lines" in told.values
    assert told.values["is_hydrated"] is True


def test_a_page_says_that_it_is_there_after_everything_else(browser: OpenBrowser) -> None:
    told = browser(Role.OPERATOR, "/services").call(_OPENED)

    there = [any("is_hydrated_rx_state_" in values for values in delta.values()) for delta in told.deltas]
    assert there == [False] * (len(there) - 1) + [True]


def test_nobody_is_led_to_the_sign_in(browser: OpenBrowser) -> None:
    told = browser(None, "/services").call(_OPENED)

    assert told.leads_to("/login?next=%2Fservices")
    assert "lines" not in told.values


def test_what_cannot_be_loaded_keeps_nothing_else_away(browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> tuple[str, bool]:
        raise NotFound("The firm is not there. Ask an admin.")

    monkeypatch.setattr("guitara_app.pages.shell._firm", missing)
    told = browser(Role.OPERATOR, "/services").call(_OPENED)

    assert told.says("The firm is not there. Ask an admin.")
    assert "lines" in told.values
    assert told.values["is_hydrated"] is True


def test_a_page_may_not_call_what_says_not_who_may(browser: OpenBrowser, loads: list[Any]) -> None:
    loads.insert(0, State.set_is_hydrated(False))
    told = browser(Role.OPERATOR, "/services").call(_OPENED)

    assert told.says(NOT_ALLOWED)
    assert told.values["name"] == "One operator"
    assert told.values["is_hydrated"] is True
