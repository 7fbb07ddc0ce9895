"""From what was said about a person's time to the ranges in which they can be offered work.

Spans are pairs of instants, half-open: ``(13:00, 15:00)`` and ``(15:00, 17:00)`` touch and do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import Calendar

Span = tuple[datetime, datetime]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

AS_USUAL, CLOSED = "as_usual", "closed"
"""What a firm may do on a holiday, besides open hours such as ``15:00-22:00``."""

LONGEST_SHIFT = timedelta(hours=18)
LONGEST_TIME_OFF = timedelta(days=366)
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """Start and end on the wall clock, and perhaps a break; an end at or before the start is past midnight."""

    starts: time
    ends: time
    break_starts: time | None = None
    break_ends: time | None = None

    def __str__(self) -> str:
        """``13:00 to 01:00, break 18:00 to 18:30``."""
        words = f"{self.starts:%H:%M} to {self.ends:%H:%M}"
        if self.break_starts is None or self.break_ends is None:
            return words
        return f"{words}, break {self.break_starts:%H:%M} to {self.break_ends:%H:%M}"

    @property
    def minutes(self) -> int:
        """From start to end."""
        return _minutes(self.starts, self.ends) or _DAY


@dataclass(frozen=True, slots=True)
class Dated:
    """What was said about one evening by hand; no hours are a day off."""

    hours: Hours | None


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday, and what the firm does on its evening: as always, closed, or open from ``opens`` to ``closes``.

    It concerns usual hours alone: what was said by hand about the evening is said about the holiday too.
    """

    name: str
    closed: bool = False
    opens: time | None = None
    closes: time | None = None

    def __str__(self) -> str:
        """``Christmas Day, closed``."""
        if self.closed:
            return f"{self.name}, closed"
        return f"{self.name}, {self.opens:%H:%M} to {self.closes:%H:%M}" if self.opens and self.closes else self.name


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that was said about one person's time, from which their shifts follow.

    ``fixed`` are shifts that stand by themselves: of evenings before, imported, or written in the console.
    """

    week: Mapping[int, Hours] = field(default_factory=dict)
    dated: Mapping[date, Dated] = field(default_factory=dict)
    off: Sequence[Span] = ()
    fixed: Mapping[date, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants to say anew; whatever is not in it stays. None is a free weekday, or usual hours again."""

    week: Mapping[int, Hours | None] = field(default_factory=dict)
    dated: Mapping[date, Dated | None] = field(default_factory=dict)
    off: Sequence[Span] = ()


def check_hours(hours: Hours, *, field: str = "") -> None:
    """Refuse hours that cannot be worked. ``field`` is put after ``ends`` and the like to name the input.

    Raises:
        Invalid: more than 18 hours, or a break that is half said or not inside them.
    """
    if timedelta(minutes=hours.minutes) > LONGEST_SHIFT:
        raise Invalid("A shift has at most 18 hours. Check start and end.", field=f"ends{field}")
    if (hours.break_starts is None) != (hours.break_ends is None):
        raise Invalid("A break needs a start and an end. Type both, or empty both.", field=f"break_starts{field}")
    if hours.break_starts is None or hours.break_ends is None:
        return
    begins, ends = _minutes(hours.starts, hours.break_starts), _minutes(hours.starts, hours.break_ends)
    if not 0 < begins < ends < hours.minutes:
        raise Invalid(
            f"The break must lie inside {hours.starts:%H:%M} to {hours.ends:%H:%M}.", field=f"break_starts{field}"
        )


def evening_hours(clocks: tuple[time, time], before: Hours | None) -> Hours:
    """These hours for one evening, with the break that was said for it before as long as it still lies inside."""
    starts, ends = (clock.replace(second=0, microsecond=0, tzinfo=None) for clock in clocks)
    if before is not None and before.break_starts is not None:
        kept = Hours(starts, ends, before.break_starts, before.break_ends)
        try:
            check_hours(kept)
        except Invalid:
            return Hours(starts, ends)
        return kept
    return Hours(starts, ends)


