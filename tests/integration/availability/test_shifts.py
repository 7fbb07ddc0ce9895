"""A shift is a range per person and evening, and decides who is free."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from guitara_app.appointments.queries import preview
from guitara_app.availability.queries import shifts_of
from guitara_app.availability.services import set_shift
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound
from tests.support.firm import EVENING, NOW, Firm, open_firm

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def firm(database: object) -> Firm:
    return open_firm()


def set_hours(firm: Firm, person: int, hours: tuple[time, time] | None, evening: date = EVENING) -> None:
    run(lambda session: set_shift(session, firm.operator, person, evening, hours, now=NOW))


def hours_of(person: int) -> tuple[str, str]:
    with reading() as session:
        return next((row["starts"], row["ends"]) for row in shifts_of(session, EVENING) if row["person_id"] == person)


def is_free(firm: Firm, index: int, start: time) -> bool:
    with reading() as session:
        found = preview(session, firm.request(start=start), now=NOW).candidates
    return next(candidate.free for candidate in found if candidate.person_id == firm.therapists[index])


def test_a_shift_past_midnight_makes_somebody_free_until_its_end(firm: Firm) -> None:
    set_hours(firm, firm.therapists[0], (time(22), time(2)))
    assert hours_of(firm.therapists[0]) == ("22:00", "02:00")
    assert not is_free(firm, 0, time(21, 30))
    assert is_free(firm, 0, time(22))
    assert is_free(firm, 0, time(1))
    assert not is_free(firm, 0, time(1, 30))


def test_setting_it_again_replaces_it_and_none_takes_it_away(firm: Firm) -> None:
    set_hours(firm, firm.therapists[0], (time(14), time(20)))
    set_hours(firm, firm.therapists[0], (time(21), time(23)))
    assert hours_of(firm.therapists[0]) == ("21:00", "23:00")
    set_hours(firm, firm.therapists[0], None)
    assert hours_of(firm.therapists[0]) == ("", "")
    assert not is_free(firm, 0, time(21))


@pytest.mark.parametrize(
    ("hours", "evening"), [((time(6), time(5)), EVENING), ((time(14), time(20)), EVENING - timedelta(days=1))]
)
def test_what_cannot_be_is_refused_and_changes_nothing(firm: Firm, hours: tuple[time, time], evening: date) -> None:
    with pytest.raises(Invalid):
        set_hours(firm, firm.therapists[0], hours, evening)
    assert hours_of(firm.therapists[0]) == ("13:00", "01:00")


def test_only_the_desk_sets_shifts_and_only_of_those_who_go_out(firm: Firm) -> None:
    with pytest.raises(NotAllowed):
        run(lambda s: set_shift(s, firm.therapist(), firm.therapists[0], EVENING, None, now=NOW))
    for nobody in (firm.operator.person_id or 0, 0, -1, 2**70):
        with pytest.raises(NotFound):
            set_hours(firm, nobody, None)
