"""A manager looks at how work is shared, at what is behind a figure, and takes the files along."""

from __future__ import annotations

import csv
import re
from io import StringIO

from playwright.sync_api import expect

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import reject
from guitara_app.kit.database import run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire, seat_of, visit
from tests.e2e.steps import overflow


def minutes(shown: str) -> int:
    hours, _, rest = shown.rpartition("h")
    return int(hours or 0) * 60 + int(rest.replace("min", ""))


def test_figures_are_sorted_opened_and_taken_along(people: People) -> None:
    page = people.sign_in("marga", path="/workload")
    expect(page.locator(".workload-table tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Tonight", exact=True).click()
    page.get_by_role("button", name="Therapists", exact=True).click()
    expect(page.locator(".workload-table tbody tr").filter(has_text="Driver")).to_have_count(0)
    worked = page.locator('.workload-table tbody [data-figure="worked"]')
    expect(worked.first).not_to_have_text("0 min")
    shown = [minutes(one) for one in worked.all_inner_texts()]
    assert shown == sorted(shown, reverse=True)
    total = page.locator('tfoot [data-figure="worked"]')
    assert minutes(total.inner_text()) == sum(shown)
    asked = page.get_by_role("link", name="CSV").get_attribute("href")
    answer = page.context.request.get(f"{people.site.one}{asked}")
    *_, last = csv.reader(StringIO(answer.text().removeprefix("\ufeff")))
    assert (last[0], int(last[3])) == ("All", sum(shown))
    book = page.get_by_role("link", name="Excel").get_attribute("href")
    assert page.context.request.get(f"{people.site.one}{book}").body()[:2] == b"PK"
    page.get_by_role("button", name="Name").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Worked").click()
    expect(page.get_by_role("columnheader", name="Worked")).to_have_attribute("aria-sort", "descending")
    page.locator(".workload-name").first.click()
    expect(page.locator(".behind-line").first).to_be_visible()
    page.get_by_role("button", name="From … to …").click()
    page.get_by_label("First evening").fill("2030-01-01")
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("alert").filter(has_text="The last evening is before the first")).to_be_visible()


def test_only_managers_see_it_and_it_fits_a_phone(people: People) -> None:
    page = people.sign_in("ramon", size=PHONE, dark=True, path="/workload")
    expect(page.locator(".workload-table tbody tr").first).to_be_visible()
    assert overflow(page) == []
    ana = people.sign_in("ana")
    expect(ana.get_by_role("link", name="Workload")).to_have_count(0)
    answer = ana.context.request.get(f"{people.site.one}/workload.csv?first=2026-11-23&last=2026-11-23")
    assert answer.status == 403


def test_figures_follow_what_happens(people: People) -> None:
    person = hire(Role.THERAPIST, "Bantay")
    number = visit(person, minutes=120)
    page = people.sign_in("marga", path="/workload")
    page.get_by_role("button", name="Tonight", exact=True).click()
    refused = page.locator(".workload-table tbody tr").filter(has_text="Bantay").locator('[data-figure="refused"]')
    expect(refused).to_have_text("0")
    seat, actor = seat_of(number, person), Actor(person, Role.THERAPIST, "Bantay")
    run(lambda session: reject(session, actor, seat, reason="ill", now=now()))
    expect(refused).to_have_text("1")
    page.get_by_role("button", name="Bantay").click()
    expect(page.locator(".behind-line").filter(has_text=f"#{number}")).to_contain_text("rejected")
    page.get_by_role("link", name=f"#{number}", exact=True).click()
    expect(page).to_have_url(re.compile(f"/appointments/{number}$"))
