"""A small firm to test against: people, a client, services, shifts, and a booking in two words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.models import Appointment, Assignment, Leg
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book
from guitara_app.appointments.words import Answer, AppointmentState, LegState, Progress
from guitara_app.availability.models import Shift, ShiftException
from guitara_app.catalog.models import Service
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.firm.models import Locality, Zone
from guitara_app.kit.database import run, transaction
from guitara_app.kit.time import period

# 20:00 in Manila, an hour inside every shift below.
EVENING = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def manila(hour: int, minute: int = 0, day: date = EVENING) -> datetime:
    """An instant of the evening; hours from 24 on are past midnight."""
    return datetime.combine(day, time(0), tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


@dataclass
class Firm:
    """Who and what there is; everything else is made by the test itself."""

    therapists: list[int] = field(default_factory=list)
    drivers: list[int] = field(default_factory=list)
    operator: Actor = field(default=None)  # type: ignore[assignment]  # set by open_firm
    client: int = 0
    address: int = 0
    locality: int = 0
    service: int = 0

    def therapist(self, index: int = 0) -> Actor:
        """One of the therapists as the one who acts."""
        return Actor(self.therapists[index], Role.THERAPIST, f"Therapist {index}")

    def request(self, *therapists: int, start: time = time(21), **more: Any) -> BookingRequest:
        """A booking of these therapists (by index), 60 minutes unless said otherwise."""
        values: dict[str, Any] = {
            "client_id": self.client,
            "service_ids": [self.service],
            "therapist_ids": [self.therapists[index] for index in therapists],
            "evening": EVENING,
            "start": start,
            "driver_needed": False,
            "address_id": self.address,
        }
        return BookingRequest(**(values | more))

    def book(self, *therapists: int, start: time = time(21), now: datetime = NOW, **more: Any) -> int:
        """Book it in a transaction of its own."""
        request = self.request(*therapists, start=start, **more)
        return run(lambda session: book(session, self.operator, request, now=now))


def open_firm(therapists: int = 4, drivers: int = 2) -> Firm:
    """Write the firm's rows."""
    firm = Firm()
    with transaction() as session:
        zone = Zone(name="1")
        service = Service(name="Shiatsu", minutes=60, price=500)
        desk = Person(username="ana", name="Ana O'Hara", role=Role.OPERATOR)
        people = [Person(username=f"t{n}", name=f"Therapist {n}", role=Role.THERAPIST) for n in range(therapists)]
        wheel = [Person(username=f"d{n}", name=f"Driver {n}", role=Role.DRIVER, vehicle="car") for n in range(drivers)]
        client = Client(name="Mrs D'Souza", phone="+639171234567")
        session.add_all([zone, service, desk, *people, *wheel, client])
        session.flush()
        locality = Locality(name="Pasig", zone_id=zone.id)
        session.add(locality)
        session.flush()
        address = ClientAddress(client_id=client.id, line="1 Main Street", locality_id=locality.id)
        session.add(address)
        for person in (*people, *wheel):
            session.add(_shift(person.id))
            session.add(ShiftException(person_id=person.id, business_date=EVENING, starts=time(13), ends=time(1)))
        session.flush()
        firm.therapists, firm.drivers = [person.id for person in people], [person.id for person in wheel]
        firm.operator = Actor(desk.id, Role.OPERATOR, desk.name)
        firm.client, firm.address, firm.locality, firm.service = client.id, address.id, locality.id, service.id
    return firm


def _shift(person_id: int) -> Shift:
    whole = period(manila(13), manila(25))
    return Shift(person_id=person_id, business_date=EVENING, period=whole, source="by_hand")


def visit_row(session: Session, firm: Firm, start: datetime, end: datetime) -> Appointment:
    """A visit written past every service."""
    visit = Appointment(
        client_id=firm.client,
        address_id=firm.address,
        business_date=EVENING,
        starts_at=start,
        ends_at=end,
        state=AppointmentState.PENDING,
        driver_needed=False,
        car_needed=False,
        price=500,
        booked_at=NOW,
        booked_by_id=firm.operator.person_id,
    )
    session.add(visit)
    session.flush()
    return visit


def seat_row(
    session: Session,
    firm: Firm,
    person: int,
    start: datetime,
    end: datetime,
    *,
    visit: Appointment | None = None,
    **more: Any,
) -> Assignment:
    """A place written past every service."""
    visit = visit or visit_row(session, firm, start, end)
    values: dict[str, Any] = {
        "answer": Answer.ACCEPTED,
        "progress": Progress.WAITING,
        "offered_at": NOW,
        "planned_start": start,
        "planned_end": end,
        "occupied": period(start, end),
    }
    seat = Assignment(appointment_id=visit.id, person_id=firm.therapists[person], **(values | more))
    session.add(seat)
    session.flush()
    return seat


def leg_row(session: Session, firm: Firm, driver: int, start: datetime, end: datetime, **more: Any) -> Leg:
    """A trip written past every service."""
    visit = visit_row(session, firm, start, end)
    values: dict[str, Any] = {
        "to_appointment_id": visit.id,
        "business_date": EVENING,
        "state": LegState.ACCEPTED,
        "driver_id": firm.drivers[driver],
        "vehicle_needed": "any",
        "wanted_at": start,
        "planned_start": start,
        "travel_minutes": int((end - start).total_seconds() // 60),
        "occupied": period(start, end),
    }
    leg = Leg(**(values | more))
    session.add(leg)
    session.flush()
    return leg
