"""The variables that only ``live`` sets, in the browser and nowhere else.

On the server they keep their defaults for ever. Handlers never assign them and no computed variable reads them; pages
build on them with variable operations and show what they hold only while ``scope`` is the page's own. ``rev`` counts
what the scope's room was sent: a difference that does not build on it is not put in.
"""

from __future__ import annotations

from typing import Any, get_args, get_origin, get_type_hints

import reflex as rx

from guitara_app.accounts.queries import SessionRow, TokenRow
from guitara_app.appointments.plan_views import MonthVisit, PlanLeg, PlanPerson, PlanSpan, PlanVisit
from guitara_app.appointments.queries.series_gaps import GapRow
from guitara_app.appointments.queries.wishes import WishRow
from guitara_app.appointments.road_views import DriverLine, OutRow, QueuePlace, WaitingTrip
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
from guitara_app.exchange.views import ImportFacts
from guitara_app.handover.views import Handover, HandoverLine
from guitara_app.live.present import Colleague
from guitara_app.live.scopes import Kind
from guitara_app.money.earnings import Earned
from guitara_app.money.views import PaymentLine
from guitara_app.monitoring.views import AlertRow, Measure, Often, PartRow, ProcessRow
from guitara_app.notifications.views import Notice
from guitara_app.notifications.words import Mail


def blank(shape: type) -> Any:
    """An empty value of a TypedDict: no text, no rows, zero."""
    return {name: (get_origin(hint) or hint)() for name, hint in get_type_hints(shape).items()}


class _Pushed(rx.State, mixin=True):
    """What every scope has."""

    scope: str = ""
    rev: int = 0
    loaded: bool = False


class _Plan(_Pushed, mixin=True):
    """What a week and a month have."""

    first: str = ""
    last: str = ""
    today: str = ""
    now: str = ""
    zone: str = ""
    opens: str = ""
    closes: str = ""
    day_starts: str = ""
    holidays: dict[str, str] = {}


class DeskLive(_Pushed, rx.State):
    """The board (``guitara_app.appointments.views.Board``), one variable a column; and the hand-over note."""

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
    out: list[OutRow] = []
    handover: Handover = blank(Handover)
    handovers_before: list[HandoverLine] = []


class RoadLive(_Pushed, rx.State):
    """Drivers, trips that wait for one, who is still out (``guitara_app.appointments.road_views.Road``)."""

    evening: str = ""
    queue: list[DriverLine] = []
    busy: list[DriverLine] = []
    offers: list[DriverLine] = []
    off: list[DriverLine] = []
    trips: list[WaitingTrip] = []
    out: list[OutRow] = []


class QueueLive(_Pushed, rx.State):
    """Where each free driver stands, by their number; nothing else of anybody."""

    places: dict[str, QueuePlace] = {}


class AppointmentLive(_Pushed, rx.State):
    """One visit as the desk sees it; ``missing`` when there is none of that number."""

    missing: bool = False
    detail: Detail = blank(Detail)
    payments: list[PaymentLine] = []


class PersonLive(_Pushed, rx.State):
    """The own evening (``guitara_app.appointments.views.OwnNight``) of a therapist or driver, and their week."""

    evening: str = ""
    shift: str = ""
    came: str = ""
    left: str = ""
    there_week: str = ""
    evenings: int = 0
    earned: Earned = blank(Earned)
    now_jobs: list[OwnJob] = []
    next_jobs: list[OwnJob] = []
    later_jobs: list[OwnJob] = []
    done_jobs: list[OwnJob] = []


class ShiftsLive(_Pushed, rx.State):
    """Everybody's hours of one evening, who is on shift now when it is tonight, and what waits for an answer."""

    evening: str = ""
    tonight: bool = False
    holiday: str = ""
    on_now: OnNow = blank(OnNow)
    asked: list[TimeOffRow] = []
    shifts: list[ShiftRow] = []


class MonthLive(_Plan, rx.State):
    """The visits of a month (``guitara_app.appointments.queries.month.MonthPlan``)."""

    visits: list[MonthVisit] = []
    names: dict[str, str] = {}
    services: dict[str, str] = {}
    zones: dict[str, str] = {}
    states: list[str] = []
    movable: list[str] = []


class WeekLive(_Plan, rx.State):
    """The plan of a week (``guitara_app.appointments.queries.plan.WeekPlan``)."""

    visits: list[PlanVisit] = []
    legs: list[PlanLeg] = []
    spans: list[PlanSpan] = []
    people: list[PlanPerson] = []


class HoursLive(_Pushed, rx.State):
    """What decides when one person can be offered work; ``missing`` when there is no such therapist or driver."""

    missing: bool = False
    hours: PersonHours = NO_HOURS
    firm: dict[str, str] = {}


