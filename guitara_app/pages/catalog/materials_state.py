"""Materials as they are kept: found, added and changed. What lies on the shelf changes by movements alone."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.rules import plain
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.pages.booking.draft import amount
from guitara_app.pages.catalog.editing import (
    NEW,
    KeptRows,
    Sheet,
    Stands,
    Values,
    pesos,
    read,
    whole,
)
from guitara_app.stock.keeping import ItemDetails, add_item, change_item, check_item
from guitara_app.stock.models import ItemKind
from guitara_app.stock.queries import kept_items

KINDS = {ItemKind.CONTAINER: "Is emptied by use", ItemKind.REUSABLE: "Comes back"}
_FIELDS = {
    "name": "Name",
    "unit": "Counted in",
    "kind": "Kind",
    "minimum": "Warn at",
    "cost": "Cost",
    "expires_on": "Expires on",
    "active": "In use",
}


class MaterialLine(TypedDict):
    """A material in the list."""

    id: int
    name: str
    unit: str
    kind: str
    minimum: str
    cost: str
    active: bool


class MaterialsState(KeptRows, rx.State):
    """The materials that match what is typed, and the form of one."""

    lines: list[MaterialLine] = []

    def _sheet(self) -> Sheet:
        return SHEET

    async def _read(self) -> None:
        self.lines = self._matching(await in_thread(_lines), lambda one: f"{one['name']} {one['unit']}")


def _lines() -> list[MaterialLine]:
    with reading() as session:
        return [
            MaterialLine(
                id=one.id,
                name=one.name,
                unit=one.unit,
                kind=KINDS[ItemKind(one.kind)].lower(),
                minimum=f"warn at {one.minimum}",
                cost=f"\u20b1{one.cost:,.2f}".removesuffix(".00"),
                active=one.active,
            )
            for one in kept_items(session)
        ]


def _look(session: Session, number: int) -> Stands | None:
    if number == NEW:
        values: dict[str, str | bool] = dict.fromkeys(_FIELDS, "")
        return Stands(values | {"kind": ItemKind.CONTAINER.value, "minimum": "0", "cost": "0", "active": True}, 0)
    for one in kept_items(session, only=number):
        return Stands(
            {
                "name": one.name,
                "unit": one.unit,
                "kind": one.kind,
                "minimum": str(one.minimum),
                "cost": pesos(one.cost),
                "expires_on": one.expires_on.isoformat() if one.expires_on else "",
                "active": one.active,
            },
            one.version,
        )
    return None


def _parse(values: Values) -> tuple[ItemDetails, dict[str, str]]:
    problems: dict[str, str] = {}

    def kind() -> ItemKind:
        if values["kind"] not in set(ItemKind):
            raise Invalid("Choose a kind.")
        return ItemKind(str(values["kind"]))

    def expires() -> date | None:
        typed = str(values["expires_on"]).strip()
        try:
            return date.fromisoformat(typed) if typed else None
        except ValueError:
            raise Invalid("A date, or nothing.") from None

    nothing: Decimal | None = None
    cost = read(problems, lambda: amount(str(values["cost"])), nothing, "cost")
    if "price" in problems:
        problems["cost"] = problems.pop("price")
    details = ItemDetails(
        name=" ".join(plain(str(values["name"])).split()),
        unit=" ".join(plain(str(values["unit"])).split()),
        kind=read(problems, kind, ItemKind.CONTAINER, "kind"),
        minimum=read(problems, lambda: whole(values["minimum"] or "0", "A whole number, 0 or more."), 0, "minimum"),
        cost=cost or Decimal(0),
        expires_on=read(problems, expires, None, "expires_on"),
        active=values["active"] is True,
    )
    try:
        check_item(details)
    except Invalid as error:
        problems.setdefault(error.field, error.sentence)
    return details, problems


def _check(values: Values) -> dict[str, str]:
    return _parse(values)[1]


def _keep(session: Session, actor: Actor, number: int | None, values: Values, stands: Stands, at: datetime) -> None:
    details, _ = _parse(values)
    if number is None:
        add_item(session, actor, details, now=at)
    else:
        change_item(session, actor, number, details, version=stands.version, now=at)


SHEET = Sheet("item", _look, _check, _keep, lambda _, field: _FIELDS.get(field, field), ("item_changed",))
