"""Thousands of bookings at once, from several processes: nobody is in two places, and nobody is told of a deadlock."""

from __future__ import annotations

from typing import Any

from guitara_app.embedded.postgres import DatabaseUrls
from tests.concurrency.rush import operators, rush
from tests.integration.guards.guard import double_bookings, guard_off, scalar
from tests.support.firm import Firm, open_firm

ATTEMPTS = 5000


def test_the_rush_double_books_nobody(database: DatabaseUrls) -> None:
    firm = open_firm(therapists=9)
    with operators() as pool:
        with guard_off(database.owner, "assignments"):
            assert any(_unguarded_rush(database, pool, firm) for _ in range(20))
        scalar(database.owner, "TRUNCATE events CASCADE; SELECT 0")
        ended = rush(pool, firm, ATTEMPTS)
    assert double_bookings(database.owner) == 0
    assert set(ended) == {"booked", "cancelled", "refused"}, ended
    assert ended.total() == ATTEMPTS
    # What the operators were told is what stands there.
    visits = "SELECT count(*) FROM appointments WHERE state "
    assert scalar(database.owner, f"{visits} <> 'cancelled'") == ended["booked"]
    assert scalar(database.owner, f"{visits} = 'cancelled'") == ended["cancelled"]
    assert scalar(database.owner, "SELECT count(*) FROM events WHERE kind = 'booked'") == (
        ended["booked"] + ended["cancelled"]
    )
    assert scalar(database.owner, "SELECT count(*) FROM events WHERE published_at IS NULL") == 0
    half_groups = (
        "SELECT count(*) FROM appointments a WHERE (SELECT count(*) FROM assignments g"
        " WHERE g.appointment_id = a.id) NOT IN (1, 3)"
    )
    assert scalar(database.owner, half_groups) == 0


def _unguarded_rush(database: DatabaseUrls, pool: Any, firm: Firm) -> int:
    """Double bookings of a short rush into an empty evening; luck decides, so it may take more than one."""
    scalar(database.owner, "TRUNCATE appointments CASCADE; SELECT 0")
    rush(pool, firm, 240, guarded=False, slots=4)
    return double_bookings(database.owner)
