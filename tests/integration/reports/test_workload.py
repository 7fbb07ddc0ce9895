"""The workload of an evening that really happened, and its files."""

from __future__ import annotations

import csv
from datetime import time, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import (
    accept,
    arrive,
    choose_driver,
    drop_off,
    end_session,
    reject,
    request_payment,
    start_journey,
    start_session,
)
from guitara_app.kit import outbox
from guitara_app.kit.database import engine, reading, run
from guitara_app.reports.files import to_csv, to_xlsx
from guitara_app.reports.queries import COUNTED, kept_workload, visits_behind, workload
from guitara_app.reports.rules import total
from guitara_app.reports.views import LoadRow
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm

pytestmark = pytest.mark.usefixtures("database")

MINUTE = timedelta(minutes=1)
END = manila(26)


@pytest.fixture
def firm(database: object, scratch: Scratch) -> Firm:
    """Therapist 0 was driven to a visit at 00:30 and worked half an hour; therapist 1 said no after four minutes."""
    firm = open_firm()
    visit = firm.book(0, start=time(0, 30), minutes=30, driver_needed=True)
    other = firm.book(1, start=time(21))
    seat = int(scratch.one("SELECT id FROM assignments WHERE appointment_id = %s", visit))
    place = int(scratch.one("SELECT id FROM assignments WHERE appointment_id = %s", other))
    leg = int(scratch.one("SELECT id FROM legs WHERE to_appointment_id = %s", visit))
    me, wheel = firm.therapist(), Actor(firm.drivers[0], Role.DRIVER, "Driver 0")
    run(lambda s: reject(s, firm.therapist(1), place, reason="Fever.", now=NOW + 4 * MINUTE))
    run(lambda s: accept(s, me, seat, now=NOW + 10 * MINUTE))
    run(lambda s: choose_driver(s, firm.operator, leg, driver_id=wheel.person_id or 0, reason="Nearest.", now=NOW))
    start = manila(24, 30)
    for step, at in ((start_journey, -20), (arrive, -5), (drop_off, -2)):
        run(lambda s, step=step, at=at: step(s, wheel, leg, now=start + at * MINUTE))
    run(lambda s: start_session(s, me, seat, now=start))
    run(lambda s: end_session(s, me, seat, now=start + 30 * MINUTE))
    run(lambda s: request_payment(s, me, seat, now=start + 31 * MINUTE))
    scratch.sql(
        "INSERT INTO payments (appointment_id, kind, method, amount, extension_amount, happened_at, verified_by_id)"
        " VALUES (%s, 'payment', 'cash', 250.50, 0, now(), %s)",
        visit,
        firm.operator.person_id,
    )
    outbox.sweep(engine())
    return firm


def rows(firm: Firm) -> dict[str, LoadRow]:
    del firm
    with reading() as session:
        return {row["name"]: row for row in workload(session, EVENING, EVENING, now=END)["rows"]}


def test_what_happened_past_midnight_counts_for_its_evening(firm: Firm) -> None:
    found = rows(firm)
    first, second, wheel = found["Therapist 0"], found["Therapist 1"], found["Driver 0"]
    assert (first["on_shift"], first["worked"], first["jobs"], first["travel"]) == (720, 30, 1, 15)
    assert first["idle"] == 720 - 30 - 15
    assert (first["earned"], first["waits"]) == (Decimal("100.20"), [600])
    assert (second["worked"], second["refused"], second["waits"]) == (0, 1, [240])
    assert (wheel["worked"], wheel["jobs"], wheel["travel"], wheel["earned"]) == (18, 1, None, None)
    with reading() as session:
        after = workload(session, EVENING + timedelta(days=1), EVENING + timedelta(days=1), now=END + timedelta(days=1))
    assert total(after["rows"])["worked"] == 0


def test_the_visits_behind_come_to_the_figures(firm: Firm) -> None:
    found = rows(firm)
    for name, person in (("Therapist 0", firm.therapists[0]), ("Driver 0", firm.drivers[0])):
        with reading() as session:
            behind = visits_behind(session, person, EVENING, EVENING, now=END)
        assert sum(row["worked"] for row in behind) == found[name]["worked"]
        assert sum(row["travel"] or 0 for row in behind) == (found[name]["travel"] or 0)
        assert sum((row["earned"] or Decimal(0) for row in behind), Decimal(0)) == (found[name]["earned"] or 0)


