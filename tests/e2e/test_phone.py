"""One driven visit by those whose work it is: a therapist and a driver on their phones, and the desk."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import decline_leg, end_session
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire
from tests.e2e.steps import book, overflow, soon


def _row(statement: str, **values: Any) -> Any:
    with reading() as session:
        return session.execute(text(statement), values).one_or_none()


def _free_therapist(person: int) -> None:
    """Whatever session the demo has them in is over."""
    row = _row("SELECT id FROM assignments WHERE person_id = :p AND progress = 'in_session'", p=person)
    if row is not None:
        run(lambda session: end_session(session, Actor(person, Role.THERAPIST, "Therapist"), row.id, now=now()))


def _asked_driver(leg: int) -> str:
    """Who has been asked, once those who are on the road just now have said no."""
    while True:
        asked = _row(
            "SELECT p.id, p.username, EXISTS (SELECT 1 FROM legs o WHERE o.driver_id = p.id AND o.state = 'under_way')"
            " AS busy FROM legs l JOIN people p ON p.id = l.driver_id WHERE l.id = :leg",
            leg=leg,
        )
        assert asked is not None, "no driver was asked"
        if not asked.busy:
            return str(asked.username)
        driver = Actor(asked.id, Role.DRIVER, "Driver")
        run(lambda session, driver=driver: decline_leg(session, driver, leg, now=now()))


def _job(phone: Page, number: int) -> Locator:
    return phone.locator(f'[data-job="{number}"]')


def _step(job: Locator, action: str) -> Locator:
    return job.locator(f'.button-primary[data-do="{action}"]')


def _desk_does(desk: Page, action: str) -> Locator:
    desk.locator(f'[data-do="{action}"]').first.click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_one_driven_visit_from_the_offer_to_the_report(people: People) -> None:
    # The others may all be out for the visits of other tests.
    hire(Role.DRIVER, "Reli")
    desk = people.sign_in("ana")
    booked = book(desk, "cruz", start=soon(40))
    visit = int(booked.number)
    seat = _row("SELECT id, person_id FROM assignments WHERE appointment_id = :v", v=visit)
    leg = _row("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit).id
    _free_therapist(seat.person_id)

    therapist = people.sign_in(booked.username, base=people.site.two, size=PHONE)
    mine = _job(therapist, seat.id)
    _step(mine, "accept").dblclick()
    expect(_step(mine, "accept")).to_have_count(0)

    desk.goto(f"{people.site.one}/appointments/{visit}")
    _desk_does(desk, "search_driver").get_by_role("button", name="Find a driver").click()
    expect(desk.get_by_role("dialog")).to_be_hidden()
    driver = people.sign_in(_asked_driver(leg), base=people.site.two, size=PHONE)
    trip = _job(driver, leg)
    for action in ("accept_leg", "start_journey", "arrive", "drop_off"):
        _step(trip, action).click()
        expect(_step(trip, action)).to_have_count(0)
        if action == "arrive":
            expect(mine.locator(".job-why")).to_contain_text("drops you off first")
            assert overflow(therapist) == []
            assert overflow(driver) == []

    _step(mine, "start_session").click()
    expect(_step(mine, "end_session")).to_be_visible()
    expect(mine.locator(".job-big")).to_contain_text("left")

    # The first tap only asks; help is called with the second.
    panic = mine.locator(".job-panic")
    panic.click()
    expect(panic).to_contain_text("Tap again")
    assert _row("SELECT id FROM alarms WHERE assignment_id = :s", s=seat.id) is None
    panic.click()
    expect(panic).to_have_attribute("data-phase", "ready")
    assert _row("SELECT id FROM alarms WHERE assignment_id = :s", s=seat.id) is not None

    _step(mine, "end_session").click()
    _step(mine, "request_payment").click()
    expect(mine.locator(".job-why")).to_contain_text("The desk verifies the payment")
    _step(mine, "ask_pickup").click()
    expect(mine.locator(".job-ride")).to_be_visible()

    paying = _desk_does(desk, "verify_payment")
    paying.get_by_label(re.compile("^Cash")).check()
    paying.get_by_role("button", name="Verify the payment").click()
    _step(mine, "report_materials").click()
    therapist.get_by_role("dialog").get_by_role("button", name="Report materials").click()
    expect(_step(mine, "report_materials")).to_have_count(0)
    expect(desk.locator(".visit-head .tag").first).to_have_text("completed")
