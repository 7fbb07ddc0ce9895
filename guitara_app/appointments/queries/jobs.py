"""The live jobs of people as they are expected now: what "free", "clash" and "best" are all worked out from."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.models.appointment import IS_LIVE as LIVE_SEAT
from guitara_app.appointments.models.leg import IS_LIVE as LIVE_LEG
from guitara_app.appointments.timeline import Job
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Period, period
from guitara_app.travel.estimate import LONGEST_MINUTES, Estimate, Place, TravelTimes

# These run in every action, often for one person who has few jobs: to plan a statement then takes longer than to run
# it, and grows with every table that is joined. Whatever is one value of one row is therefore asked for by itself.
_SEATS = f"""
SELECT g.id, g.person_id, (SELECT name FROM people WHERE id = g.person_id) AS person, g.appointment_id,
  g.planned_start AS starts, g.planned_end AS ends, g.extension_minutes, g.session_started_at AS began,
  g.progress = 'in_session' AS running, g.buffer_minutes, lower(g.occupied) AS taken_from,
  upper(g.occupied) AS taken_to, g.turnaround_minutes, a.business_date,
  (SELECT name FROM clients WHERE id = a.client_id) AS client, a.address_id AS to_address,
  (SELECT zone_id FROM localities WHERE id = d.locality_id) AS to_zone, d.latitude AS to_latitude,
  d.longitude AS to_longitude
FROM assignments g JOIN appointments a ON a.id = g.appointment_id JOIN client_addresses d ON d.id = a.address_id
WHERE g.person_id = ANY(:people) AND {LIVE_SEAT}
"""  # noqa: S608
LEG_PLACES = (
    "fa.address_id AS from_address, fl.zone_id AS from_zone, fd.latitude AS from_latitude,"
    " fd.longitude AS from_longitude, ta.address_id AS to_address, tl.zone_id AS to_zone, td.latitude AS to_latitude,"
    " td.longitude AS to_longitude"
)
"""Columns of where a trip ``g`` begins and ends, for ``place_in``."""
LEG_JOINS = (
    "LEFT JOIN appointments fa ON fa.id = g.from_appointment_id LEFT JOIN clients fc ON fc.id = fa.client_id"
    " LEFT JOIN client_addresses fd ON fd.id = fa.address_id LEFT JOIN localities fl ON fl.id = fd.locality_id"
    " LEFT JOIN appointments ta ON ta.id = g.to_appointment_id LEFT JOIN clients tc ON tc.id = ta.client_id"
    " LEFT JOIN client_addresses td ON td.id = ta.address_id LEFT JOIN localities tl ON tl.id = td.locality_id"
)
_LEGS = f"""
SELECT g.id, g.driver_id AS person_id, (SELECT name FROM people WHERE id = g.driver_id) AS person,
  coalesce(g.to_appointment_id, g.from_appointment_id) AS appointment_id,
  coalesce(g.planned_start, g.wanted_at) AS starts,
  coalesce(g.planned_start, g.wanted_at) + make_interval(mins => g.travel_minutes) AS ends,
  0 AS extension_minutes, g.departed_at AS began, g.state = 'under_way' AS running, 0 AS buffer_minutes,
  lower(g.occupied) AS taken_from, upper(g.occupied) AS taken_to, g.turnaround_minutes, g.business_date,
  g.from_appointment_id, g.to_appointment_id
FROM legs g WHERE g.driver_id = ANY(:people) AND {LIVE_LEG.replace("state", "g.state")}
"""  # noqa: S608
_STOPS = planned_once(
    "SELECT a.id, c.name AS client, a.address_id AS at_address, l.zone_id AS at_zone, d.latitude AS at_latitude,"
    " d.longitude AS at_longitude FROM appointments a JOIN clients c ON c.id = a.client_id"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id"
    " WHERE a.id = ANY(:visits)"
)
_WITHIN = "tstzrange(:within_from, :within_to, '[)')"


class _Kind(NamedTuple):
    """How jobs of one kind are read.

    What a job holds ends where the next begins; ``goes_on`` finds those that are known to go on for longer than that.
    """

    statement: str
    goes_on: str


_OF_SEATS = _Kind(_SEATS, f"g.progress = 'in_session' OR tstzrange(g.planned_start, g.planned_end, '[)') && {_WITHIN}")
_OF_LEGS = _Kind(_LEGS, "g.state = 'under_way'")


class KnownJob(NamedTuple):
    """A live job with what is needed to name it, and the time it takes at present."""

    job: Job
    person_id: int
    person: str
    appointment_id: int
    business_date: date
    client: str
    occupied: Period
    turnaround_minutes: int


def travel_times(firm: FirmSettings) -> TravelTimes:
    """Whoever knows the way for this firm."""
    return Estimate(firm.same_zone_minutes, firm.other_zone_minutes, firm.calendar.zone)


def around(start: datetime, end: datetime) -> Period:
    """The range outside which no job can matter to one from ``start`` to ``end``, its pause included."""
    reach = timedelta(minutes=LONGEST_MINUTES)
    return period(start - reach, end + reach)


def seat_jobs(
    session: Session, people: Collection[int], *, now: datetime, within: Period | None = None, but: Collection[int] = ()
) -> dict[int, list[KnownJob]]:
    """Each therapist's live jobs as expected at ``now``, without the assignments in ``but``.

    ``within`` leaves out what lies outside it.
    """
    return _jobs(session, _OF_SEATS, people, now, within, but)


def leg_jobs(
    session: Session,
    drivers: Collection[int],
    *,
    now: datetime,
    within: Period | None = None,
    but: Collection[int] = (),
) -> dict[int, list[KnownJob]]:
    """Each driver's live trips as expected at ``now``, without the legs in ``but``."""
    return _jobs(session, _OF_LEGS, drivers, now, within, but)


