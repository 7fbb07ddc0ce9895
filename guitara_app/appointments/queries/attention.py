"""What waits for somebody at the desk, worst first, who is handling it, and the ways out of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries.evening import evening_visits
from guitara_app.appointments.queries.rows import VisitRow
from guitara_app.appointments.queries.series_gaps import open_gaps
from guitara_app.appointments.queries.waiting import Entry, of_visit
from guitara_app.appointments.queries.ways import SWAP, call, first_name, way
from guitara_app.appointments.queries.wishes import found_slots
from guitara_app.appointments.views import AttentionRow
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

_TONES = ("alarm", "pending", "pay")
# Within one tone, what costs most when it waits comes first.
_WORST_FIRST = (
    "panic",
    "pickup_urgent",
    "clash",
    "review",
    "pickup",
    "silent",
    "late",
    "no_driver",
    "overdue",
    "over_time",
    "due_soon",
    "wish",
    "series",
    "payment",
)


class _Claim(NamedTuple):
    person_id: int
    name: str
    claimed_at: datetime


def attention(session: Session, rows: list[VisitRow], calendar: Calendar, *, now: datetime) -> list[Entry]:
    """Alarms, reviews, answers due, clashes, silent drivers, what runs late, pick-ups and payments that wait.

    And slots that were found for somebody on the waiting list, and evenings of series that could not be booked.
    """
    found = {entry.key: entry for visit in rows for entry in of_visit(visit, calendar, now)}
    others = (
        *_alarms(session),
        *_clashes(session, calendar),
        *found_slots(session, calendar),
        *open_gaps(session, calendar),
    )
    found |= {entry.key: entry for entry in others}
    return sorted(
        found.values(),
        key=lambda entry: (_TONES.index(entry.tone), _WORST_FIRST.index(entry.kind), entry.began, entry.key),
    )


def needs_me_now(session: Session, *, now: datetime) -> dict[str, Entry]:
    """Every entry of this moment by its key."""
    calendar = firm_settings(session).calendar
    rows = evening_visits(session, calendar.business_date(now))
    return {entry.key: entry for entry in attention(session, rows, calendar, now=now)}


def claimed(session: Session, entries: Iterable[Entry]) -> list[AttentionRow]:
    """The entries as they are shown, with the names of those who handle them."""
    claims = _claims(session)
    return [_shown(entry, claims.get(entry.key)) for entry in entries]


def _claims(session: Session) -> dict[str, _Claim]:
    rows = session.execute(
        planned_once(
            "SELECT c.entry_key, c.person_id, p.name, c.claimed_at FROM attention_claims c"
            " JOIN people p ON p.id = c.person_id"
        )
    )
    return {row.entry_key: _Claim(row.person_id, row.name, row.claimed_at) for row in rows}


def _shown(entry: Entry, claim: _Claim | None) -> AttentionRow:
    # A claim from before belongs to an earlier round of the same place or trip, which has been settled since.
    holds = claim if claim and claim.claimed_at >= entry.began else None
    return AttentionRow(
        key=entry.key,
        kind=entry.kind,
        tone=entry.tone,
        title=entry.title,
        detail=entry.detail,
        more=entry.more,
        since="" if entry.due_at else (entry.since or entry.began).isoformat(),
        due_at=entry.due_at.isoformat() if entry.due_at else "",
        appointment_id=entry.visits[0] if entry.visits else 0,
        alarm_id=entry.alarm_id,
        ways=list(entry.ways),
        handler_id=holds.person_id if holds else 0,
        handler=holds.name if holds else "",
        handled_since=holds.claimed_at.isoformat() if holds else "",
    )


def _alarms(session: Session) -> list[Entry]:
    rows = session.execute(
        planned_once(
            "SELECT k.id, k.appointment_id, k.raised_at, p.name, p.phone, d.line, l.name AS locality, c.name AS client,"
            " c.phone AS client_phone FROM alarms k JOIN assignments g ON g.id = k.assignment_id"
            " JOIN people p ON p.id = g.person_id JOIN appointments a ON a.id = k.appointment_id"
            " JOIN clients c ON c.id = a.client_id JOIN client_addresses d ON d.id = a.address_id"
            " JOIN localities l ON l.id = d.locality_id WHERE k.settled_at IS NULL"
        )
    )
    return [
        Entry(
            key=f"alarm-{row.id}",
            kind="panic",
            tone="alarm",
            title=f"{row.name} calls for help",
            detail=f"{row.line}, {row.locality}",
            more=", ".join(filter(None, [f"at {row.client}", shown_phone(row.phone) if row.phone else ""])),
            visits=(row.appointment_id,),
            began=row.raised_at,
            alarm_id=row.id,
            ways=(
                *call(first_name(row.name), row.phone),
                *call("Client", row.client_phone),
                way("Open the visit", row.appointment_id),
            ),
        )
        for row in rows
    ]


def _clashes(session: Session, calendar: Calendar) -> list[Entry]:
    rows = session.execute(
        planned_once(
            "SELECT k.id, k.minutes, k.opened_at, p.name, k.next_assignment_id AS place, k.next_leg_id AS leg,"
            " a.id AS this_id, b.id AS next_id, c.name AS this_client, d.name AS next_client, d.phone AS next_phone,"
            " b.starts_at, b.business_date FROM clashes k JOIN people p ON p.id = k.person_id"
            " LEFT JOIN assignments g ON g.id = k.assignment_id LEFT JOIN assignments n ON n.id = k.next_assignment_id"
            " LEFT JOIN legs l ON l.id = k.leg_id LEFT JOIN legs m ON m.id = k.next_leg_id"
            " JOIN appointments a ON a.id = coalesce(g.appointment_id, l.to_appointment_id, l.from_appointment_id)"
            " JOIN appointments b ON b.id = coalesce(n.appointment_id, m.to_appointment_id, m.from_appointment_id)"
            " JOIN clients c ON c.id = a.client_id JOIN clients d ON d.id = b.client_id WHERE k.settled_at IS NULL"
        )
    )
    return [
        Entry(
            key=f"clash-{row.id}",
            kind="clash",
            tone="alarm",
            title=f"Runs {row.minutes} min into the next job",
            detail=f"{row.name}: #{row.this_id} {row.this_client}",
            more=f"then #{row.next_id} {row.next_client}, {calendar.clock_label(row.starts_at, row.business_date)}",
            visits=(row.this_id, row.next_id),
            began=row.opened_at,
            ways=(*_out_of_clash(row), *call("Client", row.next_phone)),
        )
        for row in rows
    ]


def _out_of_clash(row: Any) -> list[Any]:
    move = way("Move next", row.next_id, Action.CHANGE, first=True)
    if row.leg:
        return [move, way("Another", row.next_id, Action.CHOOSE_DRIVER, leg=row.leg)]
    return [
        move,
        way("Swap", row.next_id, SWAP, place=row.place),
        way("Replace", row.next_id, Action.REPLACE, place=row.place),
    ]
