"""What a therapist or driver can do now about a job of theirs, and who must act when they cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import RULES, Action, Party
from guitara_app.appointments.queries.possible import of_own_place, of_trip
from guitara_app.appointments.queries.rows import VisitRow, short_name
from guitara_app.appointments.views import OwnAct, Possible
from guitara_app.appointments.words import LIVE_ANSWERS, OPEN_LEGS, Answer, AppointmentState, LegState, Progress
from guitara_app.kit.time import Calendar

NO_ACT = OwnAct(action="", target_id=0, label="", grave=False, asks=False, values={})
_OWN_WORDS = {Action.GOT_HOME: "I got home by myself"}
_SAYS_NO = frozenset({Action.REJECT, Action.DECLINE_LEG})
# Besides what needs a reason: there is something to fill in, or no way back.
_ASKS = frozenset({Action.EXTEND, Action.REPORT_MATERIALS, Action.DECLINE_LEG})
_URGENT = {"urgent": ["true"]}
# What can be the next step; the first that is possible is it, in the order of ``Action``.
_STEPS = frozenset(
    {
        Action.ACCEPT,
        Action.START_SESSION,
        Action.END_SESSION,
        Action.REQUEST_PAYMENT,
        Action.REPORT_MATERIALS,
        Action.ASK_PICKUP,
        Action.ACCEPT_LEG,
        Action.START_JOURNEY,
        Action.ARRIVE,
        Action.DROP_OFF,
        Action.COLLECT,
        Action.FINISH,
    }
)
# What follows a step when nobody else does anything: for those who have no signal to see it by.
_THEN = {
    Action.START_JOURNEY: (Action.ARRIVE, Action.DROP_OFF),
    Action.ARRIVE: (Action.DROP_OFF,),
    Action.COLLECT: (Action.FINISH,),
    Action.START_SESSION: (Action.END_SESSION, Action.REQUEST_PAYMENT),
    Action.END_SESSION: (Action.REQUEST_PAYMENT,),
}
_GONE_IN = frozenset({Progress.ARRIVED, Progress.DROPPED_OFF, Progress.ENDED})


class OwnSteps(NamedTuple):
    """The buttons of a job, and why there may be no next step."""

    step: OwnAct = NO_ACT
    beside: OwnAct = NO_ACT
    more: tuple[OwnAct, ...] = ()
    panic: bool = False
    why: str = ""
    then: tuple[OwnAct, ...] = ()


def place_steps(visit: VisitRow, seat: dict[str, Any]) -> OwnSteps:
    """What a therapist can do about their own place."""
    acts = [_act(one) for one in of_own_place(visit, seat)]
    steps = _sorted_out(acts)
    if steps.step["action"] == Action.ASK_PICKUP and not visit.row.driver_needed:
        # Who came alone goes alone, and may ask all the same.
        steps = steps._replace(step=NO_ACT, more=(steps.step, *steps.more))
    if any(one["action"] == Action.ASK_PICKUP for one in acts) or _may_hurry(visit, seat):
        steps = steps._replace(more=(*steps.more, _urgent(seat["id"])))
    if steps.step["action"] == Action.ACCEPT and visit.row.series_id is not None:
        steps = steps._replace(more=(_accept_all(seat["id"]), *steps.more))
    steps = steps._replace(then=_then(steps.step, alone=len(visit.counting) == 1))
    waits = steps.step["action"] in ("", Action.ASK_PICKUP)
    return steps._replace(why=_why_no_step(visit, seat)) if waits else steps


def trip_steps(visit: VisitRow, leg: dict[str, Any], *, busy: bool, at_work: bool) -> OwnSteps:
    """What a driver can do about their own trip.

    ``busy`` while they drive another, ``at_work`` while somebody who is fetched on the way is still in a session.
    """
    steps = _sorted_out([_act(one) for one in of_trip(visit, leg, Party.DRIVER)])
    if leg["state"] == LegState.UNDER_WAY:
        steps = steps._replace(more=tuple(_broken_down(one) for one in steps.more))
    leaves = steps.step["action"] in (Action.START_JOURNEY, Action.COLLECT)
    if leaves and (busy or at_work):
        why = "End the trip you are driving first." if busy else "Who you fetch on the way ends the session first."
        return steps._replace(step=NO_ACT, why=why)
    if not steps.step["action"]:
        return steps._replace(why=_why_no_trip(visit, leg))
    return steps._replace(then=_then(steps.step, alone=True))


def ride_of(visit: VisitRow, seat: dict[str, Any]) -> dict[str, Any] | None:
    """The trip the therapist takes next with this visit, or sits in; None when none is to come."""
    over = seat["answer"] not in (Answer.OFFERED, Answer.ACCEPTED)
    found = [
        leg
        for leg in visit.legs
        if seat["id"] in (leg["riders"] or []) and leg["state"] in OPEN_LEGS and leg["outbound"] is not over
    ]
    return found[-1] if found else None


def ride_words(leg: dict[str, Any] | None, calendar: Calendar, day: Any) -> str:
    """Who drives and when, or what is being done about it."""
    if leg is None:
        return ""
    if leg["state"] in (LegState.ACCEPTED, LegState.UNDER_WAY) and leg["driver"]:
        name = short_name(leg["driver"])
        starts = datetime.fromisoformat(leg["starts_at"] or leg["wanted_at"])
        about = calendar.clock_label(starts + timedelta(minutes=leg["minutes"]), day)
        if leg["state"] == LegState.UNDER_WAY:
            return f"{name} drives you, there about {about}" if leg["outbound"] else f"{name} is bringing you back"
        if leg["outbound"]:
            return f"{name} fetches you about {calendar.clock_label(starts, day)}, there about {about}"
        # The car comes to the client first: that takes about as long as the way back.
        return f"{name}, arrives about {about}"
    if leg["state"] == LegState.PLANNED:
        return "A driver is looked for nearer to the time"
    return "A driver has been asked" if leg["state"] == LegState.OFFERED else "The desk looks for a driver"


def works_before(visit: VisitRow, leg: dict[str, Any], before: VisitRow | None) -> bool:
    """Whether somebody whom a trip fetches at the visit ``before`` on its way there is still at work in it."""
    if before is None or not leg["outbound"]:
        return False
    riders = [seat for one in (visit, before) for seat in one.seats if seat["id"] in (leg["riders"] or [])]
    fetched = {seat["person_id"] for seat in riders}
    return any(seat["person_id"] in fetched and seat["answer"] in LIVE_ANSWERS for seat in before.seats)


def is_back(visit: VisitRow, seat: dict[str, Any]) -> bool:
    """Whether the therapist has come away from this visit, by car or without."""
    if seat["home_at"]:
        return True
    away = [leg for leg in visit.legs if not leg["outbound"] and seat["id"] in (leg["riders"] or [])]
    return any(leg["state"] == LegState.DONE for leg in away)


def _then(step: OwnAct, *, alone: bool) -> tuple[OwnAct, ...]:
    """The next steps; of a group each has to wait for the others before the bill is on the table."""
    following = _THEN.get(Action(step["action"]), ()) if step["action"] else ()
    return tuple(
        OwnAct(**{**NO_ACT, "action": one.value, "target_id": step["target_id"], "label": HAPPENING[one].button})
        for one in following
        if alone or one is not Action.REQUEST_PAYMENT
    )


def _act(one: Possible) -> OwnAct:
    action = Action(one["action"])
    return OwnAct(
        action=action.value,
        target_id=one["target_id"],
        label=_OWN_WORDS.get(action, one["label"]),
        grave=one["tone"] == "grave",
        asks=action in _ASKS or RULES[action].needs_reason,
        values={},
    )


def _sorted_out(acts: list[OwnAct]) -> OwnSteps:
    panic = [one for one in acts if one["action"] == Action.PANIC]
    beside = [one for one in acts if one["action"] in _SAYS_NO]
    left = [one for one in acts if one not in panic and one not in beside]
    step = next((one for one in left if one["action"] in _STEPS), NO_ACT)
    return OwnSteps(
        step=step,
        beside=beside[0] if beside else NO_ACT,
        more=tuple(one for one in left if one is not step),
        panic=bool(panic),
    )


def _urgent(assignment_id: int) -> OwnAct:
    return OwnAct(
        action=Action.ASK_PICKUP.value,
        target_id=assignment_id,
        label=f"{HAPPENING[Action.ASK_PICKUP].button}, urgent",
        grave=True,
        asks=False,
        values=_URGENT,
    )


def _accept_all(assignment_id: int) -> OwnAct:
    return OwnAct(
        action=Action.ACCEPT.value,
        target_id=assignment_id,
        label="Accept all of this series",
        grave=False,
        asks=False,
        values={"all_of_series": ["true"]},
    )


def _broken_down(act: OwnAct) -> OwnAct:
    """Whoever steps back on the road does so because the car cannot go on."""
    return OwnAct(**{**act, "label": "Breakdown"}) if act["action"] == Action.STEP_BACK else act


def _may_hurry(visit: VisitRow, seat: dict[str, Any]) -> bool:
    """A way back that was asked for can still be made urgent until the car is there."""
    waiting = ride_of(visit, seat)
    over = seat["answer"] not in (Answer.OFFERED, Answer.ACCEPTED) and seat["progress"] in _GONE_IN
    return bool(over and waiting and not waiting["urgent"] and waiting["state"] != LegState.UNDER_WAY)


def _names(seats: list[dict[str, Any]]) -> str:
    return " and ".join(short_name(one["name"]) for one in seats)


def _why_no_step(visit: VisitRow, seat: dict[str, Any]) -> str:
    if seat["answer"] == Answer.ACCEPTED:
        return _why_not_begun(visit, seat)
    others = [one for one in visit.counting if one["id"] != seat["id"]]
    if seat["progress"] == Progress.ENDED:
        if visit.row.state == AppointmentState.AWAITING_PAYMENT:
            return "The desk verifies the payment."
        if visit.row.state == AppointmentState.PAID:
            missing = [one for one in others if not one["materials_reported_at"]]
            return f"Waiting for {_names(missing)} to report materials." if missing else ""
        working = [one for one in others if one["progress"] != Progress.ENDED]
        if working:
            return f"Waiting for {_names(working)} to end the session."
    return _why_no_ride(ride_of(visit, seat))


def _why_not_begun(visit: VisitRow, seat: dict[str, Any]) -> str:
    if any(one["review"] for one in visit.seats):
        return "The desk decides who goes with you."
    asked = [one for one in visit.counting if one["answer"] == Answer.OFFERED]
    if asked and seat["progress"] in (Progress.WAITING, Progress.DROPPED_OFF):
        return f"Waiting for {_names(asked)} to answer."
    if not visit.row.driver_needed:
        return ""
    leg = ride_of(visit, seat)
    if leg is None or leg["state"] not in (LegState.ACCEPTED, LegState.UNDER_WAY):
        return _why_no_ride(leg) or "The desk has to find a driver for you."
    name = short_name(leg["driver"] or "the driver")
    if seat["progress"] == Progress.ARRIVED:
        return f"Waiting for the driver: {name} drops you off first."
    if leg["state"] == LegState.UNDER_WAY:
        return f"Waiting for the driver: {name} says when you have arrived."
    return f"Waiting for the driver: {name} fetches you and starts the journey."


def _why_no_ride(leg: dict[str, Any] | None) -> str:
    if leg is None:
        return ""
    name = short_name(leg["driver"] or "the driver")
    return {
        LegState.PLANNED: "Nothing to do yet: the driver is asked nearer to the time.",
        LegState.SEARCHING: "The desk looks for a driver.",
        LegState.OFFERED: "Waiting for a driver to answer.",
        LegState.ACCEPTED: f"Waiting for the driver: {name} collects you.",
        LegState.UNDER_WAY: f"{name} is bringing you back.",
    }.get(LegState(leg["state"]), "")


def _why_no_trip(visit: VisitRow, leg: dict[str, Any]) -> str:
    riders = [seat for seat in visit.seats if seat["id"] in (leg["riders"] or [])]
    if leg["to_release"] and leg["state"] == LegState.ACCEPTED:
        return "The desk releases this trip first."
    if leg["leads_to"]:
        asked = [seat for seat in riders if seat["answer"] == Answer.OFFERED]
        return f"Waiting for {_names(asked)} to answer." if asked else "The desk decides who rides with you."
    working = [seat for seat in riders if seat["answer"] in (Answer.OFFERED, Answer.ACCEPTED)]
    return f"Waiting for {_names(working)} to end the session." if working else "The desk decides who rides with you."
