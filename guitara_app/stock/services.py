"""Every change of the stock: each is a movement, and the counters follow it in the same transaction.

``available + in use + empty`` of an item therefore changes only by a movement that says so. Rows of items are always
held in the order of their numbers, so that two bookings that take the last bottle wait for each other, not in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.clients.rules import normal_note
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import keep_result, record, result_of_key
from guitara_app.stock.models import Item, ItemKind, StockMovement
from guitara_app.stock.rules import Level, check_quantity, level

_TOLD_AS = {Level.GETTING_LOW: "stock_getting_low", Level.LOW: "stock_low"}


@dataclass(frozen=True, slots=True)
class Carried:
    """Items that go into somebody's bag for a visit (``quantity`` above 0) or come out of it (below 0).

    ``emptied`` says that a container that comes back is empty; a reusable never is.
    """

    appointment_id: int
    assignment_id: int
    item_id: int
    quantity: int
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """What should have gone into a bag, and was not on the shelf."""

    assignment_id: int
    item_id: int
    name: str
    unit: str
    quantity: int


def hold_items(session: Session, item_ids: Collection[int]) -> dict[int, Item]:
    """These items, which nobody else changes until the transaction ends."""
    wanted = select(Item).where(col(Item.id).in_(item_ids)).order_by(col(Item.id))
    held = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {item.id: item for item in session.scalars(held)}


def carry(session: Session, changes: Sequence[Carried], *, by: Actor, now: datetime) -> list[Missing]:
    """Move items between the shelf and bags; returns what was not there to take. It never refuses.

    What comes back is put on the shelf before anything is taken. It is a consequence of an action on a visit, whose
    right has been checked.
    """
    items = hold_items(session, {change.item_id for change in changes})
    missing: list[Missing] = []
    for change in sorted(changes, key=lambda one: (one.quantity > 0, one.item_id)):
        item = items[change.item_id]
        whose: dict[str, Any] = {"appointment_id": change.appointment_id, "assignment_id": change.assignment_id}
        if change.quantity <= 0:
            back = -change.quantity
            if change.emptied and item.kind == ItemKind.CONTAINER:
                _move(session, item, "use_up", (0, -back, back), by=by, now=now, **whose)
            else:
                _move(session, item, "give_back", (back, -back, 0), by=by, now=now, **whose)
            continue
        there = min(change.quantity, item.available)
        if there:
            _move(session, item, "take", (-there, there, 0), by=by, now=now, **whose)
        if there < change.quantity:
            missing.append(Missing(change.assignment_id, item.id, item.name, item.unit, change.quantity - there))
    session.flush()
    return missing


def restock(
    session: Session,
    actor: Actor,
    item_id: int,
    *,
    quantity: int,
    now: datetime,
    reason: str = "",
    idempotency_key: str = "",
) -> None:
    """Put new ones on the shelf.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such item.
        Invalid: the quantity is not above 0.
    """
    item = _open(session, actor, item_id, idempotency_key)
    if item is None:
        return
    check_quantity(quantity)
    _by_hand(session, actor, item, "restock", (quantity, 0, 0), now, reason, idempotency_key)


def refill(
    session: Session,
    actor: Actor,
    item_id: int,
    *,
    quantity: int,
    now: datetime,
    reason: str = "",
    idempotency_key: str = "",
) -> None:
    """Fill empty containers again.

    Raises:
        NotAllowed, NotFound: see ``restock``.
        Invalid: there are not that many empty ones.
    """
    item = _open(session, actor, item_id, idempotency_key)
    if item is None:
        return
    check_quantity(quantity, at_most=item.empty)
    _by_hand(session, actor, item, "refill", (quantity, 0, -quantity), now, reason, idempotency_key)


def discard(
    session: Session,
    actor: Actor,
    item_id: int,
    *,
    quantity: int,
    empty: bool = False,
    now: datetime,
    reason: str = "",
    idempotency_key: str = "",
) -> None:
    """Throw some away, full or empty ones: broken, expired or lost.

    Raises:
        NotAllowed, NotFound: see ``restock``.
        Invalid: there are not that many, or no reason was given.
    """
    item = _open(session, actor, item_id, idempotency_key)
    if item is None:
        return
    check_quantity(quantity, at_most=item.empty if empty else item.available)
    changes = (0, 0, -quantity) if empty else (-quantity, 0, 0)
    _by_hand(session, actor, item, "discard", changes, now, _needed(reason), idempotency_key)


def correct(
    session: Session,
    actor: Actor,
    item_id: int,
    *,
    available: int,
    empty: int,
    now: datetime,
    reason: str = "",
    idempotency_key: str = "",
) -> None:
    """Set the shelf to what was counted there. What is out with therapists is known by their visits and stays.

    Raises:
        NotAllowed, NotFound: see ``restock``.
        Invalid: a count is below 0, nothing differs, or no reason was given.
    """
    item = _open(session, actor, item_id, idempotency_key)
    if item is None:
        return
    check_quantity(available, least=0, field="available")
    check_quantity(empty, least=0, field="empty")
    changes = (available - item.available, 0, empty - item.empty)
    if not any(changes):
        raise Invalid("That is what stands there already.", field="available")
    _by_hand(session, actor, item, "correct", changes, now, _needed(reason), idempotency_key)


def _open(session: Session, actor: Actor, item_id: int, key: str) -> Item | None:
    """The item, held; None when this very request was carried out before."""
    require(actor, Permission.MANAGE_STOCK)
    if result_of_key(session, actor.person_id or 0, key) is not None:
        return None
    item = hold_items(session, [item_id]).get(item_id) if 0 < item_id < 2**63 else None
    if item is None or not item.active:
        raise NotFound("There is no such item in use.", field="item_id")
    return item


def _by_hand(
    session: Session,
    actor: Actor,
    item: Item,
    kind: str,
    changes: tuple[int, int, int],
    now: datetime,
    reason: str,
    key: str,
) -> None:
    note = normal_note(reason, field="reason")
    _move(session, item, kind, changes, by=actor, now=now, reason=note)
    session.flush()
    record(
        session,
        f"stock_{kind}",
        by=actor,
        now=now,
        topics=["desk", "stock"],
        data={"item_id": item.id, "changes": list(changes)},
        reason=note,
    )
    if actor.person_id is not None:
        keep_result(session, actor.person_id, key, item.id)


def _move(
    session: Session,
    item: Item,
    kind: str,
    changes: tuple[int, int, int],
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    **whose: Any,
) -> None:
    before = level(item.available, item.minimum)
    available, in_use, empty = changes
    item.available, item.in_use, item.empty = item.available + available, item.in_use + in_use, item.empty + empty
    item.version += 1
    session.add(
        StockMovement(
            item_id=item.id,
            kind=kind,
            available_change=available,
            in_use_change=in_use,
            empty_change=empty,
            moved_at=now,
            moved_by_id=by.person_id,
            reason=reason,
            **whose,
        )
    )
    after = level(item.available, item.minimum)
    if after > before:
        # Once for each crossing: the next bottle taken below the line tells nobody anything new.
        record(
            session, _TOLD_AS[after], by=by, now=now, topics=["desk", "stock"],
            data={"item_id": item.id, "available": item.available, "minimum": item.minimum},
        )  # fmt: skip


def _needed(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Give a reason; it is kept with the movement.", field="reason")
    return reason
