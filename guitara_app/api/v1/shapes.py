"""A visit as the API shows it: whole to the desk; to a therapist or driver only what is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from guitara_app.accounts.permissions import Actor
from guitara_app.api.v1.fields import Money
from guitara_app.appointments.queries.listing import ServiceOf
from guitara_app.appointments.queries.rows import VisitRow
from guitara_app.appointments.words import (
    CLOSED,
    LIVE_ANSWERS,
    LIVE_LEGS,
    Answer,
    AppointmentState,
    LegState,
    Progress,
)


class Booked(BaseModel):
    """A service as it was booked."""

    service_id: int
    name: str
    minutes: int
    price: Money


class WhoPhoned(BaseModel):
    """The client of a visit."""

    id: int
    name: str
    phone: str
    notes: str


class Where(BaseModel):
    """The address of a visit."""

    id: int
    line: str
    locality: str
    notes: str
    latitude: float | None
    longitude: float | None


class PlaceOf(BaseModel):
    """One therapist's place in a visit; ``id`` is that of the assignment."""

    id: int
    person_id: int
    name: str
    answer: Answer
    progress: Progress
    due_at: datetime | None
    reason: str
    chosen_because: str
    planned_start: datetime
    planned_end: datetime
    session_started_at: datetime | None
    session_ended_at: datetime | None
    review_open: bool


class TripOf(BaseModel):
    """One trip of a visit; ``id`` is that of the leg."""

    id: int
    direction: Literal["outbound", "return"]
    state: LegState
    driver_id: int | None
    driver: str | None
    passengers: str
    vehicle_needed: str
    wanted_at: datetime
    urgent: bool
    finished_at: datetime | None


class Visit(BaseModel):
    """A visit as the desk sees it."""

    view: Literal["desk"] = "desk"
    id: int
    state: AppointmentState
    evening: date
    starts_at: datetime
    ends_at: datetime
    client: WhoPhoned
    address: Where
    services: list[Booked]
    price: Money
    extension_price: Money
    driver_needed: bool
    car_needed: bool
    notes: str
    ending_reason: str
    booked_at: datetime
    booked_by: str
    closed_at: datetime | None
    places: list[PlaceOf]
    trips: list[TripOf]


class OwnPlace(BaseModel):
    """One's own place in a visit; ``id`` is that of the assignment."""

    id: int
    answer: Answer
    progress: Progress
    due_at: datetime | None
    session_started_at: datetime | None
    session_ended_at: datetime | None


class OwnTrip(BaseModel):
    """One's own trip; ``id`` is that of the leg."""

    id: int
    direction: Literal["outbound", "return"]
    state: LegState
    passengers: str
    wanted_at: datetime
    urgent: bool


class Door(BaseModel):
    """Whom to visit and where; only while one has business there."""

    client: str
    phone: str
    address: str
    notes: str


class OwnVisit(BaseModel):
    """A visit as one of those on it sees it; ``door`` is null for whoever has no more business there."""

    view: Literal["own"] = "own"
    id: int
    state: AppointmentState
    evening: date
    starts_at: datetime
    ends_at: datetime
    services: list[str]
    locality: str
    driver_needed: bool
    others: list[str]
    places: list[OwnPlace]
    trips: list[OwnTrip]
    door: Door | None


def shaped(visit: VisitRow, services: Sequence[ServiceOf], actor: Actor) -> Visit | OwnVisit:
    """The visit as ``actor`` may see it."""
    return _whole(visit, services) if actor.is_desk else _own(visit, services, actor.person_id or 0)


def _whole(visit: VisitRow, services: Sequence[ServiceOf]) -> Visit:
    row = visit.row
    return Visit(
        id=row.id,
        state=row.state,
        evening=row.business_date,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        client=WhoPhoned(id=row.client_id, name=row.client, phone=row.phone, notes=row.client_notes),
        address=Where(
            id=row.address_id,
            line=row.line,
            locality=row.locality,
            notes=row.address_notes,
            latitude=row.latitude,
            longitude=row.longitude,
        ),
        services=[Booked(service_id=s.service_id, name=s.name, minutes=s.minutes, price=s.price) for s in services],
        price=row.price,
        extension_price=row.extension_price,
        driver_needed=row.driver_needed,
        car_needed=row.car_needed,
        notes=row.notes,
        ending_reason=row.ending_reason,
        booked_at=row.booked_at,
        booked_by=row.booked_by,
        closed_at=row.closed_at,
        places=[_place(seat) for seat in visit.seats],
        trips=[_trip(leg) for leg in visit.legs],
    )


def _own(visit: VisitRow, services: Sequence[ServiceOf], person_id: int) -> OwnVisit:
    row = visit.row
    seats = [seat for seat in visit.seats if seat["person_id"] == person_id]
    legs = [leg for leg in visit.legs if leg["driver_id"] == person_id]
    busy = any(seat["answer"] in LIVE_ANSWERS for seat in seats) and row.state not in CLOSED
    driving = any(leg["state"] in LIVE_LEGS for leg in legs)
    notes = [note for note in (row.address_notes, row.notes) if note]
    return OwnVisit(
        id=row.id,
        state=row.state,
        evening=row.business_date,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        services=[service.name for service in services],
        locality=row.locality,
        driver_needed=row.driver_needed,
        others=[seat["name"] for seat in visit.counting if seat["person_id"] != person_id],
        places=[_own_place(seat) for seat in seats],
        trips=[_own_trip(leg) for leg in legs],
        # Whoever refused, or whose work is over, has no more business with the client's phone and door.
        door=Door(client=row.client, phone=row.phone, address=f"{row.line}, {row.locality}", notes="\n".join(notes))
        if busy or driving
        else None,
    )


def _place(seat: dict[str, Any]) -> PlaceOf:
    return PlaceOf(
        id=seat["id"],
        person_id=seat["person_id"],
        name=seat["name"],
        answer=seat["answer"],
        progress=seat["progress"],
        due_at=_due(seat),
        reason=seat["reason"],
        chosen_because=seat["because"],
        planned_start=seat["planned_start"],
        planned_end=seat["planned_end"],
        session_started_at=seat["started_at"],
        session_ended_at=seat["ended_at"],
        review_open=seat["review"] is not None,
    )


def _own_place(seat: dict[str, Any]) -> OwnPlace:
    return OwnPlace(
        id=seat["id"],
        answer=seat["answer"],
        progress=seat["progress"],
        due_at=_due(seat),
        session_started_at=seat["started_at"],
        session_ended_at=seat["ended_at"],
    )


def _due(seat: dict[str, Any]) -> Any:
    return seat["due_at"] if seat["answer"] == Answer.OFFERED else None


def _trip(leg: dict[str, Any]) -> TripOf:
    return TripOf(
        **_own_trip(leg).model_dump(),
        driver_id=leg["driver_id"],
        driver=leg["driver"],
        vehicle_needed=leg["vehicle"],
        finished_at=leg["finished_at"],
    )


def _own_trip(leg: dict[str, Any]) -> OwnTrip:
    return OwnTrip(
        id=leg["id"],
        direction="outbound" if leg["outbound"] else "return",
        state=leg["state"],
        passengers=leg["passengers"] or "",
        wanted_at=leg["wanted_at"],
        urgent=leg["urgent"],
    )
