"""Hours for several people as typed, and what they would say of each of them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app.availability.queries import Standing, planned_days, standing
from guitara_app.availability.rules import Dated, Edit, Hours, check_hours, copied
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import Calendar
from guitara_app.pages.booking.draft import clock

WEEKDAYS, EVENINGS, OFF, USUAL, COPY_WEEK, COPY_EVENINGS = (
    "weekdays",
    "evenings",
    "off",
    "usual",
    "copy_week",
    "copy_evenings",
)
_WEEK = timedelta(days=7)

Words = Annotated[str, BeforeValidator(lambda typed: "" if typed is None else typed), Field(max_length=40)]
Number = Annotated[int, Field(ge=1, lt=2**31)]
Id = Annotated[Number | None, BeforeValidator(lambda typed: None if typed == "" else typed)]


class TeamDraft(BaseModel):
    """Every field of the form; those nobody has touched are missing."""

    model_config = ConfigDict(extra="ignore")

    idempotency_key: Annotated[str, Field(max_length=100)] = ""
    people: Annotated[list[Number], Field(max_length=500)] = []
    what: Words = ""
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = []
    starts: Words = ""
    ends: Words = ""
    break_starts: Words = ""
    break_ends: Words = ""
    first: Words = ""
    last: Words = ""
    source: Id = None
    source_day: Words = ""
    onto: Words = ""
    weeks: Words = ""


def edits_of(session: Session, draft: TeamDraft, now: datetime) -> dict[int, Edit]:
    """What saving the draft would say of each person.

    Raises:
        Invalid: something is missing or cannot be; ``field`` is that of the form.
    """
    if not draft.people:
        raise Invalid("Choose whose hours these are.", field="people")
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    if draft.what == WEEKDAYS:
        hours = _typed_hours(draft)
        return dict.fromkeys(draft.people, Edit(week=dict.fromkeys(sorted(_weekdays(draft)), hours)))
    if draft.what in (EVENINGS, OFF, USUAL):
        worked = _worked(draft) if draft.what == EVENINGS else None
        said = None if draft.what == USUAL else Dated(worked)
        days = _range(draft, tonight, set(draft.weekdays))
        return dict.fromkeys(draft.people, Edit(dated=dict.fromkeys(days, said)))
    if draft.what == COPY_WEEK:
        source, targets = _source(session, draft, now)
        week = {day: source.said.week.get(day) for day in range(7)}
        return dict.fromkeys(targets, Edit(week=week))
    if draft.what == COPY_EVENINGS:
        onto = _copied_days(session, draft, now)
        source, targets = _source(session, draft, now, also_self=True)
        return {
            person: Edit(dated=copied(source.said, known.said, onto, calendar)) for person, known in targets.items()
        }
    raise Invalid("Choose what is to change.", field="what")


def week_label(calendar: Calendar, now: datetime, weeks: int) -> tuple[str, str]:
    """The Monday of this week, or so many later, as a value and in words."""
    monday = calendar.business_date(now)
    monday += _WEEK * weeks - timedelta(days=monday.weekday())
    sunday = monday + timedelta(days=6)
    word = {0: "this week, ", 1: "next week, "}.get(weeks, "")
    return monday.isoformat(), f"{word}Mon {monday.day} {monday:%b} to Sun {sunday.day} {sunday:%b}"


def _source(
    session: Session, draft: TeamDraft, now: datetime, *, also_self: bool = False
) -> tuple[Standing, dict[int, Standing]]:
    if draft.source is None:
        raise Invalid("Choose whose hours are copied.", field="source")
    found = standing(session, {draft.source, *draft.people}, now=now)
    targets = {person: found[person] for person in draft.people if also_self or person != draft.source}
    if not targets:
        raise Invalid("Choose somebody else to copy to.", field="people")
    return found[draft.source], targets


def _copied_days(session: Session, draft: TeamDraft, now: datetime) -> dict[date, date]:
    """Each evening to be set, and that of the copied week which it is to be like."""
    possible = planned_days(session, now)
    source = _monday(draft.source_day, "source_day", possible[0])
    if not possible[0] - _WEEK < source <= possible[-1]:
        raise Invalid("Choose this week or a later one to copy.", field="source_day")
    onto = _monday(draft.onto, "onto", possible[0] + _WEEK)
    weeks = int(draft.weeks) if draft.weeks.isascii() and draft.weeks.isdecimal() else 1
    if not 1 <= weeks <= 26:
        raise Invalid("Choose from 1 to 26 weeks.", field="weeks")
    days = {
        onto + _WEEK * week + timedelta(days=day): source + timedelta(days=day)
        for week in range(weeks)
        for day in range(7)
    }
    # Evenings that are over are not set; of a week that has begun its rest is.
    kept = {day: of for day, of in days.items() if possible[0] <= day <= possible[-1] and day != of}
    if not kept:
        raise Invalid(
            f"These evenings are over, or more than {len(possible) - 1} days ahead. Choose a later week.", field="onto"
        )
    return kept


def _monday(typed: str, field: str, fallback: date) -> date:
    day = _day(typed, field) or fallback
    return day - timedelta(days=day.weekday())


def _range(draft: TeamDraft, tonight: date, weekdays: set[int]) -> list[date]:
    first = _day(draft.first, "first") or tonight
    last = _day(draft.last, "last") or first
    if last < first:
        raise Invalid("The last evening is before the first.", field="last")
    if (last - first).days > 366:
        raise Invalid("These are more evenings than can be planned.", field="last")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    chosen = [day for day in days if not weekdays or day.weekday() in weekdays]
    if not chosen:
        raise Invalid("None of these weekdays lies between the two evenings.", field="weekdays")
    return chosen


def _weekdays(draft: TeamDraft) -> set[int]:
    if not draft.weekdays:
        raise Invalid("Choose the weekdays.", field="weekdays")
    return set(draft.weekdays)


def _typed_hours(draft: TeamDraft) -> Hours | None:
    clocks = {name: _clock(draft, name) for name in ("starts", "ends", "break_starts", "break_ends")}
    starts, ends = clocks["starts"], clocks["ends"]
    if starts is None and ends is None:
        return None
    if starts is None or ends is None:
        raise Invalid("Type start and end, or empty both for free days.", field="starts" if starts is None else "ends")
    hours = Hours(starts, ends, clocks["break_starts"], clocks["break_ends"])
    check_hours(hours)
    return hours


def _worked(draft: TeamDraft) -> Hours:
    hours = _typed_hours(draft)
    if hours is None:
        raise Invalid("Type when they start. For no work at all choose the day off.", field="starts")
    return hours


def _clock(draft: TeamDraft, name: str) -> time | None:
    try:
        return clock(getattr(draft, name))
    except Invalid as error:
        raise Invalid(error.sentence, field=name) from error


def _day(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise Invalid("Choose the evening from the calendar.", field=field) from error
