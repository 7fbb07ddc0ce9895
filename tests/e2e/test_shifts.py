"""The desk plans hours, everybody who looks at them sees it, and people come and go."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.availability.holidays import holiday_names
from guitara_app.availability.services import ask_time_off
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire, visit
from tests.e2e.steps import overflow


def row(page: Page, starts: str, ends: str) -> Locator:
    """The evening's first row, once it shows these hours."""
    found = page.locator(".shift").first
    expect(found.locator("[name=starts]")).to_have_value(starts)
    expect(found.locator("[name=ends]")).to_have_value(ends)
    return found


def number_of(username: str) -> int:
    with reading() as session:
        number = session.execute(text("SELECT id FROM people WHERE username = :name"), {"name": username}).scalar_one()
    return int(number)


def both_work(*usernames: str) -> date:
    """The first evening, a week from now or later, on which all of them work: who is off on what weekday differs."""
    with reading() as session:
        found: date = session.execute(
            text(
                "SELECT s.business_date FROM shifts s JOIN people p ON p.id = s.person_id"
                " WHERE p.username = ANY(:names) AND s.business_date >= :from GROUP BY 1"
                " HAVING count(DISTINCT p.id) = :many ORDER BY 1 LIMIT 1"
            ),
            {"names": list(usernames), "from": tonight() + timedelta(days=7), "many": len(usernames)},
        ).scalar_one()
    return found


def tonight() -> date:
    with reading() as session:
        return firm_settings(session).calendar.business_date(now())


def clock_after_opening(hours: int) -> str:
    """So many hours after the demo firm opens, on its clock."""
    with reading() as session:
        opens = firm_settings(session).opens
    return f"{(opens.hour + hours) % 24:02d}:{opens.minute:02d}"


def open_hours(people: People, desk: str, person: str) -> Page:
    page = people.sign_in(desk, path=f"/shifts/{number_of(person)}")
    expect(page.locator(".week")).to_be_visible()
    return page


def test_hours_set_by_one_are_seen_by_another_and_can_be_taken_away(people: People) -> None:
    ana, bea = people.sign_in("ana", path="/shifts"), people.sign_in("bea", base=people.site.two, path="/shifts")
    for page in (ana, bea):
        expect(page.locator(".shift").first).to_be_visible()
        page.get_by_label("Evening").select_option(index=13)
        expect(page.locator('.shift[data-state="planned"]').first).to_be_visible()
    mine = ana.locator(".shift").first
    usual = mine.locator("[name=starts]").input_value(), mine.locator("[name=ends]").input_value()
    mine.locator("[name=starts]").fill("2215")
    mine.locator("[name=ends]").fill("02:00")
    mine.get_by_role("button", name="Set").click()
    theirs = row(bea, "22:15", "02:00")
    theirs.locator("[name=starts]").fill("")
    theirs.get_by_role("button", name="Set").click()
    expect(theirs.get_by_role("alert")).to_contain_text("Type start and end like 13:00 and 01:00")
    expect(theirs.locator("[name=ends]")).to_have_value("02:00")
    theirs.locator("[name=ends]").fill("")
    theirs.get_by_role("button", name="Set").click()
    mine = row(ana, "", "")
    expect(mine).to_have_attribute("data-state", "off")
    mine.get_by_role("button", name="Usual").click()
    row(bea, *usual)


