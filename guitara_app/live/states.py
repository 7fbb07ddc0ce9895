"""The variables that only ``live`` sets, in the browser and nowhere else.

On the server they keep their defaults for ever. Handlers never assign them and no computed variable reads them; pages
build on them with variable operations and show what they hold only while ``scope`` is the page's own.
"""

from __future__ import annotations

from typing import Any, get_origin, get_type_hints

import reflex as rx

from guitara_app.accounts.queries import SessionRow, TokenRow
from guitara_app.appointments.views import (
    AttentionRow,
    Card,
    Detail,
    DriverRow,
    Night,
    NightRow,
    OwnJob,
)
from guitara_app.availability.views import NO_HOURS, OnNow, PersonHours, ShiftRow, TimeOffRow
from guitara_app.clients.views import AddressRow, ChangeRow, ClientFacts, DuplicateLine, VisitRow
from guitara_app.handover.views import Handover, HandoverLine
from guitara_app.live.scopes import Kind


def blank(shape: type) -> Any:
    """An empty value of a TypedDict: no text, no rows, zero."""
    return {name: (get_origin(hint) or hint)() for name, hint in get_type_hints(shape).items()}


class DeskLive(rx.State):
    """The board (``guitara_app.appointments.views.Board``), one variable a column; and the hand-over note."""

    scope: str = ""
    loaded: bool = False
    night: Night = blank(Night)
    rows: list[NightRow] = []
    attention: list[AttentionRow] = []
    waiting: list[Card] = []
    confirmed: list[Card] = []
    on_the_way: list[Card] = []
    in_session: list[Card] = []
    payment: list[Card] = []
    ended: list[Card] = []
    ended_count: int = 0
    drivers: list[DriverRow] = []
    handover: Handover = blank(Handover)
    handovers_before: list[HandoverLine] = []


class AppointmentLive(rx.State):
    """One visit as the desk sees it; ``missing`` when there is none of that number."""

    scope: str = ""
    loaded: bool = False
    missing: bool = False
    detail: Detail = blank(Detail)


class PersonLive(rx.State):
    """The own evening of a therapist or driver (``guitara_app.appointments.views.OwnNight``)."""

    scope: str = ""
    loaded: bool = False
    evening: str = ""
    shift: str = ""
    came: str = ""
    left: str = ""
    now_jobs: list[OwnJob] = []
    next_jobs: list[OwnJob] = []
    done_jobs: list[OwnJob] = []


class ShiftsLive(rx.State):
    """Everybody's hours of one evening, who is on shift now when it is tonight, and what waits for an answer."""

    scope: str = ""
    loaded: bool = False
    evening: str = ""
    tonight: bool = False
    on_now: OnNow = blank(OnNow)
    asked: list[TimeOffRow] = []
    shifts: list[ShiftRow] = []


class HoursLive(rx.State):
    """What decides when one person can be offered work; ``missing`` when there is no such therapist or driver."""

    scope: str = ""
    loaded: bool = False
    missing: bool = False
    hours: PersonHours = NO_HOURS
    firm: dict[str, str] = {}


class ClientLive(rx.State):
    """One client's card (``guitara_app.clients.views.Card``), and who may be the same person."""

    scope: str = ""
    loaded: bool = False
    missing: bool = False
    client: ClientFacts = blank(ClientFacts)
    addresses: list[AddressRow] = []
    history: list[VisitRow] = []
    changes: list[ChangeRow] = []
    duplicates: list[DuplicateLine] = []


class ProfileLive(rx.State):
    """Somebody's own account (``guitara_app.accounts.queries.Profile``)."""

    scope: str = ""
    loaded: bool = False
    name: str = ""
    username: str = ""
    email: str = ""
    role: str = ""
    sessions: list[SessionRow] = []
    tokens: list[TokenRow] = []


PUSHED: dict[Kind, type[rx.State]] = {
    Kind.DESK: DeskLive,
    Kind.APPOINTMENT: AppointmentLive,
    Kind.PERSON: PersonLive,
    Kind.SHIFTS: ShiftsLive,
    Kind.HOURS: HoursLive,
    Kind.CLIENT: ClientLive,
    Kind.PROFILE: ProfileLive,
}
