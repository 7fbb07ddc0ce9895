"""Who waits for a slot, and what has been found for them."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, one_of, reference, word, words


class Wish(Table, table=True):
    """What a client would book if there were a slot: what, in which evenings, between which starts, with whom.

    ``not_evenings`` are those for which a slot was declined. ``only_therapist``: with nobody else.
    """

    __tablename__ = "wishes"
    __table_args__ = (
        CheckConstraint("cardinality(service_ids) > 0", name="service_ids"),
        CheckConstraint("people > 0", name="people"),
        CheckConstraint("last_evening >= first_evening", name="last_evening"),
        one_of("state", ("waiting", "booked", "withdrawn", "over")),
        CheckConstraint("(state = 'waiting') = (closed_at IS NULL)", name="closed_at"),
        CheckConstraint("(state = 'booked') = (appointment_id IS NOT NULL)", name="appointment_id"),
        CheckConstraint("therapist_id IS NOT NULL OR NOT only_therapist", name="only_therapist"),
        Index("ix_wishes_client_id", "client_id"),
        Index("ix_wishes_waiting", "made_at", postgresql_where=text("state = 'waiting'")),
    )

    id: int = identity()
    client_id: int = reference("clients.id")
    address_id: int | None = reference("client_addresses.id", nullable=True)
    service_ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    people: int
    first_evening: date
    last_evening: date
    earliest: time | None = None
    latest: time | None = None
    not_evenings: list[date] = Field(
        default_factory=list, sa_column=Column(ARRAY(Date), nullable=False, server_default="{}")
    )
    therapist_id: int | None = reference("people.id", nullable=True)
    only_therapist: bool
    driver_needed: bool
    car_needed: bool
    notes: str = words()
    state: str = word()
    made_at: datetime = moment()
    made_by_id: int = reference("people.id")
    closed_at: datetime | None = moment(nullable=True)
    appointment_id: int | None = reference("appointments.id", nullable=True)
    version: int = 1


class WishOffer(Table, table=True):
    """A slot that was found for a wish, until it is booked, declined or gone. It holds nobody's time."""

    __tablename__ = "wish_offers"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("cardinality(therapist_ids) > 0", name="therapist_ids"),
        one_of("outcome", ("", "booked", "declined", "gone", "withdrawn", "changed", "over")),
        CheckConstraint("(settled_at IS NULL) = (outcome = '')", name="settled_at"),
        # One slot is found for a wish at a time, however many look.
        Index("uq_wish_offers_open", "wish_id", unique=True, postgresql_where=text("settled_at IS NULL")),
    )

    id: int = identity()
    wish_id: int = reference("wishes.id")
    business_date: date
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    therapist_ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    found_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)
    outcome: str = words()
