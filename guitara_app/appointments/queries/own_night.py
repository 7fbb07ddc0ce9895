"""The evening of one therapist or driver: their own jobs and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.own_steps import (
    NO_ACT,
    OwnSteps,
    is_back,
    place_steps,
    ride_of,
    ride_words,
    trip_steps,
    works_before,
)
from guitara_app.appointments.queries.rows import VisitRow, expected_end, pesos, session_end, short_name, visits
from guitara_app.appointments.views import OwnJob, OwnNight
from guitara_app.appointments.words import CLOSED, LIVE_ANSWERS, LIVE_LEGS, Answer, AppointmentState, LegState, Progress
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

_STEPS_DRIVEN = ["accepted", "on the way", "arrived", "dropped off", "in session", "ended"]
_STEPS_ALONE = ["accepted", "in session", "ended"]
_STEPS_THERE = ["accepted", "under way", "arrived", "dropped off"]
_STEPS_LEG = ["accepted", "under way", "done"]
_NOW = timedelta(minutes=90)
# Tonight's and those still to come, by an index each: asked of each visit, years would be read.
_OF_ROLE = "JOIN people p ON p.id = {of} AND p.id = ANY(:people) AND p.role {role} 'driver'"
_PLACES = "FROM assignments g " + _OF_ROLE.format(of="g.person_id", role="<>")
_TRIPS = "FROM legs t " + _OF_ROLE.format(of="t.driver_id", role="=")
_TONIGHT = "t.business_date = :day"
_LIVE = "t.state IN ('offered', 'accepted', 'under_way')"
_OWN = planned_once(
    f"SELECT g.person_id, v.id, false AS drives {_PLACES} JOIN appointments v ON v.id = g.appointment_id"
    " WHERE v.business_date = :day AND g.planned_start >= CAST(:day AS date) - 1"
    f" UNION SELECT g.person_id, g.appointment_id, false {_PLACES}"
    " WHERE g.answer IN ('offered', 'accepted') AND g.released_at IS NULL"
    + "".join(
        f" UNION SELECT t.driver_id, t.{end}, true {_TRIPS} WHERE {which} AND t.{end} IS NOT NULL"
        for end in ("to_appointment_id", "from_appointment_id")
        for which in (_TONIGHT, _LIVE)
    )
)
_NEXT_SHIFT = planned_once(
    "SELECT s.* FROM unnest(CAST(:people AS bigint[])) p CROSS JOIN LATERAL (SELECT person_id,"
    " lower(period) AS starts, upper(period) AS ends FROM shifts WHERE person_id = p AND upper(period) > :now"
    # Says nothing new, but evening by evening from here on the index comes to the next shift at once.
    " AND business_date >= CAST(:day AS date) - 1 ORDER BY business_date, lower(period) LIMIT 1) s"
)


def own_night(session: Session, person_id: int, *, now: datetime) -> OwnNight:
    """What ``person_id`` has to do now, next, and has done, in the business day of ``now`` and what comes after."""
    return own_nights(session, [person_id], now=now)[person_id]


def own_nights(session: Session, people: Collection[int], *, now: datetime) -> dict[int, OwnNight]:
    """The same of each of ``people``."""
    calendar = firm_settings(session).calendar
    asked = {"people": sorted(people), "day": calendar.business_date(now)}
    own = session.execute(_OWN, asked).all()
    known = visits(session, "a.id = ANY(:numbers)", {"numbers": sorted({row.id for row in own})}) if own else []
    theirs: dict[int, set[int]] = {person: set() for person in people}
    for row in own:
        theirs[row.person_id].add(row.id)
    drivers = {row.person_id for row in own if row.drives}
    shifts = {row.person_id: row for row in session.execute(_NEXT_SHIFT, asked | {"now": now})}
    nights = {}
    for person, numbers in theirs.items():
        jobs_of = _driven if person in drivers else _given
        jobs = jobs_of([visit for visit in known if visit.row.id in numbers], person, calendar)
        nights[person] = _night(jobs, _shift(shifts.get(person), calendar), calendar, now)
    return nights


def _night(jobs: list[OwnJob], shift: str, calendar: Calendar, now: datetime) -> OwnNight:
    day = calendar.business_date(now)
    jobs.sort(key=lambda job: (job["starts_at"], job["id"]))
    done = [job for job in jobs if job["answer"] == "over"]
    live = [job for job in jobs if job["answer"] != "over"]
    tonight = [job for job in live if calendar.business_date(_starts(job)) <= day]
    current = [job for job in live if _is_current(job, now)] or tonight[:1]
    coming = [job for job in tonight if job not in current]
    later = [job for job in live if job not in tonight and job not in current]
    return OwnNight(
        evening=calendar.evening_label(day),
        shift=shift,
        now_jobs=current,
        next_jobs=[_for_later(job, now) for job in coming],
        later_jobs=[_another_evening(_for_later(job, now), calendar) for job in later],
        done_jobs=done,
    )


def _is_current(job: OwnJob, now: datetime) -> bool:
    if job["steps_done"] > 1 or (job["kind"] == "leg" and job["due_at"]):
        return True
    return bool(job["due_at"]) and _starts(job) - now < _NOW


def _starts(job: OwnJob) -> datetime:
    return datetime.fromisoformat(job["starts_at"])


def _another_evening(job: OwnJob, calendar: Calendar) -> OwnJob:
    at = _starts(job)
    job["when"] = calendar.night_label(at, calendar.business_date(at))
    return job


def _for_later(job: OwnJob, now: datetime) -> OwnJob:
    """An offer can be answered long before; nobody starts tomorrow's session by a slip of the thumb."""
    early = _starts(job) - now >= _NOW
    if early and not job["beside"]["action"]:
        job["step"] = NO_ACT
    return job


