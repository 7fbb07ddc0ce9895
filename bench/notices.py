"""A thousand people told at once: from the events that wait to the last open page that counts one more."""

from __future__ import annotations

import asyncio
from time import perf_counter

from sqlalchemy import text

from bench.browser import Browser, came, open_pages
from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.kit.database import transaction
from guitara_app.kit.time import now
from workers.notifying import deliver

_MANY = 1000
_WARM_UP = 2
_QUIET_S = 0.3
_COUNTED = '"stamp_rx_state_":'


def notifications(firm: Firm, base: str, runs: int) -> list[Row]:
    """Each of a thousand events tells one therapist or driver, and one more everybody at the desk who looks."""
    return asyncio.run(_notifications(firm, base, runs))


async def _notifications(firm: Firm, base: str, runs: int) -> list[Row]:
    found = []
    async with open_pages(base, "/notifications", firm.cookies, shows=_COUNTED) as browsers:
        for _ in range(runs + _WARM_UP):
            await asyncio.to_thread(_happen, firm)
            found.append(await _told(browsers))
            await asyncio.sleep(_QUIET_S)
    name = f"{_MANY:,} notifications, stored and on {len(firm.cookies)} open pages"
    return [row(name, found[_WARM_UP:], 1000, 300, at=99)]


def _happen(firm: Firm) -> None:
    """Events as services record them, published by nobody: only the telling is measured."""
    staff = [*firm.therapists, *firm.drivers]
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO events (kind, happened_at, person_id, data, topics) SELECT CASE n WHEN :many THEN"
                " 'handover_written' ELSE 'week_set' END, :now, (CAST(:staff AS bigint[]))[1 + n % :people], '{}', '{}'"
                " FROM generate_series(0, :many) n"
            ),
            {"many": _MANY, "now": now(), "staff": staff, "people": len(staff)},
        )


async def _told(browsers: list[Browser]) -> float:
    """Seconds from the first look at what waits to the last page that counts one more."""
    arrivals = [browser.expect(_COUNTED) for browser in browsers]
    began = perf_counter()
    await asyncio.to_thread(deliver)
    last = await asyncio.gather(*(came(*pair) for pair in zip(browsers, arrivals, strict=True)))
    return max(*last, perf_counter()) - began
