"""The calendar: visits dragged, stretched and booked, seen by two managers at once, wherever their browsers are."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.availability.queries import holidays_between
from guitara_app.availability.services import set_holidays
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People, until
from tests.e2e.staging import hire, one, visit
from tests.e2e.steps import at_rest, overflow

FAR, NEAR = "Pacific/Honolulu", "Europe/Berlin"


class Known(NamedTuple):
    """A visit as the calendar shows it."""

    number: int
    evening: str
    starts: str
    client: str


def known(number: int, *, later: int = 0) -> Known:
    """The visit as it stands, or so many minutes later."""
    row = one(
        "SELECT a.business_date, a.starts_at, c.name FROM appointments a JOIN clients c ON c.id = a.client_id"
        " WHERE a.id = :id",
        id=number,
    )
    with reading() as session:
        calendar = firm_settings(session).calendar
    starts = calendar.clock_label(row.starts_at + timedelta(minutes=later), row.business_date)
    return Known(number, row.business_date.isoformat(), starts, row.name)


def calendar(people: People, who: str, of: Known, *, base: str = "", zone: str = FAR, view: str = "day") -> Page:
    page = people.sign_in(who, base=base, zone=zone, path=f"/calendar?view={view}&on={of.evening}")
    expect(page.locator('.cal-page[data-ready="true"]')).to_be_visible()
    return page


def block(page: Page, of: Known) -> Locator:
    return page.locator(f'.ec-event:not(.ec-preview):has([data-visit="{of.number}"]:not([data-proposed]))')


def hour(page: Page) -> float:
    """How high an hour is drawn."""
    return 2 * float(
        page.locator(".cal .ec-main").evaluate("el => parseFloat(el.style.getPropertyValue('--ec-slot-height'))")
    )


def drag(page: Page, start: Locator, down: float) -> None:
    start.evaluate("el => el.closest('.ec-event').scrollIntoView({block: 'center'})")
    box = at_rest(start)
    x, y = box["x"] + box["width"] / 2, box["y"] + min(6, box["height"] / 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + down / 2, steps=4)
    page.mouse.move(x, y + down, steps=4)
    page.mouse.up()


def asks(page: Page, of: Known) -> Locator:
    dialog = page.locator("dialog.move-dialog[open]")
    expect(dialog.get_by_role("heading", name=f"Move {of.client}, #{of.number}")).to_be_visible()
    return dialog


def save(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Client asked").click()
    dialog.get_by_role("button", name="Move it", exact=True).click()
    expect(dialog).to_be_hidden()


def test_a_drag_is_seen_by_another_and_the_second_of_two_is_told(people: People) -> None:
    of = known(visit(hire(Role.THERAPIST, "Isagani"), minutes=150))
    marga = calendar(people, "marga", of)
    ramon = calendar(people, "ramon", of, base=people.site.two, zone=NEAR)
    for page in (marga, ramon):
        expect(block(page, of)).to_contain_text(of.starts)
    # What was looked at before and is looked at again is watched again.
    for view in ("Month", "Day"):
        ramon.get_by_role("group", name="View").get_by_role("button", name=view).click()
        expect(ramon.locator(f'.cal-page[data-view="{view.lower()}"][data-ready="true"]')).to_be_visible()
    drag(marga, block(marga, of), hour(marga))
    dialog = asks(marga, of)
    moved = known(of.number, later=60)
    expect(dialog.locator(".effects")).to_contain_text("Isagani Bagong is asked anew.")
    # Until it is saved it is where it was, and what is proposed is drawn beside it.
    expect(block(marga, of)).to_contain_text(of.starts)
    expect(marga.locator("[data-proposed]")).to_contain_text(moved.starts)
    save(dialog)
    for page in (marga, ramon):
        expect(block(page, of)).to_contain_text(moved.starts)
        expect(page.locator(".cal-said")).to_contain_text(f"{of.client}, #{of.number}, is now")

    # Both at once: Ramon, with the keyboard alone, is about to move what Marga puts back.
    block(ramon, of).focus()
    ramon.keyboard.press("m")
    theirs = asks(ramon, of)
    expect(theirs.get_by_label("Start")).to_be_focused()
    ramon.keyboard.press("+")
    expect(theirs.locator(".effects")).to_contain_text("is asked anew")
    marga.keyboard.press("Control+z")
    expect(block(marga, of)).to_contain_text(of.starts)
    expect(theirs.locator(".move-clash")).to_contain_text(re.compile(r"Marga .* changed it at \d\d:\d\d"))
    theirs.get_by_role("button", name="Client asked").click()
    expect(theirs.get_by_role("button", name="Move it", exact=True)).to_be_disabled()
    theirs.get_by_role("button", name="Leave it so").click()
    expect(theirs).to_be_hidden()
    expect(block(ramon, of)).to_contain_text(of.starts)
    ramon.keyboard.press("Enter")
    expect(ramon).to_have_url(re.compile(f"/appointments/{of.number}$"))


def test_a_drop_in_the_way_goes_back_and_says_what_else_could_be_done(people: People) -> None:
    person = hire(Role.THERAPIST, "Mutya")
    first = known(visit(person, minutes=120))
    second = known(visit(person, minutes=300))
    page = calendar(people, "marga", second)
    drag(page, block(page, second), -2.5 * hour(page))
    dialog = asks(page, second)
    expect(dialog.locator(".move-problems")).to_contain_text(f"(#{first.number})")
    expect(dialog.get_by_role("button", name="Move it", exact=True)).to_be_disabled()
    expect(block(page, second)).to_contain_text(second.starts)
    free = dialog.locator('.move-others [data-kind="time"]').last
    instead = free.inner_text()
    free.click()
    expect(dialog.locator(".move-problems")).to_have_count(0)
    save(dialog)
    expect(block(page, second)).to_contain_text(instead)

    # Its lower edge makes it longer.
    drag(page, block(page, second).locator(".ec-resizer"), hour(page) / 2)
    dialog = asks(page, second)
    minutes = int(dialog.get_by_label("Minutes").input_value())
    assert minutes > 60
    save(dialog)
    lasts = "SELECT ends_at - starts_at AS time FROM appointments WHERE id = :id"
    until(lambda: one(lasts, id=second.number).time == timedelta(minutes=minutes))


def test_in_a_month_a_visit_is_dragged_to_another_evening(people: People) -> None:
    person = hire(Role.THERAPIST, "Malaya")
    of = known(visit(person, minutes=150))
    page = people.sign_in("marga", zone=FAR, path=f"/calendar?view=month&on={of.evening}&people={person}")
    expect(block(page, of)).to_be_visible()
    # One evening on; from the last of a week, one back, which is over.
    evening = date.fromisoformat(of.evening)
    there = evening + timedelta(days=-1 if evening.weekday() == 6 else 1)
    start, end = at_rest(block(page, of)), at_rest(page.locator(f'.ec-day:has(time[datetime="{there}"])'))
    y = start["y"] + start["height"] / 2
    page.mouse.move(start["x"] + 20, y)
    page.mouse.down()
    page.mouse.move((start["x"] + end["x"]) / 2 + 20, y, steps=4)
    # What is in the hand stays there while others book.
    other = known(visit(person, minutes=330))
    expect(block(page, other)).to_be_visible()
    page.mouse.move(end["x"] + 20, y, steps=4)
    page.mouse.up()
    dialog = asks(page, of)
    expect(dialog.get_by_label("Evening")).to_have_value(there.isoformat())
    # Nobody has said that she works then.
    expect(dialog.locator(".move-problems")).to_contain_text(re.compile("not on shift|That evening is over"))
    dialog.get_by_role("button", name="Back").click()
    expect(block(page, of)).to_contain_text(of.starts)


@pytest.mark.parametrize("day", ["2027-03-28", "2026-10-25"])
def test_hours_are_the_firms_on_days_when_the_browsers_clock_changes(people: People, day: str) -> None:
    page = people.sign_in("marga", zone=NEAR, path=f"/calendar?view=day&on={day}")
    expect(page.locator('.cal-page[data-ready="true"]')).to_be_visible()
    page.get_by_role("button", name="24 h").click()
    times = page.locator(".cal .ec-sidebar time")
    expect(times).to_have_count(24)
    hours = [datetime.strptime(said, "%H:%M") for said in times.all_text_contents()]  # noqa: DTZ007  a clock, no moment
    assert [(later - earlier).seconds for earlier, later in pairwise(hours)] == [3600] * 23
    # Half past two after the day begins is the hour that is missing, or there twice, in Berlin.
    label = times.nth(2)
    label.evaluate("el => el.scrollIntoView({block: 'center'})")
    box, column = at_rest(label), at_rest(page.locator(".cal .ec-body .ec-day"))
    page.mouse.click(column["x"] + column["width"] / 2, box["y"] + box["height"] / 2 + hour(page) * 0.6)
    sheet = page.get_by_role("dialog", name="Book a visit")
    expect(sheet.get_by_label("Start")).to_have_value(f"{hours[2] + timedelta(minutes=30):%H:%M}")
    expect(sheet.get_by_label("Evening")).to_have_value(day)


def test_what_is_filtered_stays_over_a_reload_and_a_month_counts(people: People) -> None:
    page = people.sign_in("ramon", path="/calendar?view=month")
    expect(page.locator('.cal-page[data-ready="true"]')).to_be_visible()
    with reading() as session:
        tonight = firm_settings(session).calendar.business_date(datetime.now().astimezone())
        count = session.execute(
            text(
                "SELECT count(*) FROM appointments WHERE business_date = :day"
                " AND state NOT IN ('cancelled', 'expired', 'no_show')"
            ),
            {"day": tonight},
        ).scalar_one()
    cell = page.locator(f'.ec-day:has(time[datetime="{tonight}"])')
    expect(cell.locator(".cal-day-count")).to_have_text(f"{count} visits")
    more = page.get_by_role("button", name=re.compile(r"^\+\d+ more")).last
    more.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"view=day&on=\d{4}-\d{2}-\d{2}$"))
    page.goto(f"{people.site.one}/calendar?view=day&on={tonight}")
    blocks = page.locator(".cal .ec-event[role=button]")
    expect(blocks).to_have_count(count)
    page.locator('[data-filter="states"] summary').click()
    page.locator('[data-filter="states"] .check').filter(has_text="confirmed").first.click()
    expect(page).to_have_url(re.compile("states=therapist_confirmed"))
    expect(blocks.first).to_be_visible()
    few = blocks.count()
    assert 0 < few < count
    page.reload()
    expect(blocks).to_have_count(few)
    # From block to block with the arrows; one stop for Tab.
    expect(page.locator('.cal .ec-event[tabindex="0"]')).to_have_count(1)
    blocks.first.focus()
    page.keyboard.press("ArrowDown")
    if few > 1:
        expect(blocks.first).not_to_be_focused()
    page.get_by_role("button", name="Show all").click()
    expect(blocks).to_have_count(count)


def test_holidays_are_named_wherever_evenings_are_planned_and_follow_what_is_said(people: People) -> None:
    manager = Actor(one("SELECT id FROM people WHERE username = 'ramon'").id, Role.ADMIN, "Ramon")
    with reading() as session:
        tonight = firm_settings(session).calendar.business_date(now())
        coming = holidays_between(session, tonight + timedelta(days=40), tonight + timedelta(days=390))
    day, name = next((day, holiday.name) for day, holiday in coming.items())
    pages = {
        view: people.sign_in("marga", path=f"/calendar?view={view}&on={day}")
        for view in ("month", "week", "day", "list")
    }
    pages["timeline"] = people.sign_in("marga", path=f"/timeline?evening={day}", base=people.site.two)
    shown = {view: page.locator(".cal-holiday-name").filter(has_text=name) for view, page in pages.items()}
    shown["timeline"] = pages["timeline"].locator(".tl-holiday-name")
    for labels in shown.values():
        expect(labels.first).to_have_text(name)
    for view in ("week", "day"):
        expect(pages[view].locator(".ec-bg-event.cal-holiday").first).to_be_attached()
    expect(pages["timeline"].locator(".vis-item.tl-holiday")).to_have_count(1)

    def say(country: str, **each: str) -> None:
        run(lambda s: set_holidays(s, manager, country=country, otherwise="as_usual", each=each, now=now()))

    say("PH", **{name: "closed"})
    for labels in shown.values():
        expect(labels.first).to_have_text(f"{name}, closed")
    say("")
    for labels in shown.values():
        expect(labels).to_have_count(0)
    expect(pages["timeline"].locator(".vis-item.tl-holiday")).to_have_count(0)
    say("PH")


def test_on_a_phone_it_is_a_list_in_which_visits_can_be_moved(people: People) -> None:
    of = known(visit(hire(Role.THERAPIST, "Ligaya"), minutes=200))
    loaded: list[str] = []
    page = people.sign_in("marga", size=PHONE, dark=True, path="/board")
    page.on("request", lambda request: loaded.append(request.url))
    expect(page.locator(".card").first).to_be_visible()
    assert not any("/assets/calendar-" in url for url in loaded)
    page.get_by_role("link", name="Calendar").click()
    expect(page.locator('.cal-page[data-view="list"][data-ready="true"]')).to_be_visible()
    assert any("/assets/calendar-" in url for url in loaded)
    assert overflow(page) == []
    page.get_by_role("button", name=f"Move {of.client}, #{of.number}").click()
    dialog = asks(page, of)
    dialog.get_by_label("Start").fill("nonsense")
    dialog.get_by_label("Minutes").fill("75")
    expect(dialog.get_by_role("button", name="Move it", exact=True)).to_be_disabled()
    dialog.get_by_role("button", name="Back").click()
    expect(dialog).to_be_hidden()
    for view in ("Month", "Week", "Day"):
        page.get_by_role("group", name="View").get_by_role("button", name=view).click()
        expect(page.locator(f'.cal-page[data-view="{view.lower()}"][data-ready="true"]')).to_be_visible()
        assert overflow(page) == []


def test_only_those_who_plan_get_there(people: People) -> None:
    page = people.sign_in("ana", path="/board")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_role("link", name="Calendar")).to_have_count(0)
    page.goto(f"{people.site.one}/calendar")
    expect(page.get_by_text("Your account may not do this.").first).to_be_visible()
    expect(page.locator(".cal-block")).to_have_count(0)
