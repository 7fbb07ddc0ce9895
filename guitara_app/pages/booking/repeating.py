"""What the form holds of a series, and what it is shown of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

from pydantic import ValidationError
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.series import (
    LATER,
    SKIP,
    Occurrence,
    SeriesPreview,
    choices_stand,
    preview_series,
)
from guitara_app.appointments.recurrence import LONGEST, Frequency, Repeat
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.series_requests import Instead, SeriesRequest
from guitara_app.kit.errors import Invalid
from guitara_app.pages.booking.draft import Draft
from guitara_app.pages.booking.views import Choice

_USUAL_TIMES = 10
_MOST_FREE = 60


class EveningLine(TypedDict):
    """An evening about which something is to be chosen, or that stays as it is; ``field`` holds the choice."""

    field: str
    when: str
    state: str
    why: str
    note: str
    options: list[Choice]


class SeriesView(TypedDict):
    """A series as the form shows it; ``words`` is empty while there is none."""

    words: str
    summary: str
    rows: list[EveningLine]
    free: list[str]


NO_SERIES = SeriesView(words="", summary="", rows=[], free=[])


def repeat_of(draft: Draft, evening: date | None) -> tuple[Repeat | None, str]:
    """The rule that is typed, and why it cannot be read; neither while the visit does not repeat."""
    if not draft.repeat or evening is None:
        return None, ""
    monthly = draft.repeat == "monthly"
    try:
        day = _number(draft.repeat_day, "Choose the weekday.") - 1 if draft.repeat_day else evening.weekday()
        ends = draft.repeat_ends or "times"
        return Repeat(
            frequency=Frequency.MONTHLY if monthly else Frequency.WEEKLY,
            every=_number(draft.repeat_every or "1", "Type how many weeks or months lie between, 1 or more."),
            weekdays=(day,)
            if monthly
            else tuple(sorted({one - 1 for one in draft.repeat_days})) or (evening.weekday(),),
            nth=_nth(draft, evening) if monthly else None,
            times=_number(draft.repeat_times or str(_USUAL_TIMES), "Type how many visits, like 10.")
            if ends == "times"
            else None,
            until=_until(draft.repeat_until, evening) if ends == "until" else None,
        ), ""
    except Invalid as error:
        return None, error.sentence
    except ValidationError:
        return None, "A series has up to 520 visits, at most 52 weeks or months apart."


def series_request(booking: BookingRequest, repeat: Repeat, chosen: dict[date, Instead]) -> SeriesRequest:
    """What is to be saved."""
    return SeriesRequest(booking=booking, repeat=repeat, instead=chosen)


def looked(
    session: Session, draft: Draft, booking: BookingRequest, repeat: Repeat, at: Any
) -> tuple[SeriesView, dict[date, Instead], dict[str, str]]:
    """The series as it would be booked now, the choices that still hold, and what keeps it from being saved."""
    try:
        seen = preview_series(session, booking, repeat, now=at)
    except Invalid as error:
        return NO_SERIES, {}, {error.field or "repeat": error.sentence}
    chosen = standing_choices(seen, choices_of(draft.instead))
    problems = problems_of(seen.rows, chosen, booking.off_shift_reason)
    return view_of(seen), chosen, problems


def standing_choices(seen: SeriesPreview, typed: Mapping[date, Instead]) -> dict[date, Instead]:
    """What was chosen for evenings that clash, as far as it is still offered."""
    return choices_stand(seen.clashes, typed)


def problems_of(rows: list[Occurrence], chosen: Mapping[date, Instead], off_shift_reason: str) -> dict[str, str]:
    """What is still to be decided before it can be saved."""
    open_ones = [row for row in rows if row.state == "clash" and row.evening not in chosen]
    problems: dict[str, str] = {}
    if open_ones:
        many = "one evening" if len(open_ones) == 1 else f"{len(open_ones)} evenings"
        problems["repeat"] = f"Choose what becomes of {many} below."
    if any(one.do == "anyway" for one in chosen.values()) and not off_shift_reason.strip():
        problems["off_shift_reason"] = "Give the reason to book outside the shift or skills all the same."
    return problems


def choices_of(typed: Mapping[str, str]) -> dict[date, Instead]:
    """What was chosen, by evening; what cannot be read was not."""
    found: dict[date, Instead] = {}
    for day, value in typed.items():
        try:
            found[date.fromisoformat(day)] = Instead.model_validate_json(value)
        except ValueError:
            continue
    return found


def view_of(seen: SeriesPreview) -> SeriesView:
    """The series in words, what is to be decided, and the evenings that are free."""
    free = [row for row in seen.rows if row.state == "free"]
    return SeriesView(
        words=f"{seen.words}, {seen.ends}",
        summary=_summary(seen, len(free)),
        rows=[_line(row) for row in seen.rows if row.state != "free"],
        free=[f"{row.when}{f' ({row.note})' if row.note else ''}" for row in free[:_MOST_FREE]],
    )


def _summary(seen: SeriesPreview, free: int) -> str:
    clashes, kept = len(seen.clashes), len(seen.rows) - len(seen.clashes) - free
    said = [f"{free} free" if free else "", f"{clashes} to decide" if clashes else "", f"{kept} kept" if kept else ""]
    now = ", ".join(part for part in said if part) or "none within reach yet"
    if seen.later is None:
        return f"{now}; later ones are booked as they come nearer."
    verb = "is booked as it comes" if seen.later == 1 else "are booked as they come"
    later = f"; {seen.later} more {verb} nearer" if seen.later else ""
    return f"{now}{later}."


def _line(row: Occurrence) -> EveningLine:
    options = [
        *(Choice(value=one.instead.model_dump_json(exclude_none=True), label=one.label) for one in row.options),
        Choice(value=SKIP.model_dump_json(exclude_none=True), label=_SKIP[bool(row.visit_id)]),
        *([] if row.visit_id else [Choice(value=LATER.model_dump_json(exclude_none=True), label=_LATER)]),
    ]
    return EveningLine(
        field=f"on-{row.evening.isoformat()}",
        when=row.when,
        state=row.state,
        why=row.why,
        note=row.note,
        options=options if row.state == "clash" else [],
    )


_SKIP = {False: "No visit that evening", True: "Leave this one as it is"}
_LATER = "Decide later: it stays in needs-me-now"


def _nth(draft: Draft, evening: date) -> int:
    if draft.repeat_nth:
        return -1 if draft.repeat_nth == "-1" else _number(draft.repeat_nth, "Choose which of the month.")
    found = (evening.day - 1) // 7 + 1
    return found if found < 5 else -1


def _number(typed: str, otherwise: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and 0 < int(typed[:4]) < 1000):
        raise Invalid(otherwise)
    return int(typed[:4])


def _until(typed: str, first: date) -> date:
    try:
        last = date.fromisoformat(typed)
    except ValueError:
        raise Invalid("Choose the last evening.") from None
    if not first <= last <= first + LONGEST:
        raise Invalid("The last evening must be after the first, and within ten years.")
    return last
