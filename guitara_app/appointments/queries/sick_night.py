"""The rest of somebody's night who has fallen ill, or all of somebody who leaves: each job, and who could take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import FIELD
from guitara_app.appointments.queries.candidates import Candidate, candidates
from guitara_app.appointments.queries.drivers import driver_candidates, trip_of
from guitara_app.appointments.queries.jobs import KnownJob, travel_times
from guitara_app.appointments.queries.overlaps import overlaps
from guitara_app.appointments.queries.wanted import wanted_for
from guitara_app.appointments.timeline import Job
from guitara_app.appointments.words import LegState, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotFound
from guitara_app.kit.statements import text
from guitara_app.kit.time import period

_MOST_SHOWN = 12
_ALWAYS = datetime.max.replace(tzinfo=UTC)
_JOBS = text(
    "SELECT 'place' AS kind, g.id, g.appointment_id AS visit_id, g.answer AS state, g.progress, a.starts_at AS at,"
    "  a.business_date, c.name AS client, l.name AS town, '' AS who,"
    "  ARRAY(SELECT o.person_id FROM assignments o WHERE o.appointment_id = a.id AND o.id <> g.id"
    "   AND o.answer IN ('offered', 'accepted') AND o.released_at IS NULL) AS beside"
    " FROM assignments g JOIN appointments a ON a.id = g.appointment_id JOIN clients c ON c.id = a.client_id"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id"
    " WHERE g.person_id = :person AND g.answer IN ('offered', 'accepted') AND g.released_at IS NULL"
    "  AND g.planned_start < :until"
    " UNION ALL SELECT 'trip', t.id, a.id, t.state, '', lower(t.occupied), a.business_date, c.name, l.name,"
    "  coalesce((SELECT string_agg(DISTINCT p.name, ', ' ORDER BY p.name) FROM leg_passengers r"
    "   JOIN assignments s ON s.id = r.assignment_id JOIN people p ON p.id = s.person_id WHERE r.leg_id = t.id), ''),"
    "  '{}'::int[]"
    " FROM legs t JOIN appointments a ON a.id = coalesce(t.to_appointment_id, t.from_appointment_id)"
    " JOIN clients c ON c.id = a.client_id JOIN client_addresses d ON d.id = a.address_id"
    " JOIN localities l ON l.id = d.locality_id"
    " WHERE t.driver_id = :person AND t.state IN ('offered', 'accepted', 'under_way') AND lower(t.occupied) < :until"
    " ORDER BY at, id"
)


class SickJob(NamedTuple):
    """One job: ``call`` when it is under way, so that only a call can settle it; else who could take it, best first.

    ``proposed`` is the best who is free for it and for everything else proposed to them; 0 when there is nobody.
    """

    key: str
    kind: str
    id: int
    appointment_id: int
    state: str
    words: str
    call: bool
    options: tuple[Candidate, ...] = ()
    proposed: int = 0


class SickNight(NamedTuple):
    """Somebody and every job of theirs that is not over, tonight or ever."""

    person_id: int
    name: str
    role: str
    jobs: tuple[SickJob, ...]


def jobs_to_come(session: Session, person_id: int, *, now: datetime) -> SickNight:
    """Every job of the person that is not over, on whatever evening, which the words name.

    Raises:
        NotFound: there is no such therapist or driver in use.
    """
    return _jobs(session, person_id, until=_ALWAYS, now=now, propose=False)


def sick_night(session: Session, person_id: int, *, now: datetime, propose: bool = True) -> SickNight:
    """The person's rest of tonight; with ``propose`` also who could take each job.

    Raises:
        NotFound: there is no such therapist or driver in use.
    """
    calendar = firm_settings(session).calendar
    until = calendar.day_period(calendar.business_date(now)).upper
    return _jobs(session, person_id, until=until, now=now, propose=propose)


def _jobs(session: Session, person_id: int, *, until: datetime | None, now: datetime, propose: bool) -> SickNight:
    known = 0 < person_id < 2**31
    who = session.execute(
        text("SELECT id, name, role FROM people WHERE id = :id AND disabled_at IS NULL"),
        {"id": person_id if known else 0},
    ).one_or_none()
    if who is None or who.role not in FIELD:
        raise NotFound("There is no such therapist or driver in use.", field="person_id")
    calendar = firm_settings(session).calendar
    taken = _Proposals(session)
    jobs = []
    for row in session.execute(_JOBS, {"person": person_id, "until": until}):
        when = calendar.clock_label(row.at, row.business_date)
        if until is _ALWAYS:
            when = f"{row.business_date:%a} {row.business_date.day} {row.business_date:%b}, {when}"
        what = f"{row.who} and {row.client}" if row.who else row.client
        job = SickJob(
            key=f"{row.kind}-{row.id}",
            kind=row.kind,
            id=row.id,
            appointment_id=row.visit_id,
            state=row.state,
            words=f"{when}, {what}, {row.town} (#{row.visit_id})",
            call=row.state == LegState.UNDER_WAY or row.progress not in ("", Progress.WAITING),
        )
        jobs.append(
            job if job.call or not propose else taken.fill(job, {person_id, *row.beside}, row.business_date, now)
        )
    return SickNight(who.id, who.name, who.role, tuple(jobs))


class _Proposals:
    """What has been proposed so far, so that nobody is proposed for two jobs that they could not both do."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._given: dict[int, list[KnownJob]] = {}

    def fill(self, job: SickJob, but: set[int], day: date, now: datetime) -> SickJob:
        """The job with who could take it."""
        if job.kind == "place":
            wanted = wanted_for(self._session, job.appointment_id)
            span, found = wanted.job, candidates(self._session, wanted, now=now)
        else:
            trip = trip_of(self._session, job.id, now=now)
            span, found = trip.job, driver_candidates(self._session, trip, now=now)
        others = [one for one in found if one.person_id not in but]
        proposed = next((one for one in others if one.free and not self._clashes(one.person_id, span)), None)
        if proposed is not None:
            self._give(proposed, job, span, day)
        return job._replace(options=_shown(others), proposed=proposed.person_id if proposed else 0)

    def _clashes(self, person_id: int, span: Job) -> bool:
        firm = firm_settings(self._session)
        return bool(overlaps(span, self._given.get(person_id, ()), travel_times(firm), firm.calendar))

    def _give(self, whom: Candidate, job: SickJob, span: Job, day: date) -> None:
        given = self._given.setdefault(whom.person_id, [])
        named = Job(-1 - len(given), span.start, span.end, span.buffer_minutes, span.origin, span.destination)
        given.append(
            KnownJob(
                named, whom.person_id, whom.name, job.appointment_id, day, job.words, period(span.start, span.end), 0
            )
        )


def _shown(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The best of those who are free, then who could go all the same; nobody whose time is taken."""
    ranked: Iterable[Candidate] = sorted((one for one in found if not one.conflicts), key=lambda one: not one.free)
    return tuple(ranked)[:_MOST_SHOWN]
