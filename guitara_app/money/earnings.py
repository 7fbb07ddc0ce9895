"""What a therapist has earned, from what clients have paid."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import pesos
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.money.rules import commission

# A place that was called off for safety earns nothing; whoever extended shares the extension by the minutes.
_PAID = """
SELECT g.person_id, v.id AS visit_id, v.business_date AS day, p.amount, p.extension, w.among,
  g.extension_minutes AS mine, w.everybodys
FROM assignments g JOIN appointments v ON v.id = g.appointment_id
CROSS JOIN LATERAL (SELECT sum(y.amount) AS amount, sum(y.extension_amount) AS extension FROM payments y
  WHERE y.appointment_id = v.id AND y.kind <> 'write_off') p
CROSS JOIN LATERAL (SELECT count(*) AS among, sum(o.extension_minutes) AS everybodys FROM assignments o
  WHERE o.appointment_id = v.id AND {worked}) w
WHERE {mine} AND v.business_date BETWEEN :first AND :day
  AND g.planned_start >= CAST(:first AS date) - 1 AND p.amount IS NOT NULL
"""
_WORKED = "{0}.progress = 'ended' AND {0}.answer = 'released' AND {0}.ended_early IS DISTINCT FROM 'safety'"
_STATEMENT = _PAID.format(worked=_WORKED.format("o"), mine=_WORKED.format("g"))
_STATEMENT_OF = f"{_STATEMENT} AND g.person_id = ANY(:people)"
_ALIKE = (
    f"SELECT person_id, amount, extension, among, mine, everybodys, count(*) AS visits FROM ({_STATEMENT}) paid"  # noqa: S608
    " GROUP BY 1, 2, 3, 4, 5, 6"
)


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


def earned_by_each(session: Session, first: date, last: date) -> dict[int, Decimal]:
    """What every therapist has earned in these business days, by their number.

    Visits that were paid alike are counted once, and taken as often as there are: of a year it is quicker so.
    """
    share = firm_settings(session).commission_share
    found: dict[int, Decimal] = {}
    for row in session.execute(planned_once(_ALIKE), {"first": first, "day": last}):
        found[row.person_id] = found.get(row.person_id, Decimal(0)) + row.visits * _commission(row, share)
    return found


def shares(session: Session, first: date, last: date, people: Collection[int]) -> list[Share]:
    """What each of these therapists has earned of each visit of these business days that was paid."""
    share = firm_settings(session).commission_share
    rows = session.execute(planned_once(_STATEMENT_OF), {"people": sorted(people), "first": first, "day": last})
    return [Share(row.person_id, row.visit_id, row.day, _commission(row, share)) for row in rows]


def _commission(row: Row[Any], share: Decimal) -> Decimal:
    extended = Decimal(row.mine) / row.everybodys if row.everybodys else Decimal(1) / row.among
    return commission((row.amount, row.extension), share, row.among, extended)


def earned(session: Session, people: Collection[int], *, now: datetime) -> dict[int, Earned]:
    """What each of ``people`` has earned in the business day of ``now`` and in its week, which begins on Monday."""
    day = firm_settings(session).calendar.business_date(now)
    paid: dict[int, list[Share]] = {person: [] for person in people}
    for share in shares(session, day - timedelta(days=day.weekday()), day, people):
        paid[share.person_id].append(share)
    return {person: _earned(theirs, day) for person, theirs in paid.items()}


def _earned(paid: list[Share], day: date) -> Earned:
    tonight = [share.amount for share in paid if share.day == day]
    return Earned(
        tonight=pesos(sum(tonight, Decimal(0))),
        week=pesos(sum((share.amount for share in paid), Decimal(0))),
        visits_tonight=len(tonight),
        visits_week=len(paid),
    )
