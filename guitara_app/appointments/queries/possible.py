"""What can be done with a visit, each place and each trip now, from the table that the services check."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import IN_THE_FIELD, RULES, Action, Party, Target, check, target_of
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
_THERE = frozenset({Action.START_JOURNEY, Action.ARRIVE, Action.DROP_OFF})
_BACK = frozenset({Action.COLLECT, Action.FINISH})
_WAY_BACK = OPEN_LEGS - {LegState.PLANNED}


def of_visit(visit: VisitRow) -> list[Possible]:
    """What the desk can do with the visit as a whole, besides changing it, which has a form of its own."""
    found = _listed(Target.VISIT, Party.MANAGER, visit, visit.row.id, None, None)
    return [one for one in found if one["action"] != Action.CHANGE]


def can_change(visit: VisitRow) -> bool:
    """Whether who, when, what and where can still be changed."""
    return Action.CHANGE in _left_open(Target.VISIT, Party.MANAGER, visit, None, None)


def of_place(visit: VisitRow, seat: dict[str, Any]) -> list[Possible]:
    """What the desk can do about one therapist, for them where it is their own step."""
    found = _listed(Target.PLACE, Party.MANAGER, visit, seat["id"], seat, None)
    if _can_swap(visit, seat):
        found.append(
            Possible(action="swap", target_id=seat["id"], label="Swap", tone="plain", by_manager=False, on_behalf=False)
        )
    return found


def of_own_place(visit: VisitRow, seat: dict[str, Any]) -> list[Possible]:
    """What the therapist whose place it is can do."""
    return _listed(Target.PLACE, Party.THERAPIST, visit, seat["id"], seat, None)


def of_trip(visit: VisitRow, leg: dict[str, Any], by: Party = Party.MANAGER) -> list[Possible]:
    """What the desk, or the driver whose trip it is, can do about one trip."""
    riders: list[dict[str, Any] | None] = [seat for seat in visit.seats if seat["id"] in (leg["riders"] or [])]
    of_each = [_listed(Target.TRIP, by, visit, leg["id"], seat, leg) for seat in riders or [None]]
    found: dict[str, Possible] = {}
    for one in (one for listed in of_each for one in listed):
        # A way back waits for everybody; a way there leaves with those who come.
        if one["action"] not in _BACK or all(one in listed for listed in of_each):
            found.setdefault(one["action"], one)
    return list(found.values())


def _listed(
    target: Target,
    by: Party,
    visit: VisitRow,
    target_id: int,
    seat: dict[str, Any] | None,
    leg: dict[str, Any] | None,
) -> list[Possible]:
    return [
        Possible(
            action=action.value,
            target_id=target_id,
            label=HAPPENING[action].button,
            tone="step" if action in _STEPS else "grave" if action in _GRAVE else "plain",
            by_manager=Party.OPERATOR not in RULES[action].by,
            on_behalf=by not in IN_THE_FIELD and bool(IN_THE_FIELD & RULES[action].by),
        )
        for action in _left_open(target, by, visit, seat, leg)
        if _fits(action, by, visit, seat, leg)
    ]


def _left_open(
    target: Target, by: Party, visit: VisitRow, seat: dict[str, Any] | None, leg: dict[str, Any] | None
) -> tuple[Action, ...]:
    return _by_the_table(
        target,
        by,
        visit.row.state,
        driver_needed=visit.row.driver_needed,
        answer=None if seat is None else seat["answer"],
        progress=None if seat is None else seat["progress"],
        leg=None if leg is None else leg["state"],
        places=frozenset(one["progress"] for one in visit.counting if not one["review"]),
    )


# The same few situations come again and again, each with two dozen actions of which most are refused with a sentence.
@lru_cache(maxsize=4096)
def _by_the_table(
    target: Target,
    by: Party,
    state: str,
    *,
    driver_needed: bool,
    answer: str | None,
    progress: str | None,
    leg: str | None,
    places: frozenset[str],
) -> tuple[Action, ...]:
    def may(action: Action) -> bool:
        try:
            check(
                action,
                by,
                visit=AppointmentState(state),
                driver_needed=driver_needed,
                answer=None if answer is None else Answer(answer),
                progress=None if progress is None else Progress(progress),
                leg=None if leg is None else LegState(leg),
                places=[Progress(one) for one in places],
                reason="as they will say",
            )
        except GuitaraError:
            return False
        return True

    return tuple(action for action in Action if target_of(action) is target and may(action))


def _fits(action: Action, by: Party, visit: VisitRow, seat: dict[str, Any] | None, leg: dict[str, Any] | None) -> bool:
    """Whether an action that the table leaves open makes sense for this place or trip."""
    if leg is not None:
        return _fits_trip(action, by, leg)
    if seat is None:
        return True
    if action in _REVIEWED:
        return bool(seat["review"])
    if action is Action.REPORT_MATERIALS:
        return not seat["materials_reported_at"]
    if action is Action.REQUEST_PAYMENT:
        return not any(one["payment_requested_at"] for one in visit.seats)
    if action is Action.ASK_PICKUP:
        return not seat["home_at"] and not any(_takes_back(one, seat) for one in visit.legs)
    if action is Action.GOT_HOME:
        return not seat["home_at"] and not any(_brings_home(one, seat) for one in visit.legs)
    return True


def _fits_trip(action: Action, by: Party, leg: dict[str, Any]) -> bool:
    """Whether the action is one of this way: there, or back; and the desk lets it start."""
    if action is Action.RELEASE_LEG:
        return bool(leg["to_release"])
    if action is Action.START_JOURNEY and by is Party.DRIVER and leg["to_release"]:
        return False
    return action not in (_BACK if leg["leads_to"] else _THERE)


def _takes_back(leg: dict[str, Any], seat: dict[str, Any]) -> bool:
    known = _WAY_BACK | {LegState.DONE}
    return not leg["outbound"] and leg["state"] in known and seat["id"] in (leg["riders"] or [])


def _brings_home(leg: dict[str, Any], seat: dict[str, Any]) -> bool:
    """They sit in the car, or have."""
    return leg["state"] in (LegState.UNDER_WAY, LegState.DONE) and _takes_back(leg, seat)


def _can_swap(visit: VisitRow, seat: dict[str, Any]) -> bool:
    waiting = seat["answer"] in LIVE_ANSWERS and seat["progress"] == Progress.WAITING
    return waiting and can_change(visit)
