"""Three people at once, on two web processes, each seeing what the others do without reloading anything."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import Booked, book, card, choose_client, choose_place, saved, soon


def _never_reloads(page: Page) -> None:
    page.evaluate("window.stillTheSame = true")


def _is_still_the_same(page: Page) -> bool:
    return bool(page.evaluate("window.stillTheSame === true"))


def _booked(people: People) -> tuple[Page, Page, Page, Booked]:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    expect(bea.locator(".card").first).to_be_visible()
    _never_reloads(bea)
    # The first booking tells who is free; the therapist then watches while the next one is made for her.
    booked = book(ana, "tor")
    phone = people.sign_in(booked.username, base=people.site.two, size=PHONE)
    return ana, bea, phone, booked


def test_a_booking_shows_on_the_other_desk_and_an_answer_moves_the_card_everywhere(people: People) -> None:
    ana, bea, phone, booked = _booked(people)
    expect(card(bea, booked.number, "pending")).to_be_visible()
    job = phone.locator(f'[data-job][data-visit="{booked.number}"]')
    _never_reloads(phone)

    job.get_by_role("button", name="Accept").click()

    expect(card(ana, booked.number, "ready")).to_be_visible()
    expect(card(bea, booked.number, "ready")).to_be_visible()
    expect(card(bea, booked.number, "pending")).to_have_count(0)
    expect(job.get_by_role("button", name="Accept")).to_have_count(0)
    assert _is_still_the_same(bea)
    assert _is_still_the_same(phone)


def test_a_booking_appears_on_the_phone_and_leaves_it_when_cancelled(people: People) -> None:
    ana, bea, phone, first = _booked(people)
    jobs = phone.locator("[data-job]").filter(has=phone.get_by_role("button", name="Accept"))
    expect(jobs.first).to_be_visible()
    before = jobs.count()
    _never_reloads(phone)

    bea.goto(f"{people.site.two}/appointments/{first.number}")
    bea.get_by_role("button", name="Cancel the visit").click()
    dialog = bea.get_by_role("dialog", name="Cancel the visit")
    dialog.get_by_role("button", name="Client called off").click()
    dialog.get_by_role("button", name="Cancel the visit").click()

    expect(bea.locator(".visit-head").get_by_text("cancelled")).to_be_visible()
    expect(bea.locator(".history").get_by_text("Client called off")).to_be_visible()
    expect(jobs).to_have_count(before - 1)
    expect(card(ana, first.number)).to_have_count(0)
    assert _is_still_the_same(phone)


def test_rejecting_asks_for_a_reason_that_the_desk_sees_at_once(people: People) -> None:
    ana, bea, phone, _ = _booked(people)
    phone.get_by_role("button", name="Reject").first.click()
    dialog = phone.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Reject", exact=True)
    confirm.click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I am ill").click()
    confirm.click()

    for desk in (ana, bea):
        expect(desk.locator(".needs").get_by_text("Rejected: I am ill").first).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_new_job_appears_on_a_phone_that_lies_open(people: People) -> None:
    ana = people.sign_in("ana")
    first = book(ana, "san")
    phone = people.sign_in(first.username, base=people.site.two, size=PHONE)
    expect(phone.locator("[data-job]").first).to_be_visible()
    _never_reloads(phone)
    before = phone.locator("[data-job]").count()

    ana.keyboard.press("b")
    sheet = ana.get_by_role("dialog", name="Book a visit")
    sheet.get_by_label("Filter therapists by name").fill(first.therapist)
    choose_client(sheet, "cruz")
    choose_place(sheet)
    sheet.get_by_label("Minutes").fill("30")
    sheet.get_by_role("checkbox", name="Hand").check()
    line = sheet.locator(".candidates li").filter(has_text=first.therapist).first
    for minutes in range(60, 420, 30):
        sheet.get_by_label("Start").fill(soon(minutes))
        expect(sheet.locator(".booking-range")).to_contain_text(soon(minutes))
        if line.get_attribute("data-free") == "true":
            break
    line.get_by_role("checkbox").check()
    sheet.get_by_role("button", name="Save").click()

    saved(sheet)
    expect(phone.locator("[data-job]")).to_have_count(before + 1)
    assert _is_still_the_same(phone)
