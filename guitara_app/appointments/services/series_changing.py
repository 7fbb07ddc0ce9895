"""Changing and cancelling the visits of a series that are to come: each by the service that does it for a single one.

Visits that somebody has set out for, and those that are over, are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple, Unpack

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, require
from guitara_app.appointments.lifecycle import Action, permission_of
from guitara_app.appointments.models import Appointment, BookingSeries, SeriesGap
from guitara_app.appointments.models.appointment import IS_LIVE
from guitara_app.appointments.models.leg import IS_LIVE as LEG_IS_LIVE
from guitara_app.appointments.queries.series_changes import Share, Shares, shares, to_come, wanted_fields
from guitara_app.appointments.recurrence import Repeat, rest_of, walk
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.rules import needs_car
from guitara_app.appointments.series_requests import Instead, Reach, SeriesChange
from guitara_app.appointments.services.changing import change
from guitara_app.appointments.services.endings import cancel
from guitara_app.appointments.services.rows import people_of
from guitara_app.appointments.services.series import attempt, settle_gap, tell_of_series, undecided
from guitara_app.appointments.services.visit import Tap, clean_reason
from guitara_app.clients import services as clients
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import GuitaraError, Invalid, NotFound, NotPossible, Stale
from guitara_app.kit.events import keep_result, result_of_key
from guitara_app.kit.statements import text

_TEMPLATE = ("start", "minutes", "price", "service_ids", "therapist_ids", "driver_needed", "car_needed", "address_id")


class SeriesChanged(NamedTuple):
    """Which series it is now, the visits that changed, and those that stay as they are."""

    series_id: int
    changed: list[int]
    kept: list[int]


def change_series(
    session: Session, actor: Actor, appointment_id: int, *, request: SeriesChange, **tap: Unpack[Tap]
) -> SeriesChanged:
    """Change a visit of a series and those that are to share it; "following" begins a series of its own with it.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotPossible: the visit is of no series, under way or over.
        Stale: a colleague changed the series since ``request.version``, or the same field of the visit itself.
        Conflict: visits cannot be changed and nothing was decided about them; ``field`` is ``repeat``.
        Invalid: see ``change``.
    """
    require(actor, permission_of(Action.CHANGE))
    now, key = tap["now"], tap.get("idempotency_key", "")
    if (made := result_of_key(session, actor.person_id or 0, key)) is not None:
        return SeriesChanged(made, [], [])
    also = {*(request.change.therapist_ids or ()), *_named(request.instead.values())}
    series = _held(session, appointment_id, request.version, now=now, also=also)
    asked = _with_address(session, series, request.change, now=now)
    wanted = wanted_fields(asked)
    if "notes" in wanted:
        wanted["notes"] = normal_note(wanted["notes"])
    if not wanted:
        keep_result(session, actor.person_id or 0, key, series.id)
        return SeriesChanged(series.id, [], [])
    found = shares(session, series, appointment_id, request.reach, wanted, now=now)
    done, kept, refused = list[int](), list[int](), dict[date, GuitaraError]()
    own_tap: Tap = {"now": now, "reason": tap.get("reason", ""), "series": series.id}
    for share in found.visits:
        instead = request.instead.get(share.visit_id)
        seen = asked.seen if share.visit_id == appointment_id else None
        one = _request(share, instead, asked, seen)
        if one is None:
            kept.append(share.visit_id)
            continue
        work = partial(change, session, actor, share.visit_id, request=one, **own_tap)
        fields, error = attempt(session, work)
        if error is None:
            (done if fields else kept).append(share.visit_id)
        elif request.otherwise == "keep":
            kept.append(share.visit_id)
        else:
            refused[share.day] = error
    if refused:
        raise undecided(refused)
    going = _going(session, done)
    now_of = _store(session, actor, series, appointment_id, request.reach, wanted, found, now=now)
    tell_of_series(
        session,
        "series_changed",
        actor,
        now_of,
        done,
        now=now,
        reason=clean_reason(tap.get("reason", "")),
        data={"fields": sorted(wanted), "reach": request.reach.value, "from": series.id},
        going=going,
    )
    keep_result(session, actor.person_id or 0, key, now_of.id)
    return SeriesChanged(now_of.id, done, kept)


def cancel_reaching(
    session: Session, actor: Actor, appointment_id: int, *, reach: str = "one", **tap: Unpack[Tap]
) -> None:
    """Cancel a visit, or with it the following or all to come of its series, which ends there.

    ``reach`` is ``one``, or ``following`` or ``all`` with the version of the series as it was seen: ``all:3``.

    Raises:
        NotAllowed, NotFound, NotPossible, Invalid: see ``cancel`` and ``change_series``.
        Stale: a colleague changed the series since.
    """
    word, _, version = reach.partition(":")
    if word == Reach.ONE:
        return cancel(session, actor, appointment_id, **tap)
    if word not in (Reach.FOLLOWING, Reach.ALL) or (version and not (version.isascii() and version.isdecimal())):
        raise Invalid("Choose which visits: only this one, this and the following, or all to come.", field="reach")
    return cancel_series(
        session, actor, appointment_id, reach=Reach(word), version=int(version[:9]) if version else None, **tap
    )


def cancel_series(
    session: Session, actor: Actor, appointment_id: int, *, reach: Reach, version: int | None, **tap: Unpack[Tap]
) -> None:
    """Cancel a visit of a series with the following ones, or all that are to come; the series ends there.

    Raises:
        NotAllowed, NotFound, NotPossible, Invalid: see ``cancel``.
        Stale: a colleague changed the series since ``version``.
    """
    require(actor, permission_of(Action.CANCEL))
    now, key = tap["now"], tap.get("idempotency_key", "")
    if result_of_key(session, actor.person_id or 0, key) is not None:
        return
    series = _held(session, appointment_id, version, now=now)
    visits = to_come(session, series.id, now=now)
    if appointment_id not in visits:
        raise NotPossible("This visit is under way or over. Open one that is to come to end the series.")
    since = visits[appointment_id] if reach is Reach.FOLLOWING else min(visits.values())
    _end(session, actor, series, since, tap)
    keep_result(session, actor.person_id or 0, key, series.id)


def end_series(session: Session, actor: Actor, series_id: int, *, version: int | None, **tap: Unpack[Tap]) -> None:
    """End a series: every visit of it that is to come is cancelled, and none follows.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such series; NotPossible: it has ended, and nothing of it is to come.
        Stale, Invalid: see ``cancel_series``.
    """
    require(actor, permission_of(Action.CANCEL))
    now, key = tap["now"], tap.get("idempotency_key", "")
    if result_of_key(session, actor.person_id or 0, key) is not None:
        return
    series = _hold(session, series_id, version, to_come(session, series_id, now=now))
    visits = to_come(session, series.id, now=now)
    if not visits and series.next_evening is None:
        raise NotPossible("This series is over: nothing of it is to come.")
    tonight = firm_settings(session).calendar.business_date(now)
    _end(session, actor, series, min(visits.values(), default=tonight), tap)
    keep_result(session, actor.person_id or 0, key, series.id)


def _end(session: Session, actor: Actor, series: BookingSeries, since: date, tap: Tap) -> None:
    now, reason = tap["now"], clean_reason(tap.get("reason", ""))
    if not reason:
        raise Invalid("Give a reason; it is kept in the history.", field="reason")
    done = []
    for number in to_come(session, series.id, now=now, since=since):
        cancel(session, actor, number, now=now, reason=reason, series=series.id)
        done.append(number)
    gaps = select(SeriesGap).where(
        SeriesGap.series_id == series.id, SeriesGap.state == "open", col(SeriesGap.business_date) >= since
    )
    for gap in session.scalars(gaps.with_for_update()):
        settle_gap(gap, "ended", now=now)
    _changed(series, actor, now)
    _stop(series, since, now)
    tell_of_series(session, "series_cancelled", actor, series, done, now=now, reason=reason)


def _held(
    session: Session, appointment_id: int, version: int | None, *, now: datetime, also: Iterable[int] = ()
) -> BookingSeries:
    """The series of a visit: everybody's time is held first, the series second, and its visits by who changes them."""
    number = (
        session.execute(text("SELECT series_id FROM appointments WHERE id = :id"), {"id": appointment_id}).one_or_none()
        if 0 < appointment_id < 2**63
        else None
    )
    if number is None:
        raise NotFound("There is no such visit.")
    if number.series_id is None:
        raise NotPossible("This visit is not part of a series.")
    return _hold(session, number.series_id, version, to_come(session, number.series_id, now=now), also)