def test_the_files_hold_the_figures_and_the_totals_of_the_page(firm: Firm) -> None:
    with reading() as session:
        shown = workload(session, EVENING, EVENING, now=END)["rows"]
    shown[0]["name"] = "=cmd|' /C calc'!A0"
    sums = total(shown)
    lines = list(csv.reader(StringIO(to_csv(shown).removeprefix("\ufeff"))))
    assert lines[1][0] == "'=cmd|' /C calc'!A0"
    assert len(lines) == len(shown) + 2
    assert lines[-1][0] == "All"
    at = {name: number for number, name in enumerate(lines[0])}
    for name, figure in (("On shift (min)", "on_shift"), ("Worked (min)", "worked"), ("Earned (PHP)", "earned")):
        assert Decimal(lines[-1][at[name]]) == sums[figure]  # type: ignore[literal-required]
        assert sum(Decimal(line[at[name]] or 0) for line in lines[1:-1]) == sums[figure]  # type: ignore[literal-required]
    with ZipFile(BytesIO(to_xlsx(shown, "Workload"))) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    last = sheet.findall(".//x:row", space)[-1]
    numbers = [Decimal(cell.findtext("x:v", namespaces=space) or 0) for cell in last if cell.get("t") != "s"]
    assert numbers[:2] == [sums["on_shift"], sums["worked"]]
    assert sums["earned"] in numbers
    assert sheet.findall(".//x:f", space) == []


def test_it_is_made_once_until_something_changes(firm: Firm, scratch: Scratch) -> None:
    first = kept_workload(EVENING, EVENING, now=END)
    scratch.sql("UPDATE people SET name = 'Nobody Told'")
    assert kept_workload(EVENING, EVENING, now=END + MINUTE) == first
    other = firm.book(2, start=time(22), now=NOW + MINUTE)
    place = int(scratch.one("SELECT id FROM assignments WHERE appointment_id = %s", other))
    run(lambda s: reject(s, firm.therapist(2), place, reason="Fever.", now=NOW + 2 * MINUTE))
    again = kept_workload(EVENING, EVENING, now=END + MINUTE)
    assert total(again["rows"])["refused"] == total(first["rows"])["refused"] + 1


PIECES = st.lists(st.tuples(st.integers(0, 180), st.integers(0, 90), st.integers(0, 59)), max_size=5)


def grid(pieces: list[tuple[int, int, int]], until: int) -> set[int]:
    return {minute for begin, length, _ in pieces for minute in range(begin, begin + length) if minute < until}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shifts=PIECES, worked=PIECES, travel=PIECES, until=st.integers(0, 300))
def test_every_minute_counts_once_as_far_as_it_has_come_and_idle_is_what_is_left(
    database: object,
    shifts: list[tuple[int, int, int]],
    worked: list[tuple[int, int, int]],
    travel: list[tuple[int, int, int]],
    until: int,
) -> None:
    del database
    spans = [
        (kind, NOW + begin * MINUTE + seconds, NOW + (begin + length) * MINUTE + seconds)
        for kind, pieces in (("shift", shifts), ("work", worked), ("travel", travel))
        for begin, length, second in pieces
        for seconds in [timedelta(seconds=second)]
    ]
    values = {
        "kinds": [kind for kind, _, _ in spans],
        "begins": [begins for _, begins, _ in spans],
        "over": [over for _, _, over in spans],
        "now": NOW + until * MINUTE,
    }
    given_spans = (
        "WITH spans AS (SELECT 7 AS person_id, * FROM unnest(CAST(:kinds AS text[]),"
        " CAST(:begins AS timestamptz[]), CAST(:over AS timestamptz[])) AS one(kind, begins, over))"
    )
    with reading() as session:
        found = session.execute(text(f"{given_spans}, {COUNTED} SELECT * FROM counted"), values).one_or_none()
    on_shift, work, way = grid(shifts, until), grid(worked, until), grid(travel, until)
    assert (found is None) is (not spans)
    if found is not None:
        assert (found.on_shift, found.worked, found.travel) == (len(on_shift), len(work), len(way))
        assert (found.idle, found.jobs) == (len(on_shift - work - way), len(worked))