def test_two_desks_change_a_week_and_nothing_typed_is_lost(people: People) -> None:
    ana, bea = open_hours(people, "ana", "yna"), open_hours(people, "bea", "yna")
    # The demo's evening moves with the time of day, and a weekday with it.
    begins, pause, pause_over, early, late = (clock_after_opening(hours) for hours in (1, 3, 4, 9, 10))
    for page in (ana, bea):
        page.get_by_label("Thursday from").fill(begins)
    bea.get_by_label("Thursday to").fill("midnight")
    bea.get_by_role("button", name="Save the week").click()
    expect(bea.locator('[data-problem="ends_3"]')).to_contain_text("Type the time like 21:30")
    expect(bea.get_by_label("Thursday to")).to_be_focused()
    bea.get_by_label("Thursday to").fill(early.replace(":", ""))
    ana.get_by_label("Thursday to").fill(late)
    ana.get_by_label("Thursday break from").fill(pause[:2])
    ana.get_by_label("Thursday break to").fill(pause_over)
    ana.get_by_label("Thursday break to").press("Control+Enter")
    expect(ana.get_by_text("The usual hours are set.")).to_be_visible()
    thursday = bea.get_by_role("group", name="Thursday")
    expect(thursday).to_have_attribute("data-said", f"{begins} to {late}, break {pause} to {pause_over}")
    expect(bea.get_by_label("Thursday break from")).to_have_value(pause)
    # Bea's own words stand, through a reload too, until she insists.
    bea.reload()
    expect(bea.get_by_label("Thursday to")).to_have_value(early.replace(":", ""))
    bea.get_by_role("button", name="Save the week").click()
    expect(bea.locator('[data-problem="day_3"]')).to_contain_text("Thursday was changed by Ana Corpuz")
    bea.get_by_role("button", name="Save the week").click()
    expect(ana.get_by_role("group", name="Thursday")).to_have_attribute(
        "data-said", f"{begins} to {early}, break {pause} to {pause_over}"
    )
    last = ana.locator(".evening-ahead").filter(has_text=re.compile(r"^Thu")).last
    expect(last).to_contain_text(re.compile(f"{begins} to .*{pause}, .*{pause_over} to .*{early}"))


def test_time_off_is_asked_for_answered_and_entered(people: People) -> None:
    person = number_of("vilma")

    def ask(session: Session) -> None:
        evening, who = tonight() + timedelta(days=3), Actor(person, Role.THERAPIST, "Vilma")
        ask_time_off(session, who, person, evening, evening, now=now(), reason="Niño's baptism")

    ana, hours = people.sign_in("ana", path="/shifts"), open_hours(people, "bea", "vilma")
    expect(ana.locator(".shift").first).to_be_visible()
    run(ask)
    request = ana.locator("[data-time-off]").filter(has_text="Niño's baptism")
    request.get_by_role("button", name="Approve").click()
    expect(request).to_have_count(0)
    entry = hours.locator("[data-time-off]").filter(has_text="Niño's baptism")
    expect(entry).to_contain_text("approved")
    expect(hours.locator(".evening-ahead").nth(3)).to_contain_text("off")
    hours.get_by_role("button", name="Enter time off").click()
    expect(hours.locator('[data-problem="off_reason"]')).to_contain_text("Say why")
    hours.get_by_label("Reason", exact=True).fill("Dentist")
    hours.get_by_label("First evening").fill((tonight() + timedelta(days=3)).isoformat())
    hours.get_by_role("button", name="Enter time off").click()
    expect(hours.locator('[data-problem="off_first"]')).to_contain_text("has time off then that is approved")
    expect(hours.get_by_label("Reason", exact=True)).to_have_value("Dentist")
    entry.get_by_role("button", name="Take back").click()
    hours.get_by_role("dialog").get_by_role("button", name="Take it back").click()
    expect(entry).to_contain_text("taken back")


def test_people_come_and_go_on_their_phones_and_through_the_desk(people: People) -> None:
    ana = people.sign_in("ana", path="/shifts")
    line = ana.locator('.shift[data-shift="Boyet Lacson"]')
    expect(line).to_be_visible()
    phone = people.sign_in("boyet", size=PHONE, path="/tonight")
    presence = phone.locator(".presence")
    if not re.search("Checked in", presence.inner_text()):
        presence.get_by_role("button", name="Check in").click()
    expect(presence).to_contain_text("Checked in")
    line.get_by_role("button", name="check out").click()
    expect(presence).to_contain_text(", out ")
    line.get_by_role("button", name="check in again").click()
    presence.get_by_role("button", name="Check out").click()
    phone.get_by_role("dialog").get_by_role("button", name="Check out").click()
    expect(line.locator(".shift-presence")).to_contain_text(", out ")
    assert overflow(phone) == []


