"""Trips: who drives whom from where to where, and which drivers were asked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text

from guitara_app.accounts.models import Vehicle
from guitara_app.appointments.words import LegState, OfferAnswer
from guitara_app.kit.columns import (
    Table,
    bounded,
    count,
    identity,
    moment,
    never_overlapping,
    one_of,
    reference,
    time_range,
    word,
    words,
)
from guitara_app.kit.time import Period

IS_LIVE = "state IN ('offered', 'accepted', 'under_way')"


class Leg(Table, table=True):
    """One trip. Outbound leads to an appointment, return leads away from one; with both it is client to client.

    ``planned_start`` is set when a driver is asked: the wanted time of a way there, the present for a way back.
    """

    __tablename__ = "legs"
    __table_args__ = (
        one_of("state", LegState),
        CheckConstraint(f"vehicle_needed IN ('any', '{Vehicle.CAR}')", name="vehicle_needed"),
        CheckConstraint("from_appointment_id IS NOT NULL OR to_appointment_id IS NOT NULL", name="leads_somewhere"),
        CheckConstraint("from_appointment_id IS DISTINCT FROM to_appointment_id", name="moves"),
        CheckConstraint(f"NOT ({IS_LIVE}) OR driver_id IS NOT NULL", name="live_has_driver"),
        CheckConstraint("state NOT IN ('planned', 'searching') OR driver_id IS NULL", name="open_has_no_driver"),
        CheckConstraint("state <> 'under_way' OR departed_at IS NOT NULL", name="under_way"),
        CheckConstraint("state <> 'done' OR finished_at IS NOT NULL", name="done"),
        bounded("occupied", where=IS_LIVE),
        never_overlapping("legs_never_overlap", "driver_id", "occupied", where=IS_LIVE),
        Index("uq_legs_under_way", "driver_id", unique=True, postgresql_where=text("state = 'under_way'")),
        Index("ix_legs_to_appointment_id", "to_appointment_id"),
        Index("ix_legs_from_appointment_id", "from_appointment_id"),
        Index("ix_legs_driver_id_business_date", "driver_id", "business_date"),
        Index(
            "ix_legs_waiting",
            text("urgent DESC"),
            "wanted_at",
            postgresql_where=text("state IN ('planned', 'searching')"),
        ),
    )

    id: int = identity()
    from_appointment_id: int | None = reference("appointments.id", nullable=True)
    to_appointment_id: int | None = reference("appointments.id", nullable=True)
    business_date: date
    state: str = word()
    driver_id: int | None = reference("people.id", nullable=True)
    vehicle_needed: str = word()
    urgent: bool = False
    wanted_at: datetime = moment()
    travel_minutes: int
    planned_start: datetime | None = moment(nullable=True)
    turnaround_minutes: int = count()
    occupied: Period | None = time_range(nullable=True)
    search_number: int = 0
    accepted_at: datetime | None = moment(nullable=True)
    released_at: datetime | None = moment(nullable=True)
    departed_at: datetime | None = moment(nullable=True)
    arrived_at: datetime | None = moment(nullable=True)
    finished_at: datetime | None = moment(nullable=True)
    cancelled_at: datetime | None = moment(nullable=True)
    reason: str = words()
    version: int = 1


class LegPassenger(Table, table=True):
    """A therapist who rides along."""

    __tablename__ = "leg_passengers"
    __table_args__ = (Index("ix_leg_passengers_assignment_id", "assignment_id"),)

    leg_id: int = reference("legs.id", primary_key=True)
    assignment_id: int = reference("assignments.id", primary_key=True)


class LegOffer(Table, table=True):
    """One driver asked for one leg; at most one such question is open for a leg."""

    __tablename__ = "leg_offers"
    __table_args__ = (
        one_of("answer", OfferAnswer),
        Index("uq_leg_offers_open", "leg_id", unique=True, postgresql_where=text("answer = 'open'")),
        Index("uq_leg_offers_once", "leg_id", "driver_id", "search_number", unique=True),
        Index("ix_leg_offers_due", "due_at", postgresql_where=text("answer = 'open'")),
    )

    id: int = identity()
    leg_id: int = reference("legs.id")
    driver_id: int = reference("people.id")
    search_number: int
    answer: str = word()
    offered_at: datetime = moment()
    due_at: datetime = moment()
    warned_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    reason: str = words()
