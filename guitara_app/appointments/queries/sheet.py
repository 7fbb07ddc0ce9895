"""An evening on paper, for when the system is down: every visit, and a list for each therapist and each driver."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.evening import evening_visits
from guitara_app.appointments.queries.rows import VisitRow, pesos, visits
from guitara_app.appointments.sheet_views import Sheet, SheetJob, SheetPerson, SheetVisit
from guitara_app.appointments.words import ENDINGS, LIVE_ANSWERS, Answer, LegState
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit import cache
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import evening_topic
from guitara_app.kit.time import Calendar

_FARTHEST_DAYS = 3650
_ANSWERS = {
    Answer.OFFERED: "no answer yet",
    Answer.ACCEPTED: "accepted",
    Answer.REJECTED: "said no",
    Answer.LAPSED: "did not answer",
    Answer.WITHDRAWN: "withdrew",
    Answer.RELEASED: "done",
}


def sheet(session: Session, day: date | None, *, now: datetime) -> Sheet:
    """The sheet of evening ``day``, tonight's when None; tonight's also holds what is unfinished from before.

    Raises:
        Invalid: the evening is many years away.
    """
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    day = day or tonight
    _check_near(day, tonight)
    found = evening_visits(session, day) if day == tonight else visits(session, "a.business_date = :day", {"day": day})
    shown = [visit for visit in found if visit.row.state not in ENDINGS]
    return Sheet(
        day=day.isoformat(),
        evening=calendar.evening_label(day),
        hours=f"{calendar.opens:%H:%M} to {calendar.closes:%H:%M}",
        printed=calendar.moment_label(now),
        visits=[_visit(visit, calendar) for visit in shown],
        called_off=len(found) - len(shown),
        therapists=_by_person(_therapist_jobs(shown, calendar)),
        drivers=_by_person(_driver_jobs(found, calendar)),
    )


def kept_sheet(day: date | None, *, now: datetime) -> Sheet:
    """The same, made once for all who ask until something of it changes. Blocking.

    Raises:
        Invalid: the evening is many years away.
    """
    with reading() as session:
        calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    day = day or tonight
    _check_near(day, tonight)

    def make() -> Sheet:
        with reading() as session:
            return sheet(session, day, now=now)

    # A trip may lead from the last visit of one evening to the first of the next. And what is unfinished from before is
    # of any evening, but every change of a visit is told to the desk.
    near = [evening_topic(day + timedelta(days=number)) for number in (-1, 0, 1)]
    topics = ["desk"] if day == tonight else near
    topics += ["accounts", "catalog", "clients", "firm"]
    kept = cache.kept("sheet", day.isoformat(), tonight.isoformat(), topics=topics, make=make, shape=Sheet)
    return {**kept, "printed": calendar.moment_label(now)}


def _check_near(day: date, tonight: date) -> None:
    if abs((day - tonight).days) > _FARTHEST_DAYS:
        raise Invalid("Choose an evening within ten years of today.", field="evening")


def _visit(visit: VisitRow, calendar: Calendar) -> SheetVisit:
    row = visit.row
    price = row.price + row.extension_price
    return SheetVisit(
        id=row.id,
        when=calendar.clock_label(row.starts_at, row.business_date),
        until=calendar.clock_label(row.ends_at, row.business_date),
        starts=_local(row.starts_at, calendar),
        ends=_local(row.ends_at, calendar),
        state=row.state.replace("_", " "),
        client=row.client,
        client_notes=row.client_notes,
        phone=shown_phone(row.phone),
        address=f"{row.line}, {row.locality}",
        way_in=row.address_notes,
        services=row.services or "",
        therapists=[f"{seat['name']} ({_ANSWERS[Answer(seat['answer'])]})" for seat in visit.counting],
        drivers=_drivers(visit, calendar),
        price=f"{price:.2f}",
        pesos=pesos(price),
        notes=row.notes,
    )


def _drivers(visit: VisitRow, calendar: Calendar) -> list[str]:
    if not visit.row.driver_needed and not visit.legs:
        return ["travels alone"]
    return [
        f"{'there' if leg['outbound'] else 'back'} {_leaves(leg, visit, calendar)}: {leg['driver'] or 'no driver yet'}"
        for leg in visit.legs
        if leg["state"] != LegState.CANCELLED
    ]


_Job = tuple[int, str, str | None, SheetJob]


def _therapist_jobs(shown: Iterable[VisitRow], calendar: Calendar) -> Iterable[_Job]:
    for visit in shown:
        for seat in visit.seats:
            if seat["answer"] in LIVE_ANSWERS or seat["answer"] == Answer.RELEASED:
                until = calendar.clock_label(visit.row.ends_at, visit.row.business_date)
                what = f"until {until}, {visit.row.services} ({_ANSWERS[Answer(seat['answer'])]})"
                when = calendar.clock_label(visit.row.starts_at, visit.row.business_date)
                job = _job(visit, _local(visit.row.starts_at, calendar), when, what)
                yield seat["person_id"], seat["name"], seat["phone"], job


def _driver_jobs(found: Iterable[VisitRow], calendar: Calendar) -> Iterable[_Job]:
    told: set[int] = set()
    for visit in found:
        for leg in visit.legs:
            # A trip from one client straight to the next belongs to both visits; the later one is where it goes.
            if leg["driver_id"] and leg["state"] != LegState.CANCELLED and leg["id"] not in told:
                told.add(leg["id"])
                who = leg["passengers"] or "nobody"
                what = f"brings {who}" if leg["outbound"] else f"collects {who}"
                starts = _local(_moment(leg["starts_at"] or leg["wanted_at"]), calendar)
                job = _job(visit, starts, _leaves(leg, visit, calendar), what)
                yield leg["driver_id"], leg["driver"], leg["driver_phone"], job


def _job(visit: VisitRow, starts: str, when: str, what: str) -> SheetJob:
    row = visit.row
    return SheetJob(
        starts=starts,
        when=when,
        what=what,
        client=row.client,
        phone=shown_phone(row.phone),
        address=f"{row.line}, {row.locality}",
        notes=" / ".join(filter(None, [row.address_notes, row.notes])),
    )


def _by_person(jobs: Iterable[_Job]) -> list[SheetPerson]:
    people: dict[int, SheetPerson] = {}
    for person_id, name, phone, job in jobs:
        person = people.setdefault(
            person_id, SheetPerson(name=name, phone=shown_phone(phone) if phone else "", jobs=[])
        )
        person["jobs"].append(job)
    for person in people.values():
        person["jobs"].sort(key=lambda job: job["starts"])
    return sorted(people.values(), key=lambda person: person["name"])


def _leaves(leg: dict[str, Any], visit: VisitRow, calendar: Calendar) -> str:
    return calendar.clock_label(_moment(leg["starts_at"] or leg["wanted_at"]), visit.row.business_date)


def _local(at: datetime, calendar: Calendar) -> str:
    return f"{calendar.local(at):%Y-%m-%d %H:%M}"


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
