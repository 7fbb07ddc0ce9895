"""Whoever is asked is reminded once before their time to answer is over, and the desk with them."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import accept, change, decline_leg
from tests.integration.trips.conftest import Road
from tests.support.firm import NOW, manila
from workers import dispatching


@pytest.fixture(autouse=True)
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that three are more than one batch."""
    monkeypatch.setattr(dispatching, "_BATCH", 2)


def look(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(dispatching, "now", lambda: moment)
    for _ in range(2):
        dispatching.warn_unanswered()


def told(road: Road, kind: str = "offer_due_soon") -> list[int]:
    """Who was told, by their number, in order."""
    return [row.person_id for row in road.rows("SELECT person_id FROM events WHERE kind = :k ORDER BY id", k=kind)]


def place(road: Road, visit: int) -> int:
    [row] = road.rows("SELECT id FROM assignments WHERE appointment_id = :v AND answer = 'offered'", v=visit)
    return int(row.id)


def test_a_therapist_is_reminded_once_ten_minutes_before_the_end(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = road.firm.book(0, start=time(22))
    look(monkeypatch, manila(20, 19))
    assert told(road) == []
    look(monkeypatch, manila(20, 20))
    look(monkeypatch, manila(20, 29))
    assert told(road) == [road.firm.therapists[0]]
    [event] = road.rows("SELECT * FROM events WHERE kind = 'offer_due_soon'")
    assert event.topics == [f"appointment:{visit}", "desk", f"person:{road.firm.therapists[0]}"]
    assert (event.appointment_id, event.assignment_id) == (visit, place(road, visit))


def test_every_one_of_many_is_reminded_however_many_there_are(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    road.firm.book(0, 1, 2, start=time(22))
    road.firm.book(3, start=time(22))
    look(monkeypatch, manila(20, 25))
    assert sorted(told(road)) == road.firm.therapists


@pytest.mark.parametrize(("after", "count"), [(4, 0), (5, 1), (9, 1), (10, 0)])
def test_of_ten_minutes_or_less_half_must_be_over(
    road: Road, monkeypatch: pytest.MonkeyPatch, after: int, count: int
) -> None:
    leg = road.searched(0)
    look(monkeypatch, NOW + timedelta(minutes=after))
    assert told(road, "leg_offer_due_soon") == road.firm.drivers[:count]
    for event in road.rows("SELECT * FROM events WHERE kind = 'leg_offer_due_soon'"):
        assert (event.leg_id, event.appointment_id) == (leg, road.visit(leg).id)
        assert f"person:{road.firm.drivers[0]}" in event.topics


def test_who_has_more_minutes_to_answer_than_are_set_is_warned_when_these_are_left(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.write("INSERT INTO settings (key, value) VALUES ('leg_answer_minutes', '40'), ('warn_minutes', '5')")
    road.searched(0)
    look(monkeypatch, NOW + timedelta(minutes=34))
    assert told(road, "leg_offer_due_soon") == []
    look(monkeypatch, NOW + timedelta(minutes=35))
    assert told(road, "leg_offer_due_soon") == road.firm.drivers[:1]


def test_who_has_answered_is_not_reminded(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    visit, leg = road.firm.book(0, start=time(22)), road.searched(1)
    road.do(accept, road.firm.therapist(0), place(road, visit))
    road.do(decline_leg, road.driver(0), leg)
    look(monkeypatch, NOW + timedelta(minutes=25))
    assert told(road) == []
    # The next driver has ten minutes from now, and half of them is over by then.
    assert told(road, "leg_offer_due_soon") == []
    look(monkeypatch, NOW + timedelta(minutes=6))
    assert told(road, "leg_offer_due_soon") == [road.firm.drivers[1]]


def test_who_is_asked_anew_is_reminded_anew(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = road.firm.book(0, start=time(23))
    look(monkeypatch, manila(20, 20))
    moved = ChangeRequest(start=time(23, 30))
    road.do(change, road.firm.operator, visit, request=moved, reason="Asked.", now=manila(20, 25))
    look(monkeypatch, manila(20, 40))
    assert len(told(road)) == 1
    look(monkeypatch, manila(20, 45))
    assert told(road) == [road.firm.therapists[0]] * 2


def test_past_midnight_too(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    road.firm.book(0, start=time(0, 50), minutes=10, now=manila(23, 50))
    look(monkeypatch, manila(24, 9))
    assert told(road) == []
    look(monkeypatch, manila(24, 10))
    assert told(road) == [road.firm.therapists[0]]
