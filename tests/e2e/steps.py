"""What people do on the pages, in the words of the pages."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from playwright.sync_api import FloatRect, Locator, Page, expect

_LOOKS, _LOOK_MS, _AT_REST = 500, 40, 4
ZONE = ZoneInfo(os.environ.get("GUITARA_TEST_ZONE", "Asia/Manila"))
"""Where the firm is. Another zone lets these tests see its other hours, at whatever hour they run."""


@dataclass(frozen=True)
class Booked:
    """A booking as its operator knows it."""

    number: str
    therapist: str
    username: str


_TURNS = cycle(range(0, 100, 20))


def sometime_soon() -> str:
    """Like ``soon``, each time another time: tests share the demo's evening, and only so many people are in it."""
    return soon(85 + next(_TURNS))


def soon(minutes: int = 100) -> str:
    """A quarter hour of tonight, at least ``minutes`` from now, as an operator types it."""
    at = datetime.now(ZONE) + timedelta(minutes=minutes + 14)
    return f"{at.replace(minute=at.minute // 15 * 15):%H:%M}"


def open_booking(page: Page) -> Locator:
    """Open the sheet with its key, which counts from when the page is there."""
    expect(page.locator('[data-connection="live"]').first).to_be_attached()
    page.keyboard.press("b")
    sheet = page.get_by_role("dialog", name="Book a visit")
    expect(sheet.locator(".chip").first).to_be_visible()
    return sheet


def choose_client(sheet: Locator, typed: str) -> None:
    """Type, and take the first client found."""
    sheet.get_by_role("combobox", name="Client: name, phone or e-mail").fill(typed)
    sheet.locator(".typeahead-option").first.click()
    expect(sheet.locator(".client-card b").first).to_be_visible()
    # What is known of them arrives together, also when it is that they have no address yet.
    expect(sheet.locator(".client-card b").first).to_contain_text(re.compile(re.escape(typed), re.IGNORECASE))


def choose_place(sheet: Locator) -> None:
    """The client's last address, or a new one for who has none yet."""
    if sheet.locator(".place").count():
        sheet.locator(".place").first.click()
    else:
        sheet.get_by_label("Street, number, unit").fill("5 Narra St")
        sheet.get_by_label("Town").select_option(index=1)


def fill_booking(sheet: Locator, client: str, *, start: str = "", service: str = "Shiatsu") -> tuple[str, int]:
    """Fill in everything, with the best candidate and the client's last address; who goes, by name and number."""
    choose_client(sheet, client)
    # Where before when: who is free depends on the way there, and is shown as soon as the start is known.
    choose_place(sheet)
    sheet.get_by_role("checkbox", name=re.compile(f"^{service}")).check()
    known = sheet.locator(".booking-range b")
    expect(known).to_have_count(0)
    sheet.get_by_label("Start").fill(start or sometime_soon())
    expect(known).to_have_count(2)
    best = sheet.locator(".candidates li[data-free=true]").first
    name = best.locator(".candidate-name").inner_text()
    best.get_by_role("checkbox").check()
    number = int(best.get_by_role("checkbox").input_value())
    return name, number


def book(page: Page, client: str, *, start: str = "") -> Booked:
    """Book from the keyboard's first key to the notice."""
    sheet = open_booking(page)
    name, _ = fill_booking(sheet, client, start=start)
    page.keyboard.press("Control+Enter")
    saved(sheet)
    notice = page.get_by_text(re.compile(r"Booked #\d+")).first
    found = re.search(r"#(\d+)", notice.inner_text())
    assert found is not None
    return Booked(number=found[1], therapist=name, username=name.split()[0].lower())


def saved(sheet: Locator) -> None:
    """The sheet closes; when it does not, it says why."""
    try:
        expect(sheet).to_be_hidden()
    except AssertionError:
        said = [words for words in sheet.locator(".field-problem").all_inner_texts() if words]
        raise AssertionError(f"not saved: {said}") from None


def card(page: Page, number: str, column: str = "") -> Locator:
    """The card of a visit, in a column or anywhere on the board."""
    inside = f'[data-column="{column}"] ' if column else ""
    return page.locator(f'{inside}.card[data-appointment="{number}"]')


def overflow(page: Page) -> list[str]:
    """What is wider than the screen."""
    found: list[str] = page.evaluate(
        "() => document.documentElement.scrollWidth <= innerWidth ? [] :"
        " [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.tagName + '.' + e.className).slice(0, 5)"
    )
    return found


def book_by_name(page: Page, therapist: str, *, minutes: int) -> None:
    """Book this therapist for half an hour, that many minutes from now."""
    page.keyboard.press("b")
    sheet = page.get_by_role("dialog", name="Book a visit")
    sheet.get_by_label("Filter therapists by name").fill(therapist)
    choose_client(sheet, "cruz")
    choose_place(sheet)
    sheet.get_by_label("Minutes").fill("30")
    sheet.get_by_role("checkbox", name="Shiatsu").check()
    sheet.get_by_label("Start").fill(soon(minutes))
    expect(sheet.locator(".booking-range")).to_contain_text(f"{soon(minutes)} to")
    line = sheet.locator('.candidates li[data-free="true"]').filter(has_text=therapist).first
    line.get_by_role("checkbox").check()
    sheet.get_by_role("button", name="Save").click()
    saved(sheet)


def at_rest(shown: Locator) -> FloatRect:
    """Where it is, once it stays there: charts find their measure when they are drawn, and scroll."""
    boxes: list[FloatRect | None] = []
    for _ in range(_LOOKS):
        boxes.append(shown.bounding_box())
        last = boxes[-1]
        if last is not None and len(boxes) >= _AT_REST and all(box == last for box in boxes[-_AT_REST:]):
            return last
        shown.page.wait_for_timeout(_LOOK_MS)
    raise AssertionError(f"did not come to rest: {shown}")
