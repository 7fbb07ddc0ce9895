"""What the booking form shows while it is being filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.candidates import Candidate, Wanted, candidates
from guitara_app.appointments.queries.jobs import place_in_locality, place_of
from guitara_app.appointments.queries.overlaps import overlap_sentence
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import Plan, check_people, plan, totals
from guitara_app.catalog.queries import active_services
from guitara_app.clients.queries import check_not_taken
from guitara_app.clients.rules import normal_email, normal_name, normal_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.time import Calendar

T = TypeVar("T")


class Problem(NamedTuple):
    """Why saving would be refused, and at which field."""

    field: str
    sentence: str


class Preview(NamedTuple):
    """The booking as far as it is known: its times and price, what is wrong, and who could go."""

    evening_label: str
    starts_label: str
    ends_label: str
    minutes: int
    price: Decimal
    problems: list[Problem]
    warnings: list[str]
    candidates: list[Candidate]


def preview(session: Session, draft: BookingRequest, *, now: datetime) -> Preview:
    """What saving ``draft`` would come to. Fields that are still empty are no problem yet."""
    firm = firm_settings(session)
    services = active_services(session, only=draft.service_ids) if draft.service_ids else []
    minutes, price = totals(services)
    problems = _problems_of_client(session, draft)
    if draft.service_ids and len(services) != len(set(draft.service_ids)):
        problems.append(Problem("service_ids", "One of the services is not on sale any more. Choose again."))
    planned: Plan | None = None
    if services and draft.evening and draft.start is not None and len(services) == len(set(draft.service_ids)):
        planned = _attempt(problems, lambda: plan(draft, services, firm, now=now))
    if draft.therapist_ids:
        _attempt(problems, lambda: check_people(draft))
    found: list[Candidate] = []
    warnings: list[str] = []
    if planned is not None:
        found = candidates(session, wanted_by(session, draft, planned), now=now)
        problems += _problems_of_people(draft, found)
        warnings = _warnings(session, draft, planned, firm.calendar)
    return Preview(
        evening_label=firm.calendar.evening_label(planned.business_date) if planned else "",
        starts_label=firm.calendar.clock_label(planned.starts_at, planned.business_date) if planned else "",
        ends_label=firm.calendar.clock_label(planned.ends_at, planned.business_date) if planned else "",
        minutes=planned.minutes if planned else minutes if draft.minutes is None else draft.minutes,
        price=planned.price if planned else price if draft.price is None else draft.price,
        problems=problems,
        warnings=warnings,
        candidates=found,
    )


def _attempt(problems: list[Problem], work: Callable[[], T]) -> T | None:
    try:
        return work()
    except GuitaraError as error:
        problems.append(Problem(error.field, error.sentence))
        return None


def wanted_by(session: Session, draft: BookingRequest, planned: Plan) -> Wanted:
    """What a booking asks of a therapist; its place as far as that is known."""
    place = None
    if draft.address_id is not None:
        place = place_of(session, draft.address_id)
    elif draft.locality_id is not None:
        place = place_in_locality(session, draft.locality_id)
    return Wanted(
        day=planned.business_date,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        buffer_minutes=planned.buffer_minutes,
        place=place,
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


def _problems_of_people(draft: BookingRequest, found: list[Candidate]) -> list[Problem]:
    by_id = {candidate.person_id: candidate for candidate in found}
    chosen = [by_id[person_id] for person_id in draft.therapist_ids if person_id in by_id]
    clashes = [clash for candidate in chosen for clash in candidate.conflicts]
    problems = [Problem("therapist_ids", overlap_sentence(clashes))] if clashes else []
    if set(draft.therapist_ids) - by_id.keys():
        problems.append(Problem("therapist_ids", "One of the people chosen cannot be booked any more. Choose again."))
    unfit = [candidate for candidate in chosen if not candidate.free and not candidate.conflicts]
    if unfit and not draft.off_shift_reason.strip():
        listed = ", ".join(f"{candidate.name} ({candidate.reason})" for candidate in unfit)
        problems.append(Problem("off_shift_reason", f"Cannot go: {listed}. Choose another, or give a reason."))
    return problems


def _warnings(session: Session, draft: BookingRequest, planned: Plan, calendar: Calendar) -> list[str]:
    if draft.client_id is None:
        return []
    row = session.execute(
        text(
            "SELECT a.id, a.starts_at, a.business_date, p.name"
            " FROM appointments a JOIN people p ON p.id = a.booked_by_id"
            " WHERE a.client_id = :client AND a.closed_at IS NULL AND a.starts_at < :ends AND a.ends_at > :starts"
            " ORDER BY a.starts_at LIMIT 1"
        ),
        {"client": draft.client_id, "starts": planned.starts_at, "ends": planned.ends_at},
    ).one_or_none()
    if row is None:
        return []
    when = calendar.clock_label(row.starts_at, row.business_date)
    return [f"{row.name} has already booked this client for {when} (#{row.id})."]
