"""Visits that come again: booked with one clash decided, changed and cancelled from one of them, told to colleagues."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.recurrence import Repeat
from guitara_app.appointments.requests import BookingRequest, ChangeRequest
from guitara_app.appointments.series_requests import Instead, Reach, SeriesChange, SeriesRequest
from guitara_app.appointments.services import book, book_series, change_series
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People, until
from tests.e2e.staging import hire, one, operator
from tests.e2e.steps import choose_client, choose_place, open_booking, overflow, saved, soon

WEEK = timedelta(days=7)


def picture(page: Page, name: str) -> None:
    """For whoever wants to look; nothing is kept otherwise."""
    if folder := os.environ.get("GUITARA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def rows(statement: str, **values: Any) -> list[Any]:
    with reading() as session:
        return list(session.execute(text(statement), values))


def regular(first: str) -> int:
    """A therapist who works at this hour of every evening for the next weeks."""
    number = hire(Role.THERAPIST, first)
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO shifts (person_id, business_date, period, source, version)"
                " SELECT person_id, business_date + n, tstzrange(lower(period) + make_interval(days => n),"
                " upper(period) + make_interval(days => n), '[)'), 'by_hand', 1 FROM shifts, generate_series(1, 60) n"
                " WHERE person_id = :id AND business_date = :day"
            ),
            {"id": number, "day": rows("SELECT max(business_date) d FROM shifts WHERE person_id = :i", i=number)[0].d},
        )
    return number


def booking(therapist: int, start: str, *, weeks: int = 0, client: int = 2) -> BookingRequest:
    """At this clock, so many weeks from tonight; whatever the client's first address is."""
    tonight = one("SELECT min(business_date) AS d FROM shifts WHERE person_id = :id", id=therapist).d
    place = one("SELECT min(id) AS id FROM client_addresses WHERE client_id = :id", id=client).id
    service = one("SELECT id FROM services WHERE name = 'Shiatsu'").id
    return BookingRequest(
        client_id=client,
        address_id=place,
        service_ids=[service],
        therapist_ids=[therapist],
        evening=tonight + weeks * WEEK,
        start=start,
        driver_needed=False,
    )


def with_place() -> int:
    """A client who has an address."""
    return int(one("SELECT min(client_id) AS id FROM client_addresses").id)


def visits_of(therapist: int) -> list[Any]:
    return rows(
        "SELECT a.* FROM appointments a WHERE a.series_id IS NOT NULL AND a.id IN"
        " (SELECT appointment_id FROM assignments WHERE person_id = :id) ORDER BY a.series_date",
        id=therapist,
    )


def open_change(page: Page, base: str, number: int) -> Locator:
    page.goto(f"{base}/appointments/{number}")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    sheet = page.get_by_role("dialog", name=re.compile("Change visit"))
    if not sheet.is_visible():
        page.keyboard.press("c")
    expect(sheet.get_by_label("Start")).not_to_have_value("")
    return sheet


