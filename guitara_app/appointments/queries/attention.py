"""What waits for somebody at the desk, worst first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import VisitRow, pesos, session_end
from guitara_app.appointments.views import AttentionRow
from guitara_app.appointments.words import ENDINGS, Answer, AppointmentState, LegState, Progress
from guitara_app.kit.time import Calendar

_SOON = timedelta(minutes=5)
_LATE = timedelta(minutes=5)
_TONES = ("alarm", "pending", "pay")
S = AppointmentState


def attention(session: Session, rows: list[VisitRow], calendar: Calendar, *, now: datetime) -> list[AttentionRow]:
    """Reviews, answers due, clashes, late starts, sessions over time, pick-ups and payments that wait."""
    found = _clashes(session)
    for visit in rows:
        found += _of_visit(visit, calendar, now)
    found.sort(key=lambda row: (_TONES.index(row["tone"]), row["due_at"] or row["since"], row["key"]))
    return found


def _of_visit(visit: VisitRow, calendar: Calendar, now: datetime) -> list[AttentionRow]:
    row = visit.row
    where = f"{row.client}, {calendar.clock_label(row.starts_at, row.business_date)}"
    rows: list[AttentionRow] = []
    for seat in visit.seats:
        rows += _of_seat(visit, seat, where, now)
    for leg in visit.legs:
        if not leg["outbound"] and leg["state"] == LegState.SEARCHING:
            title = "Urgent pick-up waiting" if leg["urgent"] else "Pick-up waiting"
            detail = f"{leg['passengers'] or 'Therapist'} at {row.locality}"
            rows.append(_row(f"leg-{leg['id']}", "pickup", "alarm", title, detail, row.id, since=leg["wanted_at"]))
    if row.state == S.AWAITING_PAYMENT:
        title = f"Verify payment {pesos(row.price + row.extension_price)}"
        detail = f"{row.client}, {row.services}"
        rows.append(_row(f"pay-{row.id}", "payment", "pay", title, detail, row.id, since=row.ends_at.isoformat()))
    return rows


def _of_seat(visit: VisitRow, seat: dict[str, Any], where: str, now: datetime) -> list[AttentionRow]:
    row = visit.row
    if row.state in ENDINGS:
        return []
    key, detail = f"seat-{seat['id']}", f"{seat['name']} for {where}"
    if seat["review"]:
        title = {Answer.REJECTED: "Rejected", Answer.WITHDRAWN: "Withdrawn"}.get(seat["answer"], "No answer in time")
        title = f"{title}: {seat['reason']}" if seat["reason"] else title
        return [_row(key, "review", "alarm", title, detail, row.id, since=seat["review_opened_at"])]
    if seat["answer"] == Answer.OFFERED and seat["due_at"]:
        due = datetime.fromisoformat(seat["due_at"])
        if due < now:
            return [_row(key, "overdue", "alarm", "Answer overdue", detail, row.id, since=seat["due_at"])]
        if due - now < _SOON:
            return [_row(key, "due_soon", "pending", "No answer yet", detail, row.id, due_at=seat["due_at"])]
    if seat["answer"] == Answer.ACCEPTED and seat["progress"] == Progress.WAITING and now > row.starts_at + _LATE:
        title = "Journey not started" if row.driver_needed else "Session not started"
        return [_row(key, "late", "alarm", title, detail, row.id, since=row.starts_at.isoformat())]
    if seat["progress"] == Progress.IN_SESSION:
        end = session_end(visit, seat)
        if now > end:
            return [_row(key, "over_time", "pending", "Session over time", detail, row.id, since=end.isoformat())]
    return []


def _clashes(session: Session) -> list[AttentionRow]:
    rows = session.execute(
        text(
            "SELECT k.id, k.minutes, k.opened_at, p.name, coalesce(g.appointment_id, l.to_appointment_id,"
            " l.from_appointment_id) AS this_id, coalesce(n.appointment_id, m.to_appointment_id,"
            " m.from_appointment_id) AS next_id FROM clashes k JOIN people p ON p.id = k.person_id"
            " LEFT JOIN assignments g ON g.id = k.assignment_id LEFT JOIN assignments n ON n.id = k.next_assignment_id"
            " LEFT JOIN legs l ON l.id = k.leg_id LEFT JOIN legs m ON m.id = k.next_leg_id"
            " WHERE k.settled_at IS NULL"
        )
    )
    return [
        _row(
            f"clash-{row.id}",
            "clash",
            "alarm",
            "Runs into the next job",
            f"{row.name}: #{row.this_id} into #{row.next_id} by {row.minutes} min",
            row.this_id,
            since=row.opened_at.isoformat(),
        )
        for row in rows
    ]


def _row(
    key: str, kind: str, tone: str, title: str, detail: str, appointment_id: int, *, since: str = "", due_at: str = ""
) -> AttentionRow:
    return AttentionRow(
        key=key,
        kind=kind,
        tone=tone,
        title=title,
        detail=detail,
        since=since,
        due_at=due_at,
        appointment_id=appointment_id,
    )
