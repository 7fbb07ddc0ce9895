"""How work was shared, read from what really happened."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.orm import Session

from guitara_app.firm.queries import firm_settings
from guitara_app.kit import cache
from guitara_app.kit.database import reading
from guitara_app.kit.events import evening_topic
from guitara_app.kit.statements import text
from guitara_app.money.earnings import earned_by_each, shares
from guitara_app.reports.rules import Facts, check_range, load_of, minutes, until_now
from guitara_app.reports.views import VisitBehind, Workload

_PLACES = text(
    "SELECT g.person_id, a.id AS visit_id, a.business_date, g.answer, g.offered_at, g.answered_at,"
    " g.session_started_at AS begins, g.session_ended_at AS over,"
    " (SELECT string_agg(s.name, ' + ' ORDER BY x.id) FROM appointment_services x"
    "  JOIN services s ON s.id = x.service_id WHERE x.appointment_id = a.id) AS services"
    " FROM appointments a JOIN assignments g ON g.appointment_id = a.id WHERE a.business_date BETWEEN :first AND :last"
    " AND (CAST(:person AS bigint) IS NULL OR g.person_id = :person) ORDER BY a.starts_at, g.id"
)
# A trip from one client straight to the next counts once, where it leads; it names a rider's places at both.
_LEGS = (
    "WITH trips AS (SELECT t.*, a.id AS visit_id, a.business_date AS evening FROM appointments a JOIN legs t"
    "  ON t.to_appointment_id = a.id WHERE a.business_date BETWEEN :first AND :last"
    " UNION ALL SELECT t.*, a.id, a.business_date FROM appointments a JOIN legs t"
    "  ON t.from_appointment_id = a.id AND t.to_appointment_id IS NULL WHERE a.business_date BETWEEN :first AND :last)"
)


def _of_trips(select: str) -> TextClause:
    return text(_LEGS + select)


_RIDES = _of_trips(
    " SELECT g.person_id, t.visit_id, t.departed_at AS begins, coalesce(t.arrived_at, t.finished_at) AS over"
    " FROM trips t JOIN leg_passengers r ON r.leg_id = t.id JOIN assignments g ON g.id = r.assignment_id"
    " AND g.appointment_id = t.visit_id WHERE t.departed_at IS NOT NULL"
    " AND (CAST(:person AS bigint) IS NULL OR g.person_id = :person)"
)
_TRIPS = _of_trips(
    " SELECT t.driver_id AS person_id, t.visit_id, t.evening AS business_date, t.departed_at AS begins,"
    " t.finished_at AS over, t.to_appointment_id IS NOT NULL AS outbound FROM trips t"
    " WHERE t.departed_at IS NOT NULL AND t.driver_id IS NOT NULL"
    " AND (CAST(:person AS bigint) IS NULL OR t.driver_id = :person) ORDER BY t.departed_at, t.id"
)
_OFFERS = _of_trips(
    " SELECT o.driver_id AS person_id, t.visit_id, t.evening AS business_date, o.answer, o.offered_at,"
    " o.answered_at FROM trips t JOIN leg_offers o ON o.leg_id = t.id"
    " WHERE (CAST(:person AS bigint) IS NULL OR o.driver_id = :person) ORDER BY o.offered_at, o.id"
)
# All of it in one statement: of a year, the spans alone are half a million, too many to be carried here and counted.
_SOURCES = """
WITH visits AS MATERIALIZED (SELECT id FROM appointments WHERE business_date BETWEEN :first AND :last),
places AS MATERIALIZED (
  SELECT g.id, g.person_id, v.id AS visit_id, g.answer, g.offered_at, g.answered_at, g.session_started_at,
    g.session_ended_at FROM visits v JOIN assignments g ON g.appointment_id = v.id),
