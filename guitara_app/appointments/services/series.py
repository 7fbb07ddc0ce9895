"""Booking visits that come again: now as far as it is booked ahead, and the later ones as they come nearer.

Each evening is booked by the same ``book`` as any visit, in a savepoint: what cannot be had of one evening does not
fail the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import SYSTEM, Actor, Permission, require
from guitara_app.appointments.models import Appointment, BookingSeries, SeriesGap
from guitara_app.appointments.queries.series import chosen_instead, following, horizon, instead_words, template
from guitara_app.appointments.recurrence import LONGEST, evenings, in_words, next_evening
from guitara_app.appointments.rules import check_people, needs_car, plan
from guitara_app.appointments.series_requests import Instead, SeriesRequest
from guitara_app.appointments.services.booking import OfSeries, address_of, book, client_of
from guitara_app.appointments.services.seats import therapists
from guitara_app.catalog.queries import active_services
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Conflict, GuitaraError, Invalid, NotFound, NotPossible, Overlap
from guitara_app.kit.events import keep_result, record, result_of_key
from guitara_app.kit.statements import text

T = TypeVar("T")

_NAMED = 3
_BEGINS_WITHIN = timedelta(days=366)
REFUSALS = (Conflict, Invalid, NotFound, NotPossible)


def book_series(session: Session, actor: Actor, request: SeriesRequest, *, now: datetime) -> int:
    """Book a series and its visits within the horizon; returns its number. The same request sent twice books once.

    Raises:
        NotAllowed: the actor is not of the desk.
        Invalid, NotFound: something in the request cannot be; ``field`` says what.
        Conflict: evenings cannot be had and nothing was decided about them; ``field`` is ``repeat``.
    """
    require(actor, Permission.BOOK)
    booker, booking, repeat = actor.person_id or 0, request.booking, request.repeat
    if (made := result_of_key(session, booker, booking.idempotency_key)) is not None:
        return made
    firm, first, start = firm_settings(session), booking.evening, booking.start
    if first is None or start is None or start.tzinfo is not None:
        raise Invalid("Choose the first evening and the start.", field="start" if first else "evening")
    if first < firm.calendar.business_date(now):
        raise Invalid("That evening is over. Choose tonight or a later one.", field="evening")
    if first > firm.calendar.business_date(now) + _BEGINS_WITHIN:
        raise Invalid("A series begins within a year. Choose an earlier first evening.", field="evening")
    if repeat.until is not None and repeat.until > first + LONGEST:
        raise Invalid("A series ends within ten years, or goes on until it is ended.", field="repeat")
    if next_evening(repeat, first, date.min) is None:
        raise Invalid("No evening of this series lies before its end. Choose a later end.", field="repeat")
    check_people(booking)
    plan(booking, active_services(session, only=booking.service_ids), firm, now=now, starts_at=now)
    therapists(session, booking.therapist_ids)
    lock_people(session, {*booking.therapist_ids, *_named(request.instead.values())})
    client = client_of(session, actor, booking, now=now)
    address = address_of(session, booking, client.id, now=now)
    series = BookingSeries(
        client_id=client.id,
        address_id=address.id,
        frequency=repeat.frequency,
        every=repeat.every,
        weekdays=sorted(repeat.weekdays),
        nth=repeat.nth,
        first_evening=first,
        last_evening=repeat.until,
        times=repeat.times,
        start=start.replace(second=0, microsecond=0),
        service_ids=list(dict.fromkeys(booking.service_ids)),
        therapist_ids=booking.therapist_ids,
        automatic=booking.automatic,
        minutes=booking.minutes,
        price=booking.price,
        driver_needed=booking.driver_needed,
        car_needed=needs_car(booking.driver_needed, booking.car_needed, booking.people),
        notes=normal_note(booking.notes),
        made_at=now,
        made_by_id=booker,
        changed_at=now,
        changed_by_id=booker,
    )
    session.add(series)
    session.flush()
    reason = normal_note(booking.off_shift_reason, field="off_shift_reason")
    visits, refused = [], dict[date, GuitaraError]()
    for day in evenings(repeat, first, since=first, last=horizon(firm, now)):
        instead = request.instead.get(day)
        if instead is not None and instead.do in ("skip", "later"):
            _leave_out(session, series, day, instead.do, now=now)
            continue
        number, error = _book_evening(session, actor, series, day, instead, reason, now=now, told=True)
        if number:
            visits.append(number)
        elif error is not None and request.otherwise != "refuse":
            _leave_out(session, series, day, request.otherwise, error, now=now)
        elif error is not None:
            refused[day] = error
    if refused:
        raise undecided(refused)
    series.next_evening = following(series, horizon(firm, now))
    tell_of_series(session, "series_booked", actor, series, visits, now=now)
    keep_result(session, booker, booking.idempotency_key, series.id)
    return series.id


def book_ahead(session: Session, series_id: int, *, now: datetime) -> int:
    """Book the evenings of a series that have come within reach; returns how many. Done once, whoever else looks.

    An evening that cannot be had waits for the desk.
    """
    # Their time is held first and the series second, as every change of one does.
    known = session.execute(
        text("SELECT therapist_ids FROM booking_series WHERE id = :id"), {"id": series_id}
    ).scalar_one_or_none()
    lock_people(session, set(known or ()))
    series = session.get(BookingSeries, series_id, with_for_update=True, populate_existing=True)
    firm = firm_settings(session)
    last = horizon(firm, now)
    if series is None or series.next_evening is None or series.next_evening > last:
        return 0
    tonight = firm.calendar.business_date(now)
    days = evenings(series.repeat, series.first_evening, since=series.next_evening, last=last)
    days = [day for day in days if day >= tonight and (series.stops_before is None or day < series.stops_before)]
    done = _handled(session, series, days)
    several = len(days) - len(done) > 1
    visits: list[int] = []
    for day in days:
        if day in done:
            continue
        number, error = _book_evening(session, SYSTEM, series, day, None, "", now=now, told=several)
        if number:
            visits.append(number)
        elif error is not None:
            gap = _leave_out(session, series, day, "later", error, now=now)
            _tell_of_gap(session, "series_gap_found", SYSTEM, series, gap, now=now)
    series.next_evening = following(series, last)
    if several and visits:
        tell_of_series(session, "series_booked", SYSTEM, series, visits, now=now)
    session.flush()
    return len(visits)


def close_past_gaps(session: Session, *, now: datetime) -> int:
    """Evenings that nobody decided about and that are over wait no more; returns how many."""
    tonight = firm_settings(session).calendar.business_date(now)
    found = select(SeriesGap).where(SeriesGap.state == "open", col(SeriesGap.business_date) < tonight)
    gaps = list(session.scalars(found.with_for_update(skip_locked=True)))
    for gap in gaps:
        settle_gap(gap, "past", now=now)
        _tell_of_gap(session, "series_gap_past", SYSTEM, session.get_one(BookingSeries, gap.series_id), gap, now=now)
    return len(gaps)


def skip_gap(session: Session, actor: Actor, gap_id: int, *, reason: str, now: datetime) -> None:
    """Decide that there is no visit that evening.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such evening; NotPossible: it has been decided.
    """
    require(actor, Permission.BOOK)
    gap = _open_gap(session, gap_id)
    settle_gap(gap, "skipped", now=now)
    series = session.get_one(BookingSeries, gap.series_id)
    _tell_of_gap(session, "series_gap_skipped", actor, series, gap, now=now, reason=normal_note(reason, field="reason"))


def fill_gap(session: Session, actor: Actor, gap_id: int, appointment_id: int, *, now: datetime) -> None:
    """Let a visit that was just booked stand for an evening of a series; nothing when that has been decided.

    Raises:
        NotAllowed: the actor is not of the desk.
    """
    require(actor, Permission.BOOK)
    gap = session.get(SeriesGap, gap_id, with_for_update=True) if 0 < gap_id < 2**63 else None
    visit = session.get(Appointment, appointment_id)
    if gap is None or gap.state != "open" or visit is None or visit.series_id is not None:
        return
    series = session.get_one(BookingSeries, gap.series_id)
    if series.client_id != visit.client_id:
        return
    visit.series_id, visit.series_date = gap.series_id, gap.business_date
    settle_gap(gap, "booked", now=now)
    _tell_of_gap(session, "series_gap_booked", actor, series, gap, now=now, appointment_id=appointment_id)


def attempt(session: Session, work: Callable[[], T]) -> tuple[T | None, GuitaraError | None]:
    """What ``work`` gives, or why it was refused; then nothing of it stands, and nothing is told of it."""
    recorded: list[Any] = session.info.setdefault("recorded", [])
    told = len(recorded)
    try:
        with session.begin_nested():
            return work(), None
    except REFUSALS as error:
        del recorded[told:]
        return None, error


def tell_of_series(
    session: Session,
    kind: str,
    actor: Actor,
    series: BookingSeries,
    visits: Collection[int],
    *,
    now: datetime,
    going: dict[str, int] | None = None,
    **more: Any,
) -> None:
    """Tell of a series as a whole: everybody concerned once, with how many of its visits are theirs.

    ``going`` are those who go as before, and would not be told otherwise.
    """
    session.flush()
    first = min(visits, default=None)
    if visits:
        first = session.scalars(
            select(Appointment.id).where(col(Appointment.id).in_(visits)).order_by(col(Appointment.starts_at)).limit(1)
        ).one()
    data = {
        "series": series.id,
        "words": in_words(series.repeat, series.start),
        "visits": len(visits),
        **_concerned(session),
        **more.pop("data", {}),
    }
    data["kept"] = {person: many for person, many in (going or {}).items() if person not in data["offered"]}
    record(
        session,
        kind,
        by=actor,
        now=now,
        topics={"desk", "waiting", f"client:{series.client_id}", *_topics(session, series.id)},
        client_id=series.client_id,
        appointment_id=first,
        data=data,
        **more,
    )


def _concerned(session: Session) -> dict[str, dict[str, int]]:
    """From what this transaction has recorded: in how many visits each was asked, and lost a place or a trip."""
    numbers = [one.event_id for one in session.info.get("recorded", [])]
    rows = session.execute(
        text("SELECT data FROM events WHERE id = ANY(:ids) AND data ? 'series' AND kind NOT LIKE 'series%'"),
        {"ids": numbers},
    ).scalars()
    told: dict[str, dict[str, int]] = {"offered": {}, "lost": {}}
    for data in rows:
        for name, theirs in (("asked", told["offered"]), ("let_go", told["lost"])):
            for person in data.get(name, ()):
                theirs[str(person)] = theirs.get(str(person), 0) + 1
    return told


def _topics(session: Session, series_id: int) -> set[str]:
    """The pages of its visits that are to come."""
    rows = session.execute(
        text("SELECT id FROM appointments WHERE series_id = :id AND closed_at IS NULL"), {"id": series_id}
    )
    return {f"appointment:{number}" for number in rows.scalars()}


def _book_evening(
    session: Session,
    actor: Actor,
    series: BookingSeries,
    day: date,
    instead: Instead | None,
    reason: str,
    *,
    now: datetime,
    told: bool,
) -> tuple[int | None, GuitaraError | None]:
    booking = template(series, day).model_copy(update={"off_shift_reason": reason})
    of = OfSeries(series.id, day, series.made_by_id, told)
    return attempt(session, lambda: book(session, actor, chosen_instead(booking, instead), now=now, of=of))


def _leave_out(
    session: Session, series: BookingSeries, day: date, how: str, error: GuitaraError | None = None, *, now: datetime
) -> SeriesGap:
    waits = how == "later"
    gap = SeriesGap(
        series_id=series.id,
        business_date=day,
        state="open" if waits else "skipped",
        because=error.sentence if error else "To be decided." if waits else "Skipped.",
        instead=instead_words(session, template(series, day), now=now) if waits else "",
        found_at=now,
        settled_at=None if waits else now,
    )
    session.add(gap)
    session.flush()
    return gap


def _handled(session: Session, series: BookingSeries, days: Collection[date]) -> set[date]:
    """Those of ``days`` that have a visit, or about which something was decided."""
    rows = session.execute(
        text(
            "SELECT series_date FROM appointments WHERE series_id = :id AND series_date = ANY(:days)"
            " UNION SELECT business_date FROM series_gaps WHERE series_id = :id AND business_date = ANY(:days)"
        ),
        {"id": series.id, "days": list(days)},
    )
    return set(rows.scalars())


def undecided(refused: dict[date, GuitaraError]) -> Conflict:
    """Names the evenings that cannot be had like the others, and why."""
    said = [f"{day:%a} {day.day} {day:%b}: {error.sentence}" for day, error in list(refused.items())[:_NAMED]]
    more = f" And {len(refused) - _NAMED} more." if len(refused) > _NAMED else ""
    many = "An evening cannot be" if len(refused) == 1 else f"{len(refused)} evenings cannot be"
    overlaps: list[Overlap] = [one for error in refused.values() for one in getattr(error, "overlaps", ())]
    sentence = f"{many} booked like the others. Choose what becomes of each. {' '.join(said)}{more}"
    return Conflict(sentence, overlaps, field="repeat")


def _named(choices: Collection[Instead]) -> set[int]:
    return {person for one in choices for person in one.therapist_ids or ()}


def _open_gap(session: Session, gap_id: int) -> SeriesGap:
    gap = session.get(SeriesGap, gap_id, with_for_update=True) if 0 < gap_id < 2**63 else None
    if gap is None:
        raise NotFound("There is no such evening.")
    if gap.state != "open":
        raise NotPossible("Somebody has decided about this evening already.")
    return gap


def settle_gap(gap: SeriesGap, state: str, *, now: datetime) -> None:
    """The evening waits for nobody any more."""
    gap.state, gap.settled_at = state, now


def _tell_of_gap(
    session: Session, kind: str, actor: Actor, series: BookingSeries, gap: SeriesGap, *, now: datetime, **more: Any
) -> None:
    session.flush()
    calendar = firm_settings(session).calendar
    starts_at = calendar.at(gap.business_date, series.start)
    topics = {"desk", "waiting", f"client:{series.client_id}", *_topics(session, series.id)}
    record(
        session,
        kind,
        by=actor,
        now=now,
        topics=topics,
        client_id=series.client_id,
        data={"series": series.id, "gap": gap.id, "starts_at": starts_at.isoformat()},
        **more,
    )
