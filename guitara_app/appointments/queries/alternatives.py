"""The nearest things to offer a client when somebody chosen is not free: another time, or other people.

Everything is looked up once and searched in memory. Whether somebody is free is asked of the same timeline that
``candidates`` and the booking itself ask.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.candidates import Candidate, Wanted
from guitara_app.appointments.queries.jobs import around, seat_jobs, travel_times
from guitara_app.appointments.slots import STEP, Evenings
from guitara_app.appointments.timeline import Job
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Period, bounds, period

_TIMES_EACH_WAY = 2
_LATER_EVENINGS = 7
_LATER_TIMES = 3
_OTHERS = 3


class OtherTime(NamedTuple):
    """When everybody chosen is free."""

    evening: date
    starts_at: datetime


class OtherPeople(NamedTuple):
    """Who could go, complete: those chosen who are free, and others for the rest; ``new`` names the others."""

    people: tuple[int, ...]
    new: tuple[str, ...]
    evening: date
    starts_at: datetime


class Alternatives(NamedTuple):
    """Other times by the clock, other people best first; both empty when nothing stands in the way."""

    times: list[OtherTime] = []
    others: list[OtherPeople] = []


def alternatives(
    session: Session,
    wanted: Wanted,
    chosen: Sequence[int],
    found: Sequence[Candidate],
    *,
    now: datetime,
    but: Collection[int] = (),
    automatic: int = 0,
) -> Alternatives:
    """What could be offered instead, nearest first; nothing while the choice can be booked as it is.

    Args:
        session: a reading session.
        wanted: the visit as asked for.
        chosen: who is to go, all of them at once; empty while nobody is chosen.
        found: everybody for that time, as ``candidates`` answered.
        now: the present moment; nothing earlier is offered.
        but: assignments that are about to be moved.
        automatic: how many others are to go besides those chosen, whoever they are.
    """
    free = {one.person_id for one in found if one.free}
    enough = len(free - set(chosen)) >= automatic
    if free.issuperset(chosen) and enough and (chosen or free):
        return Alternatives()
    calendar = firm_settings(session).calendar
    evenings = look_up(session, wanted, [one.person_id for one in found], wanted.day, wanted.day, now=now, but=but)
    starts = list(steps_around(wanted.starts_at, calendar.day_period(wanted.day), now))
    known = bool(chosen or automatic)
    times = together(evenings, wanted.job, chosen, starts, automatic) if known else []
    if known and not times:
        last = wanted.day + timedelta(days=_LATER_EVENINGS)
        people = [one.person_id for one in found] if automatic else chosen
        later = look_up(session, wanted, people, wanted.day + timedelta(days=1), last, now=now, but=but)
        times = _on_later_evenings(later, wanted, chosen, now, automatic)
    # Where only those are too few whom nobody has named, other names are no help.
    others = (
        []
        if automatic and free.issuperset(chosen)
        else instead(evenings, wanted.job, chosen, [one.person_id for one in found if one.free], starts)
    )
    return Alternatives(
        times=[OtherTime(calendar.business_date(start), start) for start in times],
        others=[
            OtherPeople(
                people=tuple(people),
                new=tuple(evenings.names[person] for person in people if person not in chosen),
                evening=calendar.business_date(start),
                starts_at=start,
            )
            for people, start in others
        ],
    )


def steps_around(wanted: datetime, within: Period, now: datetime) -> Iterator[datetime]:
    """The starts a quarter hour and more before and after ``wanted``, inside ``within`` and not past; nearest first."""
    begins, ends = bounds(within)
    reach = int(max(ends - wanted, wanted - begins) / STEP) + 1
    for distance in range(1, reach + 1):
        for start in (wanted + distance * STEP, wanted - distance * STEP):
            if begins <= start < ends and start >= now:
                yield start


def together(
    evenings: Evenings, job: Job, people: Sequence[int], starts: Sequence[datetime], others: int = 0
) -> list[datetime]:
    """The nearest starts at which all of ``people`` are free, some earlier and some later than wanted, by the clock.

    And ``others`` more, whoever they are.
    """
    free = [start for start in starts if _all_free(evenings, people, job, start, others)]
    earlier = [start for start in free if start < job.start][:_TIMES_EACH_WAY]
    later = [start for start in free if start > job.start][:_TIMES_EACH_WAY]
    return sorted(earlier + later)


def instead(
    evenings: Evenings, job: Job, chosen: Sequence[int], free: Sequence[int], starts: Sequence[datetime]
) -> list[tuple[list[int], datetime]]:
    """Complete groups that could go, the nearest start first: those chosen who are free then, others for the rest.

    ``free`` are those free for ``job`` as it is, best first.
    """
    size, found = max(1, len(chosen)), list[tuple[list[int], datetime]]()
    for start in (job.start, *starts):
        at_hand = (
            free if start == job.start else [one for one in evenings.names if _all_free(evenings, [one], job, start)]
        )
        kept = [person for person in chosen if person in at_hand]
        spare = [person for person in at_hand if person not in chosen]
        missing = size - len(kept)
        if missing == 0:
            return found
        groups = range(0, len(spare) - missing + 1, missing)
        found += [([*kept, *spare[first : first + missing]], start) for first in islice(groups, _OTHERS - len(found))]
        if found:
            # Another time as well as other people is a last resort: one step away is as good as any that follows.
            return found
    return found


def _on_later_evenings(
    evenings: Evenings, wanted: Wanted, people: Sequence[int], now: datetime, others: int
) -> list[datetime]:
    """The start nearest to the same clock on each of the next evenings on which all of ``people`` are free."""
    calendar, found = evenings.calendar, list[datetime]()
    clock = calendar.local(wanted.starts_at).time()
    for ahead in range(1, _LATER_EVENINGS + 1):
        day = wanted.day + timedelta(days=ahead)
        same = calendar.at(day, clock)
        starts = (same, *steps_around(same, calendar.day_period(day), now))
        found += islice((start for start in starts if _all_free(evenings, people, wanted.job, start, others)), 1)
    return found[:_LATER_TIMES]


def _all_free(evenings: Evenings, people: Sequence[int], job: Job, start: datetime, others: int = 0) -> bool:
    moved = dataclasses.replace(job, start=start, end=start + (job.end - job.start))
    if not all(evenings.is_free(person, moved) for person in people):
        return False
    spare = (person for person in evenings.names if person not in people and evenings.is_free(person, moved))
    return len(list(islice(spare, others))) == others


_PEOPLE = planned_once(
    "SELECT p.id, p.name, array_agg(s.business_date ORDER BY s.id) AS evenings,"
    " array_agg(lower(s.period) ORDER BY s.id) AS begins, array_agg(upper(s.period) ORDER BY s.id) AS ends,"
    " NOT EXISTS (SELECT 1 FROM person_services WHERE person_id = p.id) OR NOT EXISTS (SELECT 1 FROM services v"
    "   WHERE v.id = ANY(:services) AND NOT EXISTS (SELECT 1 FROM person_services x"
    "     WHERE x.person_id = p.id AND x.service_id = v.id)) AS gives"
    " FROM people p JOIN shifts s ON s.person_id = p.id AND s.business_date BETWEEN :first AND :last"
    " WHERE p.role = 'therapist' AND p.disabled_at IS NULL"
    " AND (CAST(:people AS bigint[]) IS NULL OR p.id = ANY(:people)) GROUP BY p.id, p.name ORDER BY p.name, p.id"
)


def look_up(
    session: Session,
    wanted: Wanted,
    people: Collection[int] | None,
    first: date,
    last: date,
    *,
    now: datetime,
    but: Collection[int],
) -> Evenings:
    """The evenings from ``first`` to ``last`` of ``people`` (None: of every therapist), by name; two statements.

    ``wanted`` says which services are to be given; assignments in ``but`` do not count, they are about to be moved.
    """
    firm = firm_settings(session)
    calendar = firm.calendar
    # A number that no row can have is nobody's.
    only = None if people is None else [person for person in people if 0 < person < 2**63]
    values = {"people": only, "services": list(wanted.service_ids), "first": first, "last": last}
    rows = session.execute(_PEOPLE, values).all()
    reach = around(calendar.day_period(first).lower, calendar.day_period(last).upper)  # type: ignore[arg-type]  # bounded
    jobs = seat_jobs(session, [row.id for row in rows], now=now, within=reach, but=but)
    return Evenings(
        calendar=calendar,
        travel=travel_times(firm),
        shifts={
            row.id: [
                (evening, period(begins, ends))
                for evening, begins, ends in zip(row.evenings, row.begins, row.ends, strict=True)
            ]
            for row in rows
        },
        jobs={person: [one.job for one in known] for person, known in jobs.items()},
        giving=frozenset(row.id for row in rows if row.gives),
        names={row.id: row.name for row in rows},
    )
