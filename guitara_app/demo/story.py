"""One visit told step by step: each step leaves the rows and the events that the real action would leave.

The steps of the lifecycle, without its checks: what is told here happened in the past of a made-up firm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from guitara_app.appointments.models import (
    Appointment,
    AppointmentService,
    Assignment,
    Leg,
    LegOffer,
    LegPassenger,
    Review,
)
from guitara_app.appointments.rules import answer_due
from guitara_app.appointments.words import Answer, AppointmentState, LegState, OfferAnswer, Progress
from guitara_app.demo.rows import Rows
from guitara_app.demo.stockroom import Stockroom
from guitara_app.demo.world import Call, World
from guitara_app.kit.events import Event, EventDetail
from guitara_app.kit.time import period
from guitara_app.money.models import Payment

S = AppointmentState


@dataclass(slots=True)
class Story:
    """A visit, its places and its trips, not yet written."""

    rows: Rows
    world: World
    stock: Stockroom
    call: Call
    visit: Appointment
    seats: list[Assignment] = field(default_factory=list)
    outbound: Leg | None = None
    way_back: Leg | None = None
    riders: dict[int, LegPassenger] = field(default_factory=dict)

    @classmethod
    def booked(cls, rows: Rows, world: World, stock: Stockroom, call: Call, therapists: Sequence[int]) -> Story:
        """The call is taken: everybody is offered their place, and the way there is planned."""
        minutes = sum(service.minutes for service in call.services)
        visit = rows.add(
            Appointment(
                client_id=call.home.client_id,
                address_id=call.home.address_id,
                business_date=call.day,
                starts_at=call.starts_at,
                ends_at=call.starts_at + timedelta(minutes=minutes),
                state=S.PENDING,
                driver_needed=call.driven,
                car_needed=call.car,
                price=sum((service.price for service in call.services), Decimal(0)) * len(therapists),
                extension_price=Decimal(0),
                notes=call.notes,
                booked_at=call.booked_at,
                booked_by_id=call.booked_by,
            )
        )
        for service in call.services:
            rows.add(
                AppointmentService(
                    appointment_id=visit.id, service_id=service.id, minutes=service.minutes, price=service.price
                )
            )
        told = cls(rows, world, stock, call, visit)
        told.tell("booked", call.booked_at, by=call.booked_by)
        for person in therapists:
            told.offer(person, call.booked_at)
        if call.driven:
            told.outbound = told._plan_way_there()
        return told

    @property
    def minutes(self) -> timedelta:
        """How long the massage takes."""
        return self.visit.ends_at - self.visit.starts_at

    def tell(
        self,
        kind: str,
        at: datetime,
        *,
        by: int | None,
        seat: Assignment | None = None,
        leg: Leg | None = None,
        person: int | None = None,
        reason: str = "",
    ) -> None:
        """Write an event that everybody was told of long ago."""
        event = self.rows.add(
            Event(
                kind=kind,
                happened_at=at,
                recorded_at=at,
                published_at=at,
                actor_id=by,
                appointment_id=self.visit.id,
                assignment_id=seat.id if seat else None,
                leg_id=leg.id if leg else None,
                client_id=self.visit.client_id,
                person_id=person if person is not None else seat.person_id if seat else None,
                data={},
                topics=[],
            )
        )
        if reason:
            self.rows.add(EventDetail(event_id=event.id, reason=reason, before=None, after=None))

    def offer(self, person: int, at: datetime, *, because: str = "longest idle") -> Assignment:
        """Ask ``person``."""
        seat = self.rows.add(
            Assignment(
                appointment_id=self.visit.id,
                person_id=person,
                answer=Answer.OFFERED,
                progress=Progress.WAITING,
                offered_at=at,
                due_at=answer_due(at, self.visit.starts_at, self.world.firm),
                chosen_because=because,
                planned_start=self.visit.starts_at,
                planned_end=self.visit.ends_at,
                occupied=period(self.visit.starts_at, self.visit.ends_at),
            )
        )
        self.seats.append(seat)
        if self.outbound:
            self._ride(self.outbound, seat)
        return seat

    def pack(self, seats: Sequence[Assignment], at: datetime) -> None:
        """Give each of them what the services need."""
        services = [service.id for service in self.call.services]
        for seat in seats:
            self.stock.take(self.visit.id, seat.id, services, at, self.call.booked_by)

    def accept(self, seat: Assignment, at: datetime) -> None:
        """The therapist says yes."""
        seat.answer, seat.answered_at, seat.due_at = Answer.ACCEPTED, at, None
        self.tell("offer_accepted", at, by=seat.person_id, seat=seat)
        if all(other.answer in (Answer.ACCEPTED, Answer.REJECTED) for other in self.seats):
            self.visit.state = S.THERAPIST_CONFIRMED

    def accept_all(self, at: datetime) -> None:
        """Everybody says yes."""
        for seat in self.seats:
            if seat.answer == Answer.OFFERED:
                self.accept(seat, at)

    def reject(self, seat: Assignment, at: datetime, reason: str) -> Review:
        """The therapist says no, and the desk has to decide."""
        seat.answer, seat.answered_at, seat.answer_reason, seat.due_at = Answer.REJECTED, at, reason, None
        seat.occupied = Range(empty=True)
        if seat.id in self.riders:
            self.rows.drop(self.riders.pop(seat.id))
        self.visit.state = S.PENDING
        self.stock.give_back(self.visit.id, at, seat=seat.id)
        self.tell("offer_rejected", at, by=seat.person_id, seat=seat, reason=reason)
        return self.rows.add(
            Review(appointment_id=self.visit.id, assignment_id=seat.id, cause="rejected", reason=reason, opened_at=at)
        )

    def replace(self, review: Review, person: int, at: datetime) -> Assignment:
        """The desk asks somebody else."""
        review.decision, review.decided_at, review.decided_by_id = "replace", at, self.call.booked_by
        self.tell("review_decided", at, by=self.call.booked_by, person=person, reason="Somebody else goes")
        seat = self.offer(person, at, because="free and nearest")
        self.pack([seat], at)
        return seat

    def search_driver(self, at: datetime) -> None:
        """The way there is being given out."""
        if self.outbound:
            self.outbound.state, self.outbound.search_number = LegState.SEARCHING, 1
            self.tell("driver_searched", at, by=None, leg=self.outbound)

    def ask_driver(self, driver: int, at: datetime) -> None:
        """One driver is asked for the way there."""
        leg = _known(self.outbound)
        self.search_driver(at)
        self._offer_leg(leg, driver, at)
        leg.state = LegState.OFFERED

    def accept_way_there(self, driver: int, at: datetime) -> None:
        """A driver takes the way there."""
        leg = _known(self.outbound)
        self.search_driver(at - timedelta(minutes=2))
        self._offer_leg(leg, driver, at - timedelta(minutes=2), answered_at=at)
        leg.state, leg.accepted_at = LegState.ACCEPTED, at
        self.visit.state = S.DRIVER_CONFIRMED
        self.tell("driver_accepted", at, by=driver, leg=leg)

    def depart(self, at: datetime) -> None:
        """The car leaves with everybody in it."""
        leg = _known(self.outbound)
        leg.state, leg.departed_at = LegState.UNDER_WAY, at
        leg.occupied = period(at, at + timedelta(minutes=leg.travel_minutes))
        self._move(Progress.IN_TRANSIT, S.IN_TRANSIT)
        for seat in self.seats_going:
            seat.departed_at = at
        self.tell("journey_started", at, by=leg.driver_id, leg=leg)

    def arrive(self, at: datetime) -> None:
        """The car is at the door."""
        leg = _known(self.outbound)
        leg.arrived_at = at
        self._move(Progress.ARRIVED, S.ARRIVED)
        for seat in self.seats_going:
            seat.arrived_at = at
        self.tell("arrived", at, by=leg.driver_id, leg=leg)

    def drop_off(self, at: datetime) -> None:
        """Everybody is inside; the driver is free."""
        leg = _known(self.outbound)
        leg.state, leg.finished_at = LegState.DONE, at
        leg.occupied = period(leg.departed_at or at - timedelta(minutes=1), at)
        self._move(Progress.DROPPED_OFF, S.DROPPED_OFF)
        for seat in self.seats_going:
            seat.dropped_off_at = at
        self.tell("dropped_off", at, by=leg.driver_id, leg=leg)

    def start_session(self, at: datetime) -> None:
        """The massage begins."""
        self._move(Progress.IN_SESSION, S.IN_SESSION)
        for seat in self.seats_going:
            seat.session_started_at = at
            seat.occupied = period(min(at, seat.planned_start), max(at + self.minutes, seat.planned_end))
            self.tell("session_started", at, by=seat.person_id, seat=seat)

    def end_session(self, at: datetime) -> None:
        """The massage is over, and the therapists' time is their own again."""
        for seat in self.seats_going:
            seat.session_ended_at = seat.released_at = at
            seat.answer, seat.progress = Answer.RELEASED, Progress.ENDED
            begun = min(seat.session_started_at or seat.planned_start, seat.planned_start)
            seat.occupied = period(begun, max(at, begun + timedelta(minutes=1)))
            self.tell("session_ended", at, by=seat.person_id, seat=seat)

    def request_payment(self, at: datetime) -> None:
        """The bill is on the table."""
        seat = self._workers()[0]
        seat.payment_requested_at = at
        self.visit.state = S.AWAITING_PAYMENT
        self.tell("payment_requested", at, by=seat.person_id, seat=seat)

    def pay(self, at: datetime, method: str) -> None:
        """The desk has seen the money."""
        self.rows.add(
            Payment(
                appointment_id=self.visit.id,
                kind="payment",
                method=method,
                amount=self.visit.price,
                extension_amount=self.visit.extension_price,
                happened_at=at,
                recorded_at=at,
                verified_by_id=self.call.booked_by,
            )
        )
        self.visit.state = S.PAID
        self.tell("payment_verified", at, by=self.call.booked_by)

    def complete(self, at: datetime) -> None:
        """Everybody has said what they used."""
        for seat in self._workers():
            seat.materials_reported_at = at
            self.tell("materials_reported", at, by=seat.person_id, seat=seat)
        self.stock.report(self.visit.id, at, self._workers()[0].person_id)
        self._close(S.COMPLETED, at)
        self.tell("completed", at, by=None)

    def ask_pickup(self, at: datetime, *, urgent: bool = False) -> None:
        """The therapists want to be collected."""
        for seat in self._workers() or self.seats:
            seat.pickup_asked_at, seat.pickup_urgent = at, urgent
        self.way_back = self.rows.add(
            Leg(
                from_appointment_id=self.visit.id,
                business_date=self.visit.business_date,
                state=LegState.SEARCHING,
                vehicle_needed="car" if self.call.car else "any",
                urgent=urgent,
                wanted_at=at,
                travel_minutes=self.world.travel_minutes(self.call.home),
                search_number=1,
            )
        )
        for seat in self._workers() or self.seats:
            self.rows.add(LegPassenger(leg_id=self.way_back.id, assignment_id=seat.id))
        self.tell("pickup_asked", at, by=self.seats[-1].person_id, leg=self.way_back)

    def accept_way_back(self, driver: int, at: datetime) -> None:
        """A driver goes to collect them."""
        leg = _known(self.way_back)
        self._offer_leg(leg, driver, at, answered_at=at)
        leg.state, leg.accepted_at, leg.planned_start = LegState.ACCEPTED, at, at
        leg.occupied = period(at, at + timedelta(minutes=2 * leg.travel_minutes))
        self.tell("driver_accepted", at, by=driver, leg=leg)

    def collect(self, at: datetime) -> None:
        """They sit in the car."""
        leg = _known(self.way_back)
        leg.state, leg.departed_at = LegState.UNDER_WAY, at
        leg.occupied = period(leg.accepted_at or at, at + timedelta(minutes=leg.travel_minutes))
        self.tell("collected", at, by=leg.driver_id, leg=leg)

    def finish(self, at: datetime) -> None:
        """They are back."""
        leg = _known(self.way_back)
        leg.state, leg.finished_at = LegState.DONE, at
        leg.occupied = period(leg.accepted_at or leg.wanted_at, at)
        self.tell("brought_back", at, by=leg.driver_id, leg=leg)

    def got_home(self, at: datetime) -> None:
        """They have taken a taxi: no driver was free for long."""
        for seat in self.seats:
            if seat.progress != Progress.WAITING:
                seat.home_at = at
                self.tell("got_home", at, by=seat.person_id, seat=seat)

    def cancel(self, at: datetime, reason: str) -> None:
        """The client calls it off."""
        self._release(at)
        self.visit.ending_reason = reason
        self._close(S.CANCELLED, at)
        self.tell("appointment_cancelled", at, by=self.call.booked_by, reason=reason)

    def expire(self, at: datetime) -> None:
        """Nobody answered in time."""
        for seat in self.seats:
            if seat.answer == Answer.OFFERED:
                seat.answer, seat.answered_at, seat.occupied = Answer.LAPSED, at, Range(empty=True)
                self.tell("offer_lapsed", at, by=None, seat=seat)
        self._release(at)
        self.visit.ending_reason = "Nobody answered before the start."
        self._close(S.EXPIRED, at)
        self.tell("appointment_expired", at, by=None)

    def no_show(self, at: datetime) -> None:
        """Nobody opens the door."""
        self._release(at)
        self.visit.ending_reason = "Nobody opened the door."
        self._close(S.NO_SHOW, at)
        self.tell("no_show", at, by=self.call.booked_by)

    @property
    def seats_going(self) -> list[Assignment]:
        """Places of those who said yes and have not finished."""
        return [seat for seat in self.seats if seat.answer == Answer.ACCEPTED]

    def _workers(self) -> list[Assignment]:
        return [seat for seat in self.seats if seat.progress == Progress.ENDED]

    def _move(self, progress: Progress, state: AppointmentState) -> None:
        for seat in self.seats_going:
            seat.progress = progress
        self.visit.state = state

    def _release(self, at: datetime) -> None:
        for seat in self.seats:
            if seat.answer in (Answer.OFFERED, Answer.ACCEPTED):
                begun = seat.planned_start
                seat.answer, seat.released_at = Answer.RELEASED, at
                seat.occupied = period(begun, at) if begun < at else Range(empty=True)
        leg = self.outbound
        if leg and leg.state != LegState.DONE:
            leg.state, leg.cancelled_at, leg.reason = LegState.CANCELLED, at, "The visit fell away."
        self.stock.give_back(self.visit.id, at)

    def _close(self, state: AppointmentState, at: datetime) -> None:
        self.visit.state, self.visit.closed_at = state, at

    def _plan_way_there(self) -> Leg:
        travel = self.world.travel_minutes(self.call.home)
        leg = self.rows.add(
            Leg(
                to_appointment_id=self.visit.id,
                business_date=self.visit.business_date,
                state=LegState.PLANNED,
                vehicle_needed="car" if self.call.car else "any",
                wanted_at=self.visit.starts_at - timedelta(minutes=travel),
                travel_minutes=travel,
            )
        )
        for seat in self.seats:
            self._ride(leg, seat)
        return leg

    def _ride(self, leg: Leg, seat: Assignment) -> None:
        self.riders[seat.id] = self.rows.add(LegPassenger(leg_id=leg.id, assignment_id=seat.id))

    def _offer_leg(self, leg: Leg, driver: int, at: datetime, *, answered_at: datetime | None = None) -> None:
        leg.driver_id, leg.planned_start = driver, leg.wanted_at
        leg.occupied = period(leg.wanted_at, leg.wanted_at + timedelta(minutes=leg.travel_minutes))
        values: dict[str, Any] = {"leg_id": leg.id, "driver_id": driver, "search_number": leg.search_number}
        due = at + timedelta(minutes=self.world.firm.leg_answer_minutes)
        answer = OfferAnswer.ACCEPTED if answered_at else OfferAnswer.OPEN
        self.rows.add(LegOffer(**values, answer=answer, offered_at=at, due_at=due, answered_at=answered_at))


def _known(leg: Leg | None) -> Leg:
    if leg is None:
        raise ValueError("there is no such trip")
    return leg