def test_a_series_is_booked_with_a_clash_changed_and_cancelled(people: People) -> None:
    start = soon(120)
    therapist = regular("Sampaguita")
    other = run(
        lambda session: book(session, operator(), booking(therapist, start, weeks=2, client=with_place()), now=now())
    )
    page = people.sign_in("ana")
    sheet = open_booking(page)
    choose_client(sheet, "castillo")
    choose_place(sheet)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    sheet.get_by_label("Start").fill(start)
    sheet.get_by_label("Filter therapists by name").fill("Sampaguita")
    sheet.get_by_role("checkbox", name=re.compile("Sampaguita")).check()
    sheet.get_by_role("checkbox", name="Driver needed").uncheck()
    sheet.get_by_label("How often").select_option("weekly")
    sheet.get_by_label("Visits", exact=True).fill("4")
    series = sheet.locator(".series")
    expect(series).to_contain_text("4 visits")
    clash = series.locator('[data-state="clash"]')
    expect(clash).to_have_count(1)
    expect(clash).to_contain_text(f"(#{other})")
    expect(series).to_contain_text("3 free, 1 to decide.")
    # Nothing is saved while it is open, and nothing typed is lost.
    page.keyboard.press("Control+Enter")
    expect(sheet.get_by_text("Choose what becomes of one evening below.")).to_be_visible()
    choice = clash.get_by_role("combobox")
    label = next(words for words in choice.locator("option").all_inner_texts() if words.startswith("At "))
    choice.select_option(label=label)
    picture(page, "series-booking")
    page.keyboard.press("Control+Enter")
    saved(sheet)
    expect(page.get_by_text("Booked a series").first).to_be_visible()
    visits = visits_of(therapist)
    assert len(visits) == 4
    assert len({one.starts_at.time() for one in visits}) == 2
    # Tonight's bears the sign on the board.
    tonight = page.locator(f'.card[data-appointment="{visits[0].id}"]')
    expect(tonight.get_by_role("img", name="One of a series")).to_be_visible()

    # This and the following: a later start.
    sheet = open_change(page, people.site.one, visits[1].id)
    expect(page.locator("[data-series]")).to_be_visible()
    expect(page.get_by_text("2 of 4")).to_be_visible()
    sheet.get_by_label("Change", exact=True).select_option("following")
    sheet.get_by_label("Notes for this visit").fill("It's the blue gate now")
    expect(sheet.locator(".series")).to_contain_text("3 free")
    sheet.get_by_role("button", name="Client asked").click()
    picture(page, "series-change")
    page.keyboard.press("Control+Enter")
    saved(sheet)
    expect(page.get_by_text("Changed 3 visits of the series.")).to_be_visible()
    notes = [one.notes for one in visits_of(therapist)]
    assert notes == ["", *["It's the blue gate now"] * 3]
    expect(page.get_by_text("1 of 3")).to_be_visible()
    picture(page, "series-visit")

    # Only the last one is cancelled, then the two before it.
    page.goto(f"{people.site.one}/appointments/{visits[3].id}")
    for reach, left in (("Only this one", [False, False, False, True]), ("All to come", [False, True, True, True])):
        if reach == "All to come":
            page.goto(f"{people.site.one}/appointments/{visits[2].id}")
        page.locator('[data-do="cancel"]').first.click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_role("radio", name=re.compile(reach)).check()
        picture(page, "series-cancel")
        dialog.get_by_role("button", name="Client called off").click()
        dialog.get_by_role("button", name="Cancel the visit").click()
        expect(dialog).to_be_hidden()
        assert [one.state == "cancelled" for one in visits_of(therapist)] == left
    expect(page.get_by_text(re.compile("ended"))).not_to_have_count(0)


def test_whoever_is_second_is_told_and_loses_nothing(people: People) -> None:
    therapist, start = regular("Gumamela"), soon(180)
    request = SeriesRequest(
        booking=booking(therapist, start, weeks=1, client=with_place()),
        repeat=Repeat(frequency="weekly", weekdays=(booking(therapist, start).evening.weekday(),), times=4),  # type: ignore[union-attr, arg-type]
    )
    run(lambda session: book_series(session, operator(), request, now=now()))
    visit = visits_of(therapist)[1]
    page = people.sign_in("bea", base=people.site.two)
    sheet = open_change(page, people.site.two, visit.id)
    sheet.get_by_label("Change", exact=True).select_option("all")
    sheet.get_by_label("Notes for this visit").fill("Ring twice, it's loud")
    expect(sheet.locator(".series")).to_contain_text("4 free")
    sheet.get_by_role("button", name="Client asked").click()
    # Ana is quicker.
    theirs = SeriesChange(reach=Reach.ALL, change=ChangeRequest(minutes=75))
    run(
        lambda session: change_series(
            session, operator(), visit.id, request=theirs, reason="She asked for more", now=now()
        )
    )
    page.keyboard.press("Control+Enter")
    problem = sheet.locator('[data-problem="reach"]')
    expect(problem).to_contain_text(re.compile(r"changed this series"))
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("Ring twice, it's loud")
    assert {one.notes for one in visits_of(therapist)} == {""}
    picture(page, "series-second")
    sheet.get_by_role("button", name="Choose again").click()
    sheet.get_by_label("Change", exact=True).select_option("all")
    expect(problem).to_have_text("")
    expect(sheet.locator(".series")).to_contain_text("4 free")
    page.keyboard.press("Control+Enter")
    saved(sheet)
    found = visits_of(therapist)
    assert {one.notes for one in found} == {"Ring twice, it's loud"}
    assert {one.ends_at - one.starts_at for one in found} == {timedelta(minutes=75)}


