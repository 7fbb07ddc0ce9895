"""A manager's timeline of 350 people: how soon it is there and shows a change, by the browser's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from playwright.sync_api import Page, expect

from bench.desk import browsing
from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change
from guitara_app.kit.database import run
from guitara_app.kit.time import now

_ROWS = 350
_WARM_UP = 3
_QUIET_MS = 500


def timeline(firm: Firm, base: str, superuser_url: str, runs: int) -> list[Row]:
    """From the click to tonight's blocks as they are; from the message of a change to the frame that shows it."""
    with _more_people(firm, superuser_url), browsing(firm.manager_cookie, base) as page:
        page.goto(f"{base}/timeline")
        painted = _first_paint(page, runs // 2)
        size = page.locator(".tl-scroll").evaluate("node => [Number(node.dataset.rows), Number(node.dataset.blocks)]")
        changed = _updates(page, firm, runs)
    note = f"{size[0]:,} rows, {size[1]:,} blocks"
    return [
        row("timeline first paint", painted, 1_000, 300, note=note),
        row("timeline update", changed, 50, 25, note=note),
    ]


def _first_paint(page: Page, runs: int) -> list[float]:
    found = []
    expect(page.locator(".tl-block").first).to_be_visible()
    scope = page.locator(".tl").get_attribute("data-scope")
    for _ in range(runs + _WARM_UP):
        page.get_by_role("link", name="Shifts", exact=True).click()
        expect(page.locator(".tl-block")).to_have_count(0)
        page.wait_for_timeout(_QUIET_MS)
        page.evaluate("scope => watch.until(() => watch.told(scope) && document.querySelector('.tl-block'))", scope)
        page.get_by_role("link", name="Timeline", exact=True).click()
        found.append(page.evaluate("watch.took()") / 1000)
        page.wait_for_timeout(_QUIET_MS)
    return found[_WARM_UP:]


def _updates(page: Page, firm: Firm, runs: int) -> list[float]:
    """A visit in view is changed; its block is drawn anew."""
    blocks = page.locator('.tl-block[data-kind="seat"][data-movable="true"]')
    expect(blocks.first).to_be_visible()
    visits = [int(one.get_attribute("data-visit") or 0) for one in blocks.all()]
    scope = page.locator(".tl").get_attribute("data-scope")
    found = []
    for number in range(runs + _WARM_UP):
        page.wait_for_timeout(_QUIET_MS)
        page.evaluate(
            "scope => { const node = document.querySelector('.tl-scroll'), before = node.dataset.rev;"
            " return watch.next(scope, () => node.dataset.rev !== before); }",
            scope,
        )
        _change(firm, visits[number % len(visits)], f"measured {number}")
        found.append(page.evaluate("watch.lasted()") / 1000)
    return found[_WARM_UP:]


def _change(firm: Firm, visit: int, notes: str) -> None:
    request = ChangeRequest(notes=notes)
    run(lambda session: change(session, firm.operator, visit, request=request, reason="measured", now=now()))


@contextmanager
def _more_people(firm: Firm, superuser_url: str) -> Iterator[None]:
    """Therapists, on shift tonight, until there are as many rows as the biggest firm has; gone afterwards."""
    missing = _ROWS - len(firm.therapists) - len(firm.drivers)
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH hired AS (INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
                " SELECT 'row' || n, 'Row ' || n, 'therapist', 0, true, 1 FROM generate_series(1, %s) n RETURNING id)"
                " INSERT INTO shifts (person_id, business_date, period, source, version) SELECT hired.id,"
                " s.business_date, s.period, s.source, 1 FROM hired, shifts s WHERE s.person_id = %s"
                " AND s.business_date >= %s",
                (missing, firm.therapists[0], firm.day),
            )
            yield
            cursor.execute("UPDATE people SET disabled_at = now() WHERE username ~ '^row[0-9]+$'")
