"""What must be true of the data at any moment, each as one statement that finds where it is not.

The audit leans on no constraint of the database: it would also see what came in while one was missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import Seat, Visit, derive_state
from guitara_app.appointments.words import Answer, AppointmentState, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text

# What the statements below share. NOT MATERIALIZED lets each use the indexes of the tables.
_WORDS = """
WITH live_seat AS NOT MATERIALIZED (
  SELECT * FROM assignments WHERE answer IN ('offered', 'accepted') AND released_at IS NULL),
live_leg AS NOT MATERIALIZED (SELECT * FROM legs WHERE state IN ('offered', 'accepted', 'under_way'))
"""


class Finding(NamedTuple):
    """One thing that is not as it must be."""

    audit: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """A rule and the statement that finds what breaks it: rows of ``subject`` and ``detail``.

    With ``judge`` the statement only fetches, and ``judge`` says what is wrong with a row (empty when nothing is).
    """

    name: str
    sentence: str
    statement: str
    judge: Callable[[Row[Any]], str] | None = None


def run_audits(session: Session, *, only: Collection[str] = ()) -> list[Finding]:
    """Everything that is not as it must be, in the order of ``AUDITS``; of those named in ``only``, if any are."""
    session.execute(text("SET LOCAL statement_timeout = '10min'"))
    values = {"zone": firm_settings(session).timezone}
    wanted = [audit for audit in AUDITS if not only or audit.name in only]
    return [finding for audit in wanted for finding in _findings(session, audit, values)]


def _findings(session: Session, audit: Audit, values: dict[str, str]) -> Iterable[Finding]:
    needed = {name: value for name, value in values.items() if f":{name}" in audit.statement}
    for row in session.execute(text(_WORDS + audit.statement), needed).yield_per(5_000):
        detail = audit.judge(row) if audit.judge else row.detail
        if detail:
            yield Finding(audit.name, row.subject, detail)


def _derived(row: Row[Any]) -> str:
    places = row.seats or ()
    seats = tuple(Seat(Answer(seat["answer"]), Progress(seat["progress"]), seat["undecided"]) for seat in places)
    worked = [seat for seat in places if (seat["answer"], seat["progress"]) == (Answer.RELEASED, Progress.ENDED)]
    follows = derive_state(
        Visit(
            reached=AppointmentState(row.state),
            driver_needed=row.driver_needed,
            seats=seats,
            driver_accepted=row.driver_accepted,
            payment_requested=any(seat["asked"] for seat in places),
            paid=row.paid,
            materials_reported=bool(worked) and all(seat["reported"] for seat in worked),
        )
    )
    return "" if follows == row.state else f"is {row.state}, but its rows say {follows}"


AUDITS: tuple[Audit, ...] = (
    Audit(
        "therapists twice",
        "No therapist has two live jobs at once.",
        """
SELECT p.name AS subject, format('visits #%s and #%s overlap', a.appointment_id, b.appointment_id) AS detail
FROM live_seat a JOIN live_seat b ON b.person_id = a.person_id AND b.id > a.id AND b.occupied && a.occupied
JOIN people p ON p.id = a.person_id
""",
    ),
    Audit(
        "drivers twice",
        "No driver has two live trips at once.",
        """
SELECT p.name AS subject, format('trips %s and %s overlap', a.id, b.id) AS detail
FROM live_leg a JOIN live_leg b ON b.driver_id = a.driver_id AND b.id > a.id AND b.occupied && a.occupied
JOIN people p ON p.id = a.driver_id
""",
    ),
    Audit(
        "one thing at a time",
        "Nobody is in two sessions, and no driver on two trips, at the same moment.",
        """
