"""One action on a visit, from the look at who may take it to the event that tells of it.

A service opens a ``Step``, changes the rows it is about, and says ``done``. Opening holds the time of everybody
concerned first and the visit second, always in that order, so that two actions never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, require
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import (
    IN_THE_FIELD,
    RULES,
    Action,
    Party,
    Rule,
    Seat,
    Visit,
    check,
    derive_state,
    party_of,
    permission_of,
)
from guitara_app.appointments.models import Appointment, Assignment, Leg
from guitara_app.appointments.services.bags import pack
from guitara_app.appointments.services.relayout import relayout
from guitara_app.appointments.words import (
    CLOSED,
    LIVE_ANSWERS,
    Answer,
    AppointmentState,
    LegState,
    Progress,
)
from guitara_app.clients.rules import clean_text
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import Event, keep_result, record, result_of_key
from guitara_app.kit.time import period

_LONGEST_REASON = 1000
_OLDEST_TAP = timedelta(hours=24)


class Tap(TypedDict):
    """What comes with every action: the present moment, and perhaps a reason, when it was, and the request's key.

    ``happened_at`` is for what is told later; the same ``idempotency_key`` of the same actor counts once.
    """

    now: datetime
    reason: NotRequired[str]
    happened_at: NotRequired[datetime | None]
    idempotency_key: NotRequired[str]


@dataclass(slots=True)
class Step:
    """An action under way: who, what, when, and the rows it may change, all of them held.

    ``at`` is when it really happened, ``now`` when it is recorded.
    """

    session: Session
    actor: Actor
    action: Action | None
    now: datetime
    at: datetime
    reason: str
    key: str
    visit: Appointment
    seats: list[Assignment]
    legs: list[Leg]
    held: set[int]
    seat: Assignment | None = None
    leg: Leg | None = None
    # Whose trip it was when the step was opened: a driver who declines has it no more when the step is done.
    driver_id: int | None = None
    topics: set[str] = field(default_factory=set)

    def check(self, rider: Assignment | None = None) -> Rule:
        """The rule of the action, when it is possible now; see ``lifecycle.check`` for what it raises.

        ``rider`` is whose place it is about when the action is one on a trip.
        """
        if self.action is None:
            raise ValueError("a booking is no action on a visit")
        if self._is_on_behalf and not self.reason:
            raise Invalid("Say why you do this for them, for example: phone is dead.", field="reason")
        seat = rider or self.seat
        return check(
            self.action,
            party_of(self.actor),
            visit=AppointmentState(self.visit.state),
            driver_needed=self.visit.driver_needed,
            answer=None if seat is None else Answer(seat.answer),
            progress=None if seat is None else Progress(seat.progress),
            leg=None if self.leg is None else LegState(self.leg.state),
            places=[Progress(seat.progress) for seat in self.seats if seat in live(self.seats) or worked(seat)],
            reason=self.reason,
        )

    @property
    def own_seat(self) -> Assignment:
        """The place the action is about."""
        if self.seat is None:
            raise ValueError(f"{self.action} was opened without a place")
        return self.seat

    @property
    def own_leg(self) -> Leg:
        """The trip the action is about."""
        if self.leg is None:
            raise ValueError(f"{self.action} was opened without a trip")
        return self.leg

    @property
    def _whose(self) -> int | None:
        return self.seat.person_id if self.seat else self.driver_id

    @property
    def _is_on_behalf(self) -> bool:
        """The desk takes a step that is a therapist's or a driver's own."""
        in_the_field = self.action is not None and bool(IN_THE_FIELD & RULES[self.action].by)
        return self.actor.is_desk and in_the_field and self._whose not in (None, self.actor.person_id)

    def hold(self, people: Collection[int]) -> None:
        """Hold the time of more people."""
        more = set(people) - self.held
        if more:
            lock_people(self.session, more)
            self.held |= more

    def done(
        self,
        *,
        kind: str = "",
        person_id: int | None = None,
        result: int | None = None,
        data: dict[str, Any] | None = None,
        **more: Any,
    ) -> Event:
        """Store what follows from the changed rows, lay out everybody's time anew, and tell of it.

        ``kind`` is for what is no action of the table. ``person_id`` is whom it concerns when it is not the one whose
        place or trip it is. ``result`` is what the same request sent again is answered with. ``more`` goes to
        ``kit.events.record``.
        """
        self.session.flush()
        seats, legs = settle(self.session, self.visit, now=self.now)
        pack(self.session, self.visit, seats, by=self.actor, now=self.now)
        relayout(self.session, self.held, now=self.now)
        by = self.actor
        if self._is_on_behalf:
            by = Actor(by.person_id, by.role, by.name, on_behalf_of=self._whose)
        event = record(
            self.session,
            kind or (HAPPENING[self.action].kind if self.action else "booked"),
            by=by,
            now=self.now,
            happened_at=self.at,
            topics=self.topics | topics_of(self.visit, seats, [*legs, *([self.leg] if self.leg else [])]),
            appointment_id=self.visit.id,
            client_id=self.visit.client_id,
            assignment_id=self.seat.id if self.seat else None,
            leg_id=self.leg.id if self.leg else None,
            person_id=self._whose if person_id is None else person_id,
            reason=self.reason,
            data=data,
            **more,
        )
        if self.actor.person_id is not None:
            target = self.seat or self.leg or self.visit
            keep_result(self.session, self.actor.person_id, self.key, target.id if result is None else result)
        return event


def booked_step(
    session: Session, actor: Actor, visit: Appointment, held: set[int], *, now: datetime, reason: str, key: str
) -> Step:
    """A visit that has just been written, still without places."""
    step = Step(session, actor, None, now, now, reason, key, visit, [], [], held)
    step.topics = topics_of(visit, [])
    return step


def visit_step(
    session: Session,
    actor: Actor,
    action: Action,
    appointment_id: int,
    also_people: Collection[int] = (),
    **tap: Unpack[Tap],
) -> Step | None:
    """Open a visit for an action of the desk or the system; None when this very request was carried out before.

    Raises:
        NotAllowed: not the actor's to do.
        NotFound: there is no such visit.
        Invalid: the reason or the time cannot be.
    """
    return _open(session, actor, action, appointment_id, also_people, tap)


def seat_step(
    session: Session,
    actor: Actor,
    action: Action,
    assignment_id: int,
    also_people: Collection[int] = (),
    **tap: Unpack[Tap],
) -> Step | None:
    """Open a visit for an action on one therapist's place in it; None when this very tap was counted before.

    Raises:
        NotAllowed: not the actor's to do.
        NotFound: there is no such place, or it is somebody else's; a therapist learns nothing of others' visits.
        Invalid: the reason or the time cannot be.
    """
    seat = session.get(Assignment, assignment_id) if 0 < assignment_id < 2**63 else None
    may = seat is not None and (actor.role is None or actor.is_desk or seat.person_id == actor.person_id)
    _require(actor, action)
    if seat is None or not may:
        raise NotFound("This job is not yours, or not there any more.")
    step = _open(session, actor, action, seat.appointment_id, also_people, tap)
    if step is not None:
        step.seat = next(one for one in step.seats if one.id == assignment_id)
    return step


def leg_step(
    session: Session,
    actor: Actor,
    action: Action,
    leg_id: int,
    also_people: Collection[int] = (),
    **tap: Unpack[Tap],
) -> Step | None:
    """Open a visit for an action on one trip to or from it; None when this very tap was counted before.

    Raises:
        NotAllowed: not the actor's to do.
        NotFound: there is no such trip, or it is not this driver's.
        Invalid: the reason or the time cannot be.
    """
    leg = session.get(Leg, leg_id) if 0 < leg_id < 2**63 else None
    _require(actor, action)
    may = leg is not None and (actor.role is None or actor.is_desk or leg.driver_id == actor.person_id)
    if leg is None or not may:
        raise NotFound("This trip is not yours, or not there any more.")
    visit_id = leg.to_appointment_id or leg.from_appointment_id or 0
    step = _open(session, actor, action, visit_id, also_people, tap)
    if step is not None:
        session.refresh(leg, with_for_update=True)
        if not (actor.role is None or actor.is_desk or leg.driver_id == actor.person_id):
            raise NotFound("This trip is not yours any more.")
        step.leg, step.driver_id = leg, leg.driver_id
        step.hold({leg.driver_id} if leg.driver_id else set())
        if leg.from_appointment_id and leg.from_appointment_id != visit_id:
            step.topics.add(f"appointment:{leg.from_appointment_id}")
    return step


def _require(actor: Actor, action: Action) -> None:
    if not (actor.role is None and Party.SYSTEM in RULES[action].by):
        require(actor, permission_of(action))


def _open(
    session: Session,
    actor: Actor,
    action: Action,
    appointment_id: int,
    also_people: Collection[int],
    tap: Tap,
) -> Step | None:
    _require(actor, action)
    now, key = tap["now"], tap.get("idempotency_key", "")
    if result_of_key(session, actor.person_id or 0, key) is not None:
        return None
    at, reason = happened(tap.get("happened_at"), now=now), clean_reason(tap.get("reason", ""))
    held = people_of(session, appointment_id) | set(also_people)
    lock_people(session, held)
    visit = open_visit(session, appointment_id)
    step = Step(
        session, actor, action, now, at, reason, key, visit, seats_of(session, visit), legs_of(session, visit), held
    )
    # Somebody may have come onto the visit between the look and the lock.
    step.hold(people_of(session, appointment_id))
    step.topics = topics_of(visit, step.seats, step.legs)
    return step


def people_of(session: Session, appointment_id: int) -> set[int]:
    """Whose time the visit takes: its therapists and the drivers of its trips that are not over."""
    if not 0 < appointment_id < 2**63:
        return set()
    found = session.execute(
        text(
            "SELECT person_id FROM assignments WHERE appointment_id = :id UNION SELECT driver_id FROM legs"
            " WHERE (to_appointment_id = :id OR from_appointment_id = :id) AND driver_id IS NOT NULL"
            " AND state NOT IN ('done', 'cancelled')"
        ),
        {"id": appointment_id},
    )
    return set(found.scalars())


def open_visit(session: Session, appointment_id: int) -> Appointment:
    """The visit as it is now, locked until the transaction ends.

    Raises:
        NotFound: there is none of this number.
    """
    found = (
        session.get(Appointment, appointment_id, with_for_update=True, populate_existing=True)
        if 0 < appointment_id < 2**63
        else None
    )
    if found is None:
        raise NotFound("There is no such visit.")
    return found


def seats_of(session: Session, visit: Appointment) -> list[Assignment]:
    """Every place of the visit as it is now, oldest first."""
    session.flush()
    of_visit = select(Assignment).where(Assignment.appointment_id == visit.id).order_by(col(Assignment.id))
    return list(session.scalars(of_visit.execution_options(populate_existing=True)))


def legs_of(session: Session, visit: Appointment) -> list[Leg]:
    """Every trip to or from the visit as it is now, oldest first."""
    session.flush()
    touches = (col(Leg.to_appointment_id) == visit.id) | (col(Leg.from_appointment_id) == visit.id)
    of_visit = select(Leg).where(touches).order_by(col(Leg.id))
    return list(session.scalars(of_visit.execution_options(populate_existing=True)))


def free(seat: Assignment, *, now: datetime) -> None:
    """Give the person's time back: what was occupied is cut to the present, and empty when it had not begun."""
    begun = seat.occupied.lower
    seat.occupied = period(begun, now) if begun is not None and begun < now else Range(empty=True)


