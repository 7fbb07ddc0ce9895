"""A visit to one client, its services, and each therapist's own place in it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text

from guitara_app.appointments.words import CLOSED, Answer, AppointmentState, Progress
from guitara_app.kit.columns import (
    Table,
    bounded,
    count,
    identity,
    moment,
    money,
    never_overlapping,
    one_of,
    reference,
    time_range,
    word,
    words,
)
from guitara_app.kit.time import Period

IS_LIVE = "answer IN ('offered', 'accepted') AND released_at IS NULL"
_IS_CLOSED = ", ".join(f"'{state}'" for state in sorted(CLOSED))


class Appointment(Table, table=True):
    """One visit to one client.

    ``series_date`` is the evening of its series that it stands for, wherever it has been moved since.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        one_of("state", AppointmentState),
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("ends_at <= starts_at + interval '24 hours'", name="length"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("NOT car_needed OR driver_needed", name="car_means_driver"),
        CheckConstraint("state <> 'cancelled' OR ending_reason <> ''", name="cancelled_with_reason"),
        CheckConstraint(f"(state IN ({_IS_CLOSED})) = (closed_at IS NOT NULL)", name="closed_at"),
        Index("ix_appointments_business_date", "business_date", "starts_at"),
        Index("ix_appointments_state_starts_at", "state", "starts_at"),
        Index("ix_appointments_client_id", "client_id", "starts_at"),
        Index("ix_appointments_starts_at_id", "starts_at", "id"),
        Index("ix_appointments_open", "starts_at", postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("(series_id IS NULL) = (series_date IS NULL)", name="series_date"),
        # An evening of a series is booked once, however many look at once.
        Index(
            "uq_appointments_series",
            "series_id",
            "series_date",
            unique=True,
            postgresql_where=text("series_id IS NOT NULL"),
        ),
    )

    id: int = identity()
    client_id: int = reference("clients.id")
    address_id: int = reference("client_addresses.id")
    business_date: date
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    state: str = word()
    driver_needed: bool
    car_needed: bool
    price: Decimal = money()
    extension_price: Decimal = money(default="0")
    notes: str = words()
    ending_reason: str = words()
    closed_at: datetime | None = moment(nullable=True)
    booked_at: datetime = moment()
    booked_by_id: int = reference("people.id")
    series_id: int | None = reference("booking_series.id", nullable=True)
    series_date: date | None = None
    version: int = 1


class AppointmentService(Table, table=True):
    """A service of a visit, with the minutes and the price it was booked at."""

    __tablename__ = "appointment_services"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("price >= 0", name="price"),
        Index("ix_appointment_services_appointment_id", "appointment_id"),
    )

    id: int = identity()
    appointment_id: int = reference("appointments.id")
    service_id: int = reference("services.id")
    minutes: int
    price: Decimal = money()


class Assignment(Table, table=True):
    """One therapist on one visit: the answer, how far they are, and the time that is taken by it.

    ``occupied`` is what is compared: from the start to the end that is expected now, plus the turnaround: the pause of
    the services (``buffer_minutes``) and the way to the person's next job. Actual times stand beside it and are never
    refused because of the plan.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        one_of("answer", Answer),
        one_of("progress", Progress),
        bounded("occupied", where=IS_LIVE),
        never_overlapping("assignments_never_overlap", "person_id", "occupied", where=IS_LIVE),
        CheckConstraint("(answer = 'released') = (released_at IS NOT NULL)", name="released_at"),
        CheckConstraint("answer NOT IN ('rejected', 'withdrawn') OR answer_reason <> ''", name="refused_with_reason"),
        CheckConstraint(
            "progress <> 'in_session' OR (session_started_at IS NOT NULL AND session_ended_at IS NULL)",
            name="in_session",
        ),
        CheckConstraint("session_ended_at IS NULL OR session_ended_at >= session_started_at", name="session_order"),
        CheckConstraint("ended_early IS NULL OR ended_early IN ('pay_part', 'safety')", name="ended_early"),
        CheckConstraint("progress = 'waiting' OR answer <> 'offered'", name="only_accepted_moves"),
        Index("uq_assignments_live", "appointment_id", "person_id", unique=True, postgresql_where=text(IS_LIVE)),
        Index("uq_assignments_in_session", "person_id", unique=True, postgresql_where=text("progress = 'in_session'")),
        Index("ix_assignments_appointment_id", "appointment_id"),
        Index("ix_assignments_person_id_planned", "person_id", "planned_start"),
        Index("ix_assignments_live_until", text("upper(occupied)"), postgresql_where=text(IS_LIVE)),
        Index("ix_assignments_due", "due_at", postgresql_where=text("answer = 'offered' AND released_at IS NULL")),
    )

    id: int = identity()
    appointment_id: int = reference("appointments.id")
    person_id: int = reference("people.id")
    answer: str = word()
    progress: str = word()
    offered_at: datetime = moment()
    due_at: datetime | None = moment(nullable=True)
    # When whoever is asked was told that the time to answer is nearly over.
    warned_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    answer_reason: str = words()
    chosen_because: str = words()
    planned_start: datetime = moment()
    planned_end: datetime = moment()
    buffer_minutes: int = count()
    turnaround_minutes: int = 0
    extension_minutes: int = count()
    extended_at: datetime | None = moment(nullable=True)
    occupied: Period = time_range()
    departed_at: datetime | None = moment(nullable=True)
    arrived_at: datetime | None = moment(nullable=True)
    dropped_off_at: datetime | None = moment(nullable=True)
    session_started_at: datetime | None = moment(nullable=True)
    session_ended_at: datetime | None = moment(nullable=True)
    ended_early: str | None = word(nullable=True)
    ended_early_reason: str = words()
    payment_requested_at: datetime | None = moment(nullable=True)
    materials_reported_at: datetime | None = moment(nullable=True)
    pickup_asked_at: datetime | None = moment(nullable=True)
    pickup_urgent: bool = False
    home_at: datetime | None = moment(nullable=True)
    released_at: datetime | None = moment(nullable=True)
    override_reason: str = words()
    version: int = 1