SELECT p.name AS subject, format('%s %s at once', x.many, x.what) AS detail FROM (
  SELECT person_id, count(*) AS many, 'sessions' AS what FROM assignments WHERE progress = 'in_session'
  GROUP BY 1 HAVING count(*) > 1
  UNION ALL
  SELECT driver_id, count(*), 'trips' FROM legs WHERE state = 'under_way' GROUP BY 1 HAVING count(*) > 1
) x JOIN people p ON p.id = x.person_id
""",
    ),
    Audit(
        "same person twice",
        "Nobody has two live places in one visit.",
        """
SELECT format('visit #%s', appointment_id) AS subject, format('person %s twice', person_id) AS detail
FROM live_seat GROUP BY appointment_id, person_id HAVING count(*) > 1
""",
    ),
    Audit(
        "time taken",
        "Whatever takes somebody's time has a beginning, an end, and something between them.",
        """
SELECT format('visit #%s', appointment_id) AS subject, format('place %s has no proper range', id) AS detail
FROM live_seat WHERE isempty(occupied) OR isfinite(lower(occupied)) IS NOT TRUE OR isfinite(upper(occupied)) IS NOT TRUE
UNION ALL
SELECT format('trip %s', id), 'has no proper range, or no driver' FROM live_leg
WHERE driver_id IS NULL OR isempty(occupied) IS NOT FALSE OR isfinite(lower(occupied)) IS NOT TRUE
  OR isfinite(upper(occupied)) IS NOT TRUE
""",
    ),
    Audit(
        "state follows",
        "A visit's state is the one that follows from its places, trips and payments.",
        """
SELECT format('visit #%s', a.id) AS subject, a.state, a.driver_needed, g.seats,
  EXISTS (SELECT FROM payments y WHERE y.appointment_id = a.id) AS paid, coalesce(t.accepted, false) AS driver_accepted
FROM appointments a
LEFT JOIN LATERAL (SELECT json_agg(json_build_object('answer', g.answer, 'progress', g.progress,
    'asked', g.payment_requested_at IS NOT NULL, 'reported', g.materials_reported_at IS NOT NULL, 'undecided',
    EXISTS (SELECT FROM reviews r WHERE r.assignment_id = g.id AND r.decision IS NULL))) AS seats
  FROM assignments g WHERE g.appointment_id = a.id) g ON true
LEFT JOIN LATERAL (SELECT bool_and(t.state IN ('accepted', 'under_way', 'done')) AS accepted FROM legs t
  WHERE t.to_appointment_id = a.id AND t.state <> 'cancelled') t ON true
WHERE a.state NOT IN ('cancelled', 'expired', 'no_show')
""",
        _derived,
    ),
    Audit(
        "closed is closed",
        "A visit that is over takes nobody's time and has no trip to it left open.",
        """
SELECT format('visit #%s', a.id) AS subject, format('is %s, with place %s still live', a.state, g.id) AS detail
FROM appointments a JOIN live_seat g ON g.appointment_id = a.id WHERE a.closed_at IS NOT NULL
UNION ALL
SELECT format('visit #%s', a.id), format('is %s, with trip %s to it still %s', a.state, t.id, t.state)
FROM appointments a JOIN legs t ON t.to_appointment_id = a.id AND t.state NOT IN ('done', 'cancelled')
WHERE a.closed_at IS NOT NULL
UNION ALL
SELECT format('visit #%s', id), format('is %s, and closed_at does not fit', state) FROM appointments
WHERE (closed_at IS NOT NULL) <> (state IN ('completed', 'cancelled', 'expired', 'no_show'))
""",
    ),
    Audit(
        "steps in order",
        "What happened to a therapist happened in order, and each step has its time.",
        """
SELECT format('visit #%s', appointment_id) AS subject, format('place %s: %s', id, progress) AS detail FROM assignments
WHERE (progress IN ('in_session', 'ended') AND session_started_at IS NULL)
  OR (progress = 'ended') <> (session_ended_at IS NOT NULL) OR session_ended_at < session_started_at
  OR (progress = 'in_transit' AND departed_at IS NULL) OR arrived_at < departed_at
  OR dropped_off_at < arrived_at OR session_started_at < dropped_off_at
