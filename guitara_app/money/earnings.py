"""What a therapist has earned, from what clients have paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypedDict

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import pesos
from guitara_app.firm.queries import firm_settings
from guitara_app.money.rules import commission

# A place that was called off for safety earns nothing; whoever extended shares the extension by the minutes.
_PAID = """
SELECT v.business_date AS day, p.amount, p.extension,
  (SELECT count(*) FROM assignments o WHERE o.appointment_id = v.id AND {worked}) AS among,
  g.extension_minutes AS mine,
  (SELECT sum(o.extension_minutes) FROM assignments o WHERE o.appointment_id = v.id AND {worked}) AS everybodys
FROM assignments g JOIN appointments v ON v.id = g.appointment_id
CROSS JOIN LATERAL (SELECT sum(y.amount) AS amount, sum(y.extension_amount) AS extension FROM payments y
  WHERE y.appointment_id = v.id AND y.kind <> 'write_off') p
WHERE g.person_id = :person AND {mine} AND v.business_date BETWEEN :first AND :day
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


def earned(session: Session, person_id: int, *, now: datetime) -> Earned:
    """What the therapist has earned in the business day of ``now`` and in its week, which begins on Monday."""
    firm = firm_settings(session)
    day = firm.calendar.business_date(now)
    rows = session.execute(
        text(_STATEMENT), {"person": person_id, "first": day - timedelta(days=day.weekday()), "day": day}
    ).all()
    shares = [
        (
            row.day,
            commission(
                (row.amount, row.extension),
                firm.commission_share,
                row.among,
                Decimal(row.mine) / row.everybodys if row.everybodys else Decimal(1) / row.among,
            ),
        )
        for row in rows
    ]
    tonight = [amount for when, amount in shares if when == day]
    return Earned(
        tonight=pesos(sum(tonight, Decimal(0))),
        week=pesos(sum((amount for _, amount in shares), Decimal(0))),
        visits_tonight=len(tonight),
        visits_week=len(shares),
    )
