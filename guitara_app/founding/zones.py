"""Zones and their towns. Nothing is deleted: addresses of clients are in them.

Neither has a version: whoever changes one says what they saw, and is told when it stands otherwise by now.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.firm.models import Locality, Zone
from guitara_app.kit.errors import Invalid, NotFound, Stale
from guitara_app.kit.events import record

_LONGEST = 60
_STALE = "Somebody changed this while you were editing. Compare with what stands there now."

Row = TypeVar("Row", Zone, Locality)


@dataclass(frozen=True, slots=True)
class ZoneDetails:
    """A part of the city inside which trips are short."""

    name: str


@dataclass(frozen=True, slots=True)
class TownDetails:
    """A city or town, and the zone it counts to."""

    name: str
    zone_id: int


def check_place_name(name: str) -> None:
    """Refuse what cannot be the name of a zone or a town.

    Raises:
        Invalid: it is empty or too long.
    """
    if not name:
        raise Invalid("Type a name.", field="name")
    if len(name) > _LONGEST:
        raise Invalid(f"A name has at most {_LONGEST} characters.", field="name")


def keep_zone(
    session: Session,
    actor: Actor,
    zone_id: int | None,
    wanted: ZoneDetails,
    *,
    seen: ZoneDetails | None = None,
    now: datetime,
) -> int:
    """Add a zone, or change the one of this number, which stood as ``seen``; its number.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such zone.
        Stale: it is another by now.
        Invalid: the name cannot be, or is taken.
    """
    require(actor, Permission.SET_CATALOG)
    check_place_name(wanted.name)
    zone = Zone() if zone_id is None else _held(session, Zone, zone_id, "There is no such zone.")
    return _keep(session, actor, "zone", zone, wanted, None if zone_id is None else seen, now)


def keep_town(
    session: Session,
    actor: Actor,
    town_id: int | None,
    wanted: TownDetails,
    *,
    seen: TownDetails | None = None,
    now: datetime,
) -> int:
    """Add a town, or change the one of this number, which stood as ``seen``; its number.

    Raises:
        NotAllowed, NotFound, Stale, Invalid: see ``keep_zone``; also when there is no such zone.
    """
    require(actor, Permission.SET_CATALOG)
    check_place_name(wanted.name)
    if not 0 < wanted.zone_id < 2**63 or session.get(Zone, wanted.zone_id) is None:
        raise Invalid("Choose the zone from the list.", field="zone_id")
    town = Locality() if town_id is None else _held(session, Locality, town_id, "There is no such town.")
    return _keep(session, actor, "town", town, wanted, None if town_id is None else seen, now)


def _held(session: Session, table: type[Row], number: int, otherwise: str) -> Row:
    found = session.get(table, number, with_for_update=True) if 0 < number < 2**63 else None
    if found is None:
        raise NotFound(otherwise)
    return found


def _keep(
    session: Session,
    actor: Actor,
    what: str,
    row: Zone | Locality,
    wanted: ZoneDetails | TownDetails,
    seen: ZoneDetails | TownDetails | None,
    now: datetime,
) -> int:
    is_new = row.id is None
    before: dict[str, Any] = {} if is_new else {field: getattr(row, field) for field in asdict(wanted)}
    after = {field: value for field, value in asdict(wanted).items() if value != before.get(field)}
    if not after:
        return row.id
    if not is_new and (seen is None or asdict(seen) != before):
        raise Stale(_STALE)
    try:
        with session.begin_nested():
            for field, value in after.items():
                setattr(row, field, value)
            session.add(row)
    except IntegrityError as error:
        raise Invalid(f"Another {what} has this name. Type another.", field="name") from error
    record(
        session, f"{what}_added" if is_new else f"{what}_changed", by=actor, now=now, topics=["desk", "catalog"],
        data={f"{what}_id": row.id, "name": row.name},
        before={field: before[field] for field in after if field in before}, after=after,
    )  # fmt: skip
    return row.id
