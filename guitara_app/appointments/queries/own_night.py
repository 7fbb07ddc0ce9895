"""The evening of one therapist or driver: their own jobs and nothing of anybody else's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import VisitRow, expected_end, short_name, visits
from guitara_app.appointments.views import OwnJob, OwnNight
from guitara_app.appointments.words import CLOSED, LIVE_ANSWERS, LIVE_LEGS, LegState, Progress
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.time import Calendar

_STEPS_DRIVEN = ["accepted", "on the way", "arrived", "dropped off", "in session", "ended"]
_STEPS_ALONE = ["accepted", "in session", "ended"]
_STEPS_LEG = ["accepted", "under way", "done"]
_NOW = timedelta(minutes=90)
# The numbers first, tonight's and those still to come by an index each: asked of each visit, years would be read.
_GIVEN = (
    "a.id = ANY(ARRAY(SELECT v.id FROM assignments g JOIN appointments v ON v.id = g.appointment_id"
    " WHERE g.person_id = :person AND v.business_date = :day AND g.planned_start >= CAST(:day AS date) - 1"
    " UNION SELECT g.appointment_id FROM assignments g WHERE g.person_id = :person"
    " AND g.answer IN ('offered', 'accepted') AND g.released_at IS NULL))"
)
_OWN_TRIPS = (
    "SELECT t.{end} FROM legs t WHERE t.driver_id = :person AND t.business_date = :day AND t.{end} IS NOT NULL"
    " UNION SELECT t.{end} FROM legs t WHERE t.driver_id = :person AND t.{end} IS NOT NULL"
    " AND t.state IN ('offered', 'accepted', 'under_way')"
)
_DRIVEN = "a.id = ANY(ARRAY({} UNION {}))".format(
    *(_OWN_TRIPS.format(end=end) for end in ("to_appointment_id", "from_appointment_id"))
)


def own_night(session: Session, person_id: int, *, now: datetime) -> OwnNight:
    """What ``person_id`` has to do now, next, and has done, in the business day of ``now`` and what comes after."""
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    role = session.execute(text("SELECT role FROM people WHERE id = :id"), {"id": person_id}).scalar()
    jobs = _driven(session, person_id, day, calendar) if role == "driver" else _given(session, person_id, day, calendar)
    jobs.sort(key=lambda job: (job["starts_at"], job["id"]))
    done = [job for job in jobs if job["answer"] == "over"]
    live = [job for job in jobs if job["answer"] != "over"]
    current = [job for job in live if _is_current(job, now)] or live[:1]
    return OwnNight(
        evening=calendar.evening_label(day),
        shift=_shift(session, person_id, calendar, now),
        now_jobs=current,
        next_jobs=[job for job in live if job not in current],
        done_jobs=done,
    )


def _is_current(job: OwnJob, now: datetime) -> bool:
    begun = job["steps_done"] > 1
    return begun or (bool(job["due_at"]) and datetime.fromisoformat(job["starts_at"]) - now < _NOW)


def _given(session: Session, person_id: int, day: object, calendar: Calendar) -> list[OwnJob]:
    rows = visits(
        session,
        _GIVEN,
        {"person": person_id, "day": day},
    )
    return [
        _assignment(visit, seat, calendar) for visit in rows for seat in visit.seats if seat["person_id"] == person_id
    ]


def _assignment(visit: VisitRow, seat: dict[str, Any], calendar: Calendar) -> OwnJob:
    row = visit.row
    live = seat["answer"] in LIVE_ANSWERS and row.state not in CLOSED
    steps = _STEPS_DRIVEN if row.driver_needed else _STEPS_ALONE
    others = [short_name(other["name"]) for other in visit.counting if other["person_id"] != seat["person_id"]]
    # Somebody who refused, or whose visit is over, has no more business with the client's phone and door.
    return _job(
        visit,
        calendar,
        kind="assignment",
        id=seat["id"],
        state=row.state if live or row.state in CLOSED else seat["answer"],
        answer=seat["answer"] if live else "over",
        title=row.services or "",
        show_client=live,
        others=", ".join(others),
        due_at=seat["due_at"] or "" if seat["answer"] == "offered" and live else "",
        steps=steps,
        steps_done=_steps_done(seat, driven=row.driver_needed),
    )


def _steps_done(seat: dict[str, Any], *, driven: bool) -> int:
    if seat["answer"] == "offered":
        return 0
    order = list(Progress)
    reached = order.index(Progress(seat["progress"]))
    return 1 + reached if driven else 1 + max(0, reached - order.index(Progress.DROPPED_OFF))


def _driven(session: Session, person_id: int, day: object, calendar: Calendar) -> list[OwnJob]:
    rows = visits(
        session,
        _DRIVEN,
        {"person": person_id, "day": day},
    )
    return [_leg(visit, leg, calendar) for visit in rows for leg in visit.legs if leg["driver_id"] == person_id]


def _leg(visit: VisitRow, leg: dict[str, Any], calendar: Calendar) -> OwnJob:
    live = leg["state"] in LIVE_LEGS
    done = {LegState.OFFERED: 0, LegState.ACCEPTED: 1, LegState.UNDER_WAY: 2, LegState.DONE: 3}.get(leg["state"], 0)
    job = _job(
        visit,
        calendar,
        kind="leg",
        id=leg["id"],
        state=leg["state"],
        answer=leg["state"] if live else "over",
        title=f"{'Bring' if leg['outbound'] else 'Collect'} {leg['passengers'] or 'the therapist'}",
        show_client=live,
        others="",
        due_at="",
        steps=_STEPS_LEG,
        steps_done=done,
    )
    wanted = datetime.fromisoformat(leg["wanted_at"])
    job["when"] = calendar.clock_label(wanted, visit.row.business_date)
    job["starts_at"] = wanted.isoformat()
    job["ends_at"] = (wanted + timedelta(minutes=leg["minutes"])).isoformat()
    return job


def _job(
    visit: VisitRow,
    calendar: Calendar,
    *,
    kind: str,
    id: int,
    state: str,
    answer: str,
    title: str,
    show_client: bool,
    others: str,
    due_at: str,
    steps: list[str],
    steps_done: int,
) -> OwnJob:
    row = visit.row
    address = f"{row.line}, {row.locality}"
    notes = [note for note in (row.address_notes, row.notes) if note]
    return OwnJob(
        kind=kind,
        id=id,
        appointment_id=row.id,
        state=state,
        answer=answer,
        when=calendar.clock_label(row.starts_at, row.business_date),
        starts_at=row.starts_at.isoformat(),
        ends_at=expected_end(visit).isoformat(),
        title=title,
        client=row.client if show_client else "",
        phone=shown_phone(row.phone) if show_client else "",
        address=address if show_client else row.locality,
        map_link=f"https://www.openstreetmap.org/search?query={quote(address)}" if show_client else "",
        notes="\n".join(notes) if show_client else "",
        others=others,
        due_at=due_at,
        steps_done=steps_done,
        steps=steps,
    )


def _shift(session: Session, person_id: int, calendar: Calendar, now: datetime) -> str:
    row = session.execute(
        text(
            "SELECT lower(period) AS starts, upper(period) AS ends FROM shifts"
            " WHERE person_id = :id AND upper(period) > :now ORDER BY lower(period) LIMIT 1"
        ),
        {"id": person_id, "now": now},
    ).one_or_none()
    if row is None:
        return "No shift planned"
    return f"On shift {calendar.local(row.starts):%a %H:%M} to {calendar.local(row.ends):%H:%M}"
