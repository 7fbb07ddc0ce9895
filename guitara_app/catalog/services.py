"""Changing what is sold. What is booked already keeps the minutes and the price it was booked at."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.catalog.models import Service
from guitara_app.catalog.rules import ServiceDetails, check_service
from guitara_app.kit.errors import Invalid, NotFound, Stale
from guitara_app.kit.events import record

STALE = "Somebody changed this service while you were editing. Compare with what stands there now."
_TAKEN = "Another service has this name. Type another."


def add_service(session: Session, actor: Actor, wanted: ServiceDetails, *, now: datetime) -> Service:
    """Sell one more service.

    Raises:
        NotAllowed: the actor is no manager.
        Invalid: a field cannot be right, or the name is taken.
    """
    require(actor, Permission.SET_CATALOG)
    check_service(wanted)
    service = Service(**asdict(wanted))
    try:
        with session.begin_nested():
            session.add(service)
    except IntegrityError as error:
        raise Invalid(_TAKEN, field="name") from error
    _tell(session, actor, "service_added", service, {}, asdict(wanted), now=now)
    return service


def change_service(
    session: Session, actor: Actor, service_id: int, wanted: ServiceDetails, *, version: int, now: datetime
) -> None:
    """Change a service, as it was seen in ``version``.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such service.
        Stale: somebody changed it meanwhile.
        Invalid: a field cannot be right, or the name is taken.
    """
    require(actor, Permission.SET_CATALOG)
    check_service(wanted)
    service = session.get(Service, service_id, with_for_update=True) if 0 < service_id < 2**63 else None
    if service is None:
        raise NotFound("There is no such service.")
    before = {field: getattr(service, field) for field in asdict(wanted)}
    after = {field: value for field, value in asdict(wanted).items() if value != before[field]}
    if not after:
        return
    if service.version != version:
        raise Stale(STALE)
    try:
        with session.begin_nested():
            for field, value in after.items():
                setattr(service, field, value)
            service.version += 1
    except IntegrityError as error:
        raise Invalid(_TAKEN, field="name") from error
    _tell(session, actor, "service_changed", service, {field: before[field] for field in after}, after, now=now)


def sell_service(session: Session, actor: Actor, service_id: int, *, active: bool, now: datetime) -> None:
    """Put a service on sale or take it off; what is booked keeps it.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such service.
    """
    require(actor, Permission.SET_CATALOG)
    service = session.get(Service, service_id, with_for_update=True) if 0 < service_id < 2**63 else None
    if service is None:
        raise NotFound("There is no such service.")
    stands = ServiceDetails(service.name, service.minutes, service.price, service.buffer_minutes, active)
    change_service(session, actor, service_id, stands, version=service.version, now=now)


def _tell(
    session: Session,
    actor: Actor,
    kind: str,
    service: Service,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    now: datetime,
) -> None:
    def plain(values: dict[str, Any]) -> dict[str, Any]:
        return {field: str(value) if field == "price" else value for field, value in values.items()}

    record(
        session, kind, by=actor, now=now, topics=["desk", "catalog"],
        data={"service_id": service.id, "name": service.name}, before=plain(before), after=plain(after),
    )  # fmt: skip
