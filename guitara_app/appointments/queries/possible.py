"""What can be done with a visit, each place and each trip now, from the table that the services check."""

from __future__ import annotations

from typing import Any

from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import RULES, Action, Party, Target, check, target_of
from guitara_app.appointments.queries.rows import VisitRow
from guitara_app.appointments.views import Possible
from guitara_app.appointments.words import LIVE_ANSWERS, OPEN_LEGS, Answer, AppointmentState, LegState, Progress
from guitara_app.kit.errors import GuitaraError

_STEPS = frozenset(
    {
        Action.ACCEPT,
        Action.REPLACE,
        Action.ACCEPT_LEG,
        Action.START_JOURNEY,
        Action.ARRIVE,
        Action.DROP_OFF,
        Action.START_SESSION,
        Action.END_SESSION,
        Action.REQUEST_PAYMENT,
        Action.VERIFY_PAYMENT,
        Action.REPORT_MATERIALS,
        Action.ASK_PICKUP,
        Action.COLLECT,
        Action.FINISH,
    }
)
_GRAVE = frozenset(
    {
        Action.CANCEL,
        Action.NO_SHOW,
        Action.REJECT,
        Action.WITHDRAW,
        Action.DROP,
        Action.STOP_EARLY,
        Action.WRITE_OFF,
        Action.PANIC,
        Action.FORCE,
    }
)
_REVIEWED = frozenset({Action.INSIST, Action.REPLACE, Action.DROP})
_WAY_BACK = OPEN_LEGS - {LegState.PLANNED}


def of_visit(visit: VisitRow) -> list[Possible]:
    """What the desk can do with the visit as a whole, besides changing it, which has a form of its own."""
    found = _listed(Target.VISIT, visit, visit.row.id, None, None)
    return [one for one in found if one["action"] != Action.CHANGE]


def can_change(visit: VisitRow) -> bool:
    """Whether who, when, what and where can still be changed."""
    return _is_possible(Action.CHANGE, visit, None, None)


def of_place(visit: VisitRow, seat: dict[str, Any]) -> list[Possible]:
    """What the desk can do about one therapist, for them where it is their own step."""
    found = _listed(Target.PLACE, visit, seat["id"], seat, None)
    if _can_swap(visit, seat):
        found.append(
            Possible(action="swap", target_id=seat["id"], label="Swap", tone="plain", by_manager=False, on_behalf=False)
        )
    return found


def of_trip(visit: VisitRow, leg: dict[str, Any]) -> list[Possible]:
    """What the desk can do about one trip."""
    riders: list[dict[str, Any] | None] = [seat for seat in visit.seats if seat["id"] in (leg["riders"] or [])]
    found: dict[str, Possible] = {}
    for seat in riders or [None]:
        for one in _listed(Target.TRIP, visit, leg["id"], seat, leg):
            found.setdefault(one["action"], one)
    return list(found.values())


def _listed(
    target: Target, visit: VisitRow, target_id: int, seat: dict[str, Any] | None, leg: dict[str, Any] | None
) -> list[Possible]:
    return [
        Possible(
            action=action.value,
            target_id=target_id,
            label=HAPPENING[action].button,
            tone="step" if action in _STEPS else "grave" if action in _GRAVE else "plain",
            by_manager=Party.OPERATOR not in RULES[action].by,
            on_behalf=bool({Party.THERAPIST, Party.DRIVER} & RULES[action].by),
        )
        for action in Action
        if target_of(action) is target and _is_possible(action, visit, seat, leg)
    ]


def _is_possible(action: Action, visit: VisitRow, seat: dict[str, Any] | None, leg: dict[str, Any] | None) -> bool:
    rule = RULES[action]
    if not {Party.OPERATOR, Party.MANAGER} & rule.by:
        return False
    try:
        check(
            action,
            Party.MANAGER,
            visit=AppointmentState(visit.row.state),
            driver_needed=visit.row.driver_needed,
            answer=None if seat is None else Answer(seat["answer"]),
            progress=None if seat is None else Progress(seat["progress"]),
            leg=None if leg is None else LegState(leg["state"]),
            places=[Progress(one["progress"]) for one in visit.counting if not one["review"]],
            reason="as the desk will say",
        )
    except GuitaraError:
        return False
    if leg is not None and action is Action.RELEASE_LEG:
        return bool(leg["to_release"])
    if seat is None:
        return True
    if action in _REVIEWED:
        return bool(seat["review"])
    if action is Action.REPORT_MATERIALS:
        return not seat["materials_reported_at"]
    if action is Action.REQUEST_PAYMENT:
        return not any(one["payment_requested_at"] for one in visit.seats)
    if action is Action.ASK_PICKUP:
        return not any(_takes_back(one, seat) for one in visit.legs)
    return True


def _takes_back(leg: dict[str, Any], seat: dict[str, Any]) -> bool:
    known = _WAY_BACK | {LegState.DONE}
    return not leg["outbound"] and leg["state"] in known and seat["id"] in (leg["riders"] or [])


def _can_swap(visit: VisitRow, seat: dict[str, Any]) -> bool:
    waiting = seat["answer"] in LIVE_ANSWERS and seat["progress"] == Progress.WAITING
    return waiting and can_change(visit)