class ClientLive(_Pushed, rx.State):
    """One client's card (``guitara_app.clients.views.Card``), and who may be the same person."""

    missing: bool = False
    client: ClientFacts = blank(ClientFacts)
    addresses: list[AddressRow] = []
    history: list[VisitRow] = []
    changes: list[ChangeRow] = []
    duplicates: list[DuplicateLine] = []


class ProfileLive(_Pushed, rx.State):
    """Somebody's own account (``guitara_app.accounts.queries.Profile``); ``calendar`` tells of their feed, if any."""

    name: str = ""
    username: str = ""
    email: str = ""
    role: str = ""
    mail: str = Mail.URGENT.value
    calendar: str = ""
    sessions: list[SessionRow] = []
    tokens: list[TokenRow] = []


class InboxLive(_Pushed, rx.State):
    """What somebody has not read yet (``guitara_app.notifications.views.Inbox``); it stands on every page of theirs."""

    unread: int = 0
    urgent: int = 0
    alerts: list[Notice] = []
    stamp: str = ""
    toured: bool = True


class PresenceLive(_Pushed, rx.State):
    """Who has a page open (``guitara_app.live.presence.Present``); it stands on every page of the desk."""

    online: dict[str, bool] = {}
    desk: list[Colleague] = []


class LinkLive(rx.State):
    """How long this socket's messages take to the server and back, in milliseconds; 0 when not known yet."""

    ms: int = 0


class SystemLive(_Pushed, rx.State):
    """How the system is doing (``guitara_app.monitoring.views.System``), one variable for each part of the page."""

    measured: str = ""
    fresh: bool = False
    measures: list[Measure] = []
    hour: dict[str, list[float | None]] = {}
    parts: list[PartRow] = []
    processes: list[ProcessRow] = []
    sockets: list[PartRow] = []
    queues: list[PartRow] = []
    alerts: list[AlertRow] = []
    slow: list[Often] = []
    repeated: list[Often] = []


class WaitingLive(_Pushed, rx.State):
    """Who waits for a slot (``guitara_app.appointments.queries.wishes.WaitingList``), and evenings of series."""

    gaps: list[GapRow] = []
    wishes: list[WishRow] = []
    closed: list[WishRow] = []


class WorkloadLive(_Pushed, rx.State):
    """When work was last changed: each page counts other evenings, and asks for them again when this is another."""

    stamp: str = ""


class CatalogLive(_Pushed, rx.State):
    """When the catalog was last changed; on every page of the desk, so that open forms offer what can be had now."""

    stamp: str = ""


class ImportLive(_Pushed, rx.State):
    """How the file stands that somebody is taking in (``guitara_app.exchange.views.ImportFacts``)."""

    standing: ImportFacts = blank(ImportFacts)


PUSHED: dict[Kind, type[rx.State]] = {
    Kind.DESK: DeskLive,
    Kind.ROAD: RoadLive,
    Kind.QUEUE: QueueLive,
    Kind.APPOINTMENT: AppointmentLive,
    Kind.PERSON: PersonLive,
    Kind.SHIFTS: ShiftsLive,
    Kind.WEEK: WeekLive,
    Kind.MONTH: MonthLive,
    Kind.HOURS: HoursLive,
    Kind.CLIENT: ClientLive,
    Kind.PROFILE: ProfileLive,
    Kind.INBOX: InboxLive,
    Kind.PRESENCE: PresenceLive,
    Kind.SYSTEM: SystemLive,
    Kind.WAITING: WaitingLive,
    Kind.WORKLOAD: WorkloadLive,
    Kind.CATALOG: CatalogLive,
    Kind.IMPORT: ImportLive,
}

_ROW_KEYS: dict[type, str] = {
    AttentionRow: "key",
    Card: "id",
    DriverLine: "id",
    DriverRow: "id",
    GapRow: "id",
    MonthVisit: "id",
    NightRow: "person_id",
    OutRow: "assignment_id",
    PlanLeg: "id",
    PlanPerson: "id",
    PlanSpan: "key",
    PlanVisit: "id",
    ShiftRow: "person_id",
    WaitingTrip: "leg_id",
    WishRow: "id",
}


def _keyed(state: type[rx.State]) -> dict[str, str]:
    rows = {name: (get_args(hint) or (None,))[0] for name, hint in get_type_hints(state).items()}
    return {name: _ROW_KEYS[row] for name, row in rows.items() if row in _ROW_KEYS}


KEYED: dict[Kind, dict[str, str]] = {kind: _keyed(state) for kind, state in PUSHED.items()}
"""The variables whose rows have a key, so that only the rows that changed are sent; and that key."""