def check_week(week: Mapping[int, Hours], calendar: Calendar) -> None:
    """Refuse a week in which hours cannot be worked, or one day runs into the next.

    Raises:
        Invalid: it cannot be; ``field`` ends in the weekday, such as ``ends_0`` for Monday.
    """
    for weekday, hours in sorted(week.items()):
        check_hours(hours, field=f"_{weekday}")
        following = week.get((weekday + 1) % 7)
        if following is None:
            continue
        over = _minutes(calendar.day_starts, hours.starts) + hours.minutes
        if over > _DAY + _minutes(calendar.day_starts, following.starts):
            begins = f"{WEEKDAYS[(weekday + 1) % 7]} begins at {following.starts:%H:%M}"
            raise Invalid(
                f"{WEEKDAYS[weekday]} would end after {begins}. Shorten one of them.", field=f"ends_{weekday}"
            )


def spans_of(hours: Hours, day: date, calendar: Calendar) -> list[Span]:
    """The instants of ``hours`` in business day ``day``: one span, or two with the break between them."""
    start = calendar.at(day, hours.starts)
    end = _next(start, hours.ends, day, calendar)
    if hours.break_starts is None or hours.break_ends is None:
        return [(start, end)]
    pause = _next(start, hours.break_starts, day, calendar)
    return subtract([(start, end)], [(pause, _next(pause, hours.break_ends, day, calendar))])


def effective(
    day: date,
    calendar: Calendar,
    *,
    usual: Sequence[Hours],
    dated: Dated | None,
    off: Iterable[Span],
    holiday: Holiday | None = None,
) -> list[Span]:
    """When somebody can be offered work in business day ``day``, in order, nothing overlapping or touching.

    Args:
        day: the business day.
        calendar: how the firm reads a clock.
        usual: the hours of that weekday.
        dated: what was said by hand about this evening; it takes the place of ``usual``.
        off: approved time off; it wins over both.
        holiday: what the firm does on it cuts the usual hours, and nothing that was said by hand.
    """
    said = usual if dated is None else [dated.hours] if dated.hours else []
    spans = merge(span for hours in said for span in spans_of(hours, day, calendar))
    if dated is None and holiday is not None:
        spans = _on_holiday(spans, holiday, day, calendar)
    return subtract(spans, off)


def days_of(
    days: Iterable[date],
    calendar: Calendar,
    *,
    week: Mapping[int, Hours],
    dated: Mapping[date, Dated],
    off: Sequence[Span],
    taken: Iterable[Span] = (),
    holidays: Mapping[date, Holiday] | None = None,
) -> dict[date, list[Span]]:
    """The effective spans of each of ``days``, never two over the same instant.

    An evening that runs into the next one keeps the time; ``taken`` is kept by whatever else holds it.
    """
    found: dict[date, list[Span]] = {}
    kept = list(taken)
    for day in days:
        usual = week.get(day.weekday())
        spans = effective(
            day,
            calendar,
            usual=[usual] if usual else [],
            dated=dated.get(day),
            off=off,
            holiday=(holidays or {}).get(day),
        )
        found[day] = subtract(spans, kept)
        kept = [*taken, *found[day]]
    return found


def holiday_of(names: Sequence[str], otherwise: str, each: Mapping[str, str]) -> Holiday:
    """What the firm does on the holiday of these names: what is said of one of them, else what it does ``otherwise``.

    Args:
        names: as the calendar knows the day; two holidays may fall on one.
        otherwise: AS_USUAL or CLOSED.
        each: by name, one of these or open hours; what cannot be read counts as not said.
    """
    said = next((each[name] for name in names if each.get(name)), otherwise)
    hours = open_hours(said)
    return Holiday(
        ", ".join(names),
        closed=said == CLOSED,
        opens=hours.starts if hours else None,
        closes=hours.ends if hours else None,
    )


def open_hours(said: str) -> Hours | None:
    """``15:00-22:00`` as hours; None when it is none."""
    try:
        starts, ends = (time.fromisoformat(clock) for clock in said.split("-"))
    except ValueError:
        return None
    return Hours(starts, ends)


def planned(
    days: Sequence[date], calendar: Calendar, said: Said, holidays: Mapping[date, Holiday]
) -> dict[date, list[Span]]:
    """The spans of each of ``days`` that follow from what was said; those of fixed evenings are theirs already."""
    return days_of(
        [day for day in days if day not in said.fixed],
        calendar,
        week=said.week,
        dated=said.dated,
        off=said.off,
        taken=[span for spans in said.fixed.values() for span in spans],
        holidays=holidays,
    )