def test_an_evening_that_was_not_booked_is_booked_from_the_board_on_a_phone(people: People) -> None:
    therapist, start = regular("Ilang"), soon(180)
    asked = booking(therapist, start, weeks=1, client=with_place())
    request = SeriesRequest(
        booking=asked,
        repeat=Repeat(frequency="weekly", weekdays=(asked.evening.weekday(),), times=3),  # type: ignore[union-attr, arg-type]
        instead={asked.evening + WEEK: Instead(do="later")},  # type: ignore[operator]
    )
    run(lambda session: book_series(session, operator(), request, now=now()))
    run(lambda session: book(session, operator(), booking(therapist, start, weeks=2, client=with_place()), now=now()))
    board = people.sign_in("ana")
    need = board.locator('.need[data-kind="series"]').first
    expect(need).to_contain_text("not booked")
    expect(need.get_by_role("link", name="Book it")).to_be_visible()
    picture(board, "series-needs")
    page = people.sign_in("bea", size=PHONE, dark=True, path="/waiting")
    gap = page.locator("[data-gap]").first
    expect(gap).to_contain_text("To be decided.")
    assert overflow(page) == []
    picture(page, "series-gap-phone")
    gap.get_by_role("button", name="Book it").click()
    sheet = page.get_by_role("dialog", name="Book a visit")
    expect(sheet).to_contain_text("From a series: saving fills its evening.")
    free = sheet.locator('[data-other="time"]').first
    expect(free).to_be_visible()
    free.click()
    assert overflow(page) == []
    expect(sheet.locator('[data-problem="therapist_ids"]')).to_have_text("")
    picture(page, "series-gap-form-phone")
    sheet.get_by_role("button", name="Save").click()
    saved(sheet)
    expect(gap).to_be_hidden()
    assert len(visits_of(therapist)) == 3
    expect(need).to_be_hidden()


def test_a_therapist_says_yes_to_all_of_it_at_once(people: People) -> None:
    therapist, start = regular("Kalachuchi"), soon(120)
    asked = booking(therapist, start, client=with_place())
    rule = Repeat(frequency="weekly", weekdays=(asked.evening.weekday(),), times=5)  # type: ignore[union-attr, arg-type]
    request = SeriesRequest(booking=asked, repeat=rule, otherwise="skip")
    run(lambda session: book_series(session, operator(), request, now=now()))
    page = people.sign_in("kalachuchi", size=PHONE, path="/tonight")
    button = page.get_by_role("button", name="Accept all of this series").first
    expect(button).to_be_visible()
    assert overflow(page) == []
    picture(page, "series-therapist")
    button.click()
    page.get_by_role("button", name="Tap again if you are sure").click()
    expect(page.get_by_role("button", name="Accept all of this series")).to_have_count(0)
    # The button goes at once, the tap is sent meanwhile.
    statement = "SELECT DISTINCT answer FROM assignments WHERE person_id = :id"
    until(lambda: [one.answer for one in rows(statement, id=therapist)] == ["accepted"])
