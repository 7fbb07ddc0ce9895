"""One person's notifications: the list, and what stands on every page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar
from guitara_app.notifications.facts import evening_words
from guitara_app.notifications.views import Inbox, Notice
from guitara_app.notifications.words import Group, Mail

_MOST_ALERTS = 3
_COLUMNS = "id, about, urgent, title, body, link, told_at, read_at"

LIST = (
    f"SELECT {_COLUMNS} FROM notifications WHERE person_id = :person AND id < :before"  # noqa: S608
    "{more} ORDER BY id DESC LIMIT :limit"
)
COUNTS = planned_once(
    "SELECT k.id, n.unread, n.urgent, (SELECT max(id) FROM notifications WHERE person_id = k.id) AS newest,"
    # People of a demo know the way: each visitor would be shown around anew.
    " coalesce(p.is_demo OR p.toured_at IS NOT NULL, true) AS toured"
    " FROM unnest(CAST(:people AS bigint[])) AS k (id) LEFT JOIN people p ON p.id = k.id"
    " CROSS JOIN LATERAL (SELECT count(*) AS unread, count(*) FILTER (WHERE urgent) AS urgent FROM notifications"
    "  WHERE person_id = k.id AND read_at IS NULL) n"
)
_ALERTS = planned_once(
    f"SELECT n.* FROM unnest(CAST(:people AS bigint[])) p CROSS JOIN LATERAL (SELECT person_id, {_COLUMNS}"  # noqa: S608
    f"  FROM notifications WHERE person_id = p AND read_at IS NULL AND urgent ORDER BY id DESC LIMIT {_MOST_ALERTS}) n"
    " ORDER BY n.id DESC"
)
_NO_LAST = 2**62


class Filters(NamedTuple):
    """Which notifications; empty means any."""

    unread: bool = False
    urgent: bool = False
    about: Group | None = None


EVERYTHING = Filters()


def notices(
    session: Session,
    person_id: int,
    filters: Filters = EVERYTHING,
    *,
    now: datetime,
    limit: int,
    before: int | None = None,
) -> list[Notice]:
    """At most ``limit`` of somebody's notifications, newest first, older than the one numbered ``before``."""
    more = " AND read_at IS NULL" if filters.unread else ""
    more += " AND urgent" if filters.urgent else ""
    more += " AND about = :about" if filters.about else ""
    rows = session.execute(
        planned_once(LIST.replace("{more}", more)),
        {"person": person_id, "before": before or _NO_LAST, "about": filters.about, "limit": limit},
    )
    calendar = firm_settings(session).calendar
    return [_notice(row, calendar, now) for row in rows]


def inbox(session: Session, person_id: int, *, now: datetime) -> Inbox:
    """What stands on every page of theirs."""
    return inboxes(session, [person_id], now=now)[person_id]


def inboxes(session: Session, people: Collection[int], *, now: datetime) -> dict[int, Inbox]:
    """What stands on every page of each of ``people``."""
    counts = session.execute(COUNTS, {"people": sorted(people)}).all()
    alerted = [count.id for count in counts if count.urgent]
    alerts: dict[int, list[Notice]] = {person: [] for person in people}
    if alerted:
        calendar = firm_settings(session).calendar
        for row in session.execute(_ALERTS, {"people": alerted}):
            alerts[row.person_id].append(_notice(row, calendar, now))
    return {
        count.id: Inbox(
            unread=count.unread,
            urgent=count.urgent,
            alerts=alerts[count.id],
            stamp=f"{count.newest or 0}-{count.unread}",
            toured=count.toured,
        )
        for count in counts
    }


def mail_choice(session: Session, person_id: int) -> Mail:
    """What they want by e-mail: what is urgent, unless they chose."""
    chosen = session.execute(
        planned_once("SELECT choice FROM mail_choices WHERE person_id = :person"), {"person": person_id}
    ).scalar()
    return Mail(chosen or Mail.URGENT)


def _notice(row: Any, calendar: Calendar, now: datetime) -> Notice:
    return Notice(
        id=row.id,
        about=row.about,
        urgent=row.urgent,
        title=row.title,
        body=row.body,
        link=row.link,
        when=evening_words(calendar, row.told_at, now=now),
        at=row.told_at.isoformat(),
        unread=row.read_at is None,
    )
