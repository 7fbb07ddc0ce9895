"""Time off is asked for, decided, and cuts the shifts; what it gave up comes back when it is taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest

from guitara_app.availability.queries import open_requests, person_hours, shift_periods, shifts_of
from guitara_app.availability.rules import Hours
from guitara_app.availability.services import (
    approve_time_off,
    ask_time_off,
    enter_time_off,
    refuse_time_off,
    set_shift,
    set_week,
    take_back_time_off,
)
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from guitara_app.kit.time import Period, period
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm

pytestmark = pytest.mark.usefixtures("database")

TOMORROW = EVENING + timedelta(days=1)


@pytest.fixture
def firm(database: object) -> Firm:
    found = open_firm()
    week = {weekday: Hours(time(13), time(1)) for weekday in range(7)}
    run(lambda session: set_week(session, found.operator, found.therapists[0], week, now=NOW))
    return found


def ask(
    firm: Firm, first: date = EVENING, last: date = EVENING, reason: str = "Mother's birthday", **clocks: time
) -> int:
    return run(
        lambda session: ask_time_off(
            session, firm.therapist(0), firm.therapists[0], first, last, now=NOW, reason=reason, **clocks
        )
    )


def enter(firm: Firm, first: date = EVENING, last: date = EVENING, **clocks: time) -> int:
    return run(
        lambda session: enter_time_off(
            session, firm.operator, firm.therapists[0], first, last, now=NOW, reason="Fever", **clocks
        )
    )


def approve(firm: Firm, number: int) -> None:
    run(lambda session: approve_time_off(session, firm.operator, number, now=NOW))


def shifts(firm: Firm, day: date = EVENING) -> list[Period]:
    with reading() as session:
        return shift_periods(session, [firm.therapists[0]], day)[firm.therapists[0]]


WHOLE = [period(manila(13), manila(25))]


def test_a_request_changes_nothing_until_it_is_approved_and_comes_back_when_taken_back(firm: Firm) -> None:
    number = ask(firm, starts=time(20), ends=time(0, 30))
    with reading() as session:
        (request,) = open_requests(session)
    assert (request["id"], request["period"]) == (number, "Mon 23 Nov, 20:00 to Tue 00:30")
    assert request["reason"] == "Mother's birthday"
    assert shifts(firm) == WHOLE
    approve(firm, number)
    assert shifts(firm) == [period(manila(13), manila(20)), period(manila(24, 30), manila(25))]
    with reading() as session:
        assert open_requests(session) == []
        row = shifts_of(session, EVENING, now=NOW)[0]
    assert (row["starts"], row["ends"], row["note"]) == ("13:00", "01:00", "time off: Mother's birthday")
    assert row["hours"] == "13:00 to 20:00, Tue 00:30 to Tue 01:00"
    run(lambda session: take_back_time_off(session, firm.therapist(0), number, now=NOW))
    assert shifts(firm) == WHOLE


def test_whole_evenings_take_hours_by_hand_as_well(firm: Firm) -> None:
    run(lambda s: set_shift(s, firm.operator, firm.therapists[0], TOMORROW, (time(22), time(4)), now=NOW))
    enter(firm, EVENING, TOMORROW)
    assert shifts(firm) == shifts(firm, TOMORROW) == []
    assert len(shifts(firm, TOMORROW + timedelta(days=1))) == 1
    # Hours set while there is time off are kept, and hold when it is taken back.
    run(lambda s: set_shift(s, firm.operator, firm.therapists[0], EVENING, (time(21), time(23)), now=NOW))
    assert shifts(firm) == []
    with reading() as session:
        found = person_hours(session, firm.therapists[0], now=NOW)
    assert found is not None
    (row,) = found["time_off"]
    assert (row["period"], row["state"]) == ("Mon 23 Nov to Tue 24 Nov", "approved")
    run(lambda session: take_back_time_off(session, firm.operator, row["id"], now=NOW))
    assert shifts(firm) == [period(manila(21), manila(23))]


def test_a_refusal_has_a_reason_and_nothing_changes(firm: Firm) -> None:
    number = ask(firm)
    with pytest.raises(Invalid) as caught:
        run(lambda session: refuse_time_off(session, firm.operator, number, now=NOW, reason=" \x00 "))
    assert caught.value.field == "reason"
    run(lambda session: refuse_time_off(session, firm.operator, number, now=NOW, reason="Fully booked"))
    assert shifts(firm) == WHOLE
    with pytest.raises(NotPossible, match="is refused already"):
        approve(firm, number)
    with pytest.raises(NotPossible, match="is refused already"):
        run(lambda session: take_back_time_off(session, firm.operator, number, now=NOW))
    # What was refused may be asked again.
    ask(firm)


def test_who_may_ask_enter_and_decide(firm: Firm) -> None:
    number = ask(firm)
    other = firm.therapist(1)
    for forbidden in (
        lambda s: approve_time_off(s, firm.therapist(0), number, now=NOW),
        lambda s: refuse_time_off(s, firm.therapist(0), number, now=NOW, reason="no"),
        lambda s: ask_time_off(s, other, firm.therapists[0], TOMORROW, TOMORROW, now=NOW, reason="x"),
        lambda s: ask_time_off(s, firm.operator, firm.therapists[0], TOMORROW, TOMORROW, now=NOW, reason="x"),
        lambda s: enter_time_off(s, firm.therapist(0), firm.therapists[0], TOMORROW, TOMORROW, now=NOW, reason="x"),
    ):
        with pytest.raises(NotAllowed):
            run(forbidden)
    # Nobody is told whether somebody else has asked.
    for theirs_or_nobodys in (number, 404):
        with pytest.raises(NotFound):
            run(lambda s, which=theirs_or_nobodys: take_back_time_off(s, other, which, now=NOW))
    for nothing in (0, -1, 404, 2**63, 2**70):
        with pytest.raises(NotFound):
            approve(firm, nothing)
    for nobody in (0, 2**40, firm.operator.person_id or 0):
        with pytest.raises(NotFound):
            run(lambda s, who=nobody: enter_time_off(s, firm.operator, who, TOMORROW, TOMORROW, now=NOW, reason="x"))


def test_what_cannot_be_is_refused_where_it_was_typed(firm: Firm) -> None:
    for reason in ("", "  ", "\x00"):
        with pytest.raises(Invalid) as caught:
            ask(firm, reason=reason)
        assert caught.value.field == "reason"
    with pytest.raises(Invalid) as caught:
        ask(firm, EVENING - timedelta(days=1), EVENING)
    assert caught.value.field == "first"
    ask(firm)
    with pytest.raises(NotPossible, match="is still asked for: Mon 23 Nov 06:00 to Tue 24 Nov 06:00") as twice:
        enter(firm, EVENING, TOMORROW)
    assert twice.value.field == "first"


def test_at_half_past_midnight_the_evening_can_still_be_taken_off(firm: Firm) -> None:
    night = manila(24, 30)
    run(
        lambda session: enter_time_off(
            session,
            firm.operator,
            firm.therapists[0],
            EVENING,
            EVENING,
            now=night,
            reason="Fever",
            starts=time(0, 30),
        )
    )
    assert shifts(firm) == [period(manila(13), night)]


def test_two_desks_that_decide_at_once_decide_once(firm: Firm, scratch: Scratch) -> None:
    number = ask(firm)

    def decide(yes: bool) -> bool:
        try:
            if yes:
                approve(firm, number)
            else:
                run(lambda session: refuse_time_off(session, firm.operator, number, now=NOW, reason="No"))
        except NotPossible:
            return False
        return True

    with ThreadPoolExecutor(6) as desks:
        done = list(desks.map(decide, (True, False) * 3))
    assert sum(done) == 1
    state = scratch.one("SELECT state FROM time_off WHERE id = %s", number)
    assert shifts(firm) == ([] if state == "approved" else WHOLE)
    assert scratch.one("SELECT count(*) FROM events WHERE kind IN ('time_off_approved', 'time_off_refused')") == 1


def test_two_desks_that_enter_the_same_evening_enter_it_once(firm: Firm, scratch: Scratch) -> None:
    def try_it(_: int) -> bool:
        try:
            enter(firm)
        except GuitaraError:
            return False
        return True

    with ThreadPoolExecutor(6) as desks:
        assert sum(desks.map(try_it, range(6))) == 1
    assert scratch.one("SELECT count(*) FROM time_off") == 1


def test_every_page_that_shows_it_is_told_and_the_log_names_who_for_whom(firm: Firm, scratch: Scratch) -> None:
    number = ask(firm)
    approve(firm, number)
    asked, approved = scratch.sql(
        "SELECT topics, actor_id, on_behalf_of_id FROM events WHERE kind LIKE 'time_off%' ORDER BY id"
    )
    person = firm.therapists[0]
    assert asked[1:] == (person, None)
    assert approved[1:] == (firm.operator.person_id, person)
    for topics in (asked[0], approved[0]):
        assert {"desk", f"person:{person}", f"hours:{person}", f"shifts:{EVENING.toordinal()}"} <= set(topics)
