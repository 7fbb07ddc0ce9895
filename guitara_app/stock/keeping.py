"""What is kept of each material besides its counters, which only movements change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.kit.errors import Invalid, NotFound, NotPossible, Stale
from guitara_app.kit.events import record
from guitara_app.stock.models import Item, ItemKind
from guitara_app.stock.rules import check_quantity

_LONGEST = {"name": 80, "unit": 30}
_MOST_PESOS = Decimal(1_000_000)
_TAKEN = "Another material has this name. Type another."


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """A material as it is kept; ``cost`` in pesos for one."""

    name: str
    unit: str
    kind: ItemKind
    minimum: int = 0
    cost: Decimal = Decimal(0)
    expires_on: date | None = None
    active: bool = True


def add_item(session: Session, actor: Actor, wanted: ItemDetails, *, now: datetime) -> Item:
    """Keep one more material; the shelf holds none of it yet.

    Raises:
        NotAllowed: the actor is no manager.
        Invalid: a field cannot be right, or the name is taken.
    """
    require(actor, Permission.SET_CATALOG)
    check_item(wanted)
    item = Item(**asdict(wanted))
    try:
        with session.begin_nested():
            session.add(item)
    except IntegrityError as error:
        raise Invalid(_TAKEN, field="name") from error
    _tell(session, actor, "item_added", item, {}, asdict(wanted), now=now)
    return item


def change_item(
    session: Session, actor: Actor, item_id: int, wanted: ItemDetails, *, version: int, now: datetime
) -> None:
    """Change a material, as it was seen in ``version``; its counters stay.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such material.
        NotPossible: some of it is out with therapists, so its kind must stay, and it must stay in use.
        Stale: somebody changed it, or moved some of it, meanwhile.
        Invalid: a field cannot be right, or the name is taken.
    """
    require(actor, Permission.SET_CATALOG)
    check_item(wanted)
    item = session.get(Item, item_id, with_for_update=True) if 0 < item_id < 2**63 else None
    if item is None:
        raise NotFound("There is no such material.")
    before = {field: getattr(item, field) for field in asdict(wanted)}
    after = {field: value for field, value in asdict(wanted).items() if value != before[field]}
    if not after:
        return
    if item.version != version:
        raise Stale("This material was changed or moved while you were editing. Compare with what stands there now.")
    if item.in_use and (after.keys() & {"kind", "active"}):
        field = "kind" if "kind" in after else "active"
        raise NotPossible("Some of it is out with therapists. Change this when it is back.", field=field)
    try:
        with session.begin_nested():
            for field, value in after.items():
                setattr(item, field, value)
            item.version += 1
    except IntegrityError as error:
        raise Invalid(_TAKEN, field="name") from error
    _tell(session, actor, "item_changed", item, {field: before[field] for field in after}, after, now=now)


def check_item(wanted: ItemDetails) -> None:
    """Refuse what cannot be kept.

    Raises:
        Invalid: names the field.
    """
    for field, longest in _LONGEST.items():
        words = getattr(wanted, field)
        if not words:
            raise Invalid("Type a name." if field == "name" else "Type what it is counted in.", field=field)
        if len(words) > longest:
            raise Invalid(f"At most {longest} characters.", field=field)
    check_quantity(wanted.minimum, least=0, field="minimum")
    if not (wanted.cost.is_finite() and 0 <= wanted.cost <= _MOST_PESOS and wanted.cost == round(wanted.cost, 2)):
        raise Invalid(f"An amount in pesos, such as 120, at most {_MOST_PESOS:,.0f}.", field="cost")


def _tell(
    session: Session,
    actor: Actor,
    kind: str,
    item: Item,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    now: datetime,
) -> None:
    def plain(values: dict[str, Any]) -> dict[str, Any]:
        return {
            field: value if value is None or isinstance(value, bool | int) else str(value)
            for field, value in values.items()
        }

    record(
        session, kind, by=actor, now=now, topics=["desk", "stock", "catalog"],
        data={"item_id": item.id, "name": item.name}, before=plain(before), after=plain(after),
    )  # fmt: skip
