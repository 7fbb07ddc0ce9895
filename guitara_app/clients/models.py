"""Tables of the people who phone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Computed, Double, Index, Text, literal_column
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, reference, word, words


class Client(Table, table=True):
    """A client. The phone (E.164) says who it is; a merged client points at the one that is left."""

    __tablename__ = "clients"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        CheckConstraint("email IS NULL OR (email = lower(email) AND email <> '')", name="email_lower"),
        CheckConstraint("preferred_gender IN ('', 'female', 'male')", name="preferred_gender"),
        CheckConstraint("preferred_pressure IN ('', 'light', 'medium', 'hard')", name="preferred_pressure"),
        Index("uq_clients_phone", "phone", unique=True),
        Index("uq_clients_email", "email", unique=True),
        Index("ix_clients_phone_prefix", "phone", postgresql_ops={"phone": "text_pattern_ops"}),
        Index("ix_clients_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        Index(
            "ix_clients_name_prefix",
            literal_column("lower(name)").label("name_lower"),
            postgresql_ops={"name_lower": "text_pattern_ops"},
        ),
    )

    id: int = identity()
    name: str = word()
    phone: str = word()
    email: str | None = word(nullable=True)
    notes: str = words()
    preferred_gender: str = words()
    preferred_pressure: str = words()
    preferred_therapist_id: int | None = reference("people.id", nullable=True)
    merged_into_id: int | None = reference("clients.id", nullable=True)
    search: str = Field(
        default=None,
        sa_column=Column(
            Text, Computed("lower(name) || ' ' || phone || coalesce(' ' || email, '')", persisted=True), nullable=False
        ),
    )
    created_at: datetime = moment(recorded=True)
    version: int = 1


class ClientAddress(Table, table=True):
    """A place a client has been visited at."""

    __tablename__ = "client_addresses"
    __table_args__ = (
        CheckConstraint("line <> ''", name="line"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="coordinates"),
        Index("ix_client_addresses_client_id", "client_id"),
    )

    id: int = identity()
    client_id: int = reference("clients.id")
    line: str = word()
    locality_id: int = reference("localities.id")
    notes: str = words()
    latitude: float | None = Field(default=None, sa_column=Column(Double, nullable=True))
    longitude: float | None = Field(default=None, sa_column=Column(Double, nullable=True))
    last_used_at: datetime | None = moment(nullable=True)
