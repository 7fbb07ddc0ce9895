"""An evening on paper: complete, one line a visit, with everybody's own list."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.api.sheet import to_csv
from guitara_app.appointments.queries.sheet import sheet
from guitara_app.appointments.services import accept, cancel
from guitara_app.appointments.sheet_views import Sheet
from guitara_app.appointments.words import LegState
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid
from tests.support.firm import EVENING, NOW, Firm, manila


def shown(day: date | None = None, now: datetime = NOW) -> Sheet:
    with reading() as session:
        return sheet(session, day, now=now)


def cells(found: Sheet) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(to_csv(found).removeprefix("\ufeff"), newline="")))


def place_of(rows: Callable[..., list[Any]], visit: int, person: int) -> int:
    asked = "SELECT id FROM assignments WHERE appointment_id = :visit AND person_id = :person"
    [row] = rows(asked, visit=visit, person=person)
    return int(row.id)


def change(statement: str, **values: Any) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


def test_a_visit_stands_there_whole(firm: Firm, rows: Any) -> None:
    visit = firm.book(0, 1, start=time(0), notes="Two tables, please", driver_needed=True)
    run(lambda session: accept(session, firm.therapist(0), place_of(rows, visit, firm.therapists[0]), now=NOW))
    change("UPDATE client_addresses SET notes = 'Gate code 12'")
    [line] = shown()["visits"]
    assert (line["when"], line["until"], line["starts"]) == ("Tue 00:00", "Tue 01:00", "2026-11-24 00:00")
    assert (line["client"], line["phone"]) == ("Mrs D'Souza", "0917 123 4567")
    assert (line["address"], line["way_in"]) == ("1 Main Street, Pasig", "Gate code 12")
    assert line["therapists"] == ["Therapist 0 (accepted)", "Therapist 1 (no answer yet)"]
    assert line["drivers"] == ["there 23:25: no driver yet"]
    assert (line["services"], line["notes"]) == ("Shiatsu", "Two tables, please")
    assert (line["price"], line["pesos"]) == ("1000.00", "\u20b11,000")


def test_everybody_has_their_own_list_in_the_order_of_the_night(firm: Firm) -> None:
    firm.book(0, start=time(23))
    firm.book(0, start=time(21, 30))
    firm.book(1, start=time(0))
    change("UPDATE people SET phone = '+639179876543' WHERE id = :id", id=firm.therapists[0])
    lists = {person["name"]: person for person in shown()["therapists"]}
    assert [job["when"] for job in lists["Therapist 0"]["jobs"]] == ["21:30", "23:00"]
    assert lists["Therapist 0"]["phone"] == "0917 987 6543"
    [job] = lists["Therapist 1"]["jobs"]
    assert (job["when"], job["client"], job["address"]) == ("Tue 00:00", "Mrs D'Souza", "1 Main Street, Pasig")


def test_a_driver_sees_each_trip_once(firm: Firm) -> None:
    visit = firm.book(0, driver_needed=True)
    change(
        "UPDATE legs SET state = :state, driver_id = :driver, occupied = tstzrange(:starts, :ends)"
        " WHERE to_appointment_id = :visit",
        state=LegState.ACCEPTED,
        driver=firm.drivers[0],
        starts=manila(20, 25),
        ends=manila(21),
        visit=visit,
    )
    [driver] = shown()["drivers"]
    assert driver["name"] == "Driver 0"
    assert [(job["when"], job["what"]) for job in driver["jobs"]] == [("20:25", "brings Therapist 0")]
    assert shown()["visits"][0]["drivers"] == ["there 20:25: Driver 0"]


def test_what_was_called_off_is_counted_not_listed(firm: Firm) -> None:
    firm.book(0)
    off = firm.book(1)
    run(lambda session: cancel(session, firm.operator, off, reason="Client's ill", now=NOW))
    found = shown()
    assert (len(found["visits"]), found["called_off"]) == (1, 1)
    assert [person["name"] for person in found["therapists"]] == ["Therapist 0"]


def test_another_evening_shows_that_evening_alone(firm: Firm) -> None:
    tonight = firm.book(0)
    tomorrow = EVENING + timedelta(days=1)
    assert [line["id"] for line in shown(EVENING)["visits"]] == [tonight]
    assert shown(tomorrow)["visits"] == []
    assert shown(tomorrow)["evening"] == "Tue 24 Nov, evening"
    # Unfinished work of the evening before is on tonight's sheet, and stays on its own.
    assert [line["id"] for line in shown(None, NOW + timedelta(days=1))["visits"]] == [tonight]
    assert shown(tomorrow + timedelta(days=1), NOW + timedelta(days=1))["visits"] == []


@pytest.mark.parametrize("day", [date.min, date.max, date(1999, 1, 1)])
def test_no_evening_is_endlessly_far(firm: Firm, day: date) -> None:
    with pytest.raises(Invalid):
        shown(day)


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1+1", '=HYPERLINK("x")'])
def test_no_cell_of_the_file_is_a_formula(firm: Firm, evil: str) -> None:
    firm.book(0)
    change("UPDATE clients SET name = :evil, notes = :evil", evil=evil)
    change("UPDATE client_addresses SET line = :evil, notes = :evil", evil=evil)
    change("UPDATE appointments SET notes = :evil", evil=evil)
    [row] = cells(shown())
    assert (row["Client"], row["Notes"], row["Way in"]) == (f"'{evil}", f"'{evil}", f"'{evil}")
    assert row["Address"].startswith(f"'{evil}")


def test_the_file_keeps_commas_quotes_lines_and_letters(firm: Firm) -> None:
    firm.book(0)
    odd = 'Ni\u00f1o "the boss", second floor\nring twice'
    change("UPDATE appointments SET notes = :odd", odd=odd)
    whole = to_csv(shown())
    assert whole.startswith("\ufeffVisit,Starts,Ends,State,Client,Phone,")
    assert whole.count("\r\n") == 2
    [row] = cells(shown())
    assert (row["Notes"], row["Client"], row["Phone"]) == (odd, "Mrs D'Souza", "0917 123 4567")