def _hold(
    session: Session, series_id: int, version: int | None, visits: Iterable[int], also: Iterable[int] = ()
) -> BookingSeries:
    lock_people(session, set(also).union(*(people_of(session, number) for number in visits)))
    series = (
        session.get(BookingSeries, series_id, with_for_update=True, populate_existing=True)
        if 0 < series_id < 2**63
        else None
    )
    if series is None:
        raise NotFound("There is no such series.")
    if version is not None and version != series.version:
        by = session.get_one(Person, series.changed_by_id).name
        at = firm_settings(session).calendar.local(series.changed_at)
        raise Stale(
            f"{by} changed this series at {at:%H:%M}, while you were editing. What you typed is kept; look at what"
            " stands there now, and choose again which visits it is for.",
            field="reach",
        )
    return series


def _with_address(session: Session, series: BookingSeries, request: ChangeRequest, *, now: datetime) -> ChangeRequest:
    """A new address is written down once, for all of them."""
    if not request.address_line.strip():
        return request
    made = clients.add_address(
        session,
        series.client_id,
        line=request.address_line,
        locality_id=request.locality_id,
        notes=request.address_notes,
        now=now,
    )
    return request.model_copy(
        update={"address_id": made.id, "address_line": "", "locality_id": None, "address_notes": ""}
    )


