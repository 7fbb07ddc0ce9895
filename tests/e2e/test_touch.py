"""Fingers on the plans: what one rests on a visit is taken along, what one moves at once only scrolls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from guitara_app.accounts.permissions import Role
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from tests.e2e.conftest import People, until
from tests.e2e.staging import hire, one, visit
from tests.e2e.steps import at_rest, overflow

SIZES = {"phone": (390, 844), "tablet": (820, 1180)}
_LONG_MS, _STEPS = 600, 6


@contextmanager
def touching(people: People, path: str, size: tuple[int, int]) -> Iterator[tuple[Page, CDPSession]]:
    """A manager's page on a screen that takes fingers."""
    signed_in = people.sign_in("marga", path="/profile")
    width, height = size
    context = people.browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=True,
        is_mobile=True,
        storage_state=signed_in.context.storage_state(),
    )
    page = context.new_page()
    page.goto(f"{people.site.one}{path}")
    yield page, context.new_cdp_session(page)
    context.close()


def slide(
    page: Page, finger: CDPSession, what: Locator, *, right: float = 0, down: float = 0, rest: bool = True
) -> None:
    """Put a finger on it, rest there or not, move, and lift it."""
    box = at_rest(what)
    x, y = box["x"] + min(20, box["width"] / 2), box["y"] + min(10, box["height"] / 2)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_timeout(_LONG_MS if rest else 20)
    for step in range(1, _STEPS + 1):
        point = {"x": x + right * step / _STEPS, "y": y + down * step / _STEPS}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(30)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def begins(number: int, *, later: int = 0) -> str:
    """The clock on which a visit starts, or so many minutes after."""
    row = one("SELECT starts_at, business_date FROM appointments WHERE id = :id", id=number)
    with reading() as session:
        calendar = firm_settings(session).calendar
    at = calendar.clock_label(row.starts_at + timedelta(minutes=later), row.business_date)
    return at.split()[-1]


@pytest.mark.parametrize("screen", SIZES)
def test_in_the_calendar_a_finger_that_rests_takes_a_visit_along(people: People, screen: str) -> None:
    name = {"phone": "Hinahon", "tablet": "Tiyaga"}[screen]
    person = hire(Role.THERAPIST, name)
    number = visit(person, minutes=150)
    day = one("SELECT business_date FROM appointments WHERE id = :id", id=number).business_date
    path = f"/calendar?view=day&on={day}&people={person}"
    with touching(people, path, SIZES[screen]) as (page, finger):
        block = page.locator(f'.ec-event:not(.ec-preview):has([data-visit="{number}"]:not([data-proposed]))')
        block.evaluate("el => el.scrollIntoView({block: 'center'})")
        at_rest(block)
        hour = 2 * float(
            page.locator(".cal .ec-main").evaluate("el => parseFloat(el.style.getPropertyValue('--ec-slot-height'))")
        )
        # Who only scrolls moves nothing.
        slide(page, finger, block, down=-hour, rest=False)
        page.wait_for_timeout(300)
        expect(page.locator("dialog.move-dialog[open]")).to_have_count(0)
        block.evaluate("el => el.scrollIntoView({block: 'center'})")
        slide(page, finger, block, down=hour)
        dialog = page.locator("dialog.move-dialog[open]")
        expect(dialog.get_by_label("Start")).to_have_value(begins(number, later=60))
        dialog.get_by_role("button", name="Client asked").tap()
        dialog.get_by_role("button", name="Move it", exact=True).tap()
        expect(dialog).to_be_hidden()
        expect(block).to_contain_text(begins(number))
        assert overflow(page) == []


@pytest.mark.parametrize("screen", SIZES)
def test_on_the_timeline_a_finger_that_rests_takes_a_visit_along_and_to_another_row(
    people: People, screen: str
) -> None:
    name = {"phone": "Wagas", "tablet": "Payapa"}[screen]
    first, second = hire(Role.THERAPIST, f"{name}una"), hire(Role.THERAPIST, f"{name}dalawa")
    number = visit(first, minutes=60)
    with touching(people, "/timeline", SIZES[screen]) as (page, finger):
        page.get_by_label("Find a name").fill(name)
        page.get_by_label("How much of the clock").select_option("4")
        block = page.locator(f'.tl-block[data-visit="{number}"]')
        expect(page.locator(".tl-scroll")).to_have_attribute("data-drawn", "240")
        window = page.locator(".vis-panel.vis-center").first
        per_minute = at_rest(window)["width"] / 240
        before = at_rest(block)["x"]
        # Who pushes at once pushes the chart.
        slide(page, finger, block, right=-40, rest=False)
        until(lambda: at_rest(block)["x"] < before - 10)
        started, later = begins(number), begins(number, later=30)
        expect(block).to_have_attribute("title", re.compile(f"^{started} to "))
        slide(page, finger, block, right=30 * per_minute)
        expect(block).to_have_attribute("title", re.compile(f"^{later} to "))
        until(lambda: begins(number) == later)
        row = at_rest(page.locator(f'.tl-label[data-label^="{name}"]').first)
        other = at_rest(page.locator(f'.tl-label[data-label^="{name}"]').last)
        there = other["y"] - row["y"]
        mine = at_rest(block)["y"]
        slide(page, finger, block, down=there if mine < other["y"] else -there)
        seat = "SELECT person_id FROM assignments WHERE appointment_id = :v AND answer IN ('offered', 'accepted')"
        until(lambda: one(seat, v=number).person_id == second)