""",
    ),
    Audit(
        "released",
        "Who was released has the time of it, and takes no time after it.",
        """
SELECT format('visit #%s', appointment_id) AS subject, format('place %s: %s', id, answer) AS detail FROM assignments
WHERE (answer = 'released') <> (released_at IS NOT NULL) OR upper(occupied) > released_at + interval '1 minute'
""",
    ),
    Audit(
        "groups go by car",
        "A driven group, and a visit that needs a car, has a driver with a car.",
        """
SELECT format('visit #%s', a.id) AS subject, format('trip %s goes by %s', t.id, coalesce(p.vehicle, '?')) AS detail
FROM appointments a JOIN live_leg t ON t.to_appointment_id = a.id JOIN people p ON p.id = t.driver_id
WHERE a.closed_at IS NULL AND p.vehicle IS DISTINCT FROM 'car'
  AND (a.car_needed OR (SELECT count(*) FROM live_seat g WHERE g.appointment_id = a.id) > 1)
UNION ALL
SELECT format('visit #%s', id), 'needs a car, and no driver' FROM appointments WHERE car_needed AND NOT driver_needed
""",
    ),
    Audit(
        "right people",
        "Therapists go, drivers drive.",
        """
SELECT p.name AS subject, format('a %s has visit #%s', p.role, g.appointment_id) AS detail
FROM live_seat g JOIN people p ON p.id = g.person_id WHERE p.role <> 'therapist'
UNION ALL
SELECT p.name, format('a %s drives trip %s', p.role, t.id)
FROM live_leg t JOIN people p ON p.id = t.driver_id WHERE p.role <> 'driver'
""",
    ),
    Audit(
        "disabled people",
        "Whose account is disabled has no work ahead and no open session.",
        """
SELECT p.name AS subject, format('still has visit #%s ahead', g.appointment_id) AS detail
FROM people p JOIN live_seat g ON g.person_id = p.id AND lower(g.occupied) > now() WHERE p.disabled_at IS NOT NULL
UNION ALL
SELECT p.name, format('still has trip %s ahead', t.id)
FROM people p JOIN live_leg t ON t.driver_id = p.id AND lower(t.occupied) > now() WHERE p.disabled_at IS NOT NULL
UNION ALL
SELECT p.name, 'is still signed in' FROM people p WHERE p.disabled_at IS NOT NULL AND EXISTS (
  SELECT FROM login_sessions s WHERE s.person_id = p.id AND s.ended_at IS NULL AND s.expires_at > now())
""",
    ),
    Audit(
        "offers",
        "Who is asked has a time to answer by; a trip that is offered has exactly one open question.",
        """
SELECT format('visit #%s', appointment_id) AS subject, format('place %s has no due time', id) AS detail
FROM assignments WHERE answer = 'offered' AND due_at IS NULL
UNION ALL
SELECT format('trip %s', t.id), format('is %s, with %s open questions', t.state, o.many)
FROM legs t JOIN LATERAL (SELECT count(*) AS many FROM leg_offers o WHERE o.leg_id = t.id AND o.answer = 'open') o
  ON o.many <> CASE t.state WHEN 'offered' THEN 1 ELSE 0 END
""",
    ),
    Audit(
        "visits are whole",
        "Every visit has services and somebody who was asked to go.",
        """
SELECT format('visit #%s', a.id) AS subject, 'has no service, or nobody on it' AS detail FROM appointments a
WHERE NOT EXISTS (SELECT FROM appointment_services s WHERE s.appointment_id = a.id)
  OR NOT EXISTS (SELECT FROM assignments g WHERE g.appointment_id = a.id)
""",
    ),
    Audit(
        "business day",
        "A visit belongs to the evening it starts in, and its trips with it.",
        """
