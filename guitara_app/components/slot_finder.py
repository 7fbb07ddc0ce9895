"""A button that opens the search for the first slots in which a visit could be."""

from __future__ import annotations

from typing import Any, ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser


class SlotFinder(BaseHTML):
    """Calls ``on_find(draft, question, key)`` whenever a choice changes; what is shown answers the key in ``answers``.

    Outside a form it calls ``on_move(chosen)`` and closes once ``done`` is the key of that; why it was ``refused``
    stays while the list is looked up anew. Inside a ``DraftForm`` it asks for what the draft says, and fills that in.
    """

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = browser("slot_finder.jsx")
    tag = "SlotFinder"

    visit_id: rx.Var[int]
    car: rx.Var[bool]
    driven: rx.Var[bool]
    team: rx.Var[str]
    slots: rx.Var[list[dict[str, Any]]]
    nothing: rx.Var[str]
    problem: rx.Var[str]
    answers: rx.Var[str]
    seen: rx.Var[dict[str, Any]]
    refused: rx.Var[str]
    answered: rx.Var[int]
    done: rx.Var[str]
    evenings: rx.Var[list[dict[str, Any]]]
    last: rx.Var[str]
    times: rx.Var[list[str]]

    on_find: rx.EventHandler[rx.event.passthrough_event_spec(dict, dict, str)]
    on_move: rx.EventHandler[rx.event.passthrough_event_spec(dict)]


slot_finder = SlotFinder.create
