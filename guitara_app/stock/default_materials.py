"""Services together with what they take along. A visit that is packed later takes what stands here then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.catalog.models import Service
from guitara_app.catalog.rules import ServiceDetails
from guitara_app.catalog.services import STALE, add_service, change_service
from guitara_app.kit.errors import Invalid, NotFound, Stale
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.stock.models import ServiceMaterial
from guitara_app.stock.queries import Bag, materials_of

_MOST = 100


def keep_service(
    session: Session,
    actor: Actor,
    service_id: int | None,
    wanted: ServiceDetails,
    materials: Mapping[int, int],
    *,
    version: int,
    now: datetime,
) -> int:
    """Add a service, or change the one of this number as it was seen in ``version``; its number.

    ``materials`` says how many of each item it takes along.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such service.
        Stale: somebody changed it meanwhile.
        Invalid: a field cannot be right, or the name is taken; of an item, ``field`` is ``material_`` and its number.
    """
    require(actor, Permission.SET_CATALOG)
    before: Bag = {}
    if service_id is None:
        service = add_service(session, actor, wanted, now=now)
    else:
        found = session.get(Service, service_id, with_for_update=True) if 0 < service_id < 2**63 else None
        if found is None:
            raise NotFound("There is no such service.")
        service, before = found, materials_of(session, found.id)
        if before != dict(materials) and service.version != version:
            raise Stale(STALE)
        change_service(session, actor, service.id, wanted, version=version, now=now)
    if before != dict(materials):
        _take_along(session, actor, service, before, materials, now)
    return service.id


def _take_along(
    session: Session, actor: Actor, service: Service, before: Bag, after: Mapping[int, int], now: datetime
) -> None:
    names = _names(session, [*before, *after])
    for item, many in after.items():
        if item not in names:
            raise Invalid("This material is not there any more.", field=f"material_{item}")
        if not 1 <= many <= _MOST:
            raise Invalid(f"A whole number up to {_MOST}, or nothing.", field=f"material_{item}")
    session.execute(text("DELETE FROM service_materials WHERE service_id = :service"), {"service": service.id})
    session.add_all(
        ServiceMaterial(service_id=service.id, item_id=item, quantity=many) for item, many in sorted(after.items())
    )
    service.version += 1
    session.flush()
    record(
        session, "service_materials_changed", by=actor, now=now, topics=["desk", "catalog"],
        data={"service_id": service.id, "name": service.name},
        before={names[item]: many for item, many in before.items()},
        after={names[item]: many for item, many in after.items()},
    )  # fmt: skip


def _names(session: Session, item_ids: list[int]) -> dict[int, str]:
    known = sorted({item for item in item_ids if 0 < item < 2**63})
    rows = session.execute(text("SELECT id, name FROM items WHERE id = ANY(:ids)"), {"ids": known})
    return {row.id: row.name for row in rows}
