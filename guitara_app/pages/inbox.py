"""What stands on every page of what somebody was told: the bell with its count, and what is urgent and has come."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app.accounts.permissions import Permission
from guitara_app.components.alerts import alerts
from guitara_app.components.parts import link
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.live import InboxLive
from guitara_app.notifications import services
from guitara_app.pages.access import allow, current_actor

Number = Annotated[int, Field(ge=1, lt=2**63)]

_SHOWN_AT_MOST = 99


class InboxState(rx.State):
    """Marks as read what somebody opens, from whatever page."""

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def read(self, number: Number) -> None:
        """Mark one of one's own as read; the count and the list follow by themselves."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: services.mark_read(session, actor, [number], now=at))


def bell(person_id: rx.Var[int]) -> rx.Component:
    """The way to the notifications, with how many are unread; in another tone when one of them is urgent."""
    known = _known(person_id)
    return link(
        rx.icon("bell", size=18),
        rx.cond(
            known & (InboxLive.unread > 0),
            rx.el.span(
                rx.cond(InboxLive.unread > _SHOWN_AT_MOST, f"{_SHOWN_AT_MOST}+", InboxLive.unread),
                class_name="bell-count num",
                data_urgent=InboxLive.urgent > 0,
                aria_hidden=True,
            ),
        ),
        rx.el.span(
            "Notifications",
            rx.cond(known & (InboxLive.unread > 0), f", {InboxLive.unread} unread", ""),
            class_name="unseen",
            role="status",
        ),
        to="/notifications",
        class_name="bell",
        data_unread=rx.cond(known, InboxLive.unread, 0),
        title="Notifications",
    )


def urgent_news(person_id: rx.Var[int]) -> rx.Component:
    """What is urgent and has just come, over the page."""
    return alerts(
        alerts=InboxLive.alerts, scope=rx.cond(_known(person_id), InboxLive.scope, ""), on_read=InboxState.read
    )


def needs_tour(person_id: rx.Var[int]) -> rx.Var[bool]:
    """Nobody has shown them around yet."""
    return _known(person_id) & ~InboxLive.toured


def _known(person_id: rx.Var[int]) -> rx.Var[bool]:
    """What was pushed is this person's own."""
    return rx.Var.create(InboxLive.scope) == f"inbox:{person_id}"
