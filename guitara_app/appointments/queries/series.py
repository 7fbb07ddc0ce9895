"""What a series would come to, evening by evening, and which of its evenings wait for the desk.

Whether somebody is free is asked of the same timeline as everywhere; what stands in the way, and what could be offered
instead, of the same preview that the booking form shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.models import BookingSeries
from guitara_app.appointments.queries.alternatives import Alternatives, look_up
from guitara_app.appointments.queries.candidates import Candidate
from guitara_app.appointments.queries.fields import Standing
from guitara_app.appointments.queries.preview import Preview, preview, wanted_by
from guitara_app.appointments.queries.rows import short_name
from guitara_app.appointments.recurrence import Repeat, end_in_words, evenings, in_words, next_evening, walk
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import plan
from guitara_app.appointments.series_requests import Instead
from guitara_app.appointments.slots import Evenings, Search
from guitara_app.availability.queries import holidays_between
from guitara_app.catalog.queries import active_services
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_EXPLAINED = 24
"""Of so many clashes it is looked up what could be offered instead; the others can be skipped or decided later."""
SKIP = Instead(do="skip")
LATER = Instead(do="later")
ANYWAY = Instead(do="anyway")


class Option(NamedTuple):
    """Something that can become of an evening, in words."""

    label: str
    instead: Instead


class Occurrence(NamedTuple):
    """One evening of a series: ``free``, a ``clash`` with why and what can become of it, or ``kept`` as it stands.

    ``note`` is what to know of the evening, such as a holiday. ``visit_id`` is 0 where there is no visit yet.
    """

    evening: date
    visit_id: int
    when: str
    state: str
    why: str = ""
    note: str = ""
    options: tuple[Option, ...] = ()


class SeriesPreview(NamedTuple):
    """The rule in words and its evenings; ``later`` is how many are booked as they come nearer, None without end."""

    words: str
    ends: str
    rows: list[Occurrence]
    later: int | None

    @property
    def clashes(self) -> list[Occurrence]:
        """Those about which something must be decided."""
        return [row for row in self.rows if row.state == "clash"]


def horizon(firm: FirmSettings, now: datetime) -> date:
    """The last evening that is booked already; later ones follow as they come within it.

    One evening less than can be booked: the shifts of the last one are written in the course of the day.
    """
    return firm.calendar.business_date(now) + timedelta(days=min(7 * firm.series_weeks, firm.book_ahead_days - 1))


def template(series: BookingSeries, day: date) -> BookingRequest:
    """The booking of one evening of the series."""
    return BookingRequest(
        client_id=series.client_id,
        address_id=series.address_id,
        service_ids=series.service_ids,
        therapist_ids=series.therapist_ids,
        automatic=series.automatic,
        evening=day,
        start=series.start,
        minutes=series.minutes,
        price=series.price,
        driver_needed=series.driver_needed,
        car_needed=series.car_needed,
        notes=series.notes,
    )


def chosen_instead(booking: BookingRequest, instead: Instead | None) -> BookingRequest:
    """The booking of an evening with what was chosen for it; the reason for outside a shift goes where it was meant."""
    reason = booking.off_shift_reason if instead is not None and instead.do == "anyway" else ""
    update: dict[str, object] = {"off_shift_reason": reason}
    if instead is not None and instead.do == "move":
        update |= {name: value for name in ("evening", "start") if (value := getattr(instead, name)) is not None}
        if instead.therapist_ids is not None:
            update |= {"therapist_ids": list(instead.therapist_ids), "automatic": 0}
    return booking.model_copy(update=update)


def preview_series(session: Session, draft: BookingRequest, repeat: Repeat, *, now: datetime) -> SeriesPreview:
    """Every evening that would be booked now, and who stands in the way of which.

    Raises:
        Invalid: the draft says too little, or what cannot be; ``field`` says where.
    """
    firm = firm_settings(session)
    if draft.evening is None or draft.start is None:
        raise Invalid("Choose the first evening and the start.", field="start")
    first, tonight = draft.evening, firm.calendar.business_date(now)
    days = evenings(repeat, first, since=max(first, tonight), last=horizon(firm, now))
    services = active_services(session, only=draft.service_ids)
    wanted = wanted_by(session, draft, plan(draft, services, firm, now=now, starts_at=now))
    shown = SeriesPreview(in_words(repeat, draft.start), end_in_words(repeat), [], _later(repeat, first, firm, now))
    if not days:
        return shown
    people = None if draft.automatic else draft.therapist_ids
    known = look_up(session, wanted, people, days[0], days[-1], now=now, but=())
    search = Search(wanted.job, tuple(draft.therapist_ids), draft.automatic, now, tuple(days))
    explain = Explain(session, now, days[0], days[-1])
    for day in days:
        start = firm.calendar.at(day, draft.start)
        if start >= now and _is_free(known, search, start):
            shown.rows.append(Occurrence(day, 0, _when(firm.calendar, start, day), "free", note=explain.holiday(day)))
            continue
        shown.rows.append(explain.evening(draft.model_copy(update={"evening": day, "off_shift_reason": ""}), start))
    return shown


def _is_free(known: Evenings, search: Search, start: datetime) -> bool:
    job = search.at(start)
    if not all(known.is_free(person, job) for person in search.chosen):
        return False
    if not search.others:
        return True
    spare = (one for one in known.names if one not in search.chosen and known.is_free(one, job))
    return sum(1 for _ in zip(spare, range(search.others), strict=False)) == search.others


def _later(repeat: Repeat, first: date, firm: FirmSettings, now: datetime) -> int | None:
    last = horizon(firm, now)
    if repeat.times is None and repeat.until is None:
        return None
    return sum(day > last for day in walk(repeat, first))


class Explain:
    """Says of single evenings what stands in the way; what concerns them all is looked up once."""

    def __init__(self, session: Session, now: datetime, first: date, last: date) -> None:
        self.session, self.now = session, now
        self.calendar = firm_settings(session).calendar
        self.holidays = {day: str(one) for day, one in holidays_between(session, first, last).items()}
        self.explained = 0

    def holiday(self, day: date) -> str:
        """The public holiday of that evening, with what the firm does on it."""
        return self.holidays.get(day, "")

    def evening(self, draft: BookingRequest, start: datetime, visit: Standing | None = None) -> Occurrence:
        """The evening that ``draft`` asks for, with why it cannot be had as asked; free when it can."""
        day = draft.evening or self.calendar.business_date(start)
        seen = preview(self.session, draft, now=self.now, visit=visit)
        why = self._why(draft, seen, visit)
        when, number = _when(self.calendar, start, day), visit.id if visit else 0
        if not why:
            return Occurrence(day, number, when, "free", note=self.holiday(day))
        self.explained += 1
        options = [] if self.explained > _EXPLAINED else options_of(self.calendar, seen.alternatives, day)
        if only_unfit(draft, seen.candidates):
            options.append(Option("Book all the same, with the reason below", ANYWAY))
        return Occurrence(day, number, when, "clash", why, self.holiday(day), tuple(options))

    def _why(self, draft: BookingRequest, seen: Preview, visit: Standing | None) -> str:
        wrong = [one for one in seen.problems if one.field != "off_shift_reason"]
        unfit = any(one.field == "off_shift_reason" for one in seen.problems)
        said = [one.sentence for one in wrong]
        if unfit:
            chosen = set(draft.therapist_ids) - ({seat.person_id for seat in visit.seats} if visit else set())
            chosen = chosen or set(draft.therapist_ids)
            out = [one for one in seen.candidates if one.person_id in chosen and not one.free and not one.conflicts]
            said += [f"{one.name}: {self._off(one, draft)}." for one in out]
        return " ".join(said)

    def _off(self, one: Candidate, draft: BookingRequest) -> str:
        """Why somebody is not there that evening: time off, a holiday, or simply no shift then."""
        if one.reason.startswith("does not give") or draft.evening is None or draft.start is None:
            return one.reason
        at = self.calendar.at(draft.evening, draft.start)
        off = self.session.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM time_off WHERE person_id = :person AND state = 'approved'"
                " AND period @> CAST(:at AS timestamptz))"
            ),
            {"person": one.person_id, "at": at},
        ).scalar()
        if off:
            return "has time off"
        holiday = self.holiday(draft.evening)
        return f"{one.reason} ({holiday})" if holiday else one.reason


def only_unfit(draft: BookingRequest, found: Sequence[Candidate]) -> bool:
    """Nobody chosen is taken, and somebody is off shift or lacks the skill: a reason is all that is missing."""
    chosen = [one for one in found if one.person_id in draft.therapist_ids]
    known = len(chosen) == len(draft.therapist_ids) > 0
    return known and not any(one.conflicts for one in chosen) and any(not one.free for one in chosen)


def options_of(calendar: Calendar, found: Alternatives, day: date) -> list[Option]:
    """Other times, then other people, as they can be chosen for the evening ``day``."""

    def clock(evening: date, starts_at: datetime) -> str:
        at = calendar.clock_label if evening == day else calendar.night_label
        return at(starts_at, evening)

    times = [
        Option(
            f"At {clock(one.evening, one.starts_at)}",
            Instead(do="move", evening=one.evening, start=calendar.local(one.starts_at).time()),
        )
        for one in found.times
    ]
    others = [
        Option(
            f"{', '.join(short_name(name) for name in one.new)}, {clock(one.evening, one.starts_at)}",
            Instead(
                do="move",
                evening=one.evening,
                start=calendar.local(one.starts_at).time(),
                therapist_ids=tuple(one.people),
            ),
        )
        for one in found.others
    ]
    return [*times, *others]


def instead_words(session: Session, booking: BookingRequest, *, now: datetime) -> str:
    """What is free instead of an evening that could not be booked: ``21:15, 21:30, Joy T., 20:00``."""
    calendar = firm_settings(session).calendar
    try:
        found = preview(session, booking, now=now).alternatives
    except GuitaraError:
        return ""
    return "; ".join(one.label for one in options_of(calendar, found, booking.evening or date.min))


def due_series(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Series with an evening that has come within reach and is not booked yet."""
    return list(
        session.execute(
            text("SELECT id FROM booking_series WHERE next_evening <= :last ORDER BY next_evening, id LIMIT :limit"),
            {"last": horizon(firm_settings(session), now), "limit": limit},
        ).scalars()
    )


def following(series: BookingSeries, after: date) -> date | None:
    """The evening of the series after ``after``, as far as it has not been ended."""
    found = next_evening(series.repeat, series.first_evening, after)
    return None if found is None or (series.stops_before and found >= series.stops_before) else found


def _when(calendar: Calendar, start: datetime, day: date) -> str:
    return calendar.night_label(start, day)


def choices_stand(rows: Sequence[Occurrence], chosen: Mapping[date, Instead]) -> dict[date, Instead]:
    """Those of ``chosen`` that can still be had: offered for their evening, skipped or left for later."""
    offered = {row.evening: {SKIP, LATER, *(one.instead for one in row.options)} for row in rows}
    return {day: one for day, one in chosen.items() if one in offered.get(day, set())}
