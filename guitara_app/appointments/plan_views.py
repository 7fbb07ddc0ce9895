"""What the views of whole weeks and months are given: who does what when, without phones and streets.

Times are what the firm's wall clock shows, ``2026-11-28T00:30``, wherever the browser is. Past midnight is the next
date there; ``evening`` is the business date it belongs to.
"""

from __future__ import annotations

from typing import TypedDict


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
    """One visit; ``movable`` while it can be changed."""

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
    movable: bool
    seats: list[PlanSeat]


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
    """Which business days are shown, and how the firm reads its clock; ``now`` is when this was read."""

    first: str
    last: str
    today: str
    now: str
    zone: str
    opens: str
    closes: str
    day_starts: str
