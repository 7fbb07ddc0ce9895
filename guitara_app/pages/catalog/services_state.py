"""Services as they are sold: found, added, changed, taken off sale and put on it again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.accounts.rules import plain
from guitara_app.catalog.queries import kept_services
from guitara_app.catalog.rules import ServiceDetails, check_service
from guitara_app.catalog.services import sell_service
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking.draft import amount
from guitara_app.pages.catalog.editing import (
    NEW,
    Event,
    KeptRows,
    Number,
    RowDraft,
    Sheet,
    Stands,
    Values,
    pesos,
    read,
    whole,
)
from guitara_app.stock.default_materials import keep_service
from guitara_app.stock.queries import kept_items, materials_in_words, materials_of

_FIELDS = {
    "name": "Name",
    "minutes": "Minutes",
    "buffer_minutes": "Rest afterwards",
    "price": "Price",
    "active": "On sale",
}
_MATERIAL = "material_"
_MINUTES = "A whole number of minutes, such as 60."
_PIECES = "A whole number, or nothing."


class ServiceLine(TypedDict):
    """A service in the list."""

    id: int
    name: str
    minutes: str
    buffer: str
    price: str
    materials: str
    active: bool


class MaterialLine(TypedDict):
    """A material that a service may take along; ``field`` is its name in the form."""

    field: str
    name: str
    unit: str


class ServicesState(KeptRows, rx.State):
    """The services that match what is typed, and the form of one."""

    lines: list[ServiceLine] = []
    materials: list[MaterialLine] = []

    @rx.event
    @allow(Permission.SET_CATALOG)
    async def sell(self, number: Number, active: bool) -> Event:
        """Put a service on sale, or take it off."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: sell_service(session, actor, number, active=active, now=at))
        said = "On sale again." if active else "Off sale. Visits that have it keep it."
        return rx.toast.success(said, close_button=True)

    def _sheet(self) -> Sheet:
        return SHEET

    async def _choices(self, draft: RowDraft) -> None:
        self.materials = await in_thread(_materials, draft.visit_id)

    async def _read(self) -> None:
        self.lines = self._matching(await in_thread(_lines), lambda one: f"{one['name']} {one['materials']}")


def _lines() -> list[ServiceLine]:
    with reading() as session:
        carried = materials_in_words(session)
        return [
            ServiceLine(
                id=one.id,
                name=one.name,
                minutes=f"{one.minutes} min",
                buffer=f"+{one.buffer_minutes} min rest" if one.buffer_minutes else "no rest",
                price=f"\u20b1{one.price:,.2f}".removesuffix(".00"),
                materials=carried.get(one.id, ""),
                active=one.active,
            )
            for one in kept_services(session)
        ]


def _materials(number: int) -> list[MaterialLine]:
    with reading() as session:
        mine = materials_of(session, number)
        return [
            MaterialLine(field=f"{_MATERIAL}{item.id}", name=item.name, unit=item.unit)
            for item in kept_items(session)
            if item.active or item.id in mine
        ]


def _look(session: Session, number: int) -> Stands | None:
    mine = materials_of(session, number)
    carried = {
        f"{_MATERIAL}{item.id}": str(mine.get(item.id, ""))
        for item in kept_items(session)
        if item.active or item.id in mine
    }
    if number == NEW:
        return Stands({"name": "", "minutes": "", "buffer_minutes": "0", "price": "", "active": True, **carried}, 0)
    for one in kept_services(session, only=number):
        return Stands(
            {
                "name": one.name,
                "minutes": str(one.minutes),
                "buffer_minutes": str(one.buffer_minutes),
                "price": pesos(one.price),
                "active": one.active,
                **carried,
            },
            one.version,
        )
    return None


def _parse(values: Values) -> tuple[ServiceDetails, dict[int, int], dict[str, str]]:
    problems: dict[str, str] = {}
    price = read(problems, lambda: amount(str(values["price"])), None, "price")
    if price is None:
        problems.setdefault("price", "Type the price in pesos, like 675 or 675.50.")
    details = ServiceDetails(
        name=" ".join(plain(str(values["name"])).split()),
        minutes=read(problems, lambda: whole(values["minutes"], _MINUTES), 60, "minutes"),
        price=price or Decimal(0),
        buffer_minutes=read(problems, lambda: whole(values["buffer_minutes"] or "0", _MINUTES), 0, "buffer_minutes"),
        active=values["active"] is True,
    )
    carried: dict[int, int] = {}
    for field, words in values.items():
        item = field.removeprefix(_MATERIAL)
        if item == field or not str(words).strip() or not item.isdecimal():
            continue
        carried[int(item)] = read(problems, lambda words=words: whole(words, _PIECES), 0, field)
    carried = {item: many for item, many in carried.items() if many}
    try:
        check_service(details)
    except Invalid as error:
        problems.setdefault(error.field, error.sentence)
    return details, carried, problems


def _check(values: Values) -> dict[str, str]:
    return _parse(values)[2]


def _keep(session: Session, actor: Actor, number: int | None, values: Values, stands: Stands, at: datetime) -> None:
    details, carried, _ = _parse(values)
    keep_service(session, actor, number, details, carried, version=stands.version, now=at)


def _label(session: Session, field: str) -> str:
    item = field.removeprefix(_MATERIAL)
    if item != field and item.isdecimal():
        return next((one.name for one in kept_items(session, only=int(item[:18]))), "A material")
    return _FIELDS.get(field, field)


SHEET = Sheet("service", _look, _check, _keep, _label, ("service_changed", "service_materials_changed"))