def place_of(session: Session, address_id: int) -> Place | None:
    """Where an address is; None when there is no such address."""
    row = session.execute(
        planned_once(
            "SELECT d.id, l.zone_id, d.latitude, d.longitude FROM client_addresses d"
            " JOIN localities l ON l.id = d.locality_id WHERE d.id = :id"
        ),
        {"id": address_id},
    ).one_or_none()
    return None if row is None else Place(row.id, row.zone_id, row.latitude, row.longitude)


def place_in_locality(session: Session, locality_id: int) -> Place | None:
    """Somewhere in a town: an address that is not known yet. None when there is no such town."""
    zone = session.execute(planned_once("SELECT zone_id FROM localities WHERE id = :id"), {"id": locality_id}).scalar()
    return None if zone is None else Place(0, zone)


_PLACE = {
    side: attrgetter(f"{side}_address", f"{side}_zone", f"{side}_latitude", f"{side}_longitude")
    for side in ("from", "to", "at")
}


def place_in(row: Row[Any], side: str) -> Place | None:
    """Where a row says that a job begins (``from``), ends (``to``) or is (``at``); None when it does not."""
    address, zone, latitude, longitude = _PLACE[side](row)
    return None if address is None else Place(address, zone, latitude, longitude)


def _jobs(
    session: Session,
    kind: _Kind,
    people: Collection[int],
    now: datetime,
    within: Period | None,
    but: Collection[int],
) -> dict[int, list[KnownJob]]:
    statement = kind.statement
    values: dict[str, Any] = {"people": sorted(people)}
    if within is not None:
        statement += f" AND (g.occupied && {_WITHIN} OR {kind.goes_on})"
        values |= {"within_from": within.lower, "within_to": within.upper}
    found: dict[int, list[KnownJob]] = {person: [] for person in people}
    least = now + timedelta(minutes=firm_settings(session).overrun_step_minutes)
    rows = [row for row in session.execute(planned_once(statement), values).all() if row.id not in but]
    where = _ends_of_trips(session, rows) if kind is _OF_LEGS else _at_one_place
    for row in rows:
        found[row.person_id].append(_known(row, where(row), now, least))
    return found


class _Where(NamedTuple):
    """At whose place a job is, and where it begins and ends."""

    client: str
    origin: Place | None
    destination: Place | None


def _at_one_place(row: Row[Any]) -> _Where:
    place = place_in(row, "to")
    return _Where(row.client, place, place)


def _ends_of_trips(session: Session, rows: Collection[Row[Any]]) -> Callable[[Row[Any]], _Where]:
    """Where these trips begin and end; asked for apart, as most who are looked at have no trip."""
    visits = {visit for row in rows for visit in (row.from_appointment_id, row.to_appointment_id)} - {None}
    stops = {stop.id: stop for stop in session.execute(_STOPS, {"visits": sorted(visits)})} if visits else {}

    def where(row: Row[Any]) -> _Where:
        start, end = row.from_appointment_id, row.to_appointment_id
        return _Where(
            client=stops[end or start].client,
            origin=place_in(stops[start], "at") if start else None,
            destination=place_in(stops[end], "at") if end else None,
        )

    return where


def _known(row: Row[Any], where: _Where, now: datetime, least: datetime) -> KnownJob:
    length = row.ends - row.starts + timedelta(minutes=row.extension_minutes)
    start, end = row.starts, row.ends
    if row.began is not None:
        start = min(start, row.began)
        if row.running:
            end = max(end, row.began + length)
    if end <= now:
        # Over its time and nobody has said that it ended: it goes on, and a little longer than this very minute.
        end = max(end, least)
    job = Job(
        id=row.id,
        start=start,
        end=end,
        buffer_minutes=row.buffer_minutes,
        origin=where.origin,
        destination=where.destination,
        begun=row.running,
    )
    taken = period(row.taken_from, row.taken_to)
    return KnownJob(
        job,
        row.person_id,
        row.person,
        row.appointment_id,
        row.business_date,
        where.client,
        taken,
        row.turnaround_minutes,
    )
