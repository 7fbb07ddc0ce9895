"""Takes the steps whose time has come, each through the service a person's tap goes through, as that person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from guitara_app import actions
from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries import candidates
from guitara_app.appointments.queries.choices import due
from guitara_app.appointments.queries.drivers import driver_candidates, on_duty, trip_of
from guitara_app.appointments.queries.rows import visits
from guitara_app.appointments.queries.wanted import wanted_for
from guitara_app.availability import services as availability
from guitara_app.demo.simulator.rules import Move, Presence, emptied, moves_at, payment_method
from guitara_app.demo.simulator.stage import is_left_alone, stage
from guitara_app.firm.queries import is_demo
from guitara_app.kit import database
from guitara_app.kit.errors import GuitaraError, NotPossible
from guitara_app.stock.queries import out_with

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""How many steps one look takes at most: what has piled up is worked off over a few looks."""

_AGAIN_AFTER = timedelta(minutes=2)
_PRESENCE = {Presence.CHECK_IN: availability.check_in, Presence.CHECK_OUT: availability.check_out}
_NOBODY_FREE = "Nobody else is free tonight."
_LAST_RIDE = "Brings the last ones home."

# What was refused is not tried with every look. Forgotten when the process ends, which costs one more refusal.
_refused: dict[str, datetime] = {}


def play(*, now: datetime, at_once: int = AT_ONCE) -> int:
    """Take what is due at ``now``; how many steps were taken. Nothing at all in a firm that is not the demo."""
    with database.reading() as session:
        if not is_demo(session):
            return 0
        found = stage(session, now=now)
    desk = found.desk.actor.person_id if found.desk else None
    taken = 0
    for move in moves_at(now, found.chances):
        if taken == at_once:
            break
        if _refused.get(move.key, now) > now:
            continue
        actor = found.members[move.person_id].actor if move.person_id in found.members else None
        if actor is None and found.desk is not None and move.person_id == desk:
            actor = found.desk.actor
        if actor is not None:
            taken += _take(move, actor, now)
    return taken


def _take(move: Move, actor: Actor, now: datetime) -> bool:
    try:
        return database.run(lambda session: _step(session, move, actor, now))
    except GuitaraError as refusal:
        # Somebody was quicker, or it has to wait: what stands in the tables is looked at again.
        log.info("not now", step=move.action, target=move.target_id, because=refusal.sentence)
        for key in [key for key, until in _refused.items() if until <= now]:
            del _refused[key]
        _refused[move.key] = now + _AGAIN_AFTER
        return False


def _step(session: Session, move: Move, actor: Actor, now: datetime) -> bool:
    if is_left_alone(session, [move.person_id], now=now):
        return False
    if move.action in _PRESENCE:
        _PRESENCE[Presence(move.action)](session, actor, move.target_id, now=now)
        return True
    action, target, values = (_CHOICES.get(move.action, _as_it_is))(session, move, now)
    form = actions.doing_of(action).form.model_validate({"reason": move.reason} | values)
    actions.perform(session, actor, action, target, form, now=now, idempotency_key=move.key)
    return True


_Chosen = tuple[str, int, dict[str, Any]]


def _as_it_is(_session: Session, move: Move, _now: datetime) -> _Chosen:
    return move.action, move.target_id, {}


def _empties(session: Session, move: Move, _now: datetime) -> _Chosen:
    carried = [one.item_id for one in out_with(session, move.target_id)]
    return move.action, move.target_id, {"empty": emptied(move.target_id, carried)}


def _pays(session: Session, move: Move, _now: datetime) -> _Chosen:
    price, extension = due(session, move.visit_id)
    values = {"method": payment_method(move.visit_id), "amount": price, "extension_amount": extension}
    return move.action, move.target_id, values


def _replaced(session: Session, move: Move, now: datetime) -> _Chosen:
    """The best who is free; without anybody, the group goes smaller or the visit is called off."""
    free = [one for one in candidates(session, wanted_for(session, move.visit_id), now=now) if one.free]
    if free:
        return move.action, move.target_id, {"person_id": free[0].person_id}
    (visit,) = visits(session, "a.id = :visit", {"visit": move.visit_id})
    if any(seat["id"] != move.target_id for seat in visit.counting):
        return Action.DROP, move.target_id, {}
    return Action.CANCEL, move.visit_id, {"reason": _NOBODY_FREE}


def _driven(session: Session, move: Move, now: datetime) -> _Chosen:
    """A driver who is free, else one without another trip who stays a little longer."""
    trip = trip_of(session, move.target_id, now=now)
    vehicles = {one.id: one for one in on_duty(session, trip.start)}
    found = driver_candidates(session, trip, now=now)
    able = [one for one in found if one.free or (not one.conflicts and vehicles[one.person_id].fits(trip))]
    if not able:
        raise NotPossible("No driver is free.")
    values = {"driver_id": able[0].person_id, "off_shift_reason": "" if able[0].free else _LAST_RIDE}
    return move.action, move.target_id, values


_CHOICES: dict[str, Callable[[Session, Move, datetime], _Chosen]] = {
    Action.REPORT_MATERIALS: _empties,
    Action.VERIFY_PAYMENT: _pays,
    Action.REPLACE: _replaced,
    Action.CHOOSE_DRIVER: _driven,
}
