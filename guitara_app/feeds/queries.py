"""Whose feed an address is, what was told there, and the jobs that are to be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Role
from guitara_app.feeds.rules import PAST_FOR, FeedJob, Told
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text


class FeedHolder(NamedTuple):
    """Whose feed it is."""

    feed_id: int
    person_id: int
    name: str
    role: Role


# Like the phone: a door is shown while its job is still to be done, to whoever does it, and a phone never. The calendar
# may be read by the company that keeps it, so it does not even hold the client's name.
_PLACES = text(
    "SELECT g.id, g.answer, g.planned_start AS starts_at, g.planned_end AS ends_at, a.id AS visit_id,"
    " d.line, l.name AS town,"
    " (SELECT string_agg(s.name, ' + ' ORDER BY x.id) FROM appointment_services x"
    "  JOIN services s ON s.id = x.service_id WHERE x.appointment_id = a.id) AS services"
    " FROM assignments g JOIN appointments a ON a.id = g.appointment_id"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id"
    " WHERE g.person_id = :person AND g.planned_end > :since AND (g.answer IN ('offered', 'accepted')"
    " AND g.released_at IS NULL OR g.answer = 'released' AND g.progress = 'ended')"
    " ORDER BY g.planned_start, g.id"
)
_TRIPS = text(
    "SELECT t.id, t.state, coalesce(t.departed_at, t.planned_start, t.wanted_at) AS starts_at, t.travel_minutes,"
    " t.to_appointment_id IS NOT NULL AS outbound, coalesce(t.to_appointment_id, t.from_appointment_id) AS visit_id,"
    " d.line, l.name AS town,"
    " (SELECT string_agg(DISTINCT p.name, ', ' ORDER BY p.name) FROM leg_passengers r"
    "  JOIN assignments s ON s.id = r.assignment_id JOIN people p ON p.id = s.person_id"
    "  WHERE r.leg_id = t.id) AS riders"
    " FROM legs t JOIN appointments a ON a.id = coalesce(t.to_appointment_id, t.from_appointment_id)"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id"
    " WHERE t.driver_id = :person AND t.state IN ('offered', 'accepted', 'under_way', 'done')"
    " AND t.business_date >= CAST(:day AS date) - 1 ORDER BY 3, t.id"
)


def feed_of_hash(session: Session, token_hash: str) -> FeedHolder | None:
    """Whose feed this is; None when there is none, it was revoked, or its holder's account is disabled or changed.

    The feed is held until the transaction ends, so two programs that ask at once are told the same numbers.
    """
    row = session.execute(
        text(
            "SELECT f.id, p.id AS person_id, p.name, p.role FROM calendar_feeds f JOIN people p ON p.id = f.person_id"
            " WHERE f.token_hash = :hash AND f.revoked_at IS NULL AND p.disabled_at IS NULL"
            " AND p.role IN ('therapist', 'driver') FOR UPDATE OF f"
        ),
        {"hash": token_hash},
    ).one_or_none()
    return FeedHolder(row.id, row.person_id, row.name, Role(row.role)) if row else None


def feed_words(session: Session, person_id: int) -> str:
    """Since when somebody has a feed and when it was last read, in words; empty when they have none."""
    row = session.execute(
        text("SELECT made_at, read_at FROM calendar_feeds WHERE person_id = :person AND revoked_at IS NULL"),
        {"person": person_id},
    ).one_or_none()
    if row is None:
        return ""
    calendar = firm_settings(session).calendar
    read = f"last read {calendar.moment_label(row.read_at)}" if row.read_at else "not read yet"
    return f"since {calendar.moment_label(row.made_at)}, {read}"


def jobs_of(session: Session, holder: FeedHolder, *, now: datetime) -> list[FeedJob]:
    """The holder's jobs that are not long over, by start."""
    since = now - PAST_FOR
    if holder.role == Role.DRIVER:
        day = firm_settings(session).calendar.business_date(since)
        rows = session.execute(_TRIPS, {"person": holder.person_id, "day": day})
        return [_trip(row) for row in rows]
    return [_place(row) for row in session.execute(_PLACES, {"person": holder.person_id, "since": since})]


def told_of(session: Session, person_id: int) -> dict[str, Told]:
    """What this person's calendars were last told, by job."""
    rows = session.execute(
        text(
            "SELECT job, uid, sequence, mark, title, starts_at, ends_at, changed_at, cancelled_at"
            " FROM calendar_entries WHERE person_id = :person"
        ),
        {"person": person_id},
    )
    return {row.job: Told(*row) for row in rows}


def _place(row: Row[Any]) -> FeedJob:
    live = row.answer != "released"
    return FeedJob(
        key=f"place-{row.id}",
        title=f"{row.services or 'Visit'}, {row.town}",
        where=f"{row.line}, {row.town}" if live else row.town,
        about=_about(row.visit_id, offered=row.answer == "offered"),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sure=row.answer != "offered",
    )


def _trip(row: Row[Any]) -> FeedJob:
    # On the way back nobody needs to find the door any more.
    to_the_door = row.state == "accepted" or (row.state == "under_way" and row.outbound)
    riders = row.riders or "the therapist"
    return FeedJob(
        key=f"trip-{row.id}",
        title=f"Bring {riders} to {row.town}" if row.outbound else f"Collect {riders} in {row.town}",
        where=f"{row.line}, {row.town}" if to_the_door else row.town,
        about=_about(row.visit_id, offered=row.state == "offered"),
        starts_at=row.starts_at,
        ends_at=row.starts_at + timedelta(minutes=max(1, row.travel_minutes)),
        sure=row.state != "offered",
    )


def _about(visit_id: int, *, offered: bool) -> str:
    return f"Visit #{visit_id}.{' Waits for your answer in Guitara.' if offered else ''}"
