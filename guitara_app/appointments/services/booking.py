"""Booking a visit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.models import Appointment, AppointmentService
from guitara_app.appointments.queries.automatic import Pick
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.preview import wanted_by
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import Plan, answer_due, check_people, needs_car, plan
from guitara_app.appointments.services.choosing import choose_all
from guitara_app.appointments.services.seats import claim_time, offer_seat, therapists
from guitara_app.appointments.services.visit import booked_step
from guitara_app.appointments.words import AppointmentState
from guitara_app.catalog.queries import ServiceChoice, active_services
from guitara_app.clients import services as clients
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import result_of_key


class OfSeries(NamedTuple):
    """Which evening of which series a visit stands for, and who made the series.

    ``told`` says that its people are told of the series as a whole, and not of this visit by itself.
    """

    series_id: int
    day: date
    made_by_id: int
    told: bool


def book(session: Session, actor: Actor, request: BookingRequest, *, now: datetime, of: OfSeries | None = None) -> int:
    """Book a visit and offer it to its therapists; returns its number. The same request sent twice books once.

    Therapists whom the policy is to choose are chosen here, of those who are free at this moment. The system books what
    is ``of`` a series that somebody of the desk has made.

    Raises:
        NotAllowed: the actor is not of the desk.
        Invalid, NotFound: something in the request cannot be; ``field`` says what.
        Conflict: somebody's time is taken; the jobs in the way are named.
        NotPossible: fewer are free than the policy is to choose; the nearest times at which enough are, are named.
    """
    if of is None or actor.role is not None:
        require(actor, Permission.BOOK)
    booker = actor.person_id or (of.made_by_id if of else 0)
    if (made := result_of_key(session, booker, request.idempotency_key)) is not None:
        return made
    firm = firm_settings(session)
    services = active_services(session, only=request.service_ids)
    check_people(request)
    planned = plan(request, services, firm, now=now)
    people = therapists(session, request.therapist_ids)
    override = normal_note(request.off_shift_reason, field="off_shift_reason")
    wanted = wanted_by(session, request, planned)
    picked = _hold(session, set(people), wanted, request.automatic, now=now)
    people |= therapists(session, [one.person_id for one in picked])
    claims = claim_time(session, people, wanted, now=now, override=override, picked=picked)
    client = client_of(session, actor, request, now=now)
    address = address_of(session, request, client.id, now=now)
    visit = _visit(session, request, planned, client.id, address, booker, now)
    if of is not None:
        visit.series_id, visit.series_date = of.series_id, of.day
    add_services(session, visit, request.service_ids, services)
    step = booked_step(session, actor, visit, set(people), now=now, reason=override, key=request.idempotency_key)
    due_at = answer_due(now, planned.starts_at, firm)
    for person_id, claim in sorted(claims.items()):
        offer_seat(step, person_id, due_at=due_at, override=override, claim=claim)
    step.series_id = of.series_id if of and of.told else None
    step.done(data={"therapists": sorted(people), "chosen": {one.person_id: one.because for one in picked}})
    return visit.id


def add_services(
    session: Session, visit: Appointment, service_ids: Collection[int], services: Collection[ServiceChoice]
) -> None:
    """Write down what the visit is of, at the minutes and prices of now."""
    by_id = {service.id: service for service in services}
    chosen = [by_id[service_id] for service_id in service_ids]
    session.add_all(
        AppointmentService(appointment_id=visit.id, service_id=service.id, minutes=service.minutes, price=service.price)
        for service in chosen
    )
    session.flush()


def _hold(session: Session, by_hand: set[int], wanted: Wanted, automatic: int, *, now: datetime) -> list[Pick]:
    """Hold the time of those chosen by hand, and of those the policy chooses with it: all in one order."""
    if not automatic:
        lock_people(session, by_hand)
        return []

    def hold(more: set[int]) -> None:
        # Together with the others, so that two who book for some of the same people do not wait in a circle.
        lock_people(session, by_hand | more)

    return choose_all(session, wanted, automatic, hold=hold, now=now, by_hand=by_hand)


def client_of(session: Session, actor: Actor, request: BookingRequest, *, now: datetime) -> Client:
    """The client who is asked for, made when it is a new one."""
    if request.client_id is not None:
        return clients.living(session, request.client_id)
    if request.new_client is None:
        raise Invalid("Choose a client, or add a new one.", field="client")
    return clients.create(session, actor, request.new_client, now=now)


def address_of(session: Session, request: BookingRequest, client_id: int, *, now: datetime) -> ClientAddress:
    """The address that is asked for, made when it is a new one."""
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
        car_needed=needs_car(request.driver_needed, request.car_needed, request.people),
        price=planned.price,
        notes=normal_note(request.notes),
        booked_at=now,
        booked_by_id=booker,
    )
    session.add(visit)
    session.flush()
    return visit
