"""Finding anything from anywhere: a visit by its number or by who is in it, a client, somebody of the staff."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.clients.queries import ClientHit, search
from guitara_app.clients.rules import folded, search_terms, shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_EACH = 6
_NUMBER = re.compile(r"#?\s*([0-9]{1,18})")

_VISIT = """
SELECT a.id, a.state, a.starts_at, a.business_date, c.name AS client,
  (SELECT string_agg(DISTINCT p.name, ', ') FROM assignments g JOIN people p ON p.id = g.person_id
   WHERE g.appointment_id = a.id AND g.answer IN ('offered', 'accepted', 'released')) AS people
FROM appointments a JOIN clients c ON c.id = a.client_id
"""
# OFFSET 0: the evening's few visits are read first, by an index for each kind, and only their clients are looked at.
_EVENING = """
SELECT b.id, e.search FROM appointments b JOIN clients e ON e.id = b.client_id
WHERE b.id = ANY(ARRAY(SELECT id FROM appointments WHERE business_date = :tonight
  UNION SELECT id FROM appointments WHERE closed_at IS NULL AND business_date < :tonight
  AND starts_at < CAST(:tonight AS date) + 1)) OFFSET 0
"""
_ON_IT = """
EXISTS (SELECT FROM assignments g WHERE g.appointment_id = v.id AND g.person_id = ANY(:people)
  AND g.answer IN ('offered', 'accepted', 'released'))
OR EXISTS (SELECT FROM legs t WHERE (t.to_appointment_id = v.id OR t.from_appointment_id = v.id)
  AND t.driver_id = ANY(:people))
"""


class VisitHit(NamedTuple):
    """A visit that was found."""

    id: int
    client: str
    people: str
    when: str
    state: str


class PersonHit(NamedTuple):
    """Somebody of the staff who was found."""

    id: int
    name: str
    role: str
    phone: str


class Found(NamedTuple):
    """What was found, each kind with the likeliest first."""

    visits: list[VisitHit]
    clients: list[ClientHit]
    people: list[PersonHit]


def find_everywhere(session: Session, typed: str, *, now: datetime) -> Found:
    """Whatever fits what was typed; visits by number, then tonight's, then what is ahead or was last."""
    terms = search_terms(typed.replace("#", " "))
    if not terms:
        return Found([], [], [])
    people = _people(session, terms)
    clients = search(session, typed, limit=_EACH)
    visits = _visits(session, typed, terms, clients, [person.id for person in people], now=now)
    return Found(visits, clients, people)


def _people(session: Session, terms: Sequence[str]) -> list[PersonHit]:
    if max(len(term) for term in terms) < 2:
        return []
    # Some hundreds at most, so their names are compared here, as the clients' are in the database.
    rows = session.execute(
        text("SELECT id, name, username, role, phone FROM people WHERE disabled_at IS NULL ORDER BY name, id")
    )
    found = [row for row in rows if all(_in_person(term, row) for term in terms)]
    found.sort(key=lambda row: not folded(row.name).startswith(terms[0]))
    return [PersonHit(row.id, row.name, row.role, shown_phone(row.phone or "")) for row in found[:_EACH]]


def _in_person(term: str, row: Row[Any]) -> bool:
    if term.lstrip("+").isdecimal() and len(term) > 2:
        return term.removeprefix("0") in (row.phone or "")
    return any(word.startswith(term) for word in f"{folded(row.name)} {row.username} {row.role}".split())


def _visits(
    session: Session,
    typed: str,
    terms: Sequence[str],
    clients: Collection[ClientHit],
    people: Collection[int],
    *,
    now: datetime,
) -> list[VisitHit]:
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    found: dict[int, Row[Any]] = {}

    def add(where: str, order: str, **values: object) -> None:
        if len(found) < _EACH:
            statement = text(f"{_VISIT} WHERE {where} ORDER BY {order} LIMIT :limit")
            found.update({row.id: row for row in session.execute(statement, {**values, "limit": _EACH})})

    if numbered := _NUMBER.fullmatch(typed.strip()):
        add("a.id = :id", "a.id", id=int(numbered[1]))
    if max(len(term) for term in terms) < 2:
        return [_hit(row, calendar, tonight) for row in found.values()]
    parts = {f"part{number}": f"%{_like(term)}%" for number, term in enumerate(terms)}
    of_client = " AND ".join(f"v.search LIKE :{name}" for name in parts)
    add(
        f"a.id IN (SELECT v.id FROM ({_EVENING}) v WHERE ({of_client}) OR"  # noqa: S608
        f" (cardinality(CAST(:people AS bigint[])) > 0 AND ({_ON_IT})))",
        "a.closed_at IS NOT NULL, a.starts_at, a.id",
        tonight=tonight,
        people=list(people),
        **parts,
    )
    add(
        "a.id IN (SELECT v.id FROM unnest(CAST(:clients AS bigint[])) x (id), LATERAL"
        " (SELECT id FROM appointments b WHERE b.client_id = x.id ORDER BY b.starts_at DESC LIMIT 2) v)",
        "a.starts_at DESC, a.id",
        clients=[client.id for client in clients],
    )
    add(
        "a.id IN (SELECT g.appointment_id FROM assignments g WHERE g.person_id = ANY(:people)"
        " AND g.planned_start >= :now AND g.answer IN ('offered', 'accepted') ORDER BY g.planned_start LIMIT :limit)",
        "a.starts_at, a.id",
        people=list(people),
        now=now,
    )
    return [_hit(row, calendar, tonight) for row in list(found.values())[:_EACH]]


def _hit(row: Row[Any], calendar: Calendar, tonight: date) -> VisitHit:
    evening = "tonight" if row.business_date == tonight else calendar.evening_label(row.business_date)
    when = f"{evening} {calendar.clock_label(row.starts_at, row.business_date)}"
    return VisitHit(row.id, row.client, row.people or "", when, row.state)


def _like(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
