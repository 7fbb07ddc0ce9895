"""What the views of whole weeks and months are given: who does what when, without phones and streets.

Times are what the firm's wall clock shows, ``2026-11-28T00:30``, wherever the browser is. Past midnight is the next
date there; ``evening`` is the business date it belongs to.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class PlanSeat(TypedDict):
    """A therapist's place; ``until`` is when they could begin something else."""

    id: int
    person_id: int
    name: str
    answer: str
    starts: str
    ends: str
    until: str


class PlanVisit(TypedDict):
    """One visit; ``movable`` while it can be changed, ``repeats`` when it is one of a series."""

    id: int
    evening: str
    starts: str
    ends: str
    state: str
    client: str
    services: str
    place: str
    zone: str
    address_id: int
    version: int
    repeats: bool
    movable: bool
    seats: list[PlanSeat]


class MonthVisit(TypedDict):
    """One of the thousands of visits of a month, in so few letters because there are so many.

    ``d`` is the business day, counted from the first that is shown; ``a`` and ``b`` are begin and end in minutes since
    midnight of that day. ``s`` is the state's place in the month's list of states; ``c`` the client's name; ``z`` zone,
    ``v`` services and ``p`` the people who go, by number. ``o`` are people who were on it and no longer go; ``r``
    is there when the visit is one of a series.
    """

    id: int
    d: int
    a: int
    b: int
    s: int
    c: str
    z: int
    v: list[int]
    p: NotRequired[list[int]]
    o: NotRequired[list[int]]
    r: NotRequired[int]


class PlanLeg(TypedDict):
    """One trip: the way ``out`` to a visit, ``back`` from one, or ``on`` to the next client.

    ``driver_id`` is 0 while nobody drives it; ``movable`` while its driver can be chosen.
    """

    id: int
    evening: str
    visit_id: int
    driver_id: int
    driver: str
    starts: str
    ends: str
    state: str
    way: str
    words: str
    movable: bool


class PlanSpan(TypedDict):
    """When somebody can be offered work (``shift``) or is off by agreement (``off``)."""

    key: str
    person_id: int
    kind: str
    starts: str
    ends: str


class PlanPerson(TypedDict):
    """A therapist or driver; ``vehicle`` is empty for therapists."""

    id: int
    name: str
    role: str
    vehicle: str


class PlanFrame(TypedDict):
    """Which business days are shown, and how the firm reads its clock; ``now`` is when this was read.

    ``holidays`` are the public ones among those days, with what the firm does: ``Christmas Day, closed``.
    """

    first: str
    last: str
    today: str
    now: str
    zone: str
    opens: str
    closes: str
    day_starts: str
    holidays: dict[str, str]
