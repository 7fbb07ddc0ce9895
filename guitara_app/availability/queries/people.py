"""One person's usual hours, time off and evenings ahead; and what is asked for and waits for the desk."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.availability.queries.planning import holidays_between
from guitara_app.availability.rules import WEEKDAYS, Hours
from guitara_app.availability.views import EveningRow, PersonHours, TimeOffRow, WeekdayRow
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_AHEAD_DAYS = 14

_TIME_OFF = (
    "SELECT t.id, t.person_id, p.name, lower(t.period) AS starts, upper(t.period) AS ends, t.state, t.reason,"
    " t.answer, t.decided_at, d.name AS decided_by FROM time_off t JOIN people p ON p.id = t.person_id"
    " LEFT JOIN people d ON d.id = t.decided_by_id"
)


def person_hours(session: Session, person_id: int, *, now: datetime) -> PersonHours | None:
    """Everything that decides when the person can be offered work; None when there is no such therapist or driver.

    Time off that was over a month ago is left out. Jobs outside the hours are for a package above this one to fill in.
    """
    person = session.execute(
        text(
            "SELECT id, name, role FROM people WHERE id = :id AND role IN ('therapist', 'driver')"
            " AND disabled_at IS NULL"
        ),
        {"id": person_id},
    ).one_or_none()
    if person is None:
        return None
    calendar = firm_settings(session).calendar
    week = week_of(session, person_id)
    return PersonHours(
        id=person.id,
        name=person.name,
        role=person.role,
        week=[_weekday(number, week.get(number)) for number in range(7)],
        time_off=_time_off(
            session,
            "t.person_id = :person AND upper(t.period) > :since ORDER BY t.state <> 'asked', lower(t.period), t.id",
            {"person": person_id, "since": now - timedelta(days=30)},
        ),
        evenings=_evenings(session, person_id, calendar.business_date(now), calendar),
        outside=[],
    )


def open_requests(session: Session) -> list[TimeOffRow]:
    """Time off that was asked for and waits for the desk, the one that begins first on top."""
    return _time_off(session, "t.state = 'asked' AND p.disabled_at IS NULL ORDER BY lower(t.period), t.id", {})


def people_with_hours(session: Session) -> list[int]:
    """Everybody in use who has usual hours, by number."""
    rows = session.execute(
        text(
            "SELECT DISTINCT w.person_id FROM weekly_patterns w JOIN people p ON p.id = w.person_id"
            " WHERE p.disabled_at IS NULL ORDER BY 1"
        )
    )
    return list(rows.scalars())


def week_of(session: Session, person_id: int) -> dict[int, Hours]:
    """The person's usual hours by weekday, 0 for Monday; a free day is not among them."""
    rows = session.execute(
        text("SELECT weekday, starts, ends, break_starts, break_ends FROM weekly_patterns WHERE person_id = :person"),
        {"person": person_id},
    )
    return {row.weekday: Hours(row.starts, row.ends, row.break_starts, row.break_ends) for row in rows}


def _weekday(number: int, hours: Hours | None) -> WeekdayRow:
    return WeekdayRow(
        weekday=number,
        name=WEEKDAYS[number],
        starts=_clock(hours.starts if hours else None),
        ends=_clock(hours.ends if hours else None),
        break_starts=_clock(hours.break_starts if hours else None),
        break_ends=_clock(hours.break_ends if hours else None),
        said=str(hours or ""),
    )


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _evenings(session: Session, person_id: int, tonight: date, calendar: Calendar) -> list[EveningRow]:
    rows = session.execute(
        text(
            "SELECT d.day, s.spans, s.source, e.id IS NOT NULL AS by_hand FROM"
            " generate_series(0, :ahead) n, LATERAL (SELECT CAST(:tonight AS date) + n AS day) d"
            " LEFT JOIN LATERAL (SELECT array_agg(ARRAY[lower(period), upper(period)] ORDER BY lower(period)) AS spans,"
            "   min(source) AS source FROM shifts WHERE person_id = :person AND business_date = d.day) s ON true"
            " LEFT JOIN shift_exceptions e ON e.person_id = :person AND e.business_date = d.day ORDER BY d.day"
        ),
        {"person": person_id, "tonight": tonight, "ahead": _AHEAD_DAYS - 1},
    )
    holidays = holidays_between(session, tonight, tonight + timedelta(days=_AHEAD_DAYS - 1))
    return [
        EveningRow(
            label=f"{row.day:%a} {row.day.day} {row.day:%b}",
            hours=", ".join(
                f"{calendar.clock_label(start, row.day)} to {calendar.clock_label(end, row.day)}"
                for start, end in row.spans or []
            ),
            source="by_hand" if row.by_hand or row.source == "by_hand" else "usual",
            holiday=str(holidays.get(row.day, "")),
        )
        for row in rows
    ]


def _time_off(session: Session, where: str, values: dict[str, Any]) -> list[TimeOffRow]:
    """Time off for which ``where`` (never user input) holds."""
    calendar = firm_settings(session).calendar
    return [
        TimeOffRow(
            id=row.id,
            person_id=row.person_id,
            name=row.name,
            period=time_off_words(row.starts, row.ends, calendar),
            state=row.state,
            reason=row.reason,
            answer=row.answer,
            decided=f"{row.decided_by or 'the system'}, {calendar.moment_label(row.decided_at)}"
            if row.decided_at
            else "",
        )
        for row in session.execute(text(f"{_TIME_OFF} WHERE {where}"), values)
    ]


def time_off_words(starts: datetime, ends: datetime, calendar: Calendar) -> str:
    """``Fri 27 Nov``, ``Fri 27 Nov to Sun 29 Nov``, ``Fri 27 Nov, 20:00 to Sat 00:30``: evenings, whole unless said."""
    first = calendar.business_date(starts)
    last = calendar.business_date(ends - timedelta(microseconds=1))
    whole = starts == calendar.day_period(first).lower, ends == calendar.day_period(last).upper
    begins, over = (f"{day:%a} {day.day} {day:%b}" for day in (first, last))
    if first == last:
        if all(whole):
            return begins
        since = "the start" if whole[0] else calendar.clock_label(starts, first)
        until = "the end" if whole[1] else calendar.clock_label(ends, last)
        return f"{begins}, {since} to {until}"
    begins = begins if whole[0] else f"{begins}, {calendar.clock_label(starts, first)}"
    over = over if whole[1] else f"{over}, {calendar.clock_label(ends, last)}"
    return f"{begins} to {over}"
