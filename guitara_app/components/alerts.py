"""What is urgent and has just come."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser


class Alerts(rx.Component):
    """Shows those of ``alerts`` that came while somebody looks, once each, over the page.

    ``scope`` says whose they are; while it is empty nothing is known yet. ``on_read`` is told of one that was opened.
    """

    library = browser("alerts.jsx")
    tag = "Alerts"

    alerts: rx.Var[list[dict[str, Any]]]
    scope: rx.Var[str]

    on_read: rx.EventHandler[rx.event.passthrough_event_spec(int)]


alerts = Alerts.create
