"""What the desk is given of the road: drivers, trips that wait for one, and therapists who are still out."""

from __future__ import annotations

from typing import TypedDict


class DriverLine(TypedDict):
    """A driver of this evening.

    ``place`` counts the queue from 1, and is 0 outside it. ``what`` is what they do or were asked for, ``then`` what
    comes after it, ``why`` what decides their place. ``since``, ``until`` and ``due_at`` are instants, or empty.
    """

    id: int
    name: str
    phone: str
    vehicle: str
    status: str
    place: int
    what: str
    why: str
    then: str
    since: str
    until: str
    due_at: str
    appointment_id: int


class WaitingTrip(TypedDict):
    """A trip for which nobody drives yet; ``search`` is the action that looks for somebody by itself."""

    leg_id: int
    appointment_id: int
    urgent: bool
    outbound: bool
    who: str
    phone: str
    words: str
    wanted_at: str
    late: bool
    asked: str
    search: str


class OutRow(TypedDict):
    """A therapist who is not home yet: where, since when, and which trip comes for them, if any.

    ``leg_id`` is that trip while its driver can still be chosen; ``can_ask`` that a car can be asked for, ``can_home``
    that they may have got home without one.
    """

    person_id: int
    name: str
    phone: str
    assignment_id: int
    appointment_id: int
    state: str
    where: str
    since: str
    trip: str
    leg_id: int
    can_ask: bool
    can_home: bool


class Road(TypedDict):
    """Everything the road's scope shows; each key is one pushed variable."""

    evening: str
    queue: list[DriverLine]
    busy: list[DriverLine]
    offers: list[DriverLine]
    off: list[DriverLine]
    trips: list[WaitingTrip]
    out: list[OutRow]


class QueuePlace(TypedDict):
    """Where a driver stands in the queue, in words, and since when they are free."""

    words: str
    since: str