trips AS MATERIALIZED (
  SELECT t.id, v.id AS visit_id, t.driver_id, t.departed_at, t.arrived_at, t.finished_at
  FROM visits v JOIN legs t ON t.to_appointment_id = v.id
  UNION ALL
  SELECT t.id, v.id, t.driver_id, t.departed_at, t.arrived_at, t.finished_at
  FROM visits v JOIN legs t ON t.from_appointment_id = v.id AND t.to_appointment_id IS NULL),
answers AS (
  SELECT person_id, answer, offered_at, answered_at FROM places
  UNION ALL
  SELECT o.driver_id, o.answer, o.offered_at, o.answered_at FROM trips t JOIN leg_offers o ON o.leg_id = t.id),
said AS (
  SELECT person_id, count(*) FILTER (WHERE answer = ANY(:refused)) AS refused,
    array_agg(CAST(floor(date_part('epoch', answered_at - offered_at)) AS int))
      FILTER (WHERE answered_at >= offered_at) AS waits
  FROM answers GROUP BY 1),
spans AS (
  SELECT person_id, 'shift' AS kind, lower(period) AS begins, upper(period) AS over
  FROM shifts WHERE business_date BETWEEN :first AND :last
  UNION ALL
  SELECT person_id, 'work', session_started_at, session_ended_at FROM places WHERE session_started_at IS NOT NULL
  UNION ALL
  SELECT driver_id, 'work', departed_at, finished_at FROM trips
  WHERE departed_at IS NOT NULL AND driver_id IS NOT NULL
  UNION ALL
  SELECT p.person_id, 'travel', t.departed_at, coalesce(t.arrived_at, t.finished_at)
  FROM trips t JOIN leg_passengers r ON r.leg_id = t.id
  JOIN places p ON p.id = r.assignment_id AND p.visit_id = t.visit_id WHERE t.departed_at IS NOT NULL)"""


def _minutes_in(spans: str) -> str:
    length = "coalesce(sum(extract(epoch FROM upper(one) - lower(one))), 0)"
    return f"(SELECT CAST({length} / 60 AS int) FROM unnest({spans}) AS one)"  # noqa: S608


# Each moment counts once, as far as it has come, by whole minutes (``rules.until_now``).
COUNTED = f"""
cut AS (
  SELECT person_id, kind, date_bin('1 minute', begins, 'epoch') AS begins,
    date_bin('1 minute', least(over, :now), 'epoch') AS over FROM spans),
merged AS (
  SELECT person_id, count(*) FILTER (WHERE kind = 'work') AS jobs,
    range_agg(CASE WHEN begins < over AND kind = 'shift' THEN tstzrange(begins, over) END) AS shift,
    range_agg(CASE WHEN begins < over AND kind = 'work' THEN tstzrange(begins, over) END) AS work,
    range_agg(CASE WHEN begins < over AND kind = 'travel' THEN tstzrange(begins, over) END) AS travel
  FROM cut GROUP BY 1),
counted AS (
  SELECT person_id, jobs, {_minutes_in("shift")} AS on_shift, {_minutes_in("work")} AS worked,
    {_minutes_in("travel")} AS travel,
    {_minutes_in("shift - coalesce(work, '{}') - coalesce(travel, '{}')")} AS idle FROM merged)
"""  # noqa: S608
_FACTS = text(f"""{_SOURCES}, {COUNTED}
SELECT coalesce(c.person_id, s.person_id) AS person_id, coalesce(c.on_shift, 0) AS on_shift,
  coalesce(c.worked, 0) AS worked, coalesce(c.travel, 0) AS travel, coalesce(c.idle, 0) AS idle,
  coalesce(c.jobs, 0) AS jobs, coalesce(s.refused, 0) AS refused, coalesce(s.waits, '{{}}') AS waits
