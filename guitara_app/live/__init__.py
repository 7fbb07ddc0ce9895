"""Changes reach every open browser from here.

``install`` is called once, where the application is put together. Pages call ``watch`` from their ``on_load`` handler,
build on the variables of ``guitara_app.live.states``, and show them only while their ``scope`` is the page's own.
"""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.recognition import forget_person
from guitara_app.live.channel import Channel
from guitara_app.live.locks import never_orphan_locks
from guitara_app.live.presence import Presence
from guitara_app.live.rooms import Identify, Rooms
from guitara_app.live.scopes import Scope
from guitara_app.live.states import (
    AppointmentLive,
    CatalogLive,
    ClientLive,
    DeskLive,
    HoursLive,
    ImportLive,
    InboxLive,
    LinkLive,
    MonthLive,
    PersonLive,
    PresenceLive,
    ProfileLive,
    QueueLive,
    RoadLive,
    ShiftsLive,
    SystemLive,
    WaitingLive,
    WeekLive,
    WorkloadLive,
)
from guitara_app.live.subscriber import Subscriber
from guitara_app.live.views import Views

__all__ = [
    "AppointmentLive",
    "CatalogLive",
    "ClientLive",
    "DeskLive",
    "HoursLive",
    "ImportLive",
    "InboxLive",
    "LinkLive",
    "MonthLive",
    "PersonLive",
    "PresenceLive",
    "ProfileLive",
    "QueueLive",
    "RoadLive",
    "Scope",
    "ShiftsLive",
    "SystemLive",
    "WaitingLive",
    "WeekLive",
    "WorkloadLive",
    "arrive",
    "claim",
    "install",
    "on_revoke",
    "watch",
    "watch_own",
]

_installed: list[Rooms] = []


def install(app: rx.App, identify: Identify) -> None:
    """Make ``app`` push: call it once, after the app is made and before it serves.

    ``identify`` says who the headers of a socket's handshake belong to, None when their session is over; it may block.
    """
    channel = Channel(app)
    channel.keep_defaults_off_the_wire()
    never_orphan_locks(app.state_manager)
    views = Views(channel)
    rooms = Rooms(channel, views, identify)
    rooms.on_revoke(forget_person)
    _installed[:] = [rooms]
    app.register_lifespan_task(Subscriber(views, rooms).run)
    app.register_lifespan_task(Presence(rooms).run)


def on_revoke(forget: Callable[[int], None]) -> None:
    """Call ``forget`` with a person's id whenever that person's sessions or rights changed; after ``install``."""
    _rooms().on_revoke(forget)


async def watch(state: rx.State, actor: Actor | None, scope: Scope | None) -> None:
    """Show ``scope`` live on the page this handler loads; with None the page shows nothing live.

    Every page calls this when it loads, so that the one before is left and the socket is known to be the actor's.

    Raises:
        NotAllowed: ``actor`` may not see it.
    """
    await _rooms().watch(state, actor, scope)


async def arrive(state: rx.State, actor: Actor) -> None:
    """Show live, on every page until the socket closes, what somebody has not read yet, and the desk who else is there.

    Every page calls this first when it is opened.
    """
    await _rooms().arrive(state, actor)


async def watch_own(state: rx.State, actor: Actor) -> None:
    """Show the therapist's or driver's own evening live; it stays so on every page until the socket closes."""
    await _rooms().watch_own(state, actor)


async def claim(state: rx.State, actor: Actor) -> None:
    """Only note that this socket is the actor's, so that it closes when they lose their rights."""
    await _rooms().claim(state, actor)


def _rooms() -> Rooms:
    if not _installed:
        raise RuntimeError("guitara_app.live.install was not called.")
    return _installed[0]
