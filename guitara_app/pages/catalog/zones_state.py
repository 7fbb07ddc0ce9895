"""Zones with their towns: found, added, named, and towns moved from one zone to another."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.rules import plain
from guitara_app.firm.queries import localities, zone_names
from guitara_app.founding.zones import TownDetails, ZoneDetails, check_place_name, keep_town, keep_zone
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.pages.booking.views import Choice
from guitara_app.pages.catalog.editing import (
    NEW,
    CatalogForm,
    KeptRows,
    RowDraft,
    Sheet,
    Stands,
    Values,
)

_FIELDS = {"name": "Name", "zone_id": "Zone"}


class TownChip(TypedDict):
    """A town of a zone."""

    id: int
    name: str


class ZoneLine(TypedDict):
    """A zone in the list."""

    id: int
    name: str
    towns: list[TownChip]


class ZonesState(KeptRows, rx.State):
    """The zones that match what is typed, and the form of one."""

    lines: list[ZoneLine] = []

    def _sheet(self) -> Sheet:
        return ZONE

    async def _read(self) -> None:
        self.lines = self._matching(await in_thread(_lines), _words)


class TownsState(CatalogForm, rx.State):
    """The form of a town."""

    zones: list[Choice] = []

    def _sheet(self) -> Sheet:
        return TOWN

    async def _choices(self, draft: RowDraft) -> None:
        self.zones = await in_thread(_zones)


def _words(line: ZoneLine) -> str:
    return " ".join([line["name"], *(town["name"] for town in line["towns"])])


def _lines() -> list[ZoneLine]:
    with reading() as session:
        towns: dict[str, list[TownChip]] = {}
        for town in localities(session):
            towns.setdefault(town.zone, []).append(TownChip(id=town.id, name=town.name))
        return [
            ZoneLine(id=number, name=name, towns=towns.get(name, [])) for number, name in zone_names(session).items()
        ]


def _zones() -> list[Choice]:
    with reading() as session:
        return [Choice(value=str(number), label=name) for number, name in zone_names(session).items()]


def _name(values: Values) -> str:
    return " ".join(plain(str(values["name"])).split())


def _name_problems(values: Values) -> dict[str, str]:
    try:
        check_place_name(_name(values))
    except Invalid as error:
        return {error.field: error.sentence}
    return {}


def _look_zone(session: Session, number: int) -> Stands | None:
    if number == NEW:
        return Stands({"name": ""}, 0)
    name = zone_names(session).get(number)
    return None if name is None else Stands({"name": name}, 0)


def _keep_zone(session: Session, actor: Actor, number: int | None, values: Values, stands: Stands, at: datetime) -> int:
    seen = ZoneDetails(str(stands.values["name"]))
    return keep_zone(session, actor, number, ZoneDetails(_name(values)), seen=seen, now=at)


def _look_town(session: Session, number: int) -> Stands | None:
    if number == NEW:
        return Stands({"name": "", "zone_id": ""}, 0)
    zones = {name: zone for zone, name in zone_names(session).items()}
    for town in localities(session):
        if town.id == number:
            return Stands({"name": town.name, "zone_id": str(zones[town.zone])}, 0)
    return None


def _check_town(values: Values) -> dict[str, str]:
    problems = _name_problems(values)
    if not _zone(values["zone_id"]):
        problems["zone_id"] = "Choose the zone it is in."
    return problems


def _keep_town(session: Session, actor: Actor, number: int | None, values: Values, stands: Stands, at: datetime) -> int:
    seen = TownDetails(str(stands.values["name"]), _zone(stands.values["zone_id"]))
    wanted = TownDetails(_name(values), _zone(values["zone_id"]))
    return keep_town(session, actor, number, wanted, seen=seen, now=at)


def _zone(typed: str | bool) -> int:
    words = str(typed)
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0


def _label(_session: Session, field: str) -> str:
    return _FIELDS.get(field, field)


def _said_zone(session: Session, field: str, value: str | bool) -> str:
    return zone_names(session).get(_zone(value), "none") if field == "zone_id" else str(value)


ZONE = Sheet("zone", _look_zone, _name_problems, _keep_zone, _label, ("zone_changed",))
TOWN = Sheet("town", _look_town, _check_town, _keep_town, _label, ("town_changed",), _said_zone)
