"""Tables of the people who phone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Computed, Double, Index, Text, literal_column, text
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, reference, word, words

FOLDED_FROM = "áàâäãåÁÀÂÄÃÅéèêëÉÈÊËíìîïÍÌÎÏóòôöõøÓÒÔÖÕØúùûüÚÙÛÜñÑçÇ'\u2019`"
FOLDED_TO = "aaaaaaaaaaaaeeeeeeeeiiiiiiiioooooooooooouuuuuuuunncc"
"""How names are compared: without accents, and without the apostrophes that nobody types (``O'Hara``, ``ohara``)."""

_QUOTED = FOLDED_FROM.replace("'", "''")
_FOLDED_NAME = f"translate(lower(name), '{_QUOTED}', '{FOLDED_TO}')"
# Without what stands behind the @: half of all clients share it, so it tells nothing and would be found for every word.
_MAILBOX = "split_part(email, '@', 1)"
SURNAME_FIRST = "((substring({0}name_key, '[^ ]+$') || ' ') || {0}name_key)"
"""``santos maria santos``: the family name and then all of it, as some people say it; ``{0}`` is the table."""


class Client(Table, table=True):
    """A client. The phone (E.164) says who it is; a merged client points at the one that is left."""

    __tablename__ = "clients"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        CheckConstraint("email IS NULL OR (email = lower(email) AND email <> '')", name="email_lower"),
        CheckConstraint("preferred_gender IN ('', 'female', 'male')", name="preferred_gender"),
        CheckConstraint("preferred_pressure IN ('', 'light', 'medium', 'hard')", name="preferred_pressure"),
        # Whoever was merged keeps their phone and e-mail for the record, and takes them from nobody.
        Index("uq_clients_phone", "phone", unique=True, postgresql_where=text("merged_into_id IS NULL")),
        Index("uq_clients_email", "email", unique=True, postgresql_where=text("merged_into_id IS NULL")),
        Index("ix_clients_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        Index("ix_clients_name", "name_key", "id"),
        Index("ix_clients_surname", literal_column(f"({SURNAME_FIRST.format('')})"), "id"),
        Index("ix_clients_phone_prefix", "phone", postgresql_ops={"phone": "text_pattern_ops"}),
        Index(
            "ix_clients_phone_end",
            literal_column("reverse(phone)").label("phone_end"),
            postgresql_ops={"phone_end": "text_pattern_ops"},
        ),
        Index("ix_clients_email_prefix", "email", postgresql_ops={"email": "text_pattern_ops"}),
        Index("ix_clients_merged", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
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
    name_key: str = Field(
        default=None, sa_column=Column(Text(collation="C"), Computed(_FOLDED_NAME, persisted=True), nullable=False)
    )
    search: str = Field(
        default=None,
        sa_column=Column(
            Text,
            Computed(f"' ' || {_FOLDED_NAME} || ' ' || phone || coalesce(' ' || {_MAILBOX}, '')", persisted=True),
            nullable=False,
        ),
    )
    created_at: datetime = moment(recorded=True)
    # Forgotten at their own wish: nothing says any more who it was.
    erased_at: datetime | None = moment(nullable=True)
    version: int = 1


class ClientPhone(Table, table=True):
    """Another number of a client, such as that of somebody who turned out to be the same person."""

    __tablename__ = "client_phones"
    __table_args__ = (
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        Index("uq_client_phones_phone", "phone", unique=True),
        Index("ix_client_phones_client_id", "client_id"),
        Index("ix_client_phones_search", "phone", postgresql_using="gin", postgresql_ops={"phone": "gin_trgm_ops"}),
    )

    id: int = identity()
    client_id: int = reference("clients.id")
    phone: str = word()


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
    retired_at: datetime | None = moment(nullable=True)
