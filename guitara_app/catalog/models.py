"""Tables of what is sold, and who can do it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Index

from guitara_app.kit.columns import Table, identity, money, reference, word


class Service(Table, table=True):
    """A massage: how long it takes, what it costs, and the pause the therapist needs after it."""

    __tablename__ = "services"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 600", name="minutes"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("buffer_minutes BETWEEN 0 AND 240", name="buffer"),
        Index("uq_services_name", "name", unique=True),
    )

    id: int = identity()
    name: str = word()
    minutes: int
    price: Decimal = money()
    buffer_minutes: int = 0
    active: bool = True
    version: int = 1


class PersonService(Table, table=True):
    """A service a therapist can give."""

    __tablename__ = "person_services"

    person_id: int = reference("people.id", primary_key=True)
    service_id: int = reference("services.id", primary_key=True)
