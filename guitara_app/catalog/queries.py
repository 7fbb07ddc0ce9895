"""What can be booked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.kit.statements import text


class ServiceChoice(NamedTuple):
    """A service as it can be booked now."""

    id: int
    name: str
    minutes: int
    price: Decimal
    buffer_minutes: int


class KeptService(NamedTuple):
    """A service as it is kept, on sale or not."""

    id: int
    name: str
    minutes: int
    price: Decimal
    buffer_minutes: int
    active: bool
    version: int


def kept_services(session: Session, only: int | None = None) -> list[KeptService]:
    """Every service there ever was, by name; or one."""
    rows = session.execute(
        text(
            "SELECT id, name, minutes, price, buffer_minutes, active, version FROM services"
            " WHERE CAST(:only AS bigint) IS NULL OR id = :only ORDER BY lower(name), id"
        ),
        {"only": only},
    )
    return [KeptService(*row) for row in rows]


def skills_of(session: Session, person_id: int) -> dict[int, str]:
    """The services that somebody gives, by number; whoever has none listed gives every service."""
    rows = session.execute(
        text(
            "SELECT v.id, v.name FROM person_services k JOIN services v ON v.id = k.service_id"
            " WHERE k.person_id = :person ORDER BY lower(v.name), v.id"
        ),
        {"person": person_id},
    )
    return {row.id: row.name for row in rows}


def active_services(session: Session, only: Iterable[int] | None = None) -> list[ServiceChoice]:
    """Services on sale, by name; only those in ``only`` when it is given."""
    # A number no row can have would be refused by PostgreSQL, not answered.
    wanted = None if only is None else sorted({number for number in only if 0 < number < 2**63})
    rows = session.execute(
        text(
            "SELECT id, name, minutes, price, buffer_minutes FROM services"
            " WHERE active AND (CAST(:only AS bigint[]) IS NULL OR id = ANY(:only)) ORDER BY name"
        ),
        {"only": wanted},
    )
    return [ServiceChoice(row.id, row.name, row.minutes, row.price, row.buffer_minutes) for row in rows]


def services_of(session: Session, service_ids: Sequence[int]) -> list[ServiceChoice]:
    """These services, on sale or not, in the order given: what was booked before stays what it is."""
    rows = session.execute(
        text("SELECT id, name, minutes, price, buffer_minutes FROM services WHERE id = ANY(:ids)"),
        {"ids": sorted({number for number in service_ids if 0 < number < 2**63})},
    )
    known = {row.id: ServiceChoice(row.id, row.name, row.minutes, row.price, row.buffer_minutes) for row in rows}
    return [known[number] for number in service_ids if number in known]
