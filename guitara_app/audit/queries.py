"""Reading the audit trail page by page, newest first. A page ends at a number, so every row is on one and on one only.

What narrows it is asked of one index each; where several may lead to a row (who is meant by a word: somebody who acted,
a client, what was written), each is asked for its own newest rows, and the newest of all of them are the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any, TypedDict

from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from guitara_app.audit.asking import AuditAsk
from guitara_app.audit.rules import DOORS, Difference, differences, kind_words, kinds_called, told, word_query
from guitara_app.clients.queries import search
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.events import DETAIL_WORDS
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

PAGE = 50
_NAMESAKES = 50
_AT_ONCE = 2_000
_LARGEST = 2**63


class AuditRow(TypedDict):
    """One event in words, with what it links to (0 for nothing)."""

    id: int
    when: str
    recorded: str
    who: str
    what: str
    kind: str
    door: str
    about: str
    visit_id: int
    client_id: int
    reason: str
    facts: str
    changes: list[Difference]


Part = tuple[str, dict[str, Any]]


def audit_rows(session: Session, ask: AuditAsk, *, limit: int = PAGE) -> list[AuditRow]:
    """The newest ``limit`` events that fit, below ``ask.before``."""
    common, values = _common(session, ask)
    pages, count = [], 0
    for parts in product(*_branches(session, ask)):
        renamed = []
        for condition, given in parts:
            own = condition
            count += 1
            for name, value in given.items():
                own = own.replace(f":{name}", f":{name}_{count}")
                values[f"{name}_{count}"] = value
            renamed.append(own)
        where = " AND ".join([*common, *renamed])
        pages.append(f"(SELECT e.id FROM events e WHERE {where} ORDER BY e.id DESC LIMIT :limit)")  # noqa: S608
    rows = session.execute(
        text(
            f"WITH page AS (SELECT id FROM ({' UNION '.join(pages)}) found ORDER BY id DESC LIMIT :limit)"  # noqa: S608
            " SELECT e.*, a.name AS actor, o.name AS for_whom, p.name AS person, c.name AS client, d.reason, d.before,"
            " d.after FROM page JOIN events e USING (id)"
            " LEFT JOIN people a ON a.id = e.actor_id LEFT JOIN people o ON o.id = e.on_behalf_of_id"
            " LEFT JOIN people p ON p.id = e.person_id LEFT JOIN clients c ON c.id = e.client_id"
            " LEFT JOIN event_details d ON d.event_id = e.id ORDER BY e.id DESC"
        ),
        {**values, "limit": limit},
    ).all()
    calendar = firm_settings(session).calendar
    return [_row(row, calendar) for row in rows]


def all_audit_rows(session: Session, ask: AuditAsk, *, at_most: int) -> Iterator[AuditRow]:
    """Every event that fits, newest first, some at a time."""
    left = at_most
    while left > 0:
        rows = audit_rows(session, ask, limit=min(_AT_ONCE, left))
        yield from rows
        if len(rows) < min(_AT_ONCE, left):
            return
        left -= len(rows)
        ask = replace(ask, before=rows[-1]["id"])


def _common(session: Session, ask: AuditAsk) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = ["true"]
    values: dict[str, Any] = {}
    for condition, name, value in (
        ("e.kind = :kind", "kind", ask.kind),
        ("e.door = :door", "door", ask.door),
        ("e.appointment_id = :visit", "visit", ask.visit_id),
        ("e.id < :before", "before", ask.before),
    ):
        if value:
            conditions.append(condition)
            values[name] = value
    if ask.only_people:
        conditions.append("e.actor_id IS NOT NULL")
    calendar = firm_settings(session).calendar
    if ask.first:
        conditions.append("e.recorded_at >= :since")
        values["since"] = calendar.day_period(ask.first).lower
    if ask.last and ask.last < date.max - timedelta(days=2):
        conditions.append("e.recorded_at < :until")
        values["until"] = calendar.day_period(ask.last).upper
    return conditions, values


def _branches(session: Session, ask: AuditAsk) -> list[list[Part]]:
    """Each of these has to hold, in one of its ways."""
    found: list[list[Part]] = []
    if ask.person_id:
        who = {"who": ask.person_id}
        found.append([(f"e.{column} = :who", who) for column in ("actor_id", "person_id", "on_behalf_of_id")])
    if ask.client_id:
        found.append(_of_clients([ask.client_id]))
    if ask.words.strip():
        found.append(_by_words(session, ask.words.strip()[:200]))
    return found


def _of_clients(ids: list[int]) -> list[Part]:
    """What is about clients themselves, and what is about their visits."""
    visits = "SELECT id FROM appointments WHERE client_id = ANY(:clients)"
    return [
        ("e.client_id = ANY(:clients) AND e.appointment_id IS NULL", {"clients": ids}),
        (f"e.appointment_id IN ({visits})", {"clients": ids}),
    ]


def _by_words(session: Session, typed: str) -> list[Part]:
    ways: list[Part] = []
    if query := word_query(typed):
        held = f"SELECT event_id FROM event_details WHERE {DETAIL_WORDS} @@ to_tsquery('simple', :query)"  # noqa: S608
        ways.append((f"e.id IN ({held})", {"query": query}))
    if kinds := kinds_called(typed):
        ways.append(("e.kind = ANY(:kinds)", {"kinds": kinds}))
    people = session.execute(
        text("SELECT id FROM people WHERE name ILIKE :like OR username ILIKE :like ORDER BY id LIMIT :most"),
        {"like": f"%{_escaped(typed)}%", "most": _NAMESAKES},
    )
    if ids := list(people.scalars()):
        ways += [(f"e.{column} = ANY(:people)", {"people": ids}) for column in ("actor_id", "person_id")]
    if len(typed) > 2 and (clients := [hit.id for hit in search(session, typed, limit=_NAMESAKES)]):
        ways += _of_clients(clients)
    number = typed.removeprefix("#")
    if number.isascii() and number.isdecimal() and 0 < int(number[:19]) < _LARGEST:
        ways.append(("e.appointment_id = :number", {"number": int(number[:19])}))
    return ways or [("false", {})]


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")


def _row(row: Row[Any], calendar: Calendar) -> AuditRow:
    who = row.actor or ("Nobody who is signed in" if row.kind == "sign_in_failed" else "The system")
    about = [
        row.person if row.person and row.person != row.actor else "",
        row.client or "",
        f"visit #{row.appointment_id}" if row.appointment_id else "",
    ]
    return AuditRow(
        id=row.id,
        when=_moment(row.happened_at, calendar),
        recorded=_moment(row.recorded_at, calendar) if row.recorded_at - row.happened_at > _LATER else "",
        who=f"{who} for {row.for_whom}" if row.for_whom else who,
        what=kind_words(row.kind),
        kind=row.kind,
        door=DOORS.get(row.door, ""),
        about=", ".join(part for part in about if part),
        visit_id=row.appointment_id or 0,
        client_id=row.client_id or 0,
        reason=row.reason or "",
        facts=told(row.data),
        changes=differences(row.before, row.after, row.data),
    )


_LATER = timedelta(minutes=2)


def _moment(at: Any, calendar: Calendar) -> str:
    """``Mon 23 Nov 2026, 21:30:05``: one looks at what came after what."""
    local = calendar.local(at)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S}"
