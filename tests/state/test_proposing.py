"""What moving a visit about a plan would come to: where it lands, what stands in the way, what else could be done."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest, VisitFields
from guitara_app.appointments.services import change
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotFound, Stale
from guitara_app.kit.time import Calendar
from guitara_app.pages.planning.proposing import Looked, Move, look, move_back, wall_of
from tests.support.firm import NOW, Firm, open_firm

BEA = Actor(None, Role.MANAGER, "Bea")
SEEN = {"seen_starts": "2026-11-23T21:00", "seen_ends": "2026-11-23T22:00"}


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    assert database
    return open_firm()


def proposed(visit: int, **move: Any) -> Looked:
    with reading() as session:
        return look(session, Move(visit_id=visit, **{**SEEN, **move}), number=1, now=NOW)


def save(visit: int, looked: Looked, by: Actor) -> list[str]:
    return run(lambda session: change(session, by, visit, request=looked.request, reason="client asked", now=NOW))


def stands(visit: int) -> VisitFields:
    with reading() as session:
        return fields_of(session, visit)


def test_past_midnight_is_still_the_same_evening(firm: Firm) -> None:
    visit = firm.book(0)
    looked = proposed(visit, starts="2026-11-24T00:00")
    assert looked.proposal["problems"] == []
    assert looked.proposal["becomes"] == "Mon 23 Nov, night \u2192 Tue 00:00 to Tue 01:00"
    assert (looked.proposal["title"], looked.proposal["was"]) == (
        f"Move Mrs D'Souza, #{visit}",
        "Mon 23 Nov 21:00 to 22:00, Therapist 0.",
    )
    assert save(visit, looked, firm.operator) == ["start"]
    assert (stands(visit).evening.isoformat(), stands(visit).start) == ("2026-11-23", time(0))


def test_a_longer_block_is_a_longer_visit_and_a_moved_one_keeps_its_length(firm: Firm) -> None:
    visit = firm.book(0, minutes=75)
    assert proposed(visit, starts="2026-11-23T22:00").request.minutes is None
    longer = proposed(visit, ends="2026-11-23T22:45", seen_ends="2026-11-23T22:15")
    assert (longer.proposal["starts"], longer.proposal["ends"]) == ("2026-11-23T21:00", "2026-11-23T22:45")
    assert save(visit, longer, firm.operator) == ["minutes"]
    assert stands(visit).minutes == 105


def test_what_stands_in_the_way_is_named_and_what_is_offered_instead_can_be_had(firm: Firm) -> None:
    other = firm.book(0, start=time(22))
    visit = firm.book(0, start=time(20, 30))
    shown = proposed(visit, starts="2026-11-23T21:30", seen_starts="2026-11-23T20:30").proposal
    assert f"(#{other})" in shown["problems"][0]
    assert not shown["off_shift"]
    kinds = {one["kind"]: one for one in shown["others"]}
    assert set(kinds) == {"time", "people"}
    for one in kinds.values():
        with reading() as session:
            instead = look(session, Move.model_validate(one["move"]), number=2, now=NOW)
        assert instead.proposal["problems"] == [], one
    assert save(visit, instead, firm.operator)


def test_outside_the_shift_needs_somebody_to_say_so(firm: Firm) -> None:
    visit = firm.book(0)
    shown = proposed(visit, starts="2026-11-24T01:30").proposal
    assert shown["off_shift"]
    assert "Therapist 0 (on shift 13:00 to 01:00 only)" in shown["problems"][0]
    over = proposed(visit, starts="2026-11-24T01:30", off_shift=True)
    assert over.proposal["problems"] == []
    assert save(visit, over, firm.operator) == ["start"]


def test_the_second_of_two_movers_is_told_who_was_first_and_overwrites_nothing(firm: Firm) -> None:
    visit = firm.book(0)
    mine = proposed(visit, starts="2026-11-23T22:00")
    theirs = proposed(visit, starts="2026-11-23T23:00")
    save(visit, theirs, BEA)
    with pytest.raises(Stale):
        save(visit, mine, firm.operator)
    assert stands(visit).start == time(23)
    again = proposed(visit, starts="2026-11-23T22:00").proposal
    [clash] = again["overtaken"]
    assert (clash["label"], clash["at"], clash["stands"]) == ("Start", "20:00", "23:00")
    # Knowing that, they may.
    with reading() as session:
        anew = look(session, Move.model_validate(again["anew"]), number=3, now=NOW)
    assert anew.proposal["overtaken"] == []
    assert save(visit, anew, firm.operator) == ["start"]


def test_what_a_colleague_changed_besides_is_kept(firm: Firm) -> None:
    visit = firm.book(0)
    request = ChangeRequest(therapist_ids=[firm.therapists[1]])
    run(lambda session: change(session, BEA, visit, request=request, reason="asked for her", now=NOW))
    moved = proposed(visit, starts="2026-11-23T22:00")
    assert save(visit, moved, firm.operator) == ["start"]
    assert stands(visit).therapist_ids == [firm.therapists[1]]


def test_somebody_else_is_put_in_the_place_of_who_was_seen_there(firm: Firm) -> None:
    visit = firm.book(0)
    one, two, three, _ = firm.therapists
    swapped = proposed(visit, therapist_ids=[two], seen_people=[one])
    assert swapped.proposal["effects"] == ["Therapist 1 gets an offer.", "Therapist 0 is freed and told."]
    request = ChangeRequest(therapist_ids=[three])
    run(lambda session: change(session, BEA, visit, request=request, reason="asked for her", now=NOW))
    [clash] = proposed(visit, therapist_ids=[two], seen_people=[one]).proposal["overtaken"]
    assert (clash["label"], clash["stands"]) == ("Therapists", "Therapist 2")


def test_a_move_is_undone_unless_somebody_moved_it_since(firm: Firm) -> None:
    visit = firm.book(0)
    before = stands(visit)
    changed = save(visit, proposed(visit, starts="2026-11-23T22:00", ends="2026-11-23T23:30"), firm.operator)
    back = move_back(visit, before, stands(visit), changed)
    assert back is not None
    assert set(back.model_dump(exclude_none=True)) - {"seen"} >= {"start", "minutes"}
    run(lambda session: change(session, firm.operator, visit, request=back, reason="Undone", now=NOW))
    assert stands(visit) == before

    changed = save(visit, proposed(visit, starts="2026-11-23T22:00"), firm.operator)
    back = move_back(visit, before, stands(visit), changed)
    assert back is not None
    save(visit, proposed(visit, starts="2026-11-23T23:00", seen_starts="2026-11-23T22:00"), BEA)
    with pytest.raises(Stale):
        run(lambda session: change(session, firm.operator, visit, request=back, reason="Undone", now=NOW))
    assert move_back(visit, before, before, []) is None


def test_what_is_no_time_or_no_visit_is_said(firm: Firm) -> None:
    visit = firm.book(0)
    with pytest.raises(Invalid):
        proposed(visit, starts="2026-13-45T99:99")
    with pytest.raises(NotFound):
        proposed(2**62)


CALENDARS = st.builds(
    Calendar,
    zone=st.sampled_from([ZoneInfo(name) for name in ("Asia/Manila", "Europe/Berlin", "Pacific/Honolulu")]),
    day_starts=st.just(time(6)),
    opens=st.just(time(13)),
    closes=st.just(time(1)),
)


@given(
    calendar=CALENDARS,
    evening=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    quarter=st.integers(0, 95),
)
def test_every_quarter_of_every_day_comes_back_as_the_evening_it_belongs_to(
    calendar: Calendar, evening: date, quarter: int
) -> None:
    start = time(quarter // 4, quarter % 4 * 15)
    said = wall_of(evening, start, calendar)
    assert calendar.business_date(calendar.at(evening, start)) == evening
    day = date.fromisoformat(said[:10])
    # In the night in which the clock goes forward an hour is missing, and what is said is the hour after it.
    if said[11:] == f"{start:%H:%M}":
        assert day == (evening if start >= time(6) else evening + timedelta(days=1))
