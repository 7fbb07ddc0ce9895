"""How each kind of scope is read: what its pushed variables are to hold, straight from the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.appointments.queries import board, detail, own_night
from guitara_app.appointments.views import Detail
from guitara_app.availability.queries import shifts_of
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.time import now
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.states import blank

Reader = Callable[[Session, int, datetime], dict[str, Any]]


def _desk(session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {**board(session, now=at)}


def _appointment(session: Session, key: int, at: datetime) -> dict[str, Any]:
    found = detail(session, key, now=at)
    return {"missing": found is None, "detail": found or blank(Detail)}


def _person(session: Session, key: int, at: datetime) -> dict[str, Any]:
    return {**own_night(session, key, now=at)}


def _shifts(session: Session, key: int, _at: datetime) -> dict[str, Any]:
    evening = date.fromordinal(key)
    return {
        "evening": firm_settings(session).calendar.evening_label(evening),
        "shifts": shifts_of(session, evening),
    }


READERS: dict[Kind, Reader] = {
    Kind.DESK: _desk,
    Kind.APPOINTMENT: _appointment,
    Kind.PERSON: _person,
    Kind.SHIFTS: _shifts,
}


def read(scope: Scope) -> dict[str, Any]:
    """Every pushed variable of ``scope`` but its name, from one consistent snapshot. Blocking."""
    with reading() as session:
        return {**READERS[scope.kind](session, scope.key, now()), "loaded": True}
