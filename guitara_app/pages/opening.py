"""Opens a page in one event.

Reflex 0.10.1 makes one event of each handler that a page calls when it is opened, with one before to find out which
these are and one after to say that all are done. Each takes the lock of the tab's state in Redis, reads the state,
writes it and gives the lock back: three quarters of what opening most pages costs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import reflex as rx
from reflex import state as reflex_state
from reflex.state import State
from reflex_base.event import Event, EventSpec
from reflex_base.event.processor.base_state_processor import process_event
from reflex_base.registry import RegistrationContext

from guitara_app.pages.access import is_marked, refuse
from guitara_app.pages.measuring import measured_event


def open_pages_in_one_event() -> None:
    """Let the event that begins a page also carry out all the page does then; call it before the app serves."""
    reflex_state._load_events_for_page = _load  # type: ignore[assignment]  # Reflex iterates over what it is given


def put(state: rx.State, **values: object) -> None:
    """Set those variables of ``state`` that are not so already: what is set is sent, and drawn anew."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)


async def _load(state: State) -> AsyncIterator[EventSpec | None]:
    """Run the handlers of the page that ``state``'s tab is on, one after the other, and say that it is there.

    Each tells the browser what it has changed when it is done; whoever moves on meanwhile cancels the rest.
    """
    registry = RegistrationContext.get()
    for event in Event.from_event_type(registry.app.get_load_events(state.rx_router_url.path)):
        if not is_marked(event):
            yield refuse(event)
            continue
        registered = registry.event_handlers[event.name]
        own = await state.get_state(registered.states[0])
        with measured_event(event.name):
            await process_event(
                handler=registered.handler, payload=event.payload, state=own, root_state=state._get_root_state()
            )
    state.is_hydrated = True
    yield None
