"""What pages are given of visits: plain, complete, and only what their reader may see.

Times come twice: as words of the firm's clock, and as ISO instants for what counts down in the browser (empty when
there is none).
"""

from __future__ import annotations

from typing import TypedDict


class Card(TypedDict):
    """A visit on the desk's board."""

    id: int
    state: str
    when: str
    starts_at: str
    ends_at: str
    client: str
    services: str
    people: str
    place: str
    driver: str
    price: str
    due_at: str
    soon: bool
    repeats: bool
    warnings: list[str]


class DriverRow(TypedDict):
    """A driver on shift: free since, or what they drive now."""

    id: int
    name: str
    vehicle: str
    status: str
    detail: str
    since: str
    due_at: str


class Way(TypedDict):
    """A button out of an entry of needs-me-now: a page of this application, or ``tel:`` and a number."""

    label: str
    to: str
    first: bool


class AttentionRow(TypedDict):
    """Something that waits for somebody at the desk, worst first.

    ``appointment_id`` is 0 where it is about no visit yet. Its age counts from ``since``, or its time left down to
    ``due_at``; the other is empty. ``handler`` is the name of whoever has claimed it, ``alarm_id`` a call for help that
    is to be closed here.
    """

    key: str
    kind: str
    tone: str
    title: str
    detail: str
    more: str
    since: str
    due_at: str
    appointment_id: int
    alarm_id: int
    ways: list[Way]
    handler_id: int
    handler: str
    handled_since: str


class NightBar(TypedDict):
    """One job of one therapist in the night at a glance; ``left`` and ``width`` are percent of the open hours."""

    appointment_id: int
    state: str
    label: str
    left: float
    width: float


class NightRow(TypedDict):
    """One therapist's night."""

    person_id: int
    name: str
    bars: list[NightBar]


class Night(TypedDict):
    """The evening in figures: its label, its open hours in words and as instants, and the ticks of its hour line."""

    evening: str
    hours: str
    opens_at: str
    closes_at: str
    ticks: list[str]
    on_shift: int
    working: int
    free: int
    jobs: int
    value: str


class Board(TypedDict):
    """Everything the desk's scope shows; each key is one pushed variable."""

    night: Night
    rows: list[NightRow]
    attention: list[AttentionRow]
    waiting: list[Card]
    confirmed: list[Card]
    on_the_way: list[Card]
    in_session: list[Card]
    payment: list[Card]
    ended: list[Card]
    ended_count: int
    drivers: list[DriverRow]


class Possible(TypedDict):
    """Something that can be done now: ``tone`` is ``step`` for the next one, ``grave`` for what cannot be undone."""

    action: str
    target_id: int
    label: str
    tone: str
    by_manager: bool
    on_behalf: bool


class Place(TypedDict):
    """One therapist's part of a visit, as the desk sees it."""

    assignment_id: int
    person_id: int
    name: str
    answer: str
    progress: str
    due_at: str
    reason: str
    because: str
    times: str
    override: str
    possible: list[Possible]


class LegRow(TypedDict):
    """One trip of a visit, as the desk sees it."""

    leg_id: int
    direction: str
    state: str
    driver: str
    passengers: str
    when: str
    possible: list[Possible]


class HistoryRow(TypedDict):
    """One thing that happened to a visit; ``because`` is why somebody was chosen, when they were."""

    event_id: int
    when: str
    what: str
    who: str
    reason: str
    because: str


class SeriesInfo(TypedDict):
    """The series a visit is part of; its number is 0 when it is of none.

    ``place`` is which of its visits this is, ``earlier`` and ``later`` the numbers of those beside it. ``open``: it has
    not been ended.
    """

    id: int
    version: int
    words: str
    ends: str
    place: str
    earlier: int
    later: int
    open: bool


class Detail(TypedDict):
    """A visit as the desk sees it."""

    id: int
    state: str
    evening: str
    when: str
    starts_at: str
    ends_at: str
    client_id: int
    client: str
    phone: str
    client_notes: str
    address: str
    address_notes: str
    services: str
    price: str
    notes: str
    driver_needed: bool
    car_needed: bool
    ending_reason: str
    booked: str
    possible: list[Possible]
    can_change: bool
    version: int
    series: SeriesInfo
    places: list[Place]
    legs: list[LegRow]
    history: list[HistoryRow]


class OwnAct(TypedDict):
    """A button on the phone; ``action`` is empty when there is none.

    ``asks`` says that a dialog comes before it; otherwise ``values`` is all there is to say.
    """

    action: str
    target_id: int
    label: str
    grave: bool
    asks: bool
    values: dict[str, list[str]]


class OwnJob(TypedDict):
    """One job of a therapist or driver, with what they need on the way and nothing of anybody else's.

    ``kind`` is ``assignment`` or ``leg``; ``id`` is that row's. Phone and address are those of this job alone, and only
    while they are needed. ``step`` is the next one, ``beside`` saying no to an offer, ``more`` what else there is;
    ``why`` says who must act before the work goes on, ``then`` what follows the next step when nobody has to.
    ``call_phone`` is of whoever they ride with.
    """

    kind: str
    id: int
    appointment_id: int
    state: str
    answer: str
    when: str
    starts_at: str
    ends_at: str
    title: str
    client: str
    phone: str
    address: str
    map_link: str
    notes: str
    others: str
    due_at: str
    steps_done: int
    steps: list[str]
    price: str
    collect_at: str
    ride: str
    call_name: str
    call_phone: str
    step: OwnAct
    then: list[OwnAct]
    beside: OwnAct
    more: list[OwnAct]
    panic: bool
    why: str


class OwnNight(TypedDict):
    """What a therapist or driver sees: what is on, what comes tonight, what comes on other evenings, what is over.

    Each key is one pushed variable.
    """

    evening: str
    shift: str
    now_jobs: list[OwnJob]
    next_jobs: list[OwnJob]
    later_jobs: list[OwnJob]
    done_jobs: list[OwnJob]
