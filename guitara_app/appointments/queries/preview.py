"""What the booking form shows while it is being filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from sqlalchemy.orm import Session

from guitara_app.appointments.policies import Policy
from guitara_app.appointments.queries.alternatives import Alternatives, alternatives
from guitara_app.appointments.queries.automatic import Pick, picks, too_few
from guitara_app.appointments.queries.candidates import Candidate, Wanted, candidates
from guitara_app.appointments.queries.earliest_driver import no_driver_warning
from guitara_app.appointments.queries.fields import Standing
from guitara_app.appointments.queries.jobs import place_in_locality, place_of
from guitara_app.appointments.queries.overlaps import overlap_sentence
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import MOVING, Plan, check_people, needs_car, plan, totals
from guitara_app.catalog.queries import ServiceChoice, active_services, services_of
from guitara_app.clients.queries import check_not_taken
from guitara_app.clients.rules import normal_email, normal_name, normal_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar
from guitara_app.travel.estimate import SOMEWHERE, Place

T = TypeVar("T")


class Problem(NamedTuple):
    """Why saving would be refused, and at which field."""

    field: str
    sentence: str


class Preview(NamedTuple):
    """The booking as far as it is known: its times and price, what is wrong, who could go, and what else could be.

    ``chosen`` are those the policy would choose now; it chooses again when it is saved.
    """

    night_label: str
    starts_label: str
    ends_label: str
    minutes: int
    price: Decimal
    problems: list[Problem]
    warnings: list[str]
    candidates: list[Candidate]
    alternatives: Alternatives = Alternatives()
    chosen: list[Pick] = []
    policy: Policy = Policy.FIFO


def preview(session: Session, draft: BookingRequest, *, now: datetime, visit: Standing | None = None) -> Preview:
    """What saving ``draft`` would come to. Fields that are still empty are no problem yet.

    With ``visit`` it is a change of that visit: its own time does not stand in its way, and what is not changed is not
    checked again.
    """
    firm = firm_settings(session)
    services = services_for(session, draft, visit)
    minutes, price = totals(services)
    problems = _problems_of_client(session, draft)
    if draft.service_ids and len(services) != len(set(draft.service_ids)):
        problems.append(Problem("service_ids", "One of the services is not on sale any more. Choose again."))
    planned: Plan | None = None
    if services and draft.evening and draft.start is not None and len(services) == len(set(draft.service_ids)):
        stays = visit is not None and (draft.evening, draft.start) == (visit.fields.evening, visit.fields.start)
        starts_at = visit.starts_at if visit is not None and stays else None
        planned = _attempt(problems, lambda: plan(draft, services, firm, now=now, starts_at=starts_at))
    if draft.people:
        _attempt(problems, lambda: check_people(draft))
    found: list[Candidate] = []
    warnings: list[str] = []
    other = Alternatives()
    chosen: list[Pick] = []
    if planned is not None:
        own = [seat.id for seat in visit.seats] if visit else []
        wanted = wanted_by(session, draft, planned)
        found = candidates(session, wanted, now=now, but=own)
        in_question = _in_question(draft, planned, visit)
        wrong = _problems_of_people(draft, found, in_question, visit)
        problems += wrong
        warnings = _warnings(session, draft, planned, firm.calendar, visit)
        chosen = picks(session, found, draft.automatic, but=draft.therapist_ids)
        lacking = len(chosen) < draft.automatic
        if wrong or lacking or not draft.people:
            other = alternatives(
                session, wanted, draft.therapist_ids, found, now=now, but=own, automatic=draft.automatic
            )
        if lacking:
            sentence = too_few(session, wanted, draft.automatic, len(chosen), other)
            problems.append(Problem("therapist_ids", sentence))
        if draft.driver_needed:
            car = needs_car(draft.driver_needed, draft.car_needed, draft.people)
            warnings += no_driver_warning(session, wanted, car=car, now=now, instead_of=visit.id if visit else 0)
    return Preview(
        night_label=firm.calendar.night_label(planned.starts_at, planned.business_date) if planned else "",
        starts_label=firm.calendar.clock_label(planned.starts_at, planned.business_date) if planned else "",
        ends_label=firm.calendar.clock_label(planned.ends_at, planned.business_date) if planned else "",
        minutes=planned.minutes if planned else minutes if draft.minutes is None else draft.minutes,
        price=planned.price if planned else price if draft.price is None else draft.price,
        problems=problems,
        warnings=warnings,
        candidates=found,
        alternatives=other,
        chosen=chosen,
        policy=Policy(firm.policy),
    )


def _attempt(problems: list[Problem], work: Callable[[], T]) -> T | None:
    try:
        return work()
    except GuitaraError as error:
        problems.append(Problem(error.field, error.sentence))
        return None


def wanted_by(session: Session, draft: BookingRequest, planned: Plan) -> Wanted:
    """What a booking asks of a therapist; its place as far as that is known."""
    place: Place | None = None
    if draft.address_id is not None:
        place = place_of(session, draft.address_id)
    elif draft.locality_id is not None:
        place = place_in_locality(session, draft.locality_id)
    return Wanted(
        day=planned.business_date,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        buffer_minutes=planned.buffer_minutes,
        place=place or SOMEWHERE,
        client_id=draft.client_id,
        service_ids=tuple(draft.service_ids),
    )


def _problems_of_client(session: Session, draft: BookingRequest) -> list[Problem]:
    problems: list[Problem] = []
    new = draft.new_client
    if draft.client_id is None and new is not None:
        if new.name:
            _attempt(problems, lambda: normal_name(new.name))
        if new.phone:
            _attempt(problems, lambda: check_not_taken(session, phone=normal_phone(new.phone)))
        _attempt(problems, lambda: check_not_taken(session, email=normal_email(new.email)))
    return problems


def services_for(session: Session, draft: BookingRequest, visit: Standing | None) -> list[ServiceChoice]:
    """Those chosen that can be booked: what is on sale, and what the visit was booked with."""
    if not draft.service_ids:
        return []
    on_sale = active_services(session, only=draft.service_ids)
    if visit is None:
        return on_sale
    kept = {service.id for service in on_sale} | set(visit.fields.service_ids)
    return [service for service in services_of(session, draft.service_ids) if service.id in kept]


def _in_question(draft: BookingRequest, planned: Plan, visit: Standing | None) -> set[int]:
    """Whose time is asked for: everybody's, or in a visit that is not moved only that of whoever comes to it."""
    if visit is None:
        return set(draft.therapist_ids)
    after = {
        "evening": draft.evening,
        "start": draft.start,
        "minutes": planned.minutes,
        "service_ids": draft.service_ids,
        "address_id": draft.address_id,
    }
    moved = any(after[name] != getattr(visit.fields, name) for name in MOVING)
    return set(draft.therapist_ids) - (set() if moved else {seat.person_id for seat in visit.seats})


