"""No path leaves the table of actions: random parties try random things on a visit, for as long as they like."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from guitara_app.appointments.lifecycle import BEFORE_DEPARTURE, ORDER, Action, Party, Seat, Visit, check, derive_state
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
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotPossible
from tests.unit.appointments.simulated import Simulated

S, A, P = AppointmentState, Action, Party
T, D, O, M, Y = P.THERAPIST, P.DRIVER, P.OPERATOR, P.MANAGER, P.SYSTEM  # noqa: E741

# The columns "action" and "by" of the contract, with the desk standing in for those in the field.
WHO_MAY = {
    (A.ACCEPT, A.REJECT, A.WITHDRAW): {T, O, M},
    (A.LAPSE, A.EXPIRE, A.OFFER_LEG, A.LAPSE_LEG): {Y},
    (A.SEARCH_DRIVER,): {Y, O, M},
    (A.INSIST, A.REPLACE, A.DROP, A.CHANGE, A.CHOOSE_DRIVER, A.RELEASE_LEG, A.SEARCH_AGAIN): {O, M},
    (A.ACCEPT_LEG, A.DECLINE_LEG, A.STEP_BACK, A.START_JOURNEY, A.ARRIVE, A.DROP_OFF, A.COLLECT, A.FINISH): {D, O, M},
    (A.START_SESSION, A.EXTEND, A.END_SESSION, A.STOP_EARLY, A.REQUEST_PAYMENT): {T, O, M},
    (A.REPORT_MATERIALS, A.ASK_PICKUP, A.GOT_HOME, A.PANIC): {T, O, M},
    (A.VERIFY_PAYMENT, A.CANCEL, A.NO_SHOW, A.REOPEN): {O, M},
    (A.CORRECT_PAYMENT, A.WRITE_OFF, A.FORCE): {M},
}
NEED_A_REASON = {A.REJECT, A.WITHDRAW, A.CHANGE, A.STOP_EARLY, A.CORRECT_PAYMENT, A.WRITE_OFF, A.CANCEL, A.REOPEN}


def may(action: Action, party: Party, **given: object) -> str:
    """``yes``, or the name of the error."""
    values = {"visit": S.PENDING, "driver_needed": True, "reason": "a reason"} | given
    try:
        check(action, party, **values)  # type: ignore[arg-type]  # whatever the test says
    except GuitaraError as error:
        assert error.sentence.endswith("."), error.sentence
        return type(error).__name__
    return "yes"


@pytest.mark.parametrize("party", Party)
@pytest.mark.parametrize(("action", "by"), [(a, by) for actions, by in WHO_MAY.items() for a in actions])
def test_only_those_the_contract_names_may_act(action: Action, by: set[Party], party: Party) -> None:
    assert (may(action, party) == NotAllowed.__name__) is (party not in by)


def test_the_contract_names_every_action_once() -> None:
    named = [action for actions in WHO_MAY for action in actions]
    assert sorted(named) == sorted(Action)


def test_a_session_without_a_driver_starts_only_when_everybody_accepted() -> None:
    seat = {"answer": Answer.ACCEPTED, "progress": Progress.WAITING}
    assert may(A.START_SESSION, T, visit=S.THERAPIST_CONFIRMED, driver_needed=False, **seat) == "yes"
    assert may(A.START_SESSION, T, visit=S.PENDING, driver_needed=False, **seat) == NotPossible.__name__
    assert may(A.START_SESSION, T, visit=S.THERAPIST_CONFIRMED, driver_needed=True, **seat) == NotPossible.__name__


def test_a_session_with_a_driver_starts_only_after_the_drop_off() -> None:
    for progress in Progress:
        answer = may(A.START_SESSION, T, visit=S.DROPPED_OFF, answer=Answer.ACCEPTED, progress=progress)
        assert (answer == "yes") is (progress is Progress.DROPPED_OFF)


def test_a_visit_is_not_cancelled_under_a_therapist_of_the_group_who_is_in_session() -> None:
    group = {"visit": S.THERAPIST_CONFIRMED, "driver_needed": False}
    assert may(A.CANCEL, O, **group, places=[Progress.WAITING, Progress.WAITING]) == "yes"
    for held in (Progress.IN_SESSION, Progress.ENDED):
        assert may(A.CANCEL, O, **group, places=[held, Progress.WAITING]) == NotPossible.__name__


def test_payment_is_requested_when_all_sessions_ended() -> None:
    mine = {"visit": S.IN_SESSION, "answer": Answer.RELEASED, "progress": Progress.ENDED}
    assert may(A.REQUEST_PAYMENT, T, **mine, places=[Progress.ENDED, Progress.ENDED]) == "yes"
    assert may(A.REQUEST_PAYMENT, T, **mine, places=[Progress.ENDED, Progress.IN_SESSION]) == NotPossible.__name__
    assert may(A.REQUEST_PAYMENT, T, **mine) == NotPossible.__name__


def test_after_a_breakdown_another_car_takes_over_who_is_half_way() -> None:
    for progress in (Progress.IN_TRANSIT, Progress.ARRIVED):
        seat = {"answer": Answer.ACCEPTED, "progress": progress, "leg": LegState.ACCEPTED}
        assert may(A.START_JOURNEY, D, visit=S.IN_TRANSIT, **seat) == "yes"


def test_a_way_there_is_never_finished_without_dropping_off() -> None:
    riding = {"answer": Answer.ACCEPTED, "progress": Progress.IN_TRANSIT, "leg": LegState.UNDER_WAY}
    assert may(A.FINISH, D, visit=S.IN_TRANSIT, **riding) == NotPossible.__name__
    assert may(A.FINISH, D, visit=S.CANCELLED, **(riding | {"answer": Answer.RELEASED})) == "yes"


def test_whoever_withdrew_on_the_way_can_still_raise_the_alarm() -> None:
    assert may(A.PANIC, T, visit=S.IN_TRANSIT, answer=Answer.WITHDRAWN) == "yes"
    assert may(A.PANIC, T, visit=S.PENDING, answer=Answer.OFFERED) == NotPossible.__name__


def test_someone_who_withdraws_on_the_way_does_not_send_the_others_back() -> None:
    gone = Seat(Answer.WITHDRAWN, Progress.IN_TRANSIT, undecided=True)
    group = Visit(S.DRIVER_CONFIRMED, True, (gone, Seat(Answer.ACCEPTED)), driver_accepted=True)
    assert derive_state(group) is S.DRIVER_CONFIRMED


@pytest.mark.parametrize("reason", ["", "   "])
def test_what_needs_a_reason_is_refused_without_one(reason: str) -> None:
    fitting = {
        A.REJECT: {"answer": Answer.OFFERED},
        A.WITHDRAW: {"answer": Answer.ACCEPTED, "progress": Progress.WAITING},
        A.STOP_EARLY: {"visit": S.IN_SESSION, "answer": Answer.ACCEPTED, "progress": Progress.IN_SESSION},
        A.CORRECT_PAYMENT: {"visit": S.PAID},
        A.WRITE_OFF: {"visit": S.AWAITING_PAYMENT},
        A.REOPEN: {"visit": S.CANCELLED},
    }
    for action in NEED_A_REASON:
        assert may(action, M, **fitting.get(action, {})) == "yes", action
        assert may(action, M, **fitting.get(action, {}), reason=reason) == Invalid.__name__, action


class AnyVisit(RuleBasedStateMachine):
    """Everybody tries everything."""

    visit: Simulated

    @initialize(seats=st.integers(1, 3), driven=st.booleans())
    def book(self, seats: int, driven: bool) -> None:
        self.visit = Simulated.booked(seats, driven=driven)
        self.before = deepcopy(self.visit)

    @rule(
        action=st.sampled_from([action for action in Action if action is not A.FORCE]),
        party=st.sampled_from(Party),
        seat=st.integers(0, 4),
        reason=st.sampled_from(["", "phone is dead"]),
    )
    def anybody_tries_anything(self, action: Action, party: Party, seat: int, reason: str) -> None:
        self.before = deepcopy(self.visit)
        try:
            self.visit.attempt(action, party, seat % len(self.visit.places), reason)
        except GuitaraError as error:
            assert error.sentence[0].isupper()
            assert error.sentence.endswith(".")
            assert self.visit == self.before

    @precondition(lambda self: self._possible())
    @rule(data=st.data())
    def somebody_does_what_is_possible(self, data: st.DataObject) -> None:
        action, party, seat = data.draw(st.sampled_from(self._possible()))
        self.before = deepcopy(self.visit)
        self.visit.attempt(action, party, seat, "as agreed by phone")

    def _possible(self) -> list[tuple[Action, Party, int]]:
        found = []
        # Endings are left to the other rule, so that most visits get far.
        for action in set(Action) - {A.FORCE, A.CANCEL, A.EXPIRE, A.NO_SHOW, A.PANIC, A.CHANGE}:
            party = Y if action in (A.LAPSE, A.OFFER_LEG, A.LAPSE_LEG) else M
            for seat in range(len(self.visit.places)):
                try:
                    self.visit.allowed(action, party, seat, "as agreed by phone")
                except GuitaraError:
                    continue
                found.append((action, party, seat))
        return sorted(found)

    @invariant()
    def closed_visits_hold_nobodys_time(self) -> None:
        if self.visit.state in CLOSED:
            assert not any(place.answer in LIVE_ANSWERS for place in self.visit.places)
        if self.visit.state in ENDINGS and self.before.state not in ENDINGS:
            assert self.visit.leg not in OPEN_LEGS - {LegState.UNDER_WAY}

    @invariant()
    def an_ending_is_final_unless_reopened(self) -> None:
        if self.before.state in ENDINGS and self.visit.state is not self.before.state:
            assert self.visit.trail[-1] is A.REOPEN
            assert self.visit.state is S.PENDING

    @invariant()
    def completed_is_final(self) -> None:
        assert self.before.state is not S.COMPLETED or self.visit.state is S.COMPLETED

    @invariant()
    def it_never_falls_back_after_the_first_departure(self) -> None:
        if self.before.departed and self.visit.state in ORDER and self.before.state in ORDER:
            assert ORDER.index(self.visit.state) >= ORDER.index(self.before.state)

    @invariant()
    def before_departure_the_answers_decide(self) -> None:
        visit = self.visit
        if visit.departed or visit.state in ENDINGS:
            return
        waited_for = [p for p in visit.places if p.answer in LIVE_ANSWERS]
        all_accepted = waited_for and all(p.answer is Answer.ACCEPTED for p in waited_for)
        settled = all_accepted and not any(p.undecided for p in visit.places)
        driver = visit.leg in (LegState.ACCEPTED, LegState.UNDER_WAY, LegState.DONE)
        expected = S.PENDING if not settled else S.DRIVER_CONFIRMED if driver else S.THERAPIST_CONFIRMED
        assert visit.state is expected
        assert visit.state in BEFORE_DEPARTURE

    @invariant()
    def only_whoever_accepted_moves(self) -> None:
        for place in self.visit.places:
            assert place.progress is Progress.WAITING or place.answer not in (Answer.OFFERED, Answer.REJECTED)

    @invariant()
    def money_waits_until_everybodys_session_has_ended(self) -> None:
        if self.visit.state is S.AWAITING_PAYMENT and self.before.state is not S.AWAITING_PAYMENT:
            assert self.visit.trail[-1] is A.REQUEST_PAYMENT
            assert Answer.ACCEPTED not in {place.answer for place in self.visit.places}


AnyVisit.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyVisit = AnyVisit.TestCase


@pytest.mark.parametrize("driven", [True, False])
def test_the_ordinary_evening_leads_to_completed(driven: bool) -> None:
    visit = Simulated.booked(2, driven=driven)
    for seat in (0, 1):
        visit.attempt(A.ACCEPT, T, seat)
    if driven:
        for action, party in ((A.SEARCH_DRIVER, Y), (A.OFFER_LEG, Y), (A.ACCEPT_LEG, D)):
            visit.attempt(action, party, 0)
        assert visit.state is S.DRIVER_CONFIRMED
        for action in (A.START_JOURNEY, A.ARRIVE, A.DROP_OFF):
            visit.attempt(action, D, 0)
        assert visit.state is S.DROPPED_OFF
    for action in (A.START_SESSION, A.END_SESSION):
        for seat in (0, 1):
            visit.attempt(action, T, seat)
        assert visit.state is S.IN_SESSION
    visit.attempt(A.REQUEST_PAYMENT, T, 1)
    assert visit.state is S.AWAITING_PAYMENT
    visit.attempt(A.VERIFY_PAYMENT, O, 0)
    assert visit.state is S.PAID
    for seat in (0, 1):
        visit.attempt(A.REPORT_MATERIALS, T, seat)
    assert visit.state is S.COMPLETED
