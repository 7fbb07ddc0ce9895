"""Makes the demo firm, once, and its evening, again whenever the one before is over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.services.relayout import relayout
from guitara_app.availability.services import extend
from guitara_app.demo.evening import tell_evening
from guitara_app.demo.founding import found, weekly_patterns
from guitara_app.demo.history import tell_history
from guitara_app.demo.hours import Evening, as_settings, evening_for
from guitara_app.demo.leftovers import close_leftovers
from guitara_app.demo.rows import Rows
from guitara_app.demo.sizes import DEMO, Size
from guitara_app.demo.stockroom import Stockroom
from guitara_app.demo.teller import Teller, minutes
from guitara_app.demo.world import world_of
from guitara_app.firm.queries import firm_settings, is_demo
from guitara_app.founding.services import FOUNDING_LOCK
from guitara_app.kit import database
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.kit.time import now as clock

FLAG = "demo"
PLAYED = "demo_evening"
_HOURS = ("day_starts", "opens", "closes")


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What a run did. All zero and False when this evening was there already."""

    founded: bool
    new_evening: bool
    evening: str
    hours: str
    history: int
    tonight: int
    closed: int


def run(*, now: datetime | None = None, size: Size = DEMO) -> SeedReport:
    """Make whatever is missing of the demo firm for the moment ``now`` (the present, unless given).

    A large firm's past is not made here (see ``large``), only its evening.

    Raises:
        NotPossible: the database holds a real firm; nothing was changed.
    """
    moment = (now or clock()).replace(microsecond=0)
    return database.run(lambda session: _seed(session, size, moment))


def is_empty() -> bool:
    """Whether there is neither a firm nor a client yet."""
    with database.reading() as session:
        return not _is_used(session)


def is_demo_firm() -> bool:
    """Whether the database holds the demo firm."""
    with database.reading() as session:
        return is_demo(session)


def _is_used(session: Session) -> bool:
    return bool(session.execute(text("SELECT EXISTS (SELECT FROM people) OR EXISTS (SELECT FROM clients)")).scalar())


def _seed(session: Session, size: Size, now: datetime) -> SeedReport:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FOUNDING_LOCK})
    kept: dict[str, Any] = {row.key: row.value for row in session.execute(text("SELECT key, value FROM settings"))}
    is_new = kept.get(FLAG) is not True
    if is_new and _is_used(session):
        raise NotPossible(
            "This database holds a firm that is not the demo. Nothing was changed. For a demo, give an empty database."
        )
    played = _played(kept)
    calendar = firm_settings(session).calendar
    if played and played[0] <= now < played[1]:
        hours = f"{calendar.local(played[0]):%H:%M} to {calendar.local(played[1]):%H:%M}"
        label = calendar.evening_label(calendar.business_date(now))
        return SeedReport(founded=False, new_evening=False, evening=label, hours=hours, history=0, tonight=0, closed=0)
    random = Random(f"guitara {now:%Y-%m-%d}")  # noqa: S311  made-up data
    if is_new:
        found(session, size, now=now, random=random)
        keep(session, FLAG, value=True)
    evening = evening_for(now, firm_settings(session))
    _keep_hours(session, size, evening, random)
    rows = Rows(session)
    stock = Stockroom(session, rows, random)
    closed = 0
    if played:
        before = min(max(played[1], evening.opens_at), now)
        closed = close_leftovers(session, rows, stock, before=before, now=now)
    rows.write()
    world = world_of(session, since=evening.opens_at - minutes(120), random=random, homes=size.homes)
    teller = Teller(rows, world, stock, random, evening.day)
    history = tell_history(teller, size, evening.calendar, evening.day, now=now) if is_new else 0
    teller.day = evening.day
    teller.staff(evening, now=now)
    tonight = tell_evening(teller, size, evening, now=now)
    rows.write()
    stock.write()
    for person in sorted([*world.therapists.values(), *world.drivers.values()]):
        extend(session, person, now=now)
    lay_out(session, [*world.therapists.values(), *world.drivers.values()], now=now)
    _announce(session, world.therapists | world.drivers, now)
    return SeedReport(
        founded=is_new,
        new_evening=True,
        evening=evening.calendar.evening_label(evening.day),
        hours=f"{evening.calendar.opens:%H:%M} to {evening.calendar.closes:%H:%M}",
        history=history,
        tonight=tonight,
        closed=closed,
    )


def _played(kept: dict[str, Any]) -> tuple[datetime, datetime] | None:
    played = kept.get(PLAYED)
    if not isinstance(played, dict):
        return None
    return datetime.fromisoformat(played["opens_at"]), datetime.fromisoformat(played["closes_at"])


def _keep_hours(session: Session, size: Size, evening: Evening, random: Random) -> None:
    """Make the evening's hours the firm's, and clear the shifts that the demo itself planned into it."""
    before = firm_settings(session).calendar
    session.execute(text("DELETE FROM settings WHERE key = ANY(:keys)"), {"keys": list(_HOURS)})
    for key, clock_time in as_settings(evening.calendar).items():
        keep(session, key, value=clock_time)
    keep_played(session, evening)
    session.info.pop("firm_settings", None)
    session.execute(
        text(
            "DELETE FROM shifts s WHERE period && tstzrange(:opens, :closes, '[)')"
            " AND person_id IN (SELECT id FROM people WHERE is_demo) AND (source = 'pattern' OR EXISTS (SELECT"
            " FROM shift_exceptions e WHERE e.person_id = s.person_id AND e.business_date = s.business_date"
            " AND e.set_by_id IS NULL))"
        ),
        {"opens": evening.opens_at, "closes": evening.closes_at},
    )
    session.execute(
        text(
            "DELETE FROM shift_exceptions WHERE business_date = :day AND set_by_id IS NULL"
            " AND person_id IN (SELECT id FROM people WHERE is_demo)"
        ),
        {"day": evening.day},
    )
    staff = list(
        session.execute(text("SELECT id FROM people WHERE is_demo AND role IN ('therapist', 'driver')")).scalars()
    )
    has_patterns = session.execute(text("SELECT EXISTS (SELECT FROM weekly_patterns)")).scalar()
    # What a large firm has booked ahead stands in its usual hours, and those stay.
    if not has_patterns or (before != evening.calendar and not size.ahead):
        session.execute(text("DELETE FROM weekly_patterns WHERE person_id = ANY(:staff)"), {"staff": staff})
        patterns = Rows(session)
        weekly_patterns(patterns, staff, evening.calendar, random)
        patterns.write()


def keep_played(session: Session, evening: Evening) -> None:
    """Remember that everything up to the end of ``evening`` has been told."""
    hours = {"opens_at": evening.opens_at.isoformat(), "closes_at": evening.closes_at.isoformat()}
    keep(session, PLAYED, value=hours)


def keep(session: Session, key: str, *, value: Any) -> None:
    """Make ``value`` the setting ``key``."""
    session.execute(
        text(
            "INSERT INTO settings (key, value) VALUES (:key, CAST(:value AS jsonb))"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = now()"
        ),
        {"key": key, "value": json.dumps(value)},
    )


def lay_out(session: Session, people: list[int], *, now: datetime) -> None:
    """Give everybody's jobs the time that the services would have given them: the way to the next one counts."""
    lock_people(session, set(people))
    relayout(session, people, now=now)


def _announce(session: Session, field: dict[str, int], now: datetime) -> None:
    """Pages that are open while the evening is made show it at once."""
    topics = ["desk", *(f"person:{person}" for person in field.values())]
    record(session, "demo_evening_made", by=SYSTEM, now=now, topics=topics)