def release(seat: Assignment, *, now: datetime) -> None:
    """The place is over, because its work or its visit is."""
    seat.answer, seat.released_at = Answer.RELEASED, now
    seat.version += 1
    free(seat, now=now)


def settle(session: Session, visit: Appointment, *, now: datetime) -> tuple[list[Assignment], list[Leg]]:
    """Store the state that follows from the visit's rows as they are now; these rows."""
    seats, legs = seats_of(session, visit), legs_of(session, visit)
    known = session.execute(
        text(
            "SELECT ARRAY(SELECT assignment_id FROM reviews WHERE appointment_id = :id AND decision IS NULL)"
            " AS waiting, EXISTS (SELECT 1 FROM payments WHERE appointment_id = :id) AS paid"
        ),
        {"id": visit.id},
    ).one()
    outbound = [leg for leg in legs if leg.to_appointment_id == visit.id]
    visit.state = derive_state(
        Visit(
            reached=AppointmentState(visit.state),
            driver_needed=visit.driver_needed,
            seats=tuple(Seat(Answer(seat.answer), Progress(seat.progress), seat.id in known.waiting) for seat in seats),
            driver_accepted=_driver_accepted(outbound),
            payment_requested=any(seat.payment_requested_at is not None for seat in seats),
            paid=known.paid,
            materials_reported=all(seat.materials_reported_at is not None for seat in seats if worked(seat)),
        )
    )
    if visit.state in CLOSED and visit.closed_at is None:
        visit.closed_at = now
    visit.version += 1
    session.flush()
    return seats, legs


