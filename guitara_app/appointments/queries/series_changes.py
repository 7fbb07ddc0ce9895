"""What a change of one visit of a series means for the others: which share it, which keep their own, which clash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import BEFORE_DEPARTURE
from guitara_app.appointments.models import BookingSeries
from guitara_app.appointments.queries.fields import fields_of, standing
from guitara_app.appointments.queries.series import Explain, Occurrence, SeriesPreview
from guitara_app.appointments.recurrence import Moved, end_in_words, in_words, moved
from guitara_app.appointments.requests import BookingRequest, ChangeRequest, VisitFields
from guitara_app.appointments.rules import totals
from guitara_app.appointments.series_requests import Reach
from guitara_app.catalog.queries import services_of
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.statements import text

_TO_COME = text(
    "SELECT id, series_date FROM appointments WHERE series_id = :id AND closed_at IS NULL AND starts_at > :now"
    " AND state = ANY(:open) AND (CAST(:since AS date) IS NULL OR series_date >= :since) ORDER BY series_date"
)
_WORDS = {
    "evening": "evening",
    "start": "start",
    "minutes": "length",
    "price": "price",
    "service_ids": "services",
    "therapist_ids": "therapists",
    "driver_needed": "driver",
    "car_needed": "car",
    "address_id": "address",
    "notes": "notes",
}


class Share(NamedTuple):
    """What of a change one visit gets: ``wanted`` by field, and in which fields it keeps what it alone was given."""

    visit_id: int
    day: date
    fields: VisitFields
    wanted: dict[str, Any]
    own: tuple[str, ...]


class Shares(NamedTuple):
    """The shares in order; with another day, the rule and where each evening goes."""

    visits: list[Share]
    moved: Moved | None


def to_come(session: Session, series_id: int, *, now: datetime, since: date | None = None) -> dict[int, date]:
    """The visits of a series that nobody has set out for, by number, with the evening each stands for."""
    values = {"id": series_id, "now": now, "since": since, "open": sorted(BEFORE_DEPARTURE)}
    return {row.id: row.series_date for row in session.execute(_TO_COME, values)}


def wanted_fields(request: ChangeRequest) -> dict[str, Any]:
    """The fields that are to be different from what the editor saw."""
    wanted = request.model_dump(include=set(VisitFields.model_fields), exclude_none=True)
    if "therapist_ids" in wanted:
        wanted["therapist_ids"] = sorted(wanted["therapist_ids"])
    if request.seen is not None:
        seen = request.seen.model_dump()
        seen["therapist_ids"] = sorted(seen["therapist_ids"])
        wanted = {name: value for name, value in wanted.items() if value != seen[name]}
    return wanted


def shares(
    session: Session, series: BookingSeries, appointment_id: int, reach: Reach, wanted: dict[str, Any], *, now: datetime
) -> Shares:
    """What each visit of the series that is to come gets of a change of the visit ``appointment_id``.

    A field in which a visit was changed by itself stays as it is there; in the visit that is edited it does not.

    Raises:
        NotPossible: the visit that is edited is under way or over.
        Invalid: the series cannot be moved to that day.
    """
    everything = to_come(session, series.id, now=now)
    anchor = everything.get(appointment_id)
    if anchor is None:
        raise NotPossible(
            "This visit is under way or over, so it is changed alone. Open one that is to come to change the series."
        )
    day = wanted.get("evening")
    to = moved(series.repeat, anchor, day) if day is not None and day != anchor else None
    day_of: Callable[[date], date] = to.day_of if to else lambda one: one
    found = []
    for number, evening in everything.items():
        if reach is Reach.FOLLOWING and evening < anchor:
            continue
        fields = fields_of(session, number)
        own = set() if number == appointment_id else _own(session, series, evening, fields)
        mine = {name: value for name, value in wanted.items() if name not in own and name != "evening"}
        if day is not None and "evening" not in own:
            mine["evening"] = day_of(evening)
        mine = {name: value for name, value in mine.items() if value != getattr(fields, name)}
        found.append(Share(number, evening, fields, mine, tuple(name for name in wanted if name in own)))
    return Shares(found, to)


def _own(session: Session, series: BookingSeries, day: date, fields: VisitFields) -> set[str]:
    """In which fields a visit is not what its series says."""
    minutes, price = totals(services_of(session, series.service_ids))
    people = len(series.therapist_ids) + series.automatic
    said: dict[str, Any] = {
        "evening": day,
        "start": series.start,
        "minutes": minutes if series.minutes is None else series.minutes,
        "price": price * people if series.price is None else series.price,
        "service_ids": series.service_ids,
        "therapist_ids": sorted(series.therapist_ids),
        "driver_needed": series.driver_needed,
        "car_needed": series.car_needed,
        "address_id": series.address_id,
        "notes": series.notes,
    }
    if series.automatic:
        # Whom the policy chose is nobody's own choice.
        del said["therapist_ids"]
    return {name for name, value in said.items() if getattr(fields, name) != value}


def preview_series_change(
    session: Session, appointment_id: int, reach: Reach, request: ChangeRequest, *, now: datetime
) -> SeriesPreview:
    """What each visit to come would be after the change, and who stands in the way of which.

    Raises:
        NotPossible, Invalid: see ``shares``.
    """
    series = series_of(session, appointment_id)
    if series is None:
        raise NotPossible("This visit is not part of a series.")
    done = shares(session, series, appointment_id, reach, wanted_fields(request), now=now)
    calendar = firm_settings(session).calendar
    days = [share.wanted.get("evening", share.fields.evening) for share in done.visits]
    explain = Explain(session, now, min(days), max(days))
    rows = []
    for share in done.visits:
        after = share.fields.model_copy(update=share.wanted)
        start = calendar.at(after.evening, after.start)
        if not share.wanted:
            names = ", ".join(_WORDS[name] for name in share.own)
            why = f"Keeps its own {names}: it was changed by itself." if share.own else "Stays as it is."
            when = calendar.night_label(start, after.evening)
            rows.append(Occurrence(share.day, share.visit_id, when, "kept", why))
            continue
        visit = standing(session, share.visit_id)
        draft = BookingRequest(
            client_id=visit.client_id,
            **after.model_dump(exclude={"minutes", "price"}),
            minutes=None if visit.follows_minutes and "minutes" not in share.wanted else after.minutes,
            price=None if visit.follows_price and "price" not in share.wanted else after.price,
        )
        row = explain.evening(draft, start, visit)
        kept = ", ".join(_WORDS[name] for name in share.own)
        note = f"keeps its own {kept}" if kept else row.note
        rows.append(row._replace(evening=share.day, note=note))
    repeat = done.moved.repeat if done.moved else series.repeat
    words = in_words(repeat, wanted_fields(request).get("start", series.start))
    return SeriesPreview(words, end_in_words(repeat), rows, 0 if series.next_evening is None else None)


def series_of(session: Session, appointment_id: int) -> BookingSeries | None:
    """The series a visit is of; None when it is of none."""
    number = session.execute(
        text("SELECT series_id FROM appointments WHERE id = :id"), {"id": appointment_id}
    ).scalar_one_or_none()
    return session.get(BookingSeries, number) if number else None
