"""Making API tokens in the browser alone, and a button that asks before it acts."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser

_LIBRARY = browser("tokens.jsx")


class TokenMaker(rx.Component):
    """A form that asks the API for a token and shows it once."""

    library = _LIBRARY
    tag = "TokenMaker"


class CalendarMaker(rx.Component):
    """Asks for a private calendar address and shows it once; who ``has_one`` is told that theirs ends."""

    library = _LIBRARY
    tag = "CalendarMaker"

    has_one: rx.Var[bool]


class SureButton(BaseHTML):
    """A button that shows ``sure`` after the first tap and calls ``on_confirm(subject)`` after the second."""

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = _LIBRARY
    tag = "SureButton"

    label: rx.Var[str]
    sure: rx.Var[str]
    subject: rx.Var[int]

    on_confirm: rx.EventHandler[rx.event.passthrough_event_spec(int)]


token_maker = TokenMaker.create
calendar_maker = CalendarMaker.create
sure_button = SureButton.create