def edited(said: Said, edit: Edit) -> Said:
    """What is said once the edit is saved. An evening that the edit speaks of is fixed no longer."""
    week = {day: hours for day, hours in {**said.week, **edit.week}.items() if hours is not None}
    dated = {day: one for day, one in {**said.dated, **edit.dated}.items() if one is not None}
    fixed = {day: spans for day, spans in said.fixed.items() if day not in edit.dated}
    return Said(week, dated, [*said.off, *edit.off], fixed)


def uncovered(jobs: Iterable[Span], spans: Iterable[Span]) -> list[int]:
    """Which of ``jobs``, by their place, do not lie inside ``spans``; hours that touch count as one."""
    whole = merge(spans)
    return [
        place
        for place, (start, end) in enumerate(jobs)
        if not any(begin <= start and end <= over for begin, over in whole)
    ]


def said_on(day: date, said: Said, calendar: Calendar) -> Hours | None:
    """The hours of an evening as somebody would type them: by hand, else those of a fixed shift, else the usual."""
    if day in said.dated:
        return said.dated[day].hours
    if spans := sorted(said.fixed.get(day, ())):
        clocks = [calendar.local(edge).time() for span in (spans[0], spans[-1]) for edge in span]
        return Hours(clocks[0], clocks[3], clocks[1], clocks[2]) if len(spans) == 2 else Hours(clocks[0], clocks[3])
    return said.week.get(day.weekday())


def copied(source: Said, target: Said, days: Mapping[date, date], calendar: Calendar) -> dict[date, Dated | None]:
    """What to say about the evenings of ``target`` so that each is as the ``source``'s evening that ``days`` names.

    Where that is what they usually work anyway nothing is said by hand, so that it follows their week later on too.
    """
    edit: dict[date, Dated | None] = {}
    for day, of in days.items():
        hours = said_on(of, source, calendar)
        edit[day] = None if hours == target.week.get(day.weekday()) else Dated(hours)
    return edit


def off_span(
    calendar: Calendar, first: date, last: date, *, starts: time | None, ends: time | None, now: datetime
) -> Span:
    """The time off from evening ``first`` to evening ``last``, both whole unless a clock says from or until when.

    Raises:
        Invalid: it ends before it begins, is over, or is longer than a year.
    """
    if last < first:
        raise Invalid("The last evening is before the first.", field="last")
    if first < calendar.business_date(now):
        raise Invalid("That evening is over. Choose tonight or a later one.", field="first")
    if last - first > LONGEST_TIME_OFF or first - calendar.business_date(now) > LONGEST_TIME_OFF:
        raise Invalid("Time off is planned at most a year ahead, and is at most a year long.", field="last")
    whole = calendar.day_period(first), calendar.day_period(last)
    begins = calendar.at(first, starts) if starts else whole[0].lower
    over = calendar.at(last, ends) if ends else whole[1].upper
    if begins is None or over is None or over <= begins:
        raise Invalid("The end must be after the start. 00:30 is after the midnight of its evening.", field="ends")
    if over <= now:
        raise Invalid("That time is over. Choose a later end.", field="ends")
    return begins, over


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time in order, with what overlaps or touches made one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Iterable[Span], gone: Iterable[Span]) -> list[Span]:
    """What is left of ``spans`` (in order, not overlapping) without the time in ``gone``."""
    left = list(spans)
    for begin, over in gone:
        left = (
            [
                (start, end)
                for whole in left
                for start, end in ((whole[0], min(whole[1], begin)), (max(whole[0], over), whole[1]))
                if start < end
            ]
            if begin < over
            else left
        )
    return left


def intersect(spans: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """The time that is in both (each in order, not overlapping)."""
    return [
        (max(start, begin), min(end, over))
        for start, end in spans
        for begin, over in others
        if max(start, begin) < min(end, over)
    ]


def _on_holiday(spans: list[Span], holiday: Holiday, day: date, calendar: Calendar) -> list[Span]:
    if holiday.closed:
        return []
    if holiday.opens is None or holiday.closes is None:
        return spans
    return intersect(spans, spans_of(Hours(holiday.opens, holiday.closes), day, calendar))


def _minutes(start: time, end: time) -> int:
    """Minutes on the clock from ``start`` on to ``end``, below a day."""
    return (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % _DAY


def _next(after: datetime, clock: time, day: date, calendar: Calendar) -> datetime:
    """When the wall clock next shows ``clock`` after an instant of business day ``day``."""
    at = calendar.at(day, clock)
    return at if at > after else calendar.at(day + timedelta(days=1), clock)
