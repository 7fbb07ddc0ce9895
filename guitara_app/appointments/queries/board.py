"""The desk's evening: the board by state, the night at a glance, what waits for a decision, and the drivers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.attention import attention, claimed
from guitara_app.appointments.queries.evening import evening_visits
from guitara_app.appointments.queries.queue import AtPresent, drivers_at_present
from guitara_app.appointments.queries.rows import VisitRow, driver_words, expected_end, pesos, short_name
from guitara_app.appointments.queries.waiting import Entry
from guitara_app.appointments.views import Board, Card, DriverRow, Night, NightBar, NightRow
from guitara_app.appointments.words import LIVE_ANSWERS, Answer, AppointmentState, LegState, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

S = AppointmentState

_ANSWER_SIGN = {
    Answer.ACCEPTED: " \u2713",
    Answer.REJECTED: " \u2715",
    Answer.WITHDRAWN: " \u2715",
    Answer.LAPSED: " \u2715",
}
_COLUMN_OF = {
    S.PENDING: "waiting",
    S.THERAPIST_CONFIRMED: "confirmed",
    S.DRIVER_CONFIRMED: "confirmed",
    S.IN_TRANSIT: "on_the_way",
    S.ARRIVED: "on_the_way",
    S.DROPPED_OFF: "on_the_way",
    S.IN_SESSION: "in_session",
    S.AWAITING_PAYMENT: "payment",
    S.PAID: "payment",
}
COLUMNS = tuple(dict.fromkeys(_COLUMN_OF.values()))
"""The columns of visits that are not over, as the evening goes."""
_WAY_BACK = frozenset({LegState.SEARCHING, LegState.OFFERED, LegState.ACCEPTED, LegState.UNDER_WAY})
# What a card says of an entry of needs-me-now; the rest shows on the card anyway.
_WARNINGS = {
    "panic": "calls for help",
    "clash": "clash",
    "review": "needs a decision",
    "pickup": "waits for pick-up",
    "pickup_urgent": "waits for pick-up",
    "silent": "driver silent",
    "late": "late",
    "no_driver": "no driver",
    "overdue": "answer overdue",
    "over_time": "over time",
}
ENDED_SHOWN = 50
_COUNTED_DOWN = timedelta(minutes=90)


def board(session: Session, *, now: datetime) -> Board:
    """Everything the desk sees of the business day of ``now``, and unfinished work of earlier ones."""
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    rows = evening_visits(session, day)
    entries = attention(session, rows, calendar, now=now)
    warnings = _warnings(entries)
    columns: dict[str, list[Card]] = {name: [] for name in COLUMNS}
    ended = []
    for visit in rows:
        column = column_of(visit)
        if column == "ended":
            ended.append(visit)
        else:
            columns[column].append(card_of(visit, calendar, warnings, now))
    # Whoever is free first comes first.
    columns["in_session"].sort(key=by_end)
    on_shift = _on_shift(session, now)
    return Board(
        night=_night(rows, calendar, day, on_shift),
        rows=_night_rows(rows, calendar.open_period(day), calendar, now),
        attention=claimed(session, entries),
        waiting=columns["waiting"],
        confirmed=columns["confirmed"],
        on_the_way=columns["on_the_way"],
        in_session=columns["in_session"],
        payment=columns["payment"],
        ended=[card_of(visit, calendar, warnings, now) for visit in _latest_first(ended)[:ENDED_SHOWN]],
        ended_count=len(ended),
        drivers=_drivers(session, calendar, {entry.driver_id for entry in entries}, now),
    )


def ended_cards(session: Session, *, now: datetime) -> list[Card]:
    """Every visit that has ended this evening, the latest first; the board itself shows the first of them."""
    calendar = firm_settings(session).calendar
    ended = [visit for visit in evening_visits(session, calendar.business_date(now)) if column_of(visit) == "ended"]
    return [card_of(visit, calendar, {}, now) for visit in _latest_first(ended)]


def by_end(card: Card) -> tuple[str, int]:
    """The order of the column of sessions."""
    return card["ends_at"], card["id"]


def _latest_first(ended: list[VisitRow]) -> list[VisitRow]:
    return sorted(ended, key=lambda visit: (visit.row.closed_at or visit.row.starts_at, visit.row.id), reverse=True)


def _warnings(entries: list[Entry]) -> dict[int, list[str]]:
    """What the card of each visit warns of, worst first."""
    found: dict[int, list[str]] = {}
    for entry in entries:
        word = _WARNINGS.get(entry.kind)
        for visit in entry.visits:
            if word and word not in found.setdefault(visit, []):
                found[visit].append(word)
    return found


def column_of(visit: VisitRow) -> str:
    """Where on the board the visit stands: the name of a column, or ``ended``."""
    way_back = any(not leg["outbound"] and leg["state"] in _WAY_BACK for leg in visit.legs)
    return _COLUMN_OF.get(visit.row.state, "payment" if way_back else "ended")


def card_of(visit: VisitRow, calendar: Calendar, warnings: dict[int, list[str]], now: datetime) -> Card:
    """What the board shows of the visit."""
    soon, warns = visit.row.starts_at - now < _COUNTED_DOWN, warnings.get(visit.row.id, [])
    key = ("card", calendar, soon, *warns)
    return visit.once(key, lambda: _card(visit, calendar, warns, soon=soon))


def _card(visit: VisitRow, calendar: Calendar, warnings: list[str], *, soon: bool) -> Card:
    row = visit.row
    open_offers = [seat["due_at"] for seat in visit.seats if seat["answer"] == Answer.OFFERED and seat["due_at"]]
    several = len(visit.counting) > 1
    return Card(
        id=row.id,
        state=row.state,
        when=calendar.clock_label(row.starts_at, row.business_date),
        starts_at=row.starts_at.isoformat(),
        ends_at=expected_end(visit).isoformat(),
        client=row.client,
        services=row.services or "",
        people=", ".join(
            (short_name(seat["name"]) if several else seat["name"]) + _ANSWER_SIGN.get(seat["answer"], "")
            for seat in visit.counting
        ),
        place=row.locality,
        driver=driver_words(visit, calendar),
        price=pesos(row.price + row.extension_price),
        due_at=min(open_offers) if open_offers else "",
        soon=soon,
        repeats=row.series_id is not None,
        warnings=warnings,
    )


def _night(rows: list[VisitRow], calendar: Calendar, day: date, on_shift: dict[str, int]) -> Night:
    hours = calendar.open_period(day)
    tonight = [visit.row for visit in rows if visit.row.business_date == day]
    counted = [row for row in tonight if row.state not in (S.CANCELLED, S.EXPIRED, S.NO_SHOW)]
    value = sum((row.price + row.extension_price for row in counted), Decimal(0))
    opens, closes = _ends(hours)
    length = int((closes - opens).total_seconds() // 3600)
    return Night(
        evening=calendar.evening_label(day),
        hours=f"{calendar.opens:%H:%M} to {calendar.closes:%H:%M}",
        opens_at=opens.isoformat(),
        closes_at=closes.isoformat(),
        ticks=[f"{calendar.local(opens + timedelta(hours=hour)):%H}" for hour in range(length)],
        on_shift=on_shift["on_shift"],
        working=on_shift["working"],
        free=on_shift["on_shift"] - on_shift["working"],
        jobs=len(counted),
        value=pesos(value),
    )


def _night_rows(rows: list[VisitRow], hours: Range[datetime], calendar: Calendar, now: datetime) -> list[NightRow]:
    opens, closes = _ends(hours)
    by_person: dict[int, NightRow] = {}
    for visit in rows:
        for person_id, name, bar in _bars(visit, opens, closes, now):
            person = by_person.setdefault(person_id, NightRow(person_id=person_id, name=name, bars=[]))
            if bar is not None:
                person["bars"].append(bar)
    return sorted(by_person.values(), key=lambda person: person["name"])


Bars = list[tuple[int, str, NightBar | None]]


def _bars(visit: VisitRow, opens: datetime, closes: datetime, now: datetime) -> Bars:
    """Everybody of the visit with their bar; None where it lies outside the hours that are shown."""
    if any(seat["progress"] == Progress.IN_SESSION for seat in visit.seats):
        return _measured(visit, opens, closes, now)
    return visit.once(("bars", opens, closes), lambda: _measured(visit, opens, closes, now))


def _measured(visit: VisitRow, opens: datetime, closes: datetime, now: datetime) -> Bars:
    found: Bars = []
    for seat in visit.seats:
        if seat["answer"] not in LIVE_ANSWERS and not (seat["progress"] == Progress.ENDED or seat["review"]):
            continue
        start = datetime.fromisoformat(seat["started_at"] or seat["planned_start"])
        end = datetime.fromisoformat(seat["ended_at"] or seat["planned_end"])
        if seat["progress"] == Progress.IN_SESSION:
            end = max(end, now)
        left, right = (max(0.0, min(100.0, _percent(at, opens, closes))) for at in (start, end))
        bar = None
        if right > left:
            bar = NightBar(
                appointment_id=visit.row.id,
                state="rejected" if seat["review"] else visit.row.state,
                label=visit.row.client,
                left=round(left, 2),
                width=round(right - left, 2),
            )
        found.append((seat["person_id"], seat["name"], bar))
    return found


def _percent(at: datetime, opens: datetime, closes: datetime) -> float:
    return 100 * ((at - opens) / (closes - opens))


def _ends(hours: Range[datetime]) -> tuple[datetime, datetime]:
    if hours.lower is None or hours.upper is None:
        raise ValueError("open hours are bounded")
    return hours.lower, hours.upper


def _on_shift(session: Session, now: datetime) -> dict[str, int]:
    row = session.execute(
        planned_once(
            "SELECT count(*) AS on_shift, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM assignments g"
            " WHERE g.person_id = p.id AND g.answer IN ('offered', 'accepted') AND g.released_at IS NULL"
            " AND g.occupied @> CAST(:now AS timestamptz))) AS working"
            " FROM people p JOIN shifts s ON s.person_id = p.id AND s.period @> CAST(:now AS timestamptz)"
            " WHERE p.role = 'therapist' AND p.disabled_at IS NULL"
        ),
        {"now": now},
    ).one()
    return {"on_shift": row.on_shift, "working": row.working}


def _drivers(session: Session, calendar: Calendar, silent: set[int], now: datetime) -> list[DriverRow]:
    present = [one for one in drivers_at_present(session, now=now) if one.here]
    shown = [_driver(one, calendar, silent=one.on.id in silent) for one in present]
    order = {"free": 0, "silent": 1}
    return sorted(shown, key=lambda driver: order.get(driver["status"], 2))


def _driver(one: AtPresent, calendar: Calendar, *, silent: bool) -> DriverRow:
    leg, due_at = one.current or one.asked, one.asked.due_at if one.asked is not None else None
    detail = one.on.vehicle
    if leg is not None:
        detail = f"{leg.town}, until {calendar.local(leg.until):%H:%M}"
    elif one.coming is not None:
        detail += f", then {one.coming.town} at {calendar.local(one.coming.starts):%H:%M}"
    return DriverRow(
        id=one.on.id,
        name=one.on.name,
        vehicle=one.on.vehicle,
        status="silent" if silent else one.status,
        detail=detail,
        since=(leg.departed_at if leg is not None and leg.departed_at else one.free_since).isoformat(),
        due_at=due_at.isoformat() if due_at else "",
    )
