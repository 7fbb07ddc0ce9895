"""What a therapist has earned, from what clients have paid."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypedDict

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import pesos
from guitara_app.firm.queries import firm_settings
from guitara_app.money.rules import commission

# A place that was called off for safety earns nothing; whoever extended shares the extension by the minutes.
_PAID = """
SELECT g.person_id, v.id AS visit_id, v.business_date AS day, p.amount, p.extension,
  (SELECT count(*) FROM assignments o WHERE o.appointment_id = v.id AND {worked}) AS among,
  g.extension_minutes AS mine,
  (SELECT sum(o.extension_minutes) FROM assignments o WHERE o.appointment_id = v.id AND {worked}) AS everybodys
FROM assignments g JOIN appointments v ON v.id = g.appointment_id
CROSS JOIN LATERAL (SELECT sum(y.amount) AS amount, sum(y.extension_amount) AS extension FROM payments y
  WHERE y.appointment_id = v.id AND y.kind <> 'write_off') p
WHERE (CAST(:person AS bigint) IS NULL OR g.person_id = :person) AND {mine} AND v.business_date BETWEEN :first AND :day
  AND g.planned_start >= CAST(:first AS date) - 1 AND p.amount IS NOT NULL
"""
_WORKED = "{0}.progress = 'ended' AND {0}.answer = 'released' AND {0}.ended_early IS DISTINCT FROM 'safety'"
_STATEMENT = _PAID.format(worked=_WORKED.format("o"), mine=_WORKED.format("g"))


class Earned(TypedDict):
    """Pesos of visits that were paid, in words, and how many visits that were."""

    tonight: str
    week: str
    visits_tonight: int
    visits_week: int


class Share(NamedTuple):
    """What one therapist earned of one paid visit, in pesos."""

    person_id: int
    visit_id: int
    day: date
    amount: Decimal


def shares(session: Session, first: date, last: date, person_id: int | None = None) -> list[Share]:
    """What each therapist, or this one, has earned of each visit of these business days that was paid."""
    share = firm_settings(session).commission_share
    rows = session.execute(text(_STATEMENT), {"person": person_id, "first": first, "day": last})
    return [
        Share(
            row.person_id,
            row.visit_id,
            row.day,
            commission(
                (row.amount, row.extension),
                share,
                row.among,
                Decimal(row.mine) / row.everybodys if row.everybodys else Decimal(1) / row.among,
            ),
        )
        for row in rows
    ]


def earned(session: Session, person_id: int, *, now: datetime) -> Earned:
    """What the therapist has earned in the business day of ``now`` and in its week, which begins on Monday."""
    day = firm_settings(session).calendar.business_date(now)
    paid = shares(session, day - timedelta(days=day.weekday()), day, person_id)
    tonight = [share.amount for share in paid if share.day == day]
    return Earned(
        tonight=pesos(sum(tonight, Decimal(0))),
        week=pesos(sum((share.amount for share in paid), Decimal(0))),
        visits_tonight=len(tonight),
        visits_week=len(paid),
    )
