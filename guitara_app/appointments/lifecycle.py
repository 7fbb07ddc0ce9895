"""The state machine of a visit: one table of actions, and how the visit's own state follows from its parts.

Pure. Services look an action up here, set what it says on the rows, and store the state ``derive_state`` gives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from guitara_app.accounts.permissions import DESK, Actor, Permission, Role
from guitara_app.appointments.words import (
    CLOSED,
    ENDINGS,
    LIVE_ANSWERS,
    OPEN_LEGS,
    Answer,
    AppointmentState,
    LegState,
    Progress,
)
from guitara_app.kit.errors import Invalid, NotAllowed, NotPossible

S = AppointmentState

ORDER = (
    S.PENDING,
    S.THERAPIST_CONFIRMED,
    S.DRIVER_CONFIRMED,
    S.IN_TRANSIT,
    S.ARRIVED,
    S.DROPPED_OFF,
    S.IN_SESSION,
    S.AWAITING_PAYMENT,
    S.PAID,
    S.COMPLETED,
)
BEFORE_DEPARTURE = frozenset(ORDER[:3])
BEFORE_SESSION = frozenset(ORDER[:6])
OPEN = frozenset(ORDER) - {S.COMPLETED}
ANY = frozenset(S)
_STATE_OF_PROGRESS = {
    Progress.IN_TRANSIT: S.IN_TRANSIT,
    Progress.ARRIVED: S.ARRIVED,
    Progress.DROPPED_OFF: S.DROPPED_OFF,
    Progress.IN_SESSION: S.IN_SESSION,
    Progress.ENDED: S.IN_SESSION,
}
_PROGRESS_ORDER = tuple(Progress)
_SESSION_WAS_HELD = "A session was held at this visit. Book a new one instead."
_SESSION_BEGAN = "The session has begun. It can be extended or stopped early, not changed or cancelled."


class Action(StrEnum):
    """Everything that can happen to a visit. Nothing else changes one."""

    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    EXPIRE = "expire"
    INSIST = "insist"
    REPLACE = "replace"
    DROP = "drop"
    CHANGE = "change"
    SEARCH_DRIVER = "search_driver"
    SEARCH_AGAIN = "search_again"
    OFFER_LEG = "offer_leg"
    ACCEPT_LEG = "accept_leg"
    DECLINE_LEG = "decline_leg"
    LAPSE_LEG = "lapse_leg"
    CHOOSE_DRIVER = "choose_driver"
    STEP_BACK = "step_back"
    RELEASE_LEG = "release_leg"
    START_JOURNEY = "start_journey"
    ARRIVE = "arrive"
    DROP_OFF = "drop_off"
    START_SESSION = "start_session"
    EXTEND = "extend"
    END_SESSION = "end_session"
    STOP_EARLY = "stop_early"
    REQUEST_PAYMENT = "request_payment"
    VERIFY_PAYMENT = "verify_payment"
    CORRECT_PAYMENT = "correct_payment"
    WRITE_OFF = "write_off"
    REPORT_MATERIALS = "report_materials"
    ASK_PICKUP = "ask_pickup"
    GOT_HOME = "got_home"
    COLLECT = "collect"
    FINISH = "finish"
    CANCEL = "cancel"
    NO_SHOW = "no_show"
    PANIC = "panic"
    REOPEN = "reopen"
    FORCE = "force"


class Target(StrEnum):
    """What an action is about: the whole visit, one therapist's place in it, or one trip."""

    VISIT = "visit"
    PLACE = "place"
    TRIP = "trip"


class Party(StrEnum):
    """Who acts: the one whose job it is, the desk (also for them), a manager, or the system itself."""

    THERAPIST = "therapist"
    DRIVER = "driver"
    OPERATOR = "operator"
    MANAGER = "manager"
    SYSTEM = "system"


IN_THE_FIELD = frozenset({Party.THERAPIST, Party.DRIVER})
"""Whose own steps the desk takes on their behalf."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When an action is possible, by whom, and what it makes of the part it is about.

    An empty set means that the action is not about that part.
    """

    by: frozenset[Party]
    visit: frozenset[AppointmentState]
    answers: frozenset[Answer] = frozenset()
    progress: frozenset[Progress] = frozenset()
    leg: frozenset[LegState] = frozenset()
    answer_becomes: Answer | None = None
    progress_becomes: Progress | None = None
    leg_becomes: LegState | None = None
    ending: AppointmentState | None = None
    needs_reason: bool = False
    only_without_driver: frozenset[AppointmentState] = frozenset()
    progress_without_driver: frozenset[Progress] = frozenset()
    # What every place of the visit must have come to, and what none may have: a group is not all at one point.
    everybody: frozenset[Progress] = frozenset()
    nobody: frozenset[Progress] = frozenset()