def _given(rows: list[VisitRow], person_id: int, calendar: Calendar) -> list[OwnJob]:
    own = [(visit, seat) for visit in rows for seat in visit.seats if seat["person_id"] == person_id]
    # Whoever has set out for a later job is not waiting at an earlier one any more.
    begun = [visit.row.starts_at for visit, seat in own if seat["progress"] != Progress.WAITING]
    last = max(begun, default=None)
    return [_own_job(visit, seat, calendar, is_last=visit.row.starts_at == last) for visit, seat in own]


def _own_job(visit: VisitRow, seat: dict[str, Any], calendar: Calendar, *, is_last: bool) -> OwnJob:
    """Worked out once for as long as the visit stays as it is; a copy, as what lies ahead is shown with less."""
    key = ("own job", seat["id"], calendar, is_last)
    return visit.once(key, lambda: _assignment(visit, seat, calendar, is_last=is_last)).copy()


def _assignment(visit: VisitRow, seat: dict[str, Any], calendar: Calendar, *, is_last: bool) -> OwnJob:
    row = visit.row
    live = seat["answer"] in LIVE_ANSWERS and row.state not in CLOSED
    finishing = seat["answer"] == Answer.RELEASED and seat["progress"] == Progress.ENDED and row.state not in CLOSED
    # The work is over, the way home is not.
    out = row.driver_needed and seat["answer"] not in LIVE_ANSWERS and seat["progress"] != Progress.WAITING
    going = live or finishing or (out and is_last and not is_back(visit, seat))
    others = [short_name(other["name"]) for other in visit.counting if other["person_id"] != seat["person_id"]]
    steps = place_steps(visit, seat) if going else OwnSteps()
    ride = ride_of(visit, seat) if going else None
    driver = ride if ride and ride["state"] in (LegState.ACCEPTED, LegState.UNDER_WAY) else None
    in_session = seat["progress"] == Progress.IN_SESSION and live
    # Somebody who refused, or whose visit is over, has no more business with the client's door; and with the phone
    # nobody has whose session has ended.
    job = _job(
        visit,
        calendar,
        kind="assignment",
        id=seat["id"],
        state=_own_state(visit, seat, live=live, finishing=finishing),
        answer=seat["answer"] if going else "over",
        title=row.services or "",
        sees=Sees.ALL if live else Sees.DOOR if finishing else Sees.TOWN,
        steps=steps,
    )
    job["others"] = ", ".join(others)
    job["due_at"] = seat["due_at"] or "" if seat["answer"] == "offered" and live else ""
    job["steps"] = _STEPS_DRIVEN if row.driver_needed else _STEPS_ALONE
    job["steps_done"] = _steps_done(seat, driven=row.driver_needed)
    job["price"] = pesos(row.price + row.extension_price) if live or finishing else ""
    job["ride"] = ride_words(ride, calendar, row.business_date)
    job["ends_at"] = (session_end(visit, seat) if in_session else expected_end(visit)).isoformat()
    if driver is not None:
        job["call_name"], job["call_phone"] = short_name(driver["driver"]), shown_phone(driver["driver_phone"] or "")
    return job


def _own_state(visit: VisitRow, seat: dict[str, Any], *, live: bool, finishing: bool) -> str:
    """Of a group each has their own; the visit's is that of whoever is least far."""
    if live and seat["answer"] == Answer.ACCEPTED and seat["progress"] != Progress.WAITING:
        return str(seat["progress"])
    if finishing and visit.row.state in (AppointmentState.AWAITING_PAYMENT, AppointmentState.PAID):
        return str(visit.row.state)
    return "ended" if finishing else str(visit.row.state if live or visit.row.state in CLOSED else seat["answer"])


def _steps_done(seat: dict[str, Any], *, driven: bool) -> int:
    if seat["answer"] == "offered":
        return 0
    order = list(Progress)
    reached = order.index(Progress(seat["progress"]))
    return 1 + reached if driven else 1 + max(0, reached - order.index(Progress.DROPPED_OFF))