def worked(seat: Assignment) -> bool:
    """This place's session was held."""
    return seat.answer == Answer.RELEASED and seat.progress == Progress.ENDED


def live(seats: Iterable[Assignment]) -> list[Assignment]:
    """The places that take somebody's time."""
    return [seat for seat in seats if seat.answer in LIVE_ANSWERS and seat.released_at is None]


def topics_of(visit: Appointment, seats: Sequence[Assignment], legs: Sequence[Leg] = ()) -> set[str]:
    """Whose pages show this visit."""
    people = {seat.person_id for seat in seats} | {leg.driver_id for leg in legs if leg.driver_id is not None}
    return {"desk", f"appointment:{visit.id}", f"client:{visit.client_id}", *(f"person:{person}" for person in people)}


def happened(happened_at: datetime | None, *, now: datetime) -> datetime:
    """When a step really was taken, for one that is told later: never in the future, at most a day ago.

    Raises:
        Invalid: it lies outside these bounds.
    """
    if happened_at is None:
        return now
    if happened_at.tzinfo is None or not now - _OLDEST_TAP <= happened_at <= now + timedelta(minutes=2):
        raise Invalid("That time cannot be right. Give the time within the last day.", field="happened_at")
    return min(happened_at, now)


def in_order(step: Step, *earlier: datetime | None) -> None:
    """Refuse a step that is said to have been taken before another that leads to it.

    Raises:
        Invalid: the time told lies before one of ``earlier``.
    """
    last = max((at for at in earlier if at is not None), default=None)
    if last is not None and step.at < last:
        at = firm_settings(step.session).calendar.local(last)
        raise Invalid(f"The step before this was taken at {at:%H:%M}. Give a later time.", field="happened_at")


def clean_reason(reason: str) -> str:
    """The reason as kept.

    Raises:
        Invalid: it is too long.
    """
    reason = clean_text(reason).strip()
    if len(reason) > _LONGEST_REASON:
        raise Invalid(f"A reason has at most {_LONGEST_REASON} characters.", field="reason")
    return reason


def _driver_accepted(outbound: Sequence[Leg]) -> bool:
    needed = [leg for leg in outbound if leg.state != LegState.CANCELLED]
    taken = (LegState.ACCEPTED, LegState.UNDER_WAY, LegState.DONE)
    return bool(needed) and all(leg.state in taken for leg in needed)