def _request(share: Share, instead: Instead | None, asked: ChangeRequest, seen: Any) -> ChangeRequest | None:
    """The change of one visit; None when it stays as it is."""
    if not share.wanted or (instead is not None and instead.do in ("skip", "later")):
        return None
    wanted = dict(share.wanted)
    if instead is not None and instead.do == "move":
        chosen = {"evening": instead.evening, "start": instead.start, "therapist_ids": instead.therapist_ids}
        wanted |= {name: value for name, value in chosen.items() if value is not None}
    anyway = instead is not None and instead.do == "anyway"
    return ChangeRequest(**wanted, off_shift_reason=asked.off_shift_reason if anyway else "", seen=seen)


def _store(
    session: Session,
    actor: Actor,
    series: BookingSeries,
    appointment_id: int,
    reach: Reach,
    wanted: dict[str, Any],
    found: Shares,
    *,
    now: datetime,
) -> BookingSeries:
    """The series as it is from now on: the same, or one of its own that begins where the change does."""
    days = {share.visit_id: share.day for share in found.visits}
    since = days[appointment_id] if reach is Reach.FOLLOWING else min(days.values())
    of = series
    if found.moved is not None or (reach is Reach.FOLLOWING and _has_before(session, series, since)):
        of = _begun(session, series, since, found, now=now)
    _changed(of, actor, now)
    if of is not series:
        _changed(series, actor, now)
        of.version = 1
    for name in (*_TEMPLATE, "notes"):
        if name in wanted:
            setattr(of, name, list(wanted[name]) if isinstance(wanted[name], list) else wanted[name])
    if "therapist_ids" in wanted:
        of.automatic = 0
    of.car_needed = needs_car(of.driver_needed, of.car_needed, len(of.therapist_ids) + of.automatic)
    session.flush()
    return of


def _begun(session: Session, series: BookingSeries, since: date, found: Shares, *, now: datetime) -> BookingSeries:
    """A series that goes on with the visits from ``since``; the old one ends before them."""
    repeat, day_of = found.moved or (series.repeat, lambda day: day)
    rest = rest_of(series.repeat, series.first_evening, since)
    repeat = repeat.model_copy(update={"times": rest.times, "until": _until(series, repeat, day_of)})
    values = series.model_dump(exclude={"id", "version", "ended_at", "stops_before", "next_evening"})
    of = BookingSeries(
        **values
        | {
            "weekdays": sorted(repeat.weekdays),
            "nth": repeat.nth,
            "times": repeat.times,
            "last_evening": repeat.until,
            "first_evening": day_of(since),
            "next_evening": day_of(series.next_evening) if series.next_evening else None,
            "ended_at": series.ended_at,
            "stops_before": series.stops_before,
            "continues_id": series.id,
        },
    )
    _stop(series, since, now)
    session.add(of)
    session.flush()
    for share in found.visits:
        visit = session.get_one(Appointment, share.visit_id)
        visit.series_id, visit.series_date = of.id, day_of(share.day)
    waiting = select(SeriesGap).where(
        SeriesGap.series_id == series.id, SeriesGap.state == "open", col(SeriesGap.business_date) >= since
    )
    for gap in session.scalars(waiting.with_for_update()):
        gap.series_id, gap.business_date = of.id, day_of(gap.business_date)
    session.flush()
    return of


def _until(series: BookingSeries, repeat: Repeat, day_of: Callable[[date], date]) -> date | None:
    if series.last_evening is None:
        return None
    last = max(walk(series.repeat, series.first_evening), default=series.last_evening)
    return max(repeat.until or series.last_evening, day_of(last))


def _has_before(session: Session, series: BookingSeries, day: date) -> bool:
    statement = "SELECT EXISTS (SELECT 1 FROM appointments WHERE series_id = :id AND series_date < :day)"
    return bool(session.execute(text(statement), {"id": series.id, "day": day}).scalar())


def _stop(series: BookingSeries, since: date, now: datetime) -> None:
    series.next_evening = None
    series.ended_at = series.ended_at or now
    series.stops_before = min(series.stops_before or since, since)


def _changed(series: BookingSeries, actor: Actor, now: datetime) -> None:
    series.version, series.changed_at = series.version + 1, now
    series.changed_by_id = actor.person_id or series.changed_by_id


def _going(session: Session, visits: list[int]) -> dict[str, int]:
    """In how many of these visits each therapist goes, and each driver drives."""
    rows = session.execute(
        text(
            "SELECT person_id, count(DISTINCT visit) AS many FROM (SELECT person_id, appointment_id AS visit"  # noqa: S608
            f" FROM assignments WHERE appointment_id = ANY(:ids) AND {IS_LIVE} UNION ALL"
            " SELECT driver_id, to_appointment_id FROM legs WHERE to_appointment_id = ANY(:ids)"
            f" AND driver_id IS NOT NULL AND {LEG_IS_LIVE}) g GROUP BY 1"
        ),
        {"ids": visits},
    )
    return {str(row.person_id): row.many for row in rows}


def _named(choices: Iterable[Instead]) -> set[int]:
    return {person for one in choices for person in one.therapist_ids or ()}