def _problems_of_people(
    draft: BookingRequest, found: list[Candidate], in_question: set[int], visit: Standing | None
) -> list[Problem]:
    by_id = {candidate.person_id: candidate for candidate in found}
    chosen = [by_id[person_id] for person_id in draft.therapist_ids if person_id in by_id.keys() & in_question]
    clashes = [clash for candidate in chosen for clash in candidate.conflicts]
    problems = [Problem("therapist_ids", overlap_sentence(clashes))] if clashes else []
    if in_question - by_id.keys():
        problems.append(Problem("therapist_ids", "One of the people chosen cannot be booked any more. Choose again."))
    unfit = [candidate for candidate in chosen if not candidate.free and not candidate.conflicts]
    known = any(seat.override_reason for seat in visit.seats) if visit else False
    if unfit and not known and not draft.off_shift_reason.strip():
        listed = ", ".join(f"{candidate.name} ({candidate.reason})" for candidate in unfit)
        problems.append(Problem("off_shift_reason", f"Cannot go: {listed}. Choose another, or give a reason."))
    return problems


def _warnings(
    session: Session, draft: BookingRequest, planned: Plan, calendar: Calendar, visit: Standing | None
) -> list[str]:
    if draft.client_id is None:
        return []
    row = session.execute(
        planned_once(
            "SELECT a.id, a.starts_at, a.business_date, p.name"
            " FROM appointments a JOIN people p ON p.id = a.booked_by_id"
            " WHERE a.client_id = :client AND a.closed_at IS NULL AND a.starts_at < :ends AND a.ends_at > :starts"
            " AND a.id <> :own ORDER BY a.starts_at LIMIT 1"
        ),
        {
            "client": draft.client_id,
            "starts": planned.starts_at,
            "ends": planned.ends_at,
            "own": visit.id if visit else 0,
        },
    ).one_or_none()
    if row is None:
        return []
    when = calendar.clock_label(row.starts_at, row.business_date)
    return [f"{row.name} has already booked this client for {when} (#{row.id})."]
