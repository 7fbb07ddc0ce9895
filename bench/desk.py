"""What an operator waits for, in a real browser: from the click to what is seen, by the browser's own clock."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page, expect, sync_playwright

from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.firm.queries import FirmSettings
from guitara_app.settings import PROJECT

_CHROMIUM = os.environ.get("GUITARA_CHROMIUM", "/usr/bin/chromium")
_WATCH = PROJECT / "bench" / "watch.js"
_WARM_UP = 3
_QUIET_MS = 400

# However slow the measured has become, it is measured.
expect.set_options(timeout=60_000)


@contextmanager
def desk(firm: Firm, base: str) -> Iterator[Page]:
    """An operator's browser with the board open."""
    with browsing(firm.cookies[0], base) as page:
        page.goto(f"{base}/board")
        expect(page.locator(".card").first).to_be_visible()
        yield page


@contextmanager
def browsing(cookie: str, base: str) -> Iterator[Page]:
    """A browser, with the stopwatch in it, of whom the cookie stands for."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": base}])
        context.add_init_script(path=_WATCH)
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page
        chromium.close()


def dashboard(page: Page, base: str, runs: int) -> list[Row]:
    """From the click on Board to its rows as they are now; and the same page opened by its address."""
    clicked, opened = [], []
    for _ in range(runs + _WARM_UP):
        page.get_by_role("link", name="Shifts", exact=True).click()
        page.wait_for_url(re.compile("/shifts"))
        page.wait_for_timeout(_QUIET_MS)
        page.evaluate("watch.until(() => watch.told('desk') && document.querySelector('.card[data-appointment]'))")
        page.get_by_role("link", name="Board", exact=True).click()
        clicked.append(_seconds(page))
    for _ in range(runs // 2 + _WARM_UP):
        page.goto(f"{base}/board")
        opened.append(page.evaluate("watch.since_start('.card[data-appointment]')") / 1000)
        page.wait_for_timeout(_QUIET_MS)
    return [
        row("dashboard, click to fresh rows", clicked[_WARM_UP:], 300, 150),
        row("dashboard, address to rows", opened[_WARM_UP:], 300, 150),
    ]


def calendar(firm: Firm, base: str, runs: int) -> list[Row]:
    """From the click on Month, a week being open, to the visits of this month as they are now."""
    took, topic = [], f"month:{firm.day.year * 12 + firm.day.month - 1}"
    drawn = '.cal-page[data-view="month"][data-ready="true"] .ec-month-view .cal-block'
    with browsing(firm.manager_cookie, base) as page:
        page.goto(f"{base}/calendar?view=week")
        for _ in range(runs + _WARM_UP):
            page.get_by_role("button", name="Week", exact=True).click()
            expect(page.locator('.cal-page[data-view="week"][data-ready="true"] .cal-block').first).to_be_visible()
            page.wait_for_timeout(_QUIET_MS)
            page.evaluate(f"watch.until(() => watch.told('{topic}') && document.querySelector('{drawn}'))")
            page.get_by_role("button", name="Month", exact=True).click()
            took.append(_seconds(page))
        visits = page.locator(".cal-count").inner_text()
    return [row(f"calendar, click to a month of {visits}", took[_WARM_UP:], 1000, 300)]


def booking(page: Page, firm: Firm, runs: int) -> list[Row]:
    """From the click on Save, everything filled in, to the notice that says it is booked."""
    found = []
    callers = [client for client, _ in firm.clients if client % 5 < 2]  # those with an e-mail
    for number in range(runs + _WARM_UP):
        _fill_in(page, firm, callers[number], number)
        page.evaluate("watch.until(() => /Booked #\\d+/.test(document.body.textContent))")
        page.get_by_role("button", name=re.compile("^Save")).click()
        found.append(_seconds(page))
        page.locator("[data-close-button]").first.click()
        expect(page.get_by_text(re.compile(r"Booked #\d+"))).to_have_count(0)
    return [row("book, click to confirmed", found[_WARM_UP:], 150, 50)]


def _fill_in(page: Page, firm: Firm, client: int, number: int) -> None:
    # Tonight is nearly full: ahead, some of the many are free for each of so many visits. They work the usual hours
    # there, whatever tonight's were moved to.
    opens = datetime.combine(firm.day, FirmSettings().opens)
    start = f"{opens + timedelta(minutes=120 + 15 * (number % 16)):%H:%M}"
    page.keyboard.press("b")
    sheet = page.get_by_role("dialog", name="Book a visit")
    sheet.get_by_role("combobox", name="Client: name, phone or e-mail").fill(f"client{client}@mail.example")
    sheet.locator(".typeahead-option").first.click()
    expect(sheet.locator(".client-card b").first).to_be_visible()
    sheet.get_by_label("Evening").select_option(index=1 + number % 12)
    sheet.get_by_label("Start").fill(start)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    sheet.locator(".place").first.click()
    _settle(page, sheet.locator(".candidates"))
    sheet.locator(".candidates li[data-free=true] input").first.check()
    page.wait_for_timeout(_QUIET_MS)


def _settle(page: Page, shown: Locator) -> None:
    """Wait until what the server answers to the last thing typed is there: twice the same, some time apart."""
    before = ""
    while not before or before != shown.inner_text():
        before = shown.inner_text()
        page.wait_for_timeout(2 * _QUIET_MS)


def _seconds(page: Page) -> float:
    """From the last press of a button to what was waited for, painted."""
    milliseconds: float = page.evaluate("watch.took()")
    return milliseconds / 1000
