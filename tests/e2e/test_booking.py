"""The booking sheet: what is typed is never lost, and nothing is booked twice."""

from __future__ import annotations

import re

import redis
from playwright.sync_api import expect

from guitara_app.demo.accounts import DEMO_PASSWORD
from guitara_app.settings import settings
from tests.e2e.conftest import People, until
from tests.e2e.steps import book, card, choose_client, choose_place, fill_booking, open_booking, saved, soon

ODD = "O'Brien \"x\" <b>&amp;</b> \U0001f486\u200d\u2640\ufe0f \u00f1 -- '; DROP TABLE clients; "


def test_a_refused_save_says_why_at_the_field_and_keeps_everything(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    fill_booking(sheet, "reyes")
    sheet.get_by_label("Minutes").fill("ninety")
    sheet.get_by_label("Notes for this visit").fill(ODD)
    page.keyboard.press("Control+Enter")

    expect(sheet.locator('[data-problem="minutes"]')).to_have_text("Type the length in minutes, like 90.")
    expect(sheet.get_by_label("Minutes")).to_be_focused()
    expect(sheet.get_by_label("Minutes")).to_have_value("ninety")
    expect(sheet.get_by_label("Notes for this visit")).to_have_value(ODD)
    expect(sheet.locator(".candidate input:checked")).to_have_count(1)

    sheet.get_by_label("Minutes").fill("")
    page.keyboard.press("Control+Enter")
    saved(sheet)


def test_a_time_taken_meanwhile_is_named_while_typing_and_refused_on_save(people: People) -> None:
    ana, bea = people.sign_in("ana"), people.sign_in("bea", base=people.site.two)
    start = soon(130)
    sheet = open_booking(ana)
    name, number = fill_booking(sheet, "aquino", start=start)

    # The same call, taken twice: whoever is best for one is best for the other.
    other = open_booking(bea)
    assert fill_booking(other, "aquino", start=start) == (name, number)
    bea.keyboard.press("Control+Enter")
    saved(other)

    # Nobody typed anything here: the board changed, so the form asked again.
    expect(sheet.locator('[data-problem="therapist_ids"]')).to_contain_text(name)
    line = sheet.locator(".candidates li").filter(has=ana.locator(f'input[value="{number}"]'))
    expect(line.get_by_text("not free")).to_be_visible()
    ana.keyboard.press("Control+Enter")
    expect(sheet.locator('[data-problem="therapist_ids"]')).to_contain_text(name)
    expect(sheet.locator(f'.candidate input[value="{number}"]')).to_be_checked()


def test_a_draft_survives_leaving_a_reload_and_a_crashed_server(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    fill_booking(sheet, "ocampo")
    sheet.get_by_label("Notes for this visit").fill("Ring twice")
    page.keyboard.press("Escape")
    saved(sheet)

    page.keyboard.press("b")
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("Ring twice")

    page.reload()
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("Ring twice")
    expect(sheet.locator(".candidate input:checked")).to_have_count(1)

    people.expect_a_failing_network()
    web = people.site.webs[0]
    web.kill()
    expect(page.get_by_text("Reconnecting. What you see may be old; nothing you typed is lost.")).to_be_visible()
    sheet.get_by_label("Notes for this visit").fill("Ring three times")
    web.start()
    expect(page.locator(".live").first).to_have_attribute("data-connection", "live", timeout=20_000)
    expect(page.locator(".lost")).to_have_count(0)
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("Ring three times")
    expect(sheet.locator(".candidate input:checked")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    saved(sheet)


def test_a_draft_survives_a_lost_state_a_crash_and_a_new_sign_in(people: People) -> None:
    page = people.sign_in("bea")
    sheet = open_booking(page)
    fill_booking(sheet, "reyes", start=soon(185))
    notes = sheet.get_by_label("Notes for this visit")
    notes.fill(ODD)
    # As after an idle day and a restart: the server has forgotten everybody's pages.
    people.expect_a_failing_network()
    people.site.webs[0].kill()
    kept = redis.from_url(settings().redis_url)
    states = [key for key in kept.scan_iter() if b"reflex___state" in key]
    assert states
    kept.delete(*states)
    until(lambda: page.locator(".live").first.get_attribute("data-connection") == "lost")
    people.site.webs[0].start()
    until(lambda: page.locator(".live").first.get_attribute("data-connection") == "live")
    page.reload()
    expect(sheet.locator(".candidate input:checked")).to_have_count(1)
    expect(notes).to_have_value(ODD)

    page.get_by_role("button", name="Close; the draft stays").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login**")
    page.get_by_label("User name or e-mail").fill("bea")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/board**")
    sheet = open_booking(page)
    expect(notes).to_have_value(ODD)
    expect(sheet.locator(".candidate input:checked")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    saved(sheet)


def test_a_save_while_the_server_is_away_is_made_once_when_it_is_back(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    fill_booking(sheet, "mendoza", start=soon(185))
    board = page.locator(".stages .card")
    before = board.count()
    people.expect_a_failing_network()
    people.site.webs[0].kill()
    until(lambda: page.locator(".live").first.get_attribute("data-connection") == "lost")
    page.keyboard.press("Control+Enter")
    expect(sheet.get_by_text("saved once as soon as the server is back")).to_be_visible()
    people.site.webs[0].start()
    saved(sheet)
    expect(board).to_have_count(before + 1)


def test_what_is_free_instead_is_one_click_away(people: People) -> None:
    page = people.sign_in("ana")
    start = soon(185)
    first = book(page, "chua", start=start)
    sheet = open_booking(page)
    choose_client(sheet, "torres")
    choose_place(sheet)
    sheet.get_by_label("Start").fill(start)
    sheet.get_by_role("checkbox", name=re.compile("^Foot")).check()
    sheet.get_by_label("Filter therapists by name").fill(first.therapist)
    sheet.get_by_role("checkbox", name=first.therapist).check()

    # The clash is named, and the visit in the way is a click away, beside this one.
    problem = sheet.locator('[data-problem="therapist_ids"]')
    expect(problem.get_by_role("link", name=f"(#{first.number})")).to_have_attribute(
        "href", f"/appointments/{first.number}"
    )
    instead = sheet.get_by_role("group", name="Free instead")
    other = instead.locator('[data-other="people"]').first
    expect(other).to_be_visible()
    other.click()
    expect(problem).to_have_text("")
    expect(sheet.locator(".candidate input:checked")).to_have_count(1)
    expect(sheet.get_by_role("checkbox", name=first.therapist)).not_to_be_checked()
    page.keyboard.press("Control+Enter")
    saved(sheet)


def test_outside_the_shift_only_with_a_reason(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    choose_client(sheet, "ramos")
    sheet.get_by_role("checkbox", name=re.compile("^Foot")).check()
    tomorrow = sheet.get_by_label("Evening").locator("option").nth(1).get_attribute("value")
    sheet.get_by_label("Evening").select_option(tomorrow)
    sheet.get_by_label("Start").fill("0430")
    unfold = sheet.get_by_role("button", name=re.compile("more who are not free"))
    off = sheet.locator(".candidates li:visible").filter(has_text=re.compile("on shift|not on shift"))
    until(lambda: unfold.count() or off.count())
    if unfold.count():
        unfold.click()
    off.first.get_by_role("checkbox").check()
    choose_place(sheet)
    expect(sheet.locator('[data-problem="off_shift_reason"]')).to_contain_text("Cannot go")
    page.keyboard.press("Control+Enter")
    expect(sheet.get_by_label("Reason to book outside")).to_be_focused()
    sheet.get_by_label("Reason to book outside").fill("She'd rather stay")
    page.keyboard.press("Control+Enter")
    saved(sheet)


def test_a_later_date_than_the_list_has(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    sheet.get_by_role("checkbox", name=re.compile("^Foot")).check()
    sheet.get_by_label("Start").fill("0030")
    sheet.get_by_label("Evening").select_option("A later date")
    last = sheet.get_by_label("Later date").get_attribute("max")
    assert last
    sheet.get_by_label("Later date").fill(last)
    expect(sheet.get_by_label("Evening")).to_have_value(last)
    expect(sheet.locator(".booking-range")).to_contain_text(re.compile(r"00:30 to (\w{3} )?01:30"))
    # A quarter hour later, by key.
    sheet.get_by_label("Start").press("+")
    expect(sheet.get_by_label("Start")).to_have_value("00:45")
    sheet.get_by_role("button", name="A quarter of an hour earlier").click()
    expect(sheet.get_by_label("Start")).to_have_value("00:30")


def test_saving_twice_books_once(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    fill_booking(sheet, "chua")
    board = page.locator(".stages .card")
    before = board.count()
    sheet.get_by_role("button", name="Save").dblclick()
    saved(sheet)
    expect(board).to_have_count(before + 1)

    sheet = open_booking(page)
    expect(sheet.get_by_role("combobox", name="Client: name, phone or e-mail")).to_have_value("")


def test_a_new_client_is_booked_inline(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    client = sheet.get_by_role("combobox", name="Client: name, phone or e-mail")
    client.fill("0917 555 9876")
    sheet.locator(".typeahead-new").click()
    expect(sheet.get_by_label("Phone")).to_have_value("0917 555 9876")
    sheet.get_by_label("Name", exact=True).fill("Zenaida Quirino")
    sheet.get_by_label("Start").fill(soon())
    sheet.get_by_role("checkbox", name=re.compile("^Foot")).check()
    sheet.locator(".candidates li[data-free=true] input").first.check()
    sheet.get_by_label("Street, number, unit").fill("12 Mango St")
    sheet.get_by_label("Town").select_option(label="Pasig (Zone 1)")
    page.keyboard.press("Control+Enter")
    saved(sheet)
    expect(page.locator(".stages .card").get_by_text("Zenaida Quirino").first).to_be_visible()


def test_what_is_missing_is_said_until_it_is_there(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    sheet.get_by_role("combobox", name="Client: name, phone or e-mail").fill("Nobody Atall")
    sheet.locator(".typeahead-new").click()
    sheet.get_by_label("Start").fill(soon())
    sheet.get_by_role("checkbox", name=re.compile("^Foot")).check()
    sheet.locator(".candidates li[data-free=true] input").first.check()
    page.keyboard.press("Control+Enter")
    expect(sheet.locator('[data-problem="phone"]')).to_contain_text("phone number")
    # The board changes and the form is asked again, but nobody has typed the phone yet.
    page.evaluate("document.querySelector('.booking-body').scrollTop = 0")
    book(people.sign_in("bea", base=people.site.two), "cruz")
    expect(sheet.locator('[data-problem="phone"]')).to_contain_text("phone number")
    sheet.get_by_label("Phone").fill("0917 555 4321")
    expect(sheet.locator('[data-problem="phone"]')).to_have_text("")


def test_ten_thousand_characters_are_harmless(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    fill_booking(sheet, "torres")
    sheet.get_by_label("Notes for this visit").fill(ODD * 200)
    page.keyboard.press("Control+Enter")
    problem = sheet.locator('[data-problem="notes"]')
    expect(problem).to_contain_text("characters")
    sheet.get_by_label("Notes for this visit").fill(ODD * 20)
    page.keyboard.press("Control+Enter")
    saved(sheet)


def test_past_midnight_is_spoken_of_by_its_evening(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    choose_client(sheet, "santos")
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    tomorrow = sheet.get_by_label("Evening").locator("option").nth(1).get_attribute("value")
    sheet.get_by_label("Evening").select_option(tomorrow)
    sheet.get_by_label("Start").fill("0030")
    expect(sheet.locator(".booking-range")).to_contain_text(re.compile(r"(\w{3} )?00:30 to (\w{3} )?01:30"))


def test_a_booking_opens_as_a_visit_with_its_history(people: People) -> None:
    page = people.sign_in("ana")
    booked = book(page, "castillo")
    card(page, booked.number).get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/appointments/{booked.number}/?$"))
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.locator(".history").get_by_text("Booked").first).to_be_visible()
    expect(page.get_by_text(booked.therapist).first).to_be_visible()
