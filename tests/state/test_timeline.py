"""What becomes of blocks let go elsewhere on the timeline: saved one by one, refused with other ways, undone."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest, VisitFields
from guitara_app.appointments.services import change, choose_driver, reject, search_driver
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Stale
from guitara_app.pages.timeline.dropping import Back, Drop, Result, carry_out, take_back
from guitara_app.pages.timeline.state import TimelineState
from tests.state.conftest import OpenBrowser
from tests.support.firm import NOW, Firm, open_firm

PAGE = TimelineState.get_full_name()
START = "2026-11-23T21:00"


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    assert database
    return open_firm()


@pytest.fixture
def bea(firm: Firm) -> Actor:
    assert firm
    with reading() as session:
        return Actor(
            session.execute(text("SELECT id FROM people WHERE username = 'ana'")).scalar_one(), Role.MANAGER, "Bea"
        )


def visit_drop(
    visit: int, *, block: str = "", replace: list[dict[str, int]] | None = None, **move: Any
) -> dict[str, Any]:
    seen = {"seen_starts": START, "seen_ends": "2026-11-23T22:00", "visit_id": visit}
    return {"blocks": [block or f"s{visit}"], "replace": replace or [], "move": {**seen, **move}}


def let_go(actor: Actor, *visits: dict[str, Any], legs: tuple[dict[str, Any], ...] = (), **more: Any) -> Result:
    drop = {"key": uuid4().hex, "visits": list(visits), "legs": list(legs), **more}
    return carry_out(actor, Drop.model_validate(drop), NOW)


def stands(visit: int) -> VisitFields:
    with reading() as session:
        return fields_of(session, visit)


def one(statement: str, **values: Any) -> Any:
    with reading() as session:
        return session.execute(text(statement), values).one()


def backs(result: Result) -> list[Back]:
    return [saved.back for saved in result.saved if saved.back is not None]


def leg_drop(leg: int, driver: int, seen: int = 0, **more: Any) -> dict[str, Any]:
    return {"block": f"l{leg}", "leg_id": leg, "driver_id": driver, "seen_driver_id": seen, **more}


def test_a_visit_is_taken_along_past_midnight_and_back(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0)
    result = let_go(bea, visit_drop(visit, starts="2026-11-24T00:00"))
    assert (result.refusals, result.refused) == ([], [])
    assert result.saved[0].words == f"Mrs D'Souza, #{visit}: Mon 23 Nov, night \u2192 Tue 00:00 to Tue 01:00"
    assert stands(visit).start == time(0)
    assert take_back(bea, backs(result), "undo", NOW) == []
    assert stands(visit).start == time(21)
    reasons = one("SELECT array_agg(reason ORDER BY event_id) AS said FROM event_details WHERE reason <> ''").said
    assert reasons == ["Moved on the timeline", "Undone on the timeline"]


def test_another_therapist_and_another_time_at_once(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0)
    people = {"therapist_ids": [firm.therapists[1]], "seen_people": [firm.therapists[0]]}
    result = let_go(bea, visit_drop(visit, starts="2026-11-23T22:00", **people))
    assert result.saved[0].words.endswith("to 23:00, with Therapist 1")
    assert (stands(visit).start, stands(visit).therapist_ids) == (time(22), [firm.therapists[1]])


def test_a_chain_of_one_persons_visits_moves_along_into_its_own_places(firm: Firm, bea: Actor) -> None:
    early, late = firm.book(0), firm.book(0, start=time(22))
    moved_late = visit_drop(late, starts="2026-11-23T22:30", seen_starts="2026-11-23T22:00")
    result = let_go(bea, moved_late, visit_drop(early, starts="2026-11-23T21:30"))
    assert result.refusals == []
    assert (stands(early).start, stands(late).start) == (time(21, 30), time(22, 30))
    assert take_back(bea, backs(result), "undo", NOW) == []
    assert (stands(early).start, stands(late).start) == (time(21), time(22))


def test_of_several_what_fails_is_named_and_the_rest_is_saved(firm: Firm, bea: Actor) -> None:
    there, clashing, fine = firm.book(1), firm.book(0), firm.book(2, start=time(23))
    given = {"therapist_ids": [firm.therapists[1]], "seen_people": [firm.therapists[0]]}
    also = {"therapist_ids": [firm.therapists[1]], "seen_people": [firm.therapists[2]], "seen_starts": ""}
    result = let_go(bea, visit_drop(clashing, block="s1", **given), visit_drop(fine, block="s2", **also))
    assert result.refused == ["s1"]
    assert len(result.saved) == 1
    [refusal] = result.refusals
    assert refusal["title"] == f"Mrs D'Souza, #{clashing}"
    assert f"(#{there})" in refusal["problems"][0]
    assert stands(clashing).therapist_ids == [firm.therapists[0]]
    assert stands(fine).therapist_ids == [firm.therapists[1]]
    # What is offered instead can be had.
    again = carry_out(bea, Drop.model_validate(refusal["instead"][0]["drop"]), NOW)
    assert again.refusals == []


def test_what_a_colleague_moved_meanwhile_is_not_overwritten_unless_it_is_meant(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0)
    by_ana = ChangeRequest(start=time(22))
    run(lambda session: change(session, firm.operator, visit, request=by_ana, reason="client asked", now=NOW))
    result = let_go(bea, visit_drop(visit, starts="2026-11-23T23:00"))
    assert result.refused == [f"s{visit}"]
    assert result.refusals[0]["problems"] == ["Ana O'Hara changed it at 20:00 to 22:00."]
    assert stands(visit).start == time(22)
    [anew] = result.refusals[0]["instead"]
    assert anew["label"] == "Move it all the same"
    assert carry_out(bea, Drop.model_validate(anew["drop"]), NOW).refusals == []
    assert stands(visit).start == time(23)


def test_an_undo_does_not_overwrite_a_colleague_either(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0)
    result = let_go(bea, visit_drop(visit, starts="2026-11-23T23:00"))
    by_ana = ChangeRequest(start=time(22))
    run(lambda session: change(session, firm.operator, visit, request=by_ana, reason="client asked", now=NOW))
    [problem] = take_back(bea, backs(result), "undo", NOW)
    assert problem.endswith("Ana O'Hara changed it at 20:00 to 22:00.")
    assert stands(visit).start == time(22)


def test_two_places_of_one_visit_never_go_to_one_person(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0, 1)
    people = {"therapist_ids": [firm.therapists[2]] * 2, "seen_people": firm.therapists[:2]}
    result = let_go(bea, visit_drop(visit, **people))
    assert "two places" in result.refusals[0]["problems"][0]
    assert stands(visit).therapist_ids == firm.therapists[:2]


def test_outside_the_shift_only_a_reason_is_missing(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0)
    [refusal] = let_go(bea, visit_drop(visit, starts="2026-11-24T01:30")).refusals
    assert refusal["off_shift"]
    over = carry_out(bea, Drop.model_validate({**refusal["anyway"], "reason": "she offered to stay"}), NOW)
    assert over.refusals == []
    assert stands(visit).start == time(1, 30)


def test_a_refused_place_is_given_to_somebody_else(firm: Firm, bea: Actor) -> None:
    visit = firm.book(0)
    seat = one("SELECT id FROM assignments").id
    run(lambda session: reject(session, firm.therapist(0), seat, reason="too far", now=NOW))
    given = [{"seat_id": seat, "person_id": firm.therapists[1]}]
    result = let_go(bea, visit_drop(visit, replace=given))
    assert result.refusals == []
    assert result.saved[0].words == f"Mrs D'Souza, #{visit}, with Therapist 1"
    assert backs(result) == []
    assert one("SELECT decision FROM reviews").decision == "replace"


def test_a_trip_goes_from_driver_to_driver_and_back(firm: Firm, bea: Actor) -> None:
    firm.book(0, driver_needed=True)
    leg, (first, second) = one("SELECT id FROM legs").id, firm.drivers
    assert let_go(bea, legs=(leg_drop(leg, first),)).refusals == []
    result = let_go(bea, legs=(leg_drop(leg, second, first),))
    assert result.saved[0].words.startswith("Driver 1 drives Therapist to Pasig")
    assert one("SELECT driver_id FROM legs").driver_id == second
    assert take_back(bea, backs(result), "undo", NOW) == []
    assert one("SELECT driver_id, state FROM legs") == (first, "accepted")


def test_who_was_only_asked_is_not_made_to_drive_by_an_undo(firm: Firm, bea: Actor) -> None:
    firm.book(0, driver_needed=True)
    leg = one("SELECT id FROM legs").id
    run(lambda session: search_driver(session, SYSTEM, leg, now=NOW))
    asked = one("SELECT driver_id FROM legs").driver_id
    other = next(driver for driver in firm.drivers if driver != asked)
    result = let_go(bea, legs=(leg_drop(leg, other, asked),))
    assert take_back(bea, backs(result), "undo", NOW) == []
    assert one("SELECT driver_id, state FROM legs") == (asked, "offered")


def test_a_trip_that_a_colleague_gave_away_is_not_taken_back_unseen(firm: Firm, bea: Actor) -> None:
    firm.book(0, driver_needed=True)
    leg, (first, second) = one("SELECT id FROM legs").id, firm.drivers
    run(lambda session: choose_driver(session, firm.operator, leg, driver_id=first, now=NOW))
    [refusal] = let_go(bea, legs=(leg_drop(leg, second),)).refusals
    assert refusal["problems"] == ["A colleague was quicker: Driver 0 has this trip now."]
    assert one("SELECT driver_id FROM legs").driver_id == first
    with pytest.raises(Stale):
        run(lambda s: choose_driver(s, bea, leg, driver_id=second, seen_driver_id=second, now=NOW))


def test_a_driver_on_another_trip_is_refused_by_name_with_others(firm: Firm, bea: Actor) -> None:
    firm.book(0, driver_needed=True)
    firm.book(1, driver_needed=True)
    with reading() as session:
        there, here = session.execute(text("SELECT id FROM legs ORDER BY id")).scalars()
    first, second = firm.drivers
    run(lambda session: choose_driver(session, firm.operator, there, driver_id=first, now=NOW))
    [refusal] = let_go(bea, legs=(leg_drop(here, first),)).refusals
    assert "Driver 0" in refusal["problems"][0]
    [instead] = refusal["instead"]
    assert instead["label"].startswith("Driver 1")
    assert carry_out(bea, Drop.model_validate(instead["drop"]), NOW).refusals == []
    assert one("SELECT driver_id FROM legs WHERE id = :leg", leg=here).driver_id == second


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.THERAPIST, Role.DRIVER, None])
def test_only_who_sees_the_plan_moves_on_it(browser: OpenBrowser, role: Role | None) -> None:
    firm = open_firm()
    visit = firm.book(0)
    drop = {"key": "k", "visits": [visit_drop(visit, starts="2026-11-23T22:00")], "legs": []}
    browser(role, "/timeline").call(f"{PAGE}.drop", {"drop": drop})
    assert stands(visit).start == time(21)


def test_garbage_is_no_drop(browser: OpenBrowser) -> None:
    for garbage in ({}, {"key": ""}, {"key": "k", "visits": [{"move": {}}]}, {"key": "k", "legs": [{"leg_id": -1}]}):
        told = browser(Role.MANAGER, "/timeline").call(f"{PAGE}.drop", {"drop": garbage})
        assert "outcome" not in told.values
