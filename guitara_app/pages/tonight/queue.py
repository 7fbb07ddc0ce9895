"""Where a driver who is free stands in the queue."""

from __future__ import annotations

from typing import cast

import reflex as rx

from guitara_app.appointments.road_views import QueuePlace
from guitara_app.components.ago import ago
from guitara_app.live import QueueLive
from guitara_app.pages.shell import Who


def queue_place() -> rx.Component:
    """``2nd in the queue, free 41 min``; nothing for whoever is not in it."""
    places = cast("rx.vars.ObjectVar[dict[str, QueuePlace]]", QueueLive.places)
    me = Who.person_id.to_string()
    mine = places[me]
    return rx.cond(
        QueueLive.loaded & places.contains(me),
        rx.el.p(
            rx.icon("list_ordered", size=18),
            rx.el.b(mine["words"]),
            ago(iso=mine["since"], kind="since", before="free ", class_name="mute"),
            class_name="panel queue-place",
            role="status",
        ),
    )
