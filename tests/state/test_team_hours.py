"""Nothing that leaves booked jobs outside is saved before somebody has seen which, and going back loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from reflex.app import App
from reflex.istate.manager.memory import StateManagerMemory
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.availability.services import ask_time_off
from guitara_app.kit.database import reading, run
from guitara_app.pages.holidays.state import HolidaysState
from guitara_app.pages.hours.state import OwnHoursState
from guitara_app.pages.shifts.person_state import HoursState
from guitara_app.pages.shifts.state import ShiftsState
from guitara_app.pages.shifts.time_off import TimeOffState
from guitara_app.pages.team.state import TeamState
from tests.state.conftest import OpenBrowser
from tests.state.events import Browser
from tests.support.firm import EVENING, NOW, Firm, open_firm

TEAM, SHIFTS, OFF, HOURS, OWN, HOLIDAYS = (
    state.get_full_name() for state in (TeamState, ShiftsState, TimeOffState, HoursState, OwnHoursState, HolidaysState)
)


@pytest.fixture
def firm(cookies: object) -> Iterator[Firm]:
    """The firm at eight in the evening, with a visit of the first therapist at nine."""
    with time_machine.travel(NOW, tick=True):
        firm = open_firm()
        firm.book(0, start=time(21))
        yield firm


@pytest.fixture
def tab(app: App, cookies: dict[Role | None, str], firm: Firm) -> OpenBrowser:
    """A tab that finds its state again."""
    states = StateManagerMemory()
    return lambda role, path="/shifts": Browser(app, cookies[role], path, states=states)


def hours_of(person: int) -> list[Any]:
    with reading() as session:
        found = session.execute(
            text("SELECT lower(period), upper(period) FROM shifts WHERE person_id = :p AND business_date = :e"),
            {"p": person, "e": EVENING},
        )
        return list(found)


def test_an_evening_that_would_leave_a_job_outside_is_asked_about_first(firm: Firm, tab: OpenBrowser) -> None:
    ana, person = tab(Role.OPERATOR), firm.therapists[0]
    ana.call(f"{SHIFTS}.load")
    before = hours_of(person)
    off = {"person_id": person, "starts": "", "ends": ""}
    asked = ana.call(f"{SHIFTS}.keep", {"hours": off}).values["preview"]
    assert asked["lines"][0]["words"].startswith("Mrs D'Souza, 21:00 to 22:00")
    assert (asked["number"], hours_of(person)) == (1, before)
    # What was never asked is never done, whatever number is sent; nor is the same twice.
    assert ana.call(f"{SHIFTS}.go_on", {"number": 7}).says("open too long")
    ana.call(f"{SHIFTS}.keep", {"hours": off})
    assert ana.call(f"{SHIFTS}.go_on", {"number": 2}).says("They stay booked")
    assert hours_of(person) == []
    assert ana.call(f"{SHIFTS}.go_on", {"number": 2}).says("open too long")
    # Where nothing would be outside nobody is asked.
    assert ana.call(f"{SHIFTS}.keep", {"hours": {**off, "starts": "13", "ends": "1"}}).says("The shift is set")
    assert hours_of(person) == before


def test_time_off_over_a_job_is_asked_about_before_it_is_approved(firm: Firm, tab: OpenBrowser) -> None:
    ana, person = tab(Role.OPERATOR), firm.therapists[0]
    asked = run(lambda s: ask_time_off(s, firm.therapist(0), person, EVENING, EVENING, now=NOW, reason="Fever"))
    preview = ana.call(f"{OFF}.approve", {"time_off_id": asked}).values["preview"]
    assert [line["person"] for line in preview["lines"]] == ["Therapist 0"]
    assert len(hours_of(person)) == 1
    assert ana.call(f"{OFF}.go_on", {"number": preview["number"]}).says("approved")
    assert hours_of(person) == []


def test_a_week_and_time_off_of_one_person_are_asked_about_and_the_draft_stays(firm: Firm, tab: OpenBrowser) -> None:
    person = firm.therapists[0]
    ana = tab(Role.OPERATOR, f"/shifts/{person}")
    later = EVENING + timedelta(days=1)
    ana.call(f"{HOURS}.keep_week", {"draft": {"idempotency_key": "w1", "starts_1": "13:00", "ends_1": "1:00"}})
    firm.book(0, start=time(0, 30), evening=later, minutes=30)
    shorter = {"idempotency_key": "w2", "ends_1": "0:30", "seen_1": "13:00 to 01:00"}
    told = ana.call(f"{HOURS}.keep_week", {"draft": shorter}).values
    assert told["preview"]["lines"][0]["evening"] == "Tue 24 Nov"
    assert "week_saved" not in told
    assert ana.call(f"{HOURS}.go_on", {"number": 1}).values["week_saved"] == "w2"
    off = {"idempotency_key": "o1", "off_first": f"{EVENING}", "off_reason": "Fever"}
    assert ana.call(f"{HOURS}.enter", {"draft": off}).values["preview"]["number"] == 2
    assert ana.call(f"{HOURS}.go_on", {"number": 2}).values["off_saved"] == "o1"
    # What cannot be is said beside the field before anything is asked.
    wrong = ana.call(f"{HOURS}.keep_week", {"draft": {"starts_1": "6:00", "ends_1": "5:00"}})
    assert "ends_1" in wrong.values["problems"]


def test_hours_of_many_are_shown_saved_and_told_of(firm: Firm, tab: OpenBrowser) -> None:
    ana = tab(Role.OPERATOR, "/team")
    ana.call(f"{TEAM}.load")
    draft = {
        "idempotency_key": "t1",
        "people": firm.therapists[:2],
        "what": "evenings",
        "first": f"{EVENING}",
        "last": f"{EVENING + timedelta(days=6)}",
        "weekdays": [0, 5],
        "starts": "22",
        "ends": "2",
        "break_starts": "23:45",
        "break_ends": "0:15",
    }
    preview = ana.call(f"{TEAM}.consider", {"draft": draft}).values["preview"]
    assert preview["title"] == "2 people get other hours, on 4 evenings"
    assert [line["person"] for line in preview["lines"]] == ["Therapist 0"]
    done = ana.call(f"{TEAM}.go_on", {"number": 1})
    assert done.values["saved"] == "t1"
    assert done.says("2 people have other hours now, on 4 evenings.")
    assert [len(hours_of(person)) for person in firm.therapists[:3]] == [2, 2, 1]
    again = ana.call(f"{TEAM}.consider", {"draft": draft}).values["problems"]
    assert again == {"people": "Nobody's hours would change by this. Choose other hours, or other people."}


@pytest.mark.parametrize(
    ("draft", "slot"),
    [
        ({}, "people"),
        ({"people": "all"}, "what"),
        ({"people": "all", "what": "weekdays", "starts": "13", "ends": "1"}, "weekdays"),
        ({"people": "all", "what": "weekdays", "weekdays": [1], "starts": "13"}, "ends"),
        ({"people": "all", "what": "weekdays", "weekdays": [1], "starts": "soon"}, "starts"),
        ({"people": "all", "what": "weekdays", "weekdays": [1], "starts": "6", "ends": "5"}, "ends"),
        ({"people": "all", "what": "evenings"}, "starts"),
        ({"people": "all", "what": "off", "first": "2026-11-27", "last": "2026-11-25"}, "last"),
        ({"people": "all", "what": "off", "first": "2026-11-25", "weekdays": [0]}, "weekdays"),
        ({"people": "all", "what": "off", "first": "someday"}, "first"),
        ({"people": "all", "what": "copy_week"}, "source"),
        ({"people": "one", "what": "copy_week", "source": "one"}, "people"),
        ({"people": "all", "what": "copy_evenings", "source": "one", "onto": "2027-11-01"}, "onto"),
        ({"people": "all", "what": "copy_evenings", "source": "one", "weeks": "99"}, "weeks"),
        ({"people": "all", "what": "copy_evenings", "source": "one", "source_day": "2026-10-01"}, "source_day"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    firm: Firm, tab: OpenBrowser, draft: dict[str, Any], slot: str
) -> None:
    people = {"all": firm.therapists, "one": firm.therapists[:1]}
    typed = dict(draft)
    if "people" in typed:
        typed["people"] = people[typed["people"]]
    if "source" in typed:
        typed["source"] = str(firm.therapists[0])
    told = tab(Role.OPERATOR, "/team").call(f"{TEAM}.consider", {"draft": typed}).values
    assert list(told["problems"]) == [slot]
    assert "preview" not in told


def test_a_copied_week_goes_from_one_to_others(firm: Firm, tab: OpenBrowser) -> None:
    ana, (first, second, _, _) = tab(Role.OPERATOR, "/team"), firm.therapists
    ana.call(
        f"{TEAM}.consider",
        {"draft": {"people": [first], "what": "weekdays", "weekdays": [1, 2], "starts": "18", "ends": "0:30"}},
    )
    ana.call(f"{TEAM}.go_on", {"number": 1})
    ana.call(f"{TEAM}.consider", {"draft": {"people": [first, second], "what": "copy_week", "source": str(first)}})
    ana.call(f"{TEAM}.go_on", {"number": 2})
    with reading() as session:
        weeks = session.execute(
            text("SELECT person_id, array_agg(weekday ORDER BY weekday) AS days FROM weekly_patterns GROUP BY 1")
        )
        assert {row.person_id: row.days for row in weeks} == {first: [1, 2], second: [1, 2]}
    # This evening's hours stand by themselves; copied onto the next week they are set by hand, for both.
    onto = {"people": [first, second], "what": "copy_evenings", "source": str(first), "weeks": "2"}
    shown = ana.call(f"{TEAM}.consider", {"draft": onto}).values["preview"]
    assert shown["title"] == "2 people get other hours, on 4 evenings"


def test_holidays_are_chosen_by_managers_and_asked_about_when_jobs_lie_on_them(
    firm: Firm, tab: OpenBrowser, browser: OpenBrowser
) -> None:
    assert browser(Role.OPERATOR).call(f"{HOLIDAYS}.keep", {"form": {}}).says("may not do this")
    ana = tab(Role.OPERATOR, "/team")
    week = {"people": firm.therapists, "what": "weekdays", "weekdays": [0], "starts": "13", "ends": "1"}
    ana.call(f"{TEAM}.consider", {"draft": week})
    ana.call(f"{TEAM}.go_on", {"number": 1})
    firm.book(0, start=time(0, 15), evening=EVENING + timedelta(days=7), minutes=30)
    marga = tab(Role.MANAGER, "/holidays")
    shown = marga.call(f"{HOLIDAYS}.load").values
    row = next(row for row in shown["rows"] if row["name"] == "Bonifacio Day")
    assert (row["day"], row["said"]) == ("Mon 30 Nov 2026", "")
    form = {"country": "PH", "otherwise": "as_usual", "said:Bonifacio Day": "hours", "opens:Bonifacio Day": "15"}
    assert marga.call(f"{HOLIDAYS}.keep", {"form": form}).values["problem_of"] == "Bonifacio Day"
    form["closes:Bonifacio Day"] = "0:15"
    preview = marga.call(f"{HOLIDAYS}.keep", {"form": form}).values["preview"]
    assert [line["evening"] for line in preview["lines"]] == ["Mon 30 Nov"]
    kept = marga.call(f"{HOLIDAYS}.go_on", {"number": 1})
    assert kept.says("1 evening changed")
    row = next(row for row in kept.values["rows"] if row["name"] == "Bonifacio Day")
    assert (row["said"], row["opens"], row["closes"]) == ("hours", "15:00", "00:15")