_T = frozenset({Party.THERAPIST, Party.OPERATOR, Party.MANAGER})
_D = frozenset({Party.DRIVER, Party.OPERATOR, Party.MANAGER})
_O = frozenset({Party.OPERATOR, Party.MANAGER})
_M = frozenset({Party.MANAGER})
_SYSTEM = frozenset({Party.SYSTEM})
_WAITING = frozenset({Progress.WAITING})
_ON_SITE = frozenset({Progress.ARRIVED, Progress.DROPPED_OFF})
_REFUSED = frozenset({Answer.REJECTED, Answer.WITHDRAWN, Answer.LAPSED})
_ENDED_WORK = frozenset({Answer.ACCEPTED, Answer.RELEASED})
_WORK_OVER = frozenset({Answer.RELEASED, Answer.WITHDRAWN})
_SESSION_HELD = frozenset({Progress.IN_SESSION, Progress.ENDED})

RULES: dict[Action, Rule] = {
    Action.ACCEPT: Rule(_T, OPEN, answers=frozenset({Answer.OFFERED}), answer_becomes=Answer.ACCEPTED),
    Action.REJECT: Rule(
        _T, OPEN, answers=frozenset({Answer.OFFERED}), answer_becomes=Answer.REJECTED, needs_reason=True
    ),
    Action.WITHDRAW: Rule(
        _T,
        OPEN,
        answers=frozenset({Answer.ACCEPTED}),
        progress=_WAITING | _ON_SITE | {Progress.IN_TRANSIT},
        answer_becomes=Answer.WITHDRAWN,
        needs_reason=True,
    ),
    Action.LAPSE: Rule(_SYSTEM, OPEN, answers=frozenset({Answer.OFFERED}), answer_becomes=Answer.LAPSED),
    Action.EXPIRE: Rule(_SYSTEM, frozenset({S.PENDING}), ending=S.EXPIRED),
    Action.INSIST: Rule(_O, OPEN, answers=_REFUSED),
    Action.REPLACE: Rule(_O, OPEN, answers=_REFUSED),
    Action.DROP: Rule(_O, OPEN, answers=_REFUSED),
    Action.CHANGE: Rule(_O, BEFORE_SESSION, needs_reason=True, nobody=_SESSION_HELD),
    Action.SEARCH_DRIVER: Rule(_SYSTEM | _O, OPEN, leg=frozenset({LegState.PLANNED}), leg_becomes=LegState.SEARCHING),
    # Everybody was asked: only the desk may ask them once more.
    Action.SEARCH_AGAIN: Rule(_O, ANY, leg=frozenset({LegState.SEARCHING})),
    Action.OFFER_LEG: Rule(_SYSTEM, ANY, leg=frozenset({LegState.SEARCHING}), leg_becomes=LegState.OFFERED),
    Action.ACCEPT_LEG: Rule(_D, ANY, leg=frozenset({LegState.OFFERED}), leg_becomes=LegState.ACCEPTED),
    Action.DECLINE_LEG: Rule(_D, ANY, leg=frozenset({LegState.OFFERED}), leg_becomes=LegState.SEARCHING),
    Action.LAPSE_LEG: Rule(_SYSTEM, ANY, leg=frozenset({LegState.OFFERED}), leg_becomes=LegState.SEARCHING),
    Action.CHOOSE_DRIVER: Rule(_O, ANY, leg=OPEN_LEGS - {LegState.UNDER_WAY}, leg_becomes=LegState.ACCEPTED),
    Action.STEP_BACK: Rule(
        _D,
        ANY,
        leg=frozenset({LegState.ACCEPTED, LegState.UNDER_WAY}),
        leg_becomes=LegState.SEARCHING,
        needs_reason=True,
    ),
    Action.RELEASE_LEG: Rule(_O, OPEN, leg=OPEN_LEGS - {LegState.UNDER_WAY}),
    Action.START_JOURNEY: Rule(
        _D,
        OPEN,
        answers=frozenset({Answer.ACCEPTED}),
        # After a breakdown another car takes over those who are half-way.
        progress=_WAITING | {Progress.IN_TRANSIT, Progress.ARRIVED},
        leg=frozenset({LegState.ACCEPTED}),
        progress_becomes=Progress.IN_TRANSIT,
        leg_becomes=LegState.UNDER_WAY,
    ),
    Action.ARRIVE: Rule(
        _D,
        OPEN,
        answers=frozenset({Answer.ACCEPTED}),
        progress=frozenset({Progress.IN_TRANSIT}),
        leg=frozenset({LegState.UNDER_WAY}),
        progress_becomes=Progress.ARRIVED,
    ),
    Action.DROP_OFF: Rule(
        _D,
        OPEN,
        answers=frozenset({Answer.ACCEPTED}),
        progress=frozenset({Progress.ARRIVED}),
        leg=frozenset({LegState.UNDER_WAY}),
        progress_becomes=Progress.DROPPED_OFF,
        leg_becomes=LegState.DONE,
    ),
    Action.START_SESSION: Rule(
        _T,
        OPEN - {S.PENDING, S.AWAITING_PAYMENT, S.PAID},
        answers=frozenset({Answer.ACCEPTED}),
        progress=frozenset({Progress.DROPPED_OFF}),
        progress_without_driver=_WAITING,
        progress_becomes=Progress.IN_SESSION,
        only_without_driver=frozenset({S.THERAPIST_CONFIRMED}),
    ),
    Action.EXTEND: Rule(_T, OPEN - {S.PAID}, answers=_ENDED_WORK, progress=_SESSION_HELD),
    Action.END_SESSION: Rule(
        _T,
        OPEN,
        answers=frozenset({Answer.ACCEPTED}),
        progress=frozenset({Progress.IN_SESSION}),
        answer_becomes=Answer.RELEASED,
        progress_becomes=Progress.ENDED,
    ),
    Action.STOP_EARLY: Rule(
        _T,
        OPEN,
        answers=frozenset({Answer.ACCEPTED}),
        progress=frozenset({Progress.IN_SESSION}),
        answer_becomes=Answer.RELEASED,
        progress_becomes=Progress.ENDED,
        needs_reason=True,
    ),
    Action.REQUEST_PAYMENT: Rule(
        _T,
        frozenset({S.IN_SESSION}),
        answers=frozenset({Answer.RELEASED}),
        progress=frozenset({Progress.ENDED}),
        everybody=frozenset({Progress.ENDED}),
    ),
    Action.VERIFY_PAYMENT: Rule(_O, frozenset({S.AWAITING_PAYMENT})),
    Action.CORRECT_PAYMENT: Rule(_M, frozenset({S.PAID, S.COMPLETED}), needs_reason=True),
    Action.WRITE_OFF: Rule(_M, frozenset({S.AWAITING_PAYMENT}), needs_reason=True),
    Action.REPORT_MATERIALS: Rule(
        _T, frozenset({S.PAID}), answers=frozenset({Answer.RELEASED}), progress=frozenset({Progress.ENDED})
    ),
    Action.ASK_PICKUP: Rule(_T, ANY, answers=_WORK_OVER, progress=_ON_SITE | {Progress.ENDED}),
    Action.GOT_HOME: Rule(_T, ANY, answers=_WORK_OVER, progress=_ON_SITE | {Progress.IN_TRANSIT, Progress.ENDED}),
    # A way back: who rides has no more work there. The way there is started and dropped off.
    Action.COLLECT: Rule(
        _D, ANY, answers=_WORK_OVER, leg=frozenset({LegState.ACCEPTED}), leg_becomes=LegState.UNDER_WAY
    ),
    Action.FINISH: Rule(_D, ANY, answers=_WORK_OVER, leg=frozenset({LegState.UNDER_WAY}), leg_becomes=LegState.DONE),
    Action.CANCEL: Rule(_O, BEFORE_SESSION, ending=S.CANCELLED, needs_reason=True, nobody=_SESSION_HELD),
    Action.NO_SHOW: Rule(
        _O,
        frozenset({S.ARRIVED, S.DROPPED_OFF, S.THERAPIST_CONFIRMED}),
        ending=S.NO_SHOW,
        nobody=_SESSION_HELD,
        only_without_driver=frozenset({S.THERAPIST_CONFIRMED}),
    ),
    # Who withdrew on the way is still out there.
    Action.PANIC: Rule(_T, ANY, answers=_ENDED_WORK | {Answer.WITHDRAWN}),
    Action.REOPEN: Rule(_O, ENDINGS, needs_reason=True, nobody=_SESSION_HELD),
    Action.FORCE: Rule(_M, ANY, needs_reason=True),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One therapist's place as the state sees it; ``undecided`` while a refusal waits for the desk."""

    answer: Answer
    progress: Progress = Progress.WAITING
    undecided: bool = False

    @property
    def active(self) -> bool:
        """Still counts: live, or its work was done."""
        return self.answer in LIVE_ANSWERS or (self.answer is Answer.RELEASED and self.progress is Progress.ENDED)


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything the state of a visit follows from. ``reached`` is the state stored so far."""

    reached: AppointmentState
    driver_needed: bool
    seats: tuple[Seat, ...]
    driver_accepted: bool = False
    payment_requested: bool = False
    paid: bool = False
    materials_reported: bool = False


def target_of(action: Action) -> Target:
    """What ``action`` is about."""
    rule = RULES[action]
    if rule.leg:
        return Target.TRIP
    return Target.PLACE if rule.answers else Target.VISIT


def permission_of(action: Action) -> Permission:
    """The right that whoever takes ``action`` must hold, unless it is the system."""
    by = RULES[action].by
    if Party.THERAPIST in by:
        return Permission.STEP_AS_THERAPIST
    if Party.DRIVER in by:
        return Permission.STEP_AS_DRIVER
    return Permission.OVERRULE if by == _M else Permission.RUN_VISITS


def party_of(actor: Actor) -> Party:
    """In what capacity ``actor`` acts."""
    if actor.role is None:
        return Party.SYSTEM
    if actor.role in (Role.MANAGER, Role.ADMIN):
        return Party.MANAGER
    return Party.OPERATOR if actor.role in DESK else Party(actor.role.value)


def derive_state(visit: Visit) -> AppointmentState:
    """The state of a visit that has not ended otherwise.

    Before the first departure the answers decide; afterwards the least advanced therapist, and it never falls back.
    """
    if visit.reached in ENDINGS:
        return visit.reached
    active = [seat for seat in visit.seats if seat.active]
    # Whoever withdrew on the way has departed all the same; who was released by an ending is of a time before it.
    departed = any(
        seat.progress is not Progress.WAITING for seat in visit.seats if seat.active or seat.answer is Answer.WITHDRAWN
    )
    if not departed and visit.reached in BEFORE_DEPARTURE:
        return _by_answers(visit, active)
    return max(visit.reached, _by_progress(visit, active), key=ORDER.index)


def check(
    action: Action,
    by: Party,
    *,
    visit: AppointmentState,
    driver_needed: bool,
    answer: Answer | None = None,
    progress: Progress | None = None,
    leg: LegState | None = None,
    places: Collection[Progress] = (),
    reason: str = "",
) -> Rule:
    """The rule of ``action``, when it is possible now.

    ``places`` is how far each accepted place of the visit is, ended ones with them: actions about the whole visit
    look at all of them.

    Raises:
        NotAllowed: not for this party.
        NotPossible: not in this state.
        Invalid: it needs a reason.
    """
    rule = RULES[action]
    if by not in rule.by:
        raise NotAllowed("This step is not yours to take. Ask the desk.")
    if visit not in rule.visit or (driver_needed and visit in rule.only_without_driver):
        raise NotPossible(_not_now(action, visit))
    if rule.answers and answer not in rule.answers:
        raise NotPossible(f"This place is {_said(answer)}, so it cannot be changed this way any more.")
    in_order = rule.progress if driver_needed else rule.progress_without_driver or rule.progress
    if in_order and progress not in in_order:
        raise NotPossible(f"The therapist is {_said(progress)}, so this step is not the next one.")
    if rule.leg and leg not in rule.leg:
        raise NotPossible(f"The trip is {_said(leg)}, so this step is not the next one.")
    if rule.nobody.intersection(places):
        raise NotPossible(_SESSION_WAS_HELD if action is Action.REOPEN else _SESSION_BEGAN)
    if rule.everybody and not (places and rule.everybody.issuperset(places)):
        raise NotPossible("Not everybody's session has ended yet.")
    if rule.needs_reason and not reason.strip():
        raise Invalid("Give a reason; it is kept in the history.", field="reason")
    return rule


def possible(visit: AppointmentState, by: Party, *, driver_needed: bool) -> set[Action]:
    """The actions that the visit's state and the party leave open, whatever its parts say."""
    return {
        action
        for action, rule in RULES.items()
        if by in rule.by and visit in rule.visit and not (driver_needed and visit in rule.only_without_driver)
    }


def _by_answers(visit: Visit, active: Iterable[Seat]) -> AppointmentState:
    seats = list(active)
    if not seats or any(seat.undecided for seat in visit.seats) or any(s.answer is not Answer.ACCEPTED for s in seats):
        return S.PENDING
    return S.DRIVER_CONFIRMED if visit.driver_needed and visit.driver_accepted else S.THERAPIST_CONFIRMED


def _by_progress(visit: Visit, active: Iterable[Seat]) -> AppointmentState:
    seats = [seat for seat in active if seat.answer is not Answer.OFFERED]
    if not seats:
        return visit.reached
    least = min((seat.progress for seat in seats), key=_PROGRESS_ORDER.index)
    if least is not Progress.ENDED:
        return _STATE_OF_PROGRESS.get(least, visit.reached)
    if not visit.payment_requested:
        return S.IN_SESSION
    if not visit.paid:
        return S.AWAITING_PAYMENT
    return S.COMPLETED if visit.materials_reported else S.PAID


def _not_now(action: Action, visit: AppointmentState) -> str:
    if visit in CLOSED:
        return f"This visit is {_said(visit)}; nothing can be done with it this way."
    if action in (Action.CANCEL, Action.CHANGE):
        return _SESSION_BEGAN
    return f"This visit is {_said(visit)}, so that is not possible now."


def _said(word: StrEnum | None) -> str:
    return "not there" if word is None else word.value.replace("_", " ")