FROM counted c FULL JOIN said s ON s.person_id = c.person_id
""")  # noqa: S608
_PEOPLE = text(
    "SELECT id, name, role FROM people WHERE role IN ('therapist', 'driver')"
    " AND (disabled_at IS NULL OR id = ANY(:seen)) ORDER BY role DESC, name, id"
)
_REFUSED = ("rejected", "withdrawn", "declined")


def kept_workload(first: date, last: date, *, now: datetime) -> Workload:
    """The workload, made once for all who ask until something of it changes, for five minutes at most. Blocking.

    Raises:
        Invalid: the evenings cannot be counted; ``field`` is first or last.
    """
    with reading() as session:
        check_range(first, last, firm_settings(session).calendar.business_date(now))

    def make() -> Workload:
        with reading() as session:
            return workload(session, first, last, now=now)

    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    topics = [*(evening_topic(day) for day in days), *(f"shifts:{day.toordinal()}" for day in days), "accounts", "firm"]
    return cache.kept("workload", first.isoformat(), last.isoformat(), topics=topics, make=make, shape=Workload)


def workload(session: Session, first: date, last: date, *, now: datetime) -> Workload:
    """Everybody's figures of these business days; whoever has left is there when they worked in them."""
    facts = _facts(session, first, last, now)
    people = session.execute(_PEOPLE, {"seen": sorted(facts)})
    return Workload(
        first=first.isoformat(),
        last=last.isoformat(),
        read_at=firm_settings(session).calendar.moment_label(now),
        rows=[load_of(row.id, row.name, row.role, facts.get(row.id, Facts())) for row in people],
    )


def visits_behind(session: Session, person_id: int, first: date, last: date, *, now: datetime) -> list[VisitBehind]:
    """The visits and trips that one person's figures are made of, by start. Their minutes come to the figures."""
    values = _values(first, last, person_id)
    earned = {share.visit_id: share.amount for share in shares(session, first, last, [person_id])}
    rides: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in session.execute(_RIDES, values):
        rides[row.visit_id] += until_now(row.begins, row.over, now)
    found = [
        VisitBehind(
            visit_id=row.visit_id,
            evening=_evening(row.business_date),
            what=row.services or "Visit",
            worked=minutes(until_now(row.begins, row.over, now)) if row.begins else 0,
            travel=minutes(rides.pop(row.visit_id, [])),
            earned=earned.pop(row.visit_id, None),
            answer=row.answer,
            wait=_wait(row),
        )
        for row in session.execute(_PLACES, values)
    ]
    found += [
        VisitBehind(
            visit_id=row.visit_id,
            evening=_evening(row.business_date),
            what="Way there" if row.outbound else "Way back",
            worked=minutes(until_now(row.begins, row.over, now)),
            travel=None,
            earned=None,
            answer="done" if row.over else "under_way",
            wait=None,
        )
        for row in session.execute(_TRIPS, values)
    ]
    found += [
        VisitBehind(
            visit_id=row.visit_id,
            evening=_evening(row.business_date),
            what="Asked to drive",
            worked=0,
            travel=None,
            earned=None,
            answer=row.answer,
            wait=_wait(row),
        )
        for row in session.execute(_OFFERS, values)
    ]
    return found


def _facts(session: Session, first: date, last: date, now: datetime) -> dict[int, Facts]:
    refused = list(_REFUSED)
    facts: dict[int, Facts] = defaultdict(Facts)
    for row in session.execute(_FACTS, {"first": first, "last": last, "now": now, "refused": refused}):
        facts[row.person_id] = Facts(
            on_shift=row.on_shift,
            worked=row.worked,
            travel=row.travel,
            idle=row.idle,
            jobs=row.jobs,
            refused=row.refused,
            waits=row.waits,
        )
    for person, amount in earned_by_each(session, first, last).items():
        facts[person].earned = amount
    return dict(facts)


def _wait(row: Any) -> int | None:
    if row.answered_at is None or row.answered_at < row.offered_at:
        return None
    return int((row.answered_at - row.offered_at).total_seconds())


def _evening(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _values(first: date, last: date, person: int | None) -> dict[str, Any]:
    return {"first": first, "last": last, "person": person}
