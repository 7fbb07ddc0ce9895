"""What waits for somebody at the desk: refused offers, jobs that run into one another, alarms; and who took it on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text

from guitara_app.kit.columns import Table, identity, moment, one_of, reference, word, words


class Review(Table, table=True):
    """A place in a visit that somebody refused or left unanswered, until an operator decides."""

    __tablename__ = "reviews"
    __table_args__ = (
        one_of("cause", ("rejected", "withdrawn", "lapsed")),
        CheckConstraint(
            "decision IS NULL OR decision IN ('insist', 'replace', 'drop', 'cancel', 'settled')", name="decision"
        ),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_at"),
        Index("uq_reviews_open", "assignment_id", unique=True, postgresql_where=text("decision IS NULL")),
        Index("ix_reviews_waiting", "opened_at", postgresql_where=text("decision IS NULL")),
        Index("ix_reviews_appointment_id", "appointment_id"),
    )

    id: int = identity()
    appointment_id: int = reference("appointments.id")
    assignment_id: int = reference("assignments.id")
    cause: str = word()
    reason: str = words()
    opened_at: datetime = moment()
    decision: str | None = word(nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    decided_by_id: int | None = reference("people.id", nullable=True)


class Clash(Table, table=True):
    """A job that runs into the next one of the same person, and by how many minutes."""

    __tablename__ = "clashes"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("(assignment_id IS NULL) <> (leg_id IS NULL)", name="one_job"),
        CheckConstraint("(next_assignment_id IS NULL) <> (next_leg_id IS NULL)", name="one_next_job"),
        CheckConstraint("assignment_id IS NULL OR next_assignment_id IS NOT NULL", name="same_kind"),
        CheckConstraint("leg_id IS NULL OR next_leg_id IS NOT NULL", name="same_kind_of_leg"),
        Index(
            "uq_clashes_open_assignments",
            "assignment_id",
            "next_assignment_id",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index(
            "uq_clashes_open_legs", "leg_id", "next_leg_id", unique=True, postgresql_where=text("settled_at IS NULL")
        ),
        Index("ix_clashes_open", "opened_at", postgresql_where=text("settled_at IS NULL")),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    assignment_id: int | None = reference("assignments.id", nullable=True)
    next_assignment_id: int | None = reference("assignments.id", nullable=True)
    leg_id: int | None = reference("legs.id", nullable=True)
    next_leg_id: int | None = reference("legs.id", nullable=True)
    minutes: int
    opened_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)
    settled_by_id: int | None = reference("people.id", nullable=True)


class Alarm(Table, table=True):
    """A therapist's call for help, until somebody at the desk says how it ended."""

    __tablename__ = "alarms"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (outcome = '')", name="outcome"),
        CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name="settled_by"),
        Index("uq_alarms_open", "assignment_id", unique=True, postgresql_where=text("settled_at IS NULL")),
        Index("ix_alarms_open", "raised_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_alarms_appointment_id", "appointment_id"),
    )

    id: int = identity()
    appointment_id: int = reference("appointments.id")
    assignment_id: int = reference("assignments.id")
    raised_at: datetime = moment()
    outcome: str = words()
    settled_at: datetime | None = moment(nullable=True)
    settled_by_id: int | None = reference("people.id", nullable=True)


class AttentionClaim(Table, table=True):
    """Who at the desk is handling an entry of needs-me-now. Entries have no rows of their own, so they go by key.

    An entry goes away by itself; what is left here then counts for nothing and is removed with the next claim.
    """

    __tablename__ = "attention_claims"
    __table_args__ = (Index("uq_attention_claims_entry_key", "entry_key", unique=True),)

    id: int = identity()
    entry_key: str = word()
    person_id: int = reference("people.id")
    claimed_at: datetime = moment()