def _driven(rows: list[VisitRow], person_id: int, calendar: Calendar) -> list[OwnJob]:
    at = {visit.row.id: visit for visit in rows}
    own = [(visit, leg) for visit in rows for leg in visit.legs if leg["driver_id"] == person_id]
    driving = [leg["id"] for _, leg in own if leg["state"] == LegState.UNDER_WAY]
    # A trip from one client straight to the next stands with both; it is shown where it leads.
    return [
        _leg(visit, leg, calendar, before=at.get(leg["comes_from"]), busy=any(one != leg["id"] for one in driving))
        for visit, leg in own
        if leg["outbound"] or not leg["leads_to"]
    ]


def _leg(visit: VisitRow, leg: dict[str, Any], calendar: Calendar, *, before: VisitRow | None, busy: bool) -> OwnJob:
    live = leg["state"] in LIVE_LEGS
    done = {LegState.OFFERED: 0, LegState.ACCEPTED: 1, LegState.UNDER_WAY: 2, LegState.DONE: 3}.get(leg["state"], 0)
    names = leg["passengers"] or "the therapist"
    straight = before is not None and leg["outbound"]
    riders = [seat for one in (visit, before) if one for seat in one.seats if seat["id"] in (leg["riders"] or [])]
    at_work = works_before(visit, leg, before)
    arrived = any(seat["progress"] == Progress.ARRIVED for seat in riders) and leg["state"] == LegState.UNDER_WAY
    # On the way back nobody needs to find the door any more.
    to_the_door = leg["state"] == LegState.ACCEPTED or (leg["state"] == LegState.UNDER_WAY and leg["outbound"])
    job = _job(
        visit,
        calendar,
        kind="leg",
        id=leg["id"],
        state="arrived" if arrived and leg["outbound"] else leg["state"],
        answer=leg["state"] if live else "over",
        title=f"{'Bring' if leg['outbound'] else 'Collect'} {names}",
        sees=Sees.ALL if to_the_door else Sees.TOWN,
        steps=trip_steps(visit, leg, busy=busy, at_work=at_work) if live else OwnSteps(),
    )
    wanted = datetime.fromisoformat(leg["starts_at"] or leg["wanted_at"])
    job["when"] = calendar.clock_label(wanted, visit.row.business_date)
    job["starts_at"] = wanted.isoformat()
    job["ends_at"] = (wanted + timedelta(minutes=leg["minutes"])).isoformat()
    job["steps"], job["steps_done"] = (
        (_STEPS_THERE, done + (1 if arrived or done == len(_STEPS_LEG) else 0))
        if leg["outbound"]
        else (_STEPS_LEG, done)
    )
    job["due_at"] = leg["offer_due_at"] or "" if leg["state"] == LegState.OFFERED else ""
    if to_the_door and straight and before is not None:
        job["collect_at"] = f"{before.row.line}, {before.row.locality}"
    if live and leg["state"] != LegState.OFFERED and riders:
        job["call_name"], job["call_phone"] = short_name(riders[0]["name"]), shown_phone(riders[0]["phone"] or "")
    return job


class Sees(IntEnum):
    """What of the client somebody needs for a job: the town to decide or to look back, the door, or also the phone."""

    TOWN = 0
    DOOR = 1
    ALL = 2


def _job(
    visit: VisitRow,
    calendar: Calendar,
    *,
    kind: str,
    id: int,
    state: str,
    answer: str,
    title: str,
    sees: Sees,
    steps: OwnSteps,
) -> OwnJob:
    row = visit.row
    address = f"{row.line}, {row.locality}"
    notes = [note for note in (row.address_notes, row.notes) if note]
    door, phone = sees >= Sees.DOOR, sees >= Sees.ALL
    return OwnJob(
        kind=kind,
        id=id,
        appointment_id=row.id,
        state=state,
        answer=answer,
        when=calendar.clock_label(row.starts_at, row.business_date),
        starts_at=row.starts_at.isoformat(),
        ends_at="",
        title=title,
        client=row.client if door else "",
        phone=shown_phone(row.phone) if phone else "",
        address=address if door else row.locality,
        map_link=f"https://www.openstreetmap.org/search?query={quote(address)}" if phone else "",
        notes="\n".join(notes) if phone else "",
        others="",
        due_at="",
        steps_done=0,
        steps=[],
        price="",
        collect_at="",
        ride="",
        call_name="",
        call_phone="",
        step=steps.step,
        then=list(steps.then),
        beside=steps.beside,
        more=list(steps.more),
        panic=steps.panic,
        why=steps.why,
    )


def _shift(row: Row[Any] | None, calendar: Calendar) -> str:
    if row is None:
        return "No shift planned"
    return f"On shift {calendar.local(row.starts):%a %H:%M} to {calendar.local(row.ends):%H:%M}"
