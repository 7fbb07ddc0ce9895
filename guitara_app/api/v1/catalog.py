"""What can be booked, and where."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from guitara_app.accounts.permissions import Permission
from guitara_app.api.v1.fields import Money
from guitara_app.api.v1.rights import needs
from guitara_app.catalog.queries import active_services
from guitara_app.firm.queries import localities
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread

router = APIRouter(tags=["catalog"])

SignedIn = Annotated[object, Depends(needs(Permission.SIGNED_IN))]


class Service(BaseModel):
    """A service on sale; the pause is what the therapist needs after it."""

    id: int
    name: str
    minutes: int
    price: Money
    pause_minutes: int


class Services(BaseModel):
    """Every service on sale, by name."""

    items: list[Service]


class Locality(BaseModel):
    """A town a visit can be in, and its zone."""

    id: int
    name: str
    zone: str


class Localities(BaseModel):
    """Every town, by name."""

    items: list[Locality]


@router.get("/services")
async def services(_actor: SignedIn) -> Services:
    """What can be booked."""

    def read() -> list[Service]:
        with reading() as session:
            return [
                Service(
                    id=row.id, name=row.name, minutes=row.minutes, price=row.price, pause_minutes=row.buffer_minutes
                )
                for row in active_services(session)
            ]

    return Services(items=await in_thread(read))


@router.get("/localities")
async def towns(_actor: SignedIn) -> Localities:
    """Where a visit can be."""

    def read() -> list[Locality]:
        with reading() as session:
            return [Locality(id=row.id, name=row.name, zone=row.zone) for row in localities(session)]

    return Localities(items=await in_thread(read))
