"""Hours of several people said at once: a weekday for all of them, some evenings, or what somebody else works."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import FIELD, Actor, Permission, require
from guitara_app.availability.queries.planning import Standing, changed_days, standing
from guitara_app.availability.rules import WEEKDAYS, Dated, Edit, Hours, check_hours, check_week, edited
from guitara_app.availability.services.evening import check_evening
from guitara_app.availability.services.materialising import materialise_all
from guitara_app.availability.services.people import acting_for, topics
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

_MOST = 2**31

_PEOPLE = text(
    "SELECT id, name FROM people WHERE id = ANY(:people) AND role = ANY(:field) AND disabled_at IS NULL"
    " ORDER BY id FOR SHARE"
)
_FORGET_WEEKDAYS = text(
    "DELETE FROM weekly_patterns w USING unnest(CAST(:people AS int[]), CAST(:weekdays AS int[])) AS said (person, day)"
    " WHERE w.person_id = said.person AND w.weekday = said.day"
)
_SAY_WEEKDAYS = text(
    "INSERT INTO weekly_patterns (person_id, weekday, starts, ends, break_starts, break_ends)"
    " SELECT * FROM unnest(CAST(:people AS int[]), CAST(:weekdays AS int[]), CAST(:starts AS time[]),"
    " CAST(:ends AS time[]), CAST(:break_starts AS time[]), CAST(:break_ends AS time[]))"
)
_FORGET_EVENINGS = (
    text(
        "DELETE FROM shift_exceptions e"
        " USING unnest(CAST(:people AS int[]), CAST(:days AS date[])) AS said (person, day)"
        " WHERE e.person_id = said.person AND e.business_date = said.day"
    ),
    # What stood by itself there gives way, as it does when one evening is set.
    text(
        "DELETE FROM shifts s USING unnest(CAST(:people AS int[]), CAST(:days AS date[])) AS said (person, day)"
        " WHERE s.person_id = said.person AND s.business_date = said.day"
    ),
)
_SAY_EVENINGS = text(
    "INSERT INTO shift_exceptions (person_id, business_date, starts, ends, break_starts, break_ends, set_by_id)"
    " SELECT said.*, :by FROM unnest(CAST(:people AS int[]), CAST(:days AS date[]), CAST(:starts AS time[]),"
    " CAST(:ends AS time[]), CAST(:break_starts AS time[]), CAST(:break_ends AS time[])) AS said"
)


class Set(NamedTuple):
    """How many people have other hours now, and on how many evenings of theirs something changed."""

    people: int
    evenings: int


def set_together(session: Session, actor: Actor, edits: Mapping[int, Edit], *, now: datetime) -> Set:
    """Save what each edit says of its person's weekdays and evenings, for all of them or for none.

    Jobs already booked stay booked. Whoever would have the same hours as before is left alone, and not told.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        edits: by person, a therapist or a driver; time off is not said this way.
        now: the present moment.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: one of them is no therapist or driver in use.
        Invalid: hours that cannot be worked, an evening that is over or too far ahead, or nothing that would change.
    """
    require(actor, Permission.MANAGE_SHIFTS)
    names = _open(session, edits)
    before = standing(session, edits, now=now)
    changes = {
        person: change
        for person, edit in sorted(edits.items())
        if (change := _real(edit, before[person])).week or change.dated
    }
    if not changes:
        raise Invalid("Nobody's hours would change by this. Choose other hours, or other people.", field="people")
    for person, change in changes.items():
        _check(session, change, before[person], names[person], now=now)
    moved = changed_days(session, {person: (before[person], change) for person, change in changes.items()}, now=now)
    _write(session, actor, changes)
    materialise_all(session, changes, now=now)
    for person, change in changes.items():
        _tell(session, actor, person, change, before[person], moved[person], now=now)
    return Set(len(changes), sum(len(days) for days in moved.values()))


def _open(session: Session, edits: Mapping[int, Edit]) -> dict[int, str]:
    """Their names, with their time held until the transaction ends."""
    possible = [person for person in edits if 0 < person < _MOST]
    rows = session.execute(_PEOPLE, {"people": possible, "field": [str(role) for role in FIELD]})
    names = {row.id: row.name for row in rows}
    if set(names) != set(edits):
        raise NotFound("One of them is no therapist or driver in use any more. Choose again.", field="people")
    lock_people(session, set(names))
    return names


def _real(edit: Edit, stands: Standing) -> Edit:
    """The part of the edit that says something new."""
    said = stands.said
    week = {day: hours for day, hours in edit.week.items() if said.week.get(day) != hours}
    dated = {day: one for day, one in edit.dated.items() if said.dated.get(day) != one or day in said.fixed}
    return Edit(week, dated)


def _check(session: Session, change: Edit, stands: Standing, name: str, *, now: datetime) -> None:
    for one in change.dated.values():
        if one is not None and one.hours is not None:
            check_hours(one.hours)
    for day in change.dated:
        check_evening(session, day, now)
    try:
        check_week(edited(stands.said, change).week, firm_settings(session).calendar)
    except Invalid as error:
        raise Invalid(f"{name}: {error.sentence}", field=error.field) from error


def _write(session: Session, actor: Actor, changes: Mapping[int, Edit]) -> None:
    weekdays = [(person, day, hours) for person, edit in changes.items() for day, hours in edit.week.items()]
    if weekdays:
        session.execute(
            _FORGET_WEEKDAYS,
            {"people": [one[0] for one in weekdays], "weekdays": [one[1] for one in weekdays]},
        )
        worked = [(person, day, hours) for person, day, hours in weekdays if hours is not None]
        session.execute(
            _SAY_WEEKDAYS,
            {
                "people": [person for person, _, _ in worked],
                "weekdays": [day for _, day, _ in worked],
                **_columns([hours for _, _, hours in worked]),
            },
        )
    evenings = [(person, day, one) for person, edit in changes.items() for day, one in edit.dated.items()]
    if evenings:
        named = {"people": [one[0] for one in evenings], "days": [one[1] for one in evenings]}
        for forget in _FORGET_EVENINGS:
            session.execute(forget, named)
        said = [(person, day, one.hours) for person, day, one in evenings if one is not None]
        session.execute(
            _SAY_EVENINGS,
            {
                "people": [person for person, _, _ in said],
                "days": [day for _, day, _ in said],
                "by": actor.person_id,
                **_columns([hours for _, _, hours in said]),
            },
        )


def _columns(hours: list[Hours | None]) -> dict[str, list[time | None]]:
    return {
        name: [getattr(one, name) if one else None for one in hours]
        for name in ("starts", "ends", "break_starts", "break_ends")
    }


def _tell(
    session: Session, actor: Actor, person: int, change: Edit, stands: Standing, moved: set[date], *, now: datetime
) -> None:
    said = stands.said
    if change.week:
        record(
            session,
            "week_set",
            by=acting_for(actor, person),
            now=now,
            topics=topics(session, person, None, now=now),
            person_id=person,
            data={"weekdays": sorted(change.week)},
            before={WEEKDAYS[day]: str(said.week.get(day) or "") for day in sorted(change.week)},
            after={WEEKDAYS[day]: str(change.week[day] or "") for day in sorted(change.week)},
        )
    if change.dated:
        days = sorted(change.dated)
        record(
            session,
            "evenings_set",
            by=acting_for(actor, person),
            now=now,
            topics=topics(session, person, {*days, *moved}, now=now),
            person_id=person,
            data={"evenings": [day.isoformat() for day in days]},
            before={day.isoformat(): _in_words(said.dated.get(day)) for day in days},
            after={day.isoformat(): _in_words(change.dated[day]) for day in days},
        )


def _in_words(one: Dated | None) -> str:
    return "usual" if one is None else str(one.hours or "off")
