"""The evening coordinated: drivers, a night handed over, and nobody left behind, with their phones beside it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from guitara_app.accounts.permissions import Role
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire, waits_for_a_car
from tests.e2e.steps import book, card, overflow


def _username(name: str) -> str:
    return name.split(maxsplit=1)[0].lower()


def test_a_driver_is_chosen_for_a_trip_that_waits_and_leaves_the_queue(people: People) -> None:
    ana = people.sign_in("ana", path="/drivers")
    trip = ana.locator(".road-trip").first
    words = trip.locator("b").first.inner_text()
    leg = trip.get_attribute("data-leg")
    trip.get_by_role("button", name="Choose").click()
    dialog = ana.get_by_role("dialog")
    free = {one.get_attribute("data-driver") for one in ana.locator('[data-road="queue"] [data-driver]').all()}
    expect(dialog.locator(".choice").first).to_be_visible()
    good = dialog.locator(".choice[data-good=true] .choice-label").all_inner_texts()
    name = next(one for one in good if one in free)
    best = dialog.locator(".choice").filter(has_text=name)
    phone = people.sign_in(_username(name), base=people.site.two, size=PHONE)
    place = phone.locator(".queue-place")
    expect(place).to_contain_text("in the queue")

    best.get_by_role("radio").check()
    dialog.get_by_role("button", name="Choose a driver").click()

    expect(ana.locator(f'.road-trip[data-leg="{leg}"]')).to_have_count(0)
    expect(ana.locator(f'[data-road="busy"] [data-driver="{name}"]')).to_contain_text(words.removeprefix("Urgent: "))
    expect(phone.locator("[data-job]").first).to_be_visible()
    expect(place).to_have_count(0)


def test_the_pages_fit_a_phone_in_the_dark(people: People) -> None:
    ana = people.sign_in("ana", size=PHONE, dark=True, path="/drivers")
    expect(ana.get_by_role("heading", name="Queue")).to_be_visible()
    assert overflow(ana) == []
    ana.goto(f"{people.site.one}/closing")
    expect(ana.locator(".road-verdict")).to_be_visible()
    assert overflow(ana) == []


def test_a_night_is_handed_over(people: People) -> None:
    ana = people.sign_in("ana")
    booked = book(ana, "tor")
    phone = people.sign_in(booked.username, base=people.site.two, size=PHONE)
    job = phone.locator(f'[data-job][data-visit="{booked.number}"]')
    expect(job.get_by_role("button", name="Accept")).to_be_visible()

    ana.goto(f"{people.site.one}/shifts")
    ana.get_by_role("button", name=f"{booked.therapist}: sick now").click()
    dialog = ana.get_by_role("dialog", name=f"Sick now: {booked.therapist}")
    proposal = dialog.get_by_label(re.compile(rf"#{booked.number}\b"))
    instead = proposal.locator("option:checked").inner_text().partition(":")[0]
    assert instead not in ("", booked.therapist)
    dialog.get_by_role("button", name="Fever").click()
    dialog.get_by_role("button", name="Hand over").click()

    expect(dialog).to_be_hidden()
    expect(job.get_by_role("button", name="Accept")).to_have_count(0)
    ana.goto(f"{people.site.one}/board")
    expect(card(ana, booked.number, "pending")).to_contain_text(instead)
    ana.goto(f"{people.site.one}/appointments/{booked.number}")
    expect(ana.locator(".history")).to_contain_text("Sick now: Fever")


def test_whoever_got_home_alone_is_no_longer_out(people: People) -> None:
    waits_for_a_car(hire(Role.THERAPIST, "Zenia"), hire(Role.DRIVER, "Zosimo"))
    ana = people.sign_in("ana", base=people.site.two, path="/closing")
    out = ana.locator("[data-out]").filter(has_text="Zenia")
    expect(out.get_by_role("button", name="Choose driver")).to_be_visible()
    expect(out.get_by_role("button", name="Got home alone")).to_be_visible()
    phone = people.sign_in("zenia", size=PHONE)
    home = phone.locator("[data-job] button", has_text="I got home by myself").first
    expect(home).to_be_attached()
    if not home.is_visible():
        phone.locator(".job-more summary").first.click()
    home.click()
    phone.get_by_role("button", name="Tap again if you are sure").click()

    expect(out).to_have_count(0)