def test_what_would_lie_outside_is_shown_first_and_going_back_loses_nothing(people: People) -> None:
    person = hire(Role.THERAPIST, "Nilda")
    visit(person, minutes=60)
    ana = people.sign_in("ana", path="/shifts")
    line = ana.locator(".shift").filter(has_text="Nilda")
    line.locator("[name=starts]").fill("")
    line.locator("[name=ends]").fill("")
    line.get_by_role("button", name="Set").click()
    asks = ana.get_by_role("dialog")
    expect(asks).to_contain_text("One booked job would lie outside")
    expect(asks.locator(".preview-lines li")).to_contain_text("Nilda")
    asks.get_by_role("button", name="Back").click()
    expect(asks).to_have_count(0)
    expect(line.locator("[name=starts]")).to_have_value("")
    expect(line).not_to_have_attribute("data-state", "off")
    line.get_by_role("button", name="Set").click()
    asks.get_by_role("button", name="Save all the same").click()
    expect(line).to_have_attribute("data-state", "off")
    expect(line.locator(".shift-outside")).to_contain_text("outside:")
    # A question that was answered is not asked again by a reload.
    ana.reload()
    expect(line).to_have_attribute("data-state", "off")
    expect(asks).to_have_count(0)


def test_a_team_gets_a_day_off_and_a_copied_week(people: People) -> None:
    ana = people.sign_in("ana", path="/team")
    day = both_work("vilma", "yna")
    for name in ("Vilma", "Yna"):
        ana.locator(".team-person").filter(has_text=name).get_by_role("checkbox").check()
    ana.get_by_label("What", exact=True).select_option("off")
    ana.get_by_label("First evening").fill(day.isoformat())
    ana.get_by_role("button", name="Show what would change").click()
    asks = ana.get_by_role("dialog")
    expect(asks).to_contain_text("2 people get other hours, on 2 evenings")
    asks.get_by_role("button", name="Back").click()
    # What was chosen stays through a reload too.
    ana.reload()
    expect(ana.get_by_label("First evening")).to_have_value(day.isoformat())
    ana.get_by_label("First evening").press("Control+Enter")
    asks.get_by_role("button", name="Save", exact=True).click()
    expect(ana.get_by_text("2 people have other hours now, on 2 evenings.")).to_be_visible()
    expect(ana.locator(".team-person input:checked")).to_have_count(0)
    ana.goto(f"{people.site.one}/shifts/{number_of('vilma')}")
    expect(ana.locator(".evening-ahead").nth((day - tonight()).days)).to_contain_text("off")


def test_a_manager_closes_a_holiday_and_the_hours_of_an_open_page_follow(people: People) -> None:
    with reading() as session:
        firm = firm_settings(session)
    days = holiday_names("PH", tonight() + timedelta(days=1), tonight() + timedelta(days=60))
    day, (name, *_) = next(iter(days.items()))
    assert firm.holiday_rule == "as_usual"
    ana = people.sign_in("ana", path="/shifts")
    marga = people.sign_in("marga", base=people.site.two, path="/holidays")
    choice = ana.get_by_label("Evening").locator("option").filter(has_text=name)
    shown = choice.count() > 0
    if shown:
        ana.get_by_label("Evening").select_option(day.isoformat())
        expect(ana.locator(".shifts-head .holiday")).to_have_text(name)
    marga.get_by_label(f"{name}: what you do").select_option("closed")
    marga.get_by_role("button", name="Save the holidays").click()
    expect(marga.get_by_text("The holidays are set;")).to_be_visible()
    if shown:
        expect(ana.locator(".shifts-head .holiday")).to_have_text(f"{name}, closed")
        expect(ana.locator('.shift:not([data-state="off"])')).to_have_count(0)
    marga.get_by_label(f"{name}: what you do").select_option("")
    marga.get_by_role("button", name="Save the holidays").click()
    if shown:
        expect(ana.locator(".shifts-head .holiday")).to_have_text(name)


def test_the_pages_fit_a_phone(people: People) -> None:
    page = people.sign_in("bea", size=PHONE, path="/shifts")
    expect(page.locator(".shift").first).to_be_visible()
    assert overflow(page) == []
    page.get_by_role("button", name="Off", exact=True).click()
    expect(page.locator('.shift:visible:not([data-state="off"])')).to_have_count(0)
    page.get_by_role("button", name="All", exact=True).click()
    page.locator(".shift-name").first.click()
    expect(page.locator(".week")).to_be_visible()
    assert overflow(page) == []
    for path in ("/team",):
        page.goto(f"{people.site.one}{path}")
        expect(page.locator(".live").first).to_have_attribute("data-connection", "live")
        assert overflow(page) == []
    marga = people.sign_in("marga", size=PHONE, path="/holidays", dark=True)
    expect(marga.locator(".holiday-row").first).to_be_visible()
    assert overflow(marga) == []
