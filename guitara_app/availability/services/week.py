"""A person's usual hours, weekday by weekday."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session
from sqlmodel import col, delete

from guitara_app.accounts.permissions import Actor
from guitara_app.availability.models import WeeklyPattern
from guitara_app.availability.queries.people import week_of
from guitara_app.availability.rules import WEEKDAYS, Hours, check_week
from guitara_app.availability.services.materialising import materialise
from guitara_app.availability.services.people import acting_for, open_person, topics
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, Stale
from guitara_app.kit.events import record
from guitara_app.kit.statements import text


def set_week(
    session: Session,
    actor: Actor,
    person_id: int,
    changes: Mapping[int, Hours | None],
    *,
    now: datetime,
    seen: Mapping[int, str] | None = None,
) -> None:
    """Set the usual hours of some weekdays; None is a free day, other weekdays stay as they are.

    The shifts of every planned evening follow, except those that were set by hand. Jobs already booked stay booked.

    Args:
        session: the caller's transaction.
        actor: the person themselves, or somebody of the desk.
        person_id: a therapist or a driver.
        changes: hours by weekday, 0 is Monday.
        now: the present moment.
        seen: the hours the actor was shown, in words (``str`` of the hours, empty for a free day), by weekday.

    Raises:
        NotAllowed: it is somebody else's week, and the actor is not of the desk.
        NotFound: there is no such therapist or driver.
        Invalid: such hours cannot be worked; ``field`` names weekday and input, such as ``ends_0``.
        Stale: somebody else changed one of these weekdays since it was shown; ``field`` is such as ``day_0``.
    """
    person = open_person(session, actor, person_id)
    if not set(changes) <= set(range(7)):
        raise Invalid("A week has seven days, from 0 for Monday to 6.", field="week")
    before = week_of(session, person.id)
    for weekday, hours in changes.items():
        known = str(before.get(weekday) or "")
        if seen is not None and seen.get(weekday, known) != known and before.get(weekday) != hours:
            whom = _last_change(session, person.id)
            raise Stale(
                f"{WEEKDAYS[weekday]} was changed by {whom}: {known or 'free'}. Yours is still here;"
                " save again to put it in its place.",
                field=f"day_{weekday}",
            )
    after = {day: hours for day, hours in {**before, **changes}.items() if hours is not None}
    check_week(after, firm_settings(session).calendar)
    session.execute(
        delete(WeeklyPattern).where(
            col(WeeklyPattern.person_id) == person.id, col(WeeklyPattern.weekday).in_(list(changes))
        )
    )
    for weekday, hours in changes.items():
        if hours is not None:
            session.add(
                WeeklyPattern(
                    person_id=person.id,
                    weekday=weekday,
                    starts=hours.starts,
                    ends=hours.ends,
                    break_starts=hours.break_starts,
                    break_ends=hours.break_ends,
                )
            )
    session.flush()
    materialise(session, person.id, now=now)
    record(
        session,
        "week_set",
        by=acting_for(actor, person.id),
        now=now,
        topics=topics(session, person.id, None, now=now),
        person_id=person.id,
        data={"weekdays": sorted(changes)},
        before={WEEKDAYS[day]: str(before.get(day) or "") for day in sorted(changes)},
        after={WEEKDAYS[day]: str(changes[day] or "") for day in sorted(changes)},
    )


def _last_change(session: Session, person_id: int) -> str:
    """``Bea Tan at Mon 23 Nov 21:03``."""
    row = session.execute(
        text(
            "SELECT e.happened_at, a.name FROM events e LEFT JOIN people a ON a.id = e.actor_id"
            " WHERE e.person_id = :person AND e.kind = 'week_set' ORDER BY e.id DESC LIMIT 1"
        ),
        {"person": person_id},
    ).one_or_none()
    if row is None:
        return "somebody else"
    return f"{row.name or 'the system'} at {firm_settings(session).calendar.moment_label(row.happened_at)}"
