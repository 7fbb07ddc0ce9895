"""One action on a visit, from the look at who may take it to the event that tells of it.

A service opens a ``Step``, changes the rows it is about, and says ``done``. Opening holds the time of everybody
concerned first and the visit second, always in that order, so that two actions never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, require
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import (
    IN_THE_FIELD,
    RULES,
    Action,
    Party,
    Rule,
    check,
    party_of,
    permission_of,
)
from guitara_app.appointments.models import Appointment, Assignment, Leg
from guitara_app.appointments.services.bags import pack
from guitara_app.appointments.services.relayout import relayout
from guitara_app.appointments.services.rows import (
    legs_of,
    live,
    open_visit,
    people_in,
    people_of,
    seats_of,
    settle,
    topics_of,
    worked,
)
from guitara_app.appointments.words import (
    Answer,
    AppointmentState,
    LegState,
    Progress,
)
from guitara_app.clients.rules import clean_text
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import keep_result, record, result_of_key
from guitara_app.kit.outbox import Change
from guitara_app.kit.planned import planned_once

_LONGEST_REASON = 1000
_OLDEST_TAP = timedelta(hours=24)
_PLACE = planned_once("SELECT person_id, appointment_id FROM assignments WHERE id = :id")


class Tap(TypedDict):
    """What comes with every action: the present moment, and perhaps a reason, when it was, and the request's key.

    ``happened_at`` is for what is told later; the same ``idempotency_key`` of the same actor counts once. ``series`` is
    the series whose people are told of all its changes at once, and not of this one by itself.
    """

    now: datetime
    reason: NotRequired[str]
    happened_at: NotRequired[datetime | None]
    idempotency_key: NotRequired[str]
    series: NotRequired[int]


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
    # Who was asked for a place in this step, and whose place or trip it took away: they are to be told.
    asked: set[int] = field(default_factory=set)
    let_go: set[int] = field(default_factory=set)
    # Whoever is concerned is told of the series as a whole.
    series_id: int | None = None
    # What the same request sent again is answered with, unless ``done`` says otherwise.
    answer: int | None = None

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
            places=[Progress(one.progress) for one in [*live(self.seats), *filter(worked, self.seats)]],
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
    def _concerned(self) -> dict[str, list[int]]:
        concerned = {"asked": self.asked, "let_go": self.let_go - self.asked}
        return {name: sorted(people) for name, people in concerned.items() if people}

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
    ) -> Change:
        """Store what follows from the changed rows, lay out everybody's time anew, and tell of it.

        ``kind`` is for what is no action of the table. ``person_id`` is whom it concerns when it is not the one whose
        place or trip it is. ``result`` is what the same request sent again is answered with. ``more`` goes to
        ``kit.events.record``.
        """
        self.session.flush()
        # A visit that was just written is as it was written: nothing follows from its rows yet.
        if self.action is not None:
            settle(self.session, self.visit, self.seats, self.legs, now=self.now)
        relayout(self.session, self.held, now=self.now)
        by = self.actor
        if self._is_on_behalf:
            by = Actor(by.person_id, by.role, by.name, on_behalf_of=self._whose)
        change = record(
            self.session,
            kind or (HAPPENING[self.action].kind if self.action else "booked"),
            by=by,
            now=self.now,
            happened_at=self.at,
            topics=self.topics | topics_of(self.visit, self.seats, [*self.legs, *([self.leg] if self.leg else [])]),
            appointment_id=self.visit.id,
            client_id=self.visit.client_id,
            assignment_id=self.seat.id if self.seat else None,
            leg_id=self.leg.id if self.leg else None,
            person_id=self._whose if person_id is None else person_id,
            reason=self.reason,
            data=(data or {}) | self._concerned | ({"series": self.series_id} if self.series_id else {}),
            **more,
        )
        answer = (self.seat or self.leg or self.visit).id if result is None else result
        if self.actor.person_id is not None and answer != self.answer:
            keep_result(self.session, self.actor.person_id, self.key, answer)
        # Last: every visit of the evening takes from the same shelf, and whoever holds it lets all others wait.
        pack(self.session, self.visit, self.seats, by=self.actor, now=self.now)
        return change


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
    _require(actor, action)
    return _open(session, actor, action, appointment_id, appointment_id, also_people, tap)


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
    _require(actor, action)
    place = session.execute(_PLACE, {"id": assignment_id}).one_or_none() if 0 < assignment_id < 2**63 else None
    if place is None or not _may_touch(actor, place.person_id):
        raise NotFound("This job is not yours, or not there any more.")
    step = _open(session, actor, action, assignment_id, place.appointment_id, also_people, tap)
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
    _require(actor, action)
    leg = session.get(Leg, leg_id) if 0 < leg_id < 2**63 else None
    if leg is None or not _may_touch(actor, leg.driver_id):
        raise NotFound("This trip is not yours, or not there any more.")
    visit_id = leg.to_appointment_id or leg.from_appointment_id or 0
    step = _open(session, actor, action, leg_id, visit_id, also_people, tap)
    if step is not None:
        session.refresh(leg, with_for_update=True)
        if not _may_touch(actor, leg.driver_id):
            raise NotFound("This trip is not yours any more.")
        step.leg, step.driver_id = leg, leg.driver_id
        step.hold({leg.driver_id} if leg.driver_id else set())
        if leg.from_appointment_id and leg.from_appointment_id != visit_id:
            step.topics.add(f"appointment:{leg.from_appointment_id}")
    return step


def _require(actor: Actor, action: Action) -> None:
    if not (actor.role is None and Party.SYSTEM in RULES[action].by):
        require(actor, permission_of(action))


def _may_touch(actor: Actor, whose: int | None) -> bool:
    """The system and the desk may act on everybody's part of a visit, others on their own."""
    return actor.role is None or actor.is_desk or whose == actor.person_id


def _open(
    session: Session,
    actor: Actor,
    action: Action,
    target_id: int,
    appointment_id: int,
    also_people: Collection[int],
    tap: Tap,
) -> Step | None:
    now, key = tap["now"], tap.get("idempotency_key", "")
    if result_of_key(session, actor.person_id or 0, key, result=target_id) is not None:
        return None
    at, reason = happened(tap.get("happened_at"), now=now), clean_reason(tap.get("reason", ""))
    held = people_of(session, appointment_id) | set(also_people)
    lock_people(session, held)
    visit = open_visit(session, appointment_id)
    step = Step(
        session, actor, action, now, at, reason, key, visit, seats_of(session, visit), legs_of(session, visit), held
    )
    step.series_id, step.answer = tap.get("series"), target_id
    # Somebody may have come onto the visit between the look and the lock.
    step.hold(people_in(step.seats, step.legs))
    step.topics = topics_of(visit, step.seats, step.legs)
    return step


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
