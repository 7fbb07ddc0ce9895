"""The calendar of a plan: a month, a week or one evening of visits. Its library is loaded by the page that shows it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("calendar.jsx")
# Only imported by the other; they have to lie beside it.
_PARTS = [
    browser(part)
    for part in (
        "calendar.css",
        "calendar_events.jsx",
        "calendar_keys.jsx",
        "calendar_list.jsx",
        "calendar_tools.jsx",
        "plan_month.jsx",
        "plan_place.jsx",
        "plan_time.jsx",
    )
]


class Calendar(rx.NoSSRComponent):
    """What it shows is ``week`` or ``month``, each a pushed plan, whichever the address asks for (``?view=&on=``).

    ``slots`` is how full the evenings are; ``on_look`` asks for another plan to be watched, ``on_slots`` for those,
    ``on_propose`` for what a drop would come to. ``owner`` and ``drawer`` are whose booking form a free time opens.
    """

    library = _LIBRARY
    tag = "Calendar"
    lib_dependencies: list[str] = ["@event-calendar/core@5.15.0"]

    week: rx.Var[dict[str, Any]]
    month: rx.Var[dict[str, Any]]
    slots: rx.Var[dict[str, Any]]
    proposal: rx.Var[dict[str, Any]]
    words: rx.Var[dict[str, str]]
    owner: rx.Var[int]
    drawer: rx.Var[str]
    undo: rx.Var[dict[str, Any]]

    on_look: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_slots: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_propose: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_undo: rx.EventHandler[rx.event.no_args_event_spec]


calendar = Calendar.create
