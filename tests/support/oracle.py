"""What the contract says to somebody's try, with the rows as they stand on a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guitara_app import actions
from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.lifecycle import Target
from tests.support.contract import CONTRACT, Case, verdict
from tests.support.stage import Stage

_SEATS = (
    "SELECT g.*, EXISTS (SELECT FROM reviews r WHERE r.assignment_id = g.id AND r.decision IS NULL) AS undecided,"
    " EXISTS (SELECT FROM alarms x WHERE x.assignment_id = g.id AND x.settled_at IS NULL) AS alarmed"
    " FROM assignments g WHERE g.appointment_id = :visit ORDER BY g.id"
)
_LEGS = (
    "SELECT t.*, ARRAY(SELECT p.assignment_id FROM leg_passengers p WHERE p.leg_id = t.id) AS riders FROM legs t"
    " WHERE :visit IN (t.to_appointment_id, t.from_appointment_id) ORDER BY t.id"
)
_RIDERS = (
    "SELECT g.* FROM assignments g JOIN leg_passengers p ON p.assignment_id = g.id JOIN legs t ON t.id = p.leg_id"
    " WHERE :visit IN (t.to_appointment_id, t.from_appointment_id)"
)


@dataclass
class Standing:
    """A visit with its places and trips at a moment."""

    number: int
    clock: datetime
    visit: Any
    seats: list[Any]
    legs: list[Any]
    riders: dict[int, Any]


@dataclass
class Try:
    """Somebody's try at one part of the visit."""

    actor: Actor
    name: str
    target: int
    seat: Any = None
    leg: Any = None

    @property
    def theirs(self) -> int | None:
        """Whose part it is."""
        return self.seat.person_id if self.seat else self.leg.driver_id if self.leg else None


def standing(stage: Stage, number: int) -> Standing:
    """The visit as it stands."""
    [visit] = stage.rows("SELECT * FROM appointments WHERE id = :visit", visit=number)
    riders = {row.id: row for row in stage.rows(_RIDERS, visit=number)}
    return Standing(
        number, stage.clock, visit, stage.rows(_SEATS, visit=number), stage.rows(_LEGS, visit=number), riders
    )


def tries(stage: Stage, now: Standing) -> Iterator[Try]:
    """Everybody at everything; in the field the one whose part it is, and a colleague."""
    firm = stage.firm
    for name, doing in actions.DOINGS.items():
        parts: list[tuple[int, Any, Any]] = [(now.number, None, None)]
        if doing.target is Target.PLACE:
            parts = [(seat.id, seat, None) for seat in now.seats]
        elif doing.target is Target.TRIP:
            parts = [(leg.id, None, leg) for leg in now.legs]
        for target, seat, leg in parts:
            mine = None if seat is None else seat.person_id
            theirs = None if leg is None else leg.driver_id
            therapists = {mine or firm.therapists[0], next(one for one in firm.therapists if one != mine)}
            drivers = {theirs or firm.drivers[0], next(one for one in firm.drivers if one != theirs)}
            field = [stage.own(one, Role.THERAPIST) for one in sorted(therapists)[: 2 if seat else 1]]
            field += [stage.own(one, Role.DRIVER) for one in sorted(drivers)[: 2 if leg else 1]]
            for actor in (*stage.desk.values(), *field, SYSTEM):
                yield Try(actor, name, target, seat, leg)


def expected(now: Standing, one: Try) -> tuple[str, bool]:
    """The verdict, and whether it is the table's own: then nothing may have been written before it."""
    line = "change" if one.name == "swap" else one.name
    base = {
        "who": one.actor.role,
        "visit": now.visit.state,
        "driven": now.visit.driver_needed,
        "places": tuple(seat.progress for seat in now.seats if _counts(seat)),
    }
    if (one.actor.role or "system") not in CONTRACT[line].by.split():
        return "NotAllowed", True
    if one.actor.role in (Role.THERAPIST, Role.DRIVER) and one.theirs != one.actor.person_id:
        return "NotFound", True
    if one.leg is not None:
        said = _of_trip(now, line, one.leg, base)
    else:
        part = {} if one.seat is None else {"answer": one.seat.answer, "progress": one.seat.progress}
        said = verdict(line, Case(**base, **part))
    return (said, True) if said != "yes" else (_besides(now, one), False)


def taken_already(now: Standing, one: Try) -> bool:
    """Asking twice changes nothing and says nothing."""
    if one.seat is None or one.name not in ("panic", "ask_pickup"):
        return False
    if one.name == "panic":
        return bool(one.seat.alarmed)
    known = [leg for leg in now.legs if leg.from_appointment_id == now.number and leg.state != "cancelled"]
    return one.seat.pickup_asked_at is not None and any(one.seat.id in leg.riders for leg in known)


def _of_trip(now: Standing, name: str, leg: Any, base: dict[str, Any]) -> str:
    riders = [now.riders[number] for number in sorted(leg.riders)]
    back = name in ("collect", "finish")
    if CONTRACT[name].answer and (not riders or back is (leg.to_appointment_id is not None)):
        return "NotPossible"
    parts: list[dict[str, Any]] = [{"answer": one.answer, "progress": one.progress} for one in riders]
    said = [verdict(name, Case(**base, leg=leg.state, **part)) for part in parts or [{}]]
    if back:
        return next((one for one in said if one != "yes"), "yes")
    return "yes" if "yes" in said else said[0]


def _besides(now: Standing, one: Try) -> str:
    """What the words around the table add."""
    visit, seat, leg, name = now.visit, one.seat, one.leg, one.name
    refused = False
    if seat is not None and name in ("insist", "replace", "drop"):
        others = [other for other in now.seats if other.id != seat.id and (_counts(other) or other.undecided)]
        refused = not seat.undecided or (name == "drop" and not others)
    elif seat is not None and name == "swap":
        refused = seat.answer not in ("offered", "accepted") or seat.progress != "waiting"
    elif seat is not None and name == "extend":
        refused = seat.progress == "ended" and visit.state != "awaiting_payment"
    elif seat is not None and name == "report_materials":
        refused = seat.materials_reported_at is not None
    elif seat is not None and name == "ask_pickup":
        back = [trip for trip in now.legs if trip.from_appointment_id == now.number and trip.state == "done"]
        refused = seat.home_at is not None or any(seat.id in trip.riders for trip in back)
    elif seat is not None and name == "got_home":
        rode = [trip for trip in now.legs if trip.from_appointment_id == now.number]
        known = any(seat.id in trip.riders and trip.state in ("under_way", "done") for trip in rode)
        refused = known or seat.home_at is not None
    elif name == "no_show":
        refused = not visit.driver_needed and now.clock < visit.starts_at
    elif leg is not None and name == "release_leg":
        refused = leg.released_at is not None
    return "NotPossible" if refused else "yes"


def _counts(seat: Any) -> bool:
    live = seat.answer in ("offered", "accepted") and seat.released_at is None
    return live or (seat.answer == "released" and seat.progress == "ended")
