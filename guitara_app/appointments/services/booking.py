"""Booking a visit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person, Vehicle
from guitara_app.accounts.permissions import Actor, Permission, Role, require
from guitara_app.appointments.models import Appointment, AppointmentService, Assignment, Leg, LegPassenger
from guitara_app.appointments.queries.candidates import candidates
from guitara_app.appointments.queries.overlaps import overlap_sentence, overlaps
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import Plan, answer_due, check_people, needs_car, plan
from guitara_app.appointments.services.overdue import grow_overdue
from guitara_app.appointments.services.visit import note, topics_of
from guitara_app.appointments.words import Answer, AppointmentState, LegState, Progress
from guitara_app.catalog.queries import ServiceChoice, active_services
from guitara_app.clients import services as clients
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Conflict, Invalid
from guitara_app.kit.events import keep_result, result_of_key


def book(session: Session, actor: Actor, request: BookingRequest, *, now: datetime) -> int:
    """Book a visit and offer it to its therapists; returns its number. The same request sent twice books once.

    Raises:
        NotAllowed: the actor is not of the desk.
        Invalid, NotFound: something in the request cannot be; ``field`` says what.
        Conflict: somebody's time is taken; the jobs in the way are named.
    """
    require(actor, Permission.BOOK)
    booker = actor.person_id or 0
    if (made := result_of_key(session, booker, request.idempotency_key)) is not None:
        return made
    firm = firm_settings(session)
    services = active_services(session, only=request.service_ids)
    check_people(request)
    planned = plan(request, services, firm, now=now)
    people = _therapists(session, request.therapist_ids)
    override = normal_note(request.off_shift_reason, field="off_shift_reason")
    reasons = _take_time(session, request, planned, people, override, now=now)
    client = _client(session, actor, request, now=now)
    visit = _visit(session, request, planned, client.id, _address(session, request, client.id, now=now), booker, now)
    _add_services(session, visit, request, services)
    due_at = answer_due(now, planned.starts_at, firm)
    seats = _offer(session, planned, visit, people, reasons, override, due_at, now)
    if request.driver_needed:
        _plan_outbound(session, request, visit, seats, firm)
    note(
        session,
        "booked",
        visit,
        actor,
        now=now,
        topics=topics_of(visit, seats),
        reason=override,
        data={"therapists": sorted(people)},
    )
    keep_result(session, booker, request.idempotency_key, visit.id)
    return visit.id


def _therapists(session: Session, therapist_ids: Collection[int]) -> dict[int, Person]:
    found: dict[int, Person] = {}
    for person_id in sorted(therapist_ids):
        # Shared lock: an account cannot be disabled between this look and the commit.
        person = session.get(Person, person_id, with_for_update={"read": True}) if 0 < person_id < 2**63 else None
        if person is None or person.role != Role.THERAPIST:
            raise Invalid("One of the people chosen is not a therapist. Choose again.", field="therapist_ids")
        if person.disabled_at is not None:
            raise Invalid(f"{person.name}'s account has been disabled. Choose somebody else.", field="therapist_ids")
        found[person_id] = person
    return found


def _take_time(
    session: Session, request: BookingRequest, planned: Plan, people: dict[int, Person], override: str, *, now: datetime
) -> dict[int, str]:
    """Hold the people's time, refuse what is taken or off shift, and say why each was a good choice."""
    lock_people(session, set(people))
    grow_overdue(session, now=now, people=set(people))
    clashes = overlaps(session, people, planned.occupied)
    if clashes:
        raise Conflict(f"{overlap_sentence(clashes)} Choose another time or therapist.", clashes, field="therapist_ids")
    found = candidates(
        session,
        day=planned.business_date,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        taken=planned.occupied,
        client_id=request.client_id,
        only=people,
    )
    off_shift = [candidate for candidate in found if not candidate.free]
    if off_shift and not override:
        listed = ", ".join(f"{candidate.name} ({candidate.reason})" for candidate in off_shift)
        raise Invalid(f"Outside the shift: {listed}. Choose somebody else, or give a reason.", field="off_shift_reason")
    return {candidate.person_id: candidate.reason if candidate.free else "" for candidate in found}


def _client(session: Session, actor: Actor, request: BookingRequest, *, now: datetime) -> Client:
    if request.client_id is not None:
        return clients.living(session, request.client_id)
    if request.new_client is None:
        raise Invalid("Choose a client, or add a new one.", field="client")
    return clients.create(session, actor, request.new_client, now=now)


def _address(session: Session, request: BookingRequest, client_id: int, *, now: datetime) -> ClientAddress:
    if request.address_id is not None:
        return clients.use_address(session, client_id, request.address_id, now=now)
    return clients.add_address(
        session,
        client_id,
        line=request.address_line,
        locality_id=request.locality_id,
        notes=request.address_notes,
        now=now,
    )


def _visit(
    session: Session,
    request: BookingRequest,
    planned: Plan,
    client_id: int,
    address: ClientAddress,
    booker: int,
    now: datetime,
) -> Appointment:
    visit = Appointment(
        client_id=client_id,
        address_id=address.id,
        business_date=planned.business_date,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        state=AppointmentState.PENDING,
        driver_needed=request.driver_needed,
        car_needed=needs_car(request),
        price=planned.price,
        notes=normal_note(request.notes),
        booked_at=now,
        booked_by_id=booker,
    )
    session.add(visit)
    session.flush()
    return visit


def _add_services(
    session: Session, visit: Appointment, request: BookingRequest, services: Collection[ServiceChoice]
) -> None:
    by_id = {service.id: service for service in services}
    chosen = [by_id[service_id] for service_id in request.service_ids]
    session.add_all(
        AppointmentService(appointment_id=visit.id, service_id=service.id, minutes=service.minutes, price=service.price)
        for service in chosen
    )


def _offer(
    session: Session,
    planned: Plan,
    visit: Appointment,
    people: Collection[int],
    reasons: dict[int, str],
    override: str,
    due_at: datetime,
    now: datetime,
) -> list[Assignment]:
    seats = [
        Assignment(
            appointment_id=visit.id,
            person_id=person_id,
            answer=Answer.OFFERED,
            progress=Progress.WAITING,
            offered_at=now,
            due_at=due_at,
            planned_start=planned.starts_at,
            planned_end=planned.ends_at,
            turnaround_minutes=planned.turnaround_minutes,
            occupied=planned.occupied,
            chosen_because=reasons.get(person_id, ""),
            override_reason="" if reasons.get(person_id) else override,
        )
        for person_id in sorted(people)
    ]
    session.add_all(seats)
    session.flush()
    return seats


def _plan_outbound(
    session: Session, request: BookingRequest, visit: Appointment, seats: Collection[Assignment], firm: FirmSettings
) -> None:
    # Where the therapist will come from is not known before the evening: the longer of the two estimates is planned.
    leg = Leg(
        to_appointment_id=visit.id,
        business_date=visit.business_date,
        state=LegState.PLANNED,
        vehicle_needed=Vehicle.CAR if needs_car(request) else "any",
        wanted_at=visit.starts_at - timedelta(minutes=firm.other_zone_minutes),
        travel_minutes=firm.other_zone_minutes,
    )
    session.add(leg)
    session.flush()
    session.add_all(LegPassenger(leg_id=leg.id, assignment_id=seat.id) for seat in seats)