SELECT format('visit #%s', id) AS subject, format('starts %s, kept under %s', starts_at, business_date) AS detail
FROM appointments WHERE CAST(starts_at AT TIME ZONE :zone AS date) - business_date NOT IN (0, 1)
UNION ALL
SELECT format('trip %s', t.id), format('kept under %s, its visit under %s', t.business_date, a.business_date)
FROM legs t JOIN appointments a ON a.id = coalesce(t.to_appointment_id, t.from_appointment_id)
WHERE t.business_date <> a.business_date
""",
    ),
    Audit(
        "money",
        "A visit is paid when, and only when, a payment is recorded.",
        """
SELECT format('visit #%s', a.id) AS subject, format('is %s, %s a payment', a.state,
  CASE WHEN a.state IN ('paid', 'completed') THEN 'without' ELSE 'with' END) AS detail
FROM appointments a WHERE a.state NOT IN ('cancelled', 'expired', 'no_show') AND (a.state IN ('paid', 'completed'))
  <> EXISTS (SELECT FROM payments y WHERE y.appointment_id = a.id)
""",
    ),
    Audit(
        "stock adds up",
        "An item's counters are the sum of its movements, and none is below zero.",
        """
SELECT i.name AS subject, format('counters %s/%s/%s, movements %s/%s/%s', i.available, i.in_use, i.empty,
  m.available, m.in_use, m.empty) AS detail
FROM items i JOIN LATERAL (SELECT coalesce(sum(available_change), 0) AS available,
    coalesce(sum(in_use_change), 0) AS in_use, coalesce(sum(empty_change), 0) AS empty
  FROM stock_movements WHERE item_id = i.id) m ON true
WHERE (i.available, i.in_use, i.empty) <> (m.available, m.in_use, m.empty)
  OR least(i.available, i.in_use, i.empty) < 0
""",
    ),
    Audit(
        "bags",
        "Whatever is in use is in the bag of somebody on a visit that is not over, and nobody holds less than nothing.",
        """
SELECT format('visit #%s', m.appointment_id) AS subject, format('is %s, with %s of item %s still out with place %s',
  a.state, m.many, m.item_id, m.assignment_id) AS detail
FROM (SELECT appointment_id, assignment_id, item_id, sum(in_use_change) AS many FROM stock_movements
  WHERE appointment_id IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(in_use_change) <> 0) m
JOIN appointments a ON a.id = m.appointment_id WHERE a.closed_at IS NOT NULL OR m.many < 0
UNION ALL
SELECT i.name, format('%s in use, %s in bags', i.in_use, coalesce(m.many, 0)) FROM items i
LEFT JOIN (SELECT item_id, sum(in_use_change) AS many FROM stock_movements WHERE appointment_id IS NOT NULL
  GROUP BY 1) m ON m.item_id = i.id WHERE i.in_use <> coalesce(m.many, 0)
""",
    ),
    Audit(
        "events told",
        "Every change reached the browsers within a minute.",
        """
SELECT format('event %s', id) AS subject, format('%s, recorded %s, not published', kind, recorded_at) AS detail
FROM events WHERE published_at IS NULL AND recorded_at < now() - interval '1 minute'
""",
    ),
    Audit(
        "phones",
        "Every phone is kept in the international form.",
        """
SELECT format('client %s', id) AS subject, 'has a phone that is not +country number' AS detail
FROM clients WHERE phone !~ '^[+][1-9][0-9]{6,14}$'
UNION ALL
SELECT format('person %s', id), 'has a phone that is not +country number'
FROM people WHERE phone !~ '^[+][1-9][0-9]{6,14}$'
""",
    ),
    Audit(
        "shifts",
        "Nobody has two shifts at once.",
        """
SELECT p.name AS subject, format('shifts %s and %s overlap', a.id, b.id) AS detail
FROM shifts a JOIN shifts b ON b.person_id = a.person_id AND b.id > a.id AND b.period && a.period
JOIN people p ON p.id = a.person_id
""",
    ),
)
