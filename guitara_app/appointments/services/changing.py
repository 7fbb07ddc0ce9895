"""Changing who, when, what and where of a visit that has not begun: checked exactly like booking it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Unpack

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import BEFORE_DEPARTURE, Action
from guitara_app.appointments.models import AppointmentService, Assignment
from guitara_app.appointments.queries.fields import different, fields_of, overtaken
from guitara_app.appointments.requests import BookingRequest, ChangeRequest, VisitFields
from guitara_app.appointments.rules import MOVING, Plan, answer_due, check_people, follows, needs_car, plan
from guitara_app.appointments.services.booking import add_services
from guitara_app.appointments.services.reviews import decide
from guitara_app.appointments.services.rows import live, people_of
from guitara_app.appointments.services.seats import Claim, claim_time, leave, offer_seat, therapists, wanted_of
from guitara_app.appointments.services.trips import bring_back, call_off, plan_way_there, replan, ways_there
from guitara_app.appointments.services.visit import Step, Tap, seat_step, visit_step
from guitara_app.appointments.words import Answer, AppointmentState, LegState, Progress
from guitara_app.catalog.queries import ServiceChoice, active_services, services_of
from guitara_app.clients import services as clients
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotPossible, Stale


class _Change(NamedTuple):
    before: VisitFields
    after: VisitFields
    fields: list[str]


def change(
    session: Session, actor: Actor, appointment_id: int, *, request: ChangeRequest, **tap: Unpack[Tap]
) -> list[str]:
    """Change a visit before its session; returns the names of the fields that changed.

    Whoever is newly concerned gets a new offer, whoever is not keeps their answer; after the departure everybody keeps
    it and is told. A field that a colleague changed meanwhile is refused by name, unless both want the same.

    Raises:
        NotAllowed, NotFound: see ``cancel``.
        NotPossible: the session has begun, or the visit is over.
        Stale: a colleague changed the same field since ``request.seen``; ``clashes`` names each.
        Conflict, Invalid: see ``book``.
    """
    step = visit_step(session, actor, Action.CHANGE, appointment_id, also_people=request.therapist_ids or (), **tap)
    if step is None:
        return []
    step.check()
    done = _compared(step, request)
    if not done.fields:
        return []
    services = _services(session, done)
    planned = _plan(step, done, services)
    people = therapists(session, set(done.after.therapist_ids))
    override = normal_note(request.off_shift_reason, field="off_shift_reason")
    _store(step, done, planned, services)
    _seat_everybody(step, done, set(people), override)
    _drive_everybody(step, done)
    # What followed, such as the price of other services, has changed as well.
    stands = fields_of(session, step.visit.id)
    changed = different(done.before, stands)
    step.done(before=_words(done.before, changed), after=_words(stands, changed), data={"fields": changed})
    return changed


def swap(
    session: Session,
    actor: Actor,
    assignment_id: int,
    *,
    other_assignment_id: int,
    off_shift_reason: str = "",
    **tap: Unpack[Tap],
) -> None:
    """Let two therapists trade their places in two visits, in one step: both are checked and asked anew.

    Raises:
        NotAllowed, NotFound: not the actor's to do, or one of the places is not there.
        NotPossible: one of them has left for the visit, or the visit is over.
        Conflict, Invalid: one of them cannot take the other's place.
    """
    seats = [
        session.get(Assignment, number) if 0 < number < 2**63 else None
        for number in (assignment_id, other_assignment_id)
    ]
    one, other = seats
    if one is None or other is None:
        raise Invalid("Choose the place to swap with.", field="other_assignment_id")
    if one.appointment_id == other.appointment_id:
        raise Invalid("Both are on this visit already. Choose a place in another visit.", field="other_assignment_id")
    everybody = people_of(session, one.appointment_id) | people_of(session, other.appointment_id)
    opened: dict[int, Step] = {}
    for number, place in enumerate(sorted((one, other), key=lambda seat: seat.appointment_id)):
        # One key for both visits: the second is opened without, or it would be taken for the first sent again.
        again: Tap = {**tap, "idempotency_key": ""} if number else tap
        step = seat_step(session, actor, Action.CHANGE, place.id, also_people=everybody, **again)
        if step is None:
            return
        step.check()
        if place.answer not in (Answer.OFFERED, Answer.ACCEPTED) or place.progress != Progress.WAITING:
            raise NotPossible("Only places that are still to come can be swapped.")
        opened[place.id] = step
    for place in (one, other):
        leave(opened[place.id], place)
    override, firm = normal_note(off_shift_reason, field="off_shift_reason"), firm_settings(session)
    for place, person_id in ((one, other.person_id), (other, one.person_id)):
        step = opened[place.id]
        if any(seat.person_id == person_id for seat in live(step.seats)):
            raise Invalid("They are on that visit already.", field="other_assignment_id")
        due_at = answer_due(step.now, step.visit.starts_at, firm)
        offer_seat(step, person_id, due_at=due_at, override=override)
    for place, person_id in ((one, other.person_id), (other, one.person_id)):
        opened[place.id].done(kind="swapped", person_id=person_id, data={"instead_of": place.person_id})


def _compared(step: Step, request: ChangeRequest) -> _Change:
    """What is to change, field by field, against what the editor saw and what stands there now."""
    before = fields_of(step.session, step.visit.id)
    wanted = request.model_dump(include=set(VisitFields.model_fields), exclude_none=True)
    if request.address_line.strip():
        address = clients.add_address(
            step.session,
            step.visit.client_id,
            line=request.address_line,
            locality_id=request.locality_id,
            notes=request.address_notes,
            now=step.now,
        )
        wanted["address_id"] = address.id
    elif "address_id" in wanted:
        clients.use_address(step.session, step.visit.client_id, wanted["address_id"], now=step.now)
    if "therapist_ids" in wanted:
        check_people(BookingRequest(therapist_ids=wanted["therapist_ids"], driver_needed=True))
        wanted["therapist_ids"] = sorted(wanted["therapist_ids"])
    if "notes" in wanted:
        wanted["notes"] = normal_note(wanted["notes"])
    if request.seen is not None:
        seen = request.seen.model_dump()
        seen["therapist_ids"] = sorted(seen["therapist_ids"])
        wanted = {name: value for name, value in wanted.items() if value != seen[name]}
        _refuse_overtaken(step, wanted, seen, before.model_dump())
    after = before.model_copy(update=wanted)
    return _Change(before, after, different(before, after))


def _refuse_overtaken(step: Step, wanted: dict[str, Any], seen: dict[str, Any], stands: dict[str, Any]) -> None:
    clashes = overtaken(step.session, step.visit.id, wanted, seen, stands)
    if not clashes:
        return
    listed = ", ".join(f"{clash.field.replace('_', ' ')} (changed by {clash.by} at {clash.at})" for clash in clashes)
    raise Stale(
        f"A colleague changed this visit while you were editing: {listed}. What you typed is kept; look at what stands "
        "there now and save again.",
        clashes,
        field=clashes[0].field,
    )


def _services(session: Session, done: _Change) -> list[ServiceChoice]:
    """What the visit is to be of: new services must be on sale, those it was booked with need not be any more."""
    on_sale = {service.id for service in active_services(session, only=done.after.service_ids)}
    kept = on_sale | set(done.before.service_ids)
    return [service for service in services_of(session, done.after.service_ids) if service.id in kept]


def _plan(step: Step, done: _Change, services: Sequence[ServiceChoice]) -> Plan:
    """The new times and price; what followed from services and people before follows from them again."""
    before, after = done.before, done.after
    follows_minutes, follows_price = follows(before, services_of(step.session, before.service_ids))
    request = BookingRequest(
        service_ids=after.service_ids,
        therapist_ids=after.therapist_ids,
        evening=after.evening,
        start=after.start,
        minutes=None if follows_minutes and "minutes" not in done.fields else after.minutes,
        price=None if follows_price and "price" not in done.fields else after.price,
        driver_needed=after.driver_needed,
        car_needed=after.car_needed and after.driver_needed,
    )
    if done.before.therapist_ids or after.therapist_ids:
        # A visit that waits for a decision on its only place can be moved before somebody is chosen.
        check_people(request)
    moved = {"evening", "start"} & set(done.fields)
    return plan(
        request, services, firm_settings(step.session), now=step.now, starts_at=None if moved else step.visit.starts_at
    )


def _store(step: Step, done: _Change, planned: Plan, services: Sequence[ServiceChoice]) -> None:
    visit, after = step.visit, done.after
    visit.business_date, visit.starts_at, visit.ends_at = planned.business_date, planned.starts_at, planned.ends_at
    visit.price, visit.notes, visit.address_id = planned.price, after.notes, after.address_id
    visit.driver_needed = after.driver_needed
    visit.car_needed = needs_car(after.driver_needed, after.car_needed, len(after.therapist_ids))
    if "service_ids" in done.fields:
        step.session.execute(delete(AppointmentService).where(col(AppointmentService.appointment_id) == visit.id))
        add_services(step.session, visit, after.service_ids, services)
    step.session.flush()


def _seat_everybody(step: Step, done: _Change, people: set[int], override: str) -> None:
    firm = firm_settings(step.session)
    seats = {seat.person_id: seat for seat in live(step.seats)}
    for seat in [seat for person, seat in seats.items() if person not in people]:
        bring_back(step, [seat])
        leave(step, seat)
    staying = {person: seat for person, seat in seats.items() if person in people}
    new = people - set(staying)
    moved = bool(MOVING & set(done.fields))
    claims: dict[int, Claim] = {}
    if moved or new:
        claims = claim_time(
            step.session,
            people if moved else new,
            wanted_of(step),
            now=step.now,
            override=override or _known_override(staying.values()),
            instead_of={person: seat.id for person, seat in staying.items()},
        )
    due_at = answer_due(step.now, step.visit.starts_at, firm)
    ask_again = moved and AppointmentState(step.visit.state) in BEFORE_DEPARTURE
    for person, seat in staying.items():
        if person in claims:
            _move(step, seat, claims[person], override)
            if ask_again:
                seat.answer, seat.offered_at, seat.due_at = Answer.OFFERED, step.now, due_at
                seat.answered_at, seat.warned_at, seat.answer_reason = None, None, ""
                step.asked.add(person)
    step.session.flush()
    for person in sorted(new):
        offer_seat(step, person, due_at=due_at, override=override, claim=claims[person])
    if new:
        # Somebody was chosen for the place that waited for a decision.
        decide(step, "replace", at_most=len(new))


def _drive_everybody(step: Step, done: _Change) -> None:
    if not step.visit.driver_needed:
        for leg in ways_there(step):
            if leg.state != LegState.UNDER_WAY:
                call_off(step, leg)
        return
    waiting = [seat for seat in live(step.seats) if seat.progress == Progress.WAITING]
    if "driver_needed" in done.fields and waiting:
        plan_way_there(step, waiting)
    replan(step, elsewhere="address_id" in done.fields)


def _move(step: Step, seat: Assignment, claim: Claim, override: str) -> None:
    seat.planned_start, seat.planned_end = step.visit.starts_at, step.visit.ends_at
    seat.buffer_minutes = claim.slot.job.buffer_minutes
    seat.turnaround_minutes, seat.occupied = claim.slot.turnaround_minutes, claim.slot.occupied
    if not claim.because:
        seat.override_reason = override or seat.override_reason
    seat.version += 1


def _known_override(seats: Any) -> str:
    """Whoever was booked outside their shift with a reason stays so."""
    return next((seat.override_reason for seat in seats if seat.override_reason), "")


def _words(fields: VisitFields, names: list[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.model_dump(mode="json").items() if name in names}
