"""The event log: audit trail and outbox in one, written in the transaction of the change it tells of.

Events hold ids. Personal values (reasons, before, after) stand in ``event_details``, which the database's owner can
erase without touching the log. The application can only add to both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlmodel import Field

from guitara_app.kit.columns import Table, document, identity, moment, reference, word, words
from guitara_app.kit.doors import door_of
from guitara_app.kit.errors import Invalid
from guitara_app.kit.outbox import Change
from guitara_app.kit.statements import text

_LONGEST_KEY = 100


class By(Protocol):
    """Whoever does something, perhaps for somebody else. The system has no ``person_id``."""

    @property
    def person_id(self) -> int | None: ...  # noqa: D102

    @property
    def on_behalf_of(self) -> int | None: ...  # noqa: D102


class Event(Table, table=True):
    """Something that happened: what, to what, when, when it was recorded, by whom and for whom."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_unpublished", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_events_appointment_id", "appointment_id", "id", postgresql_where=text("appointment_id IS NOT NULL")),
        Index(
            "ix_events_client_id",
            "client_id",
            "id",
            postgresql_where=text("client_id IS NOT NULL AND appointment_id IS NULL"),
        ),
        Index("ix_events_person_id", "person_id", "id", postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_events_actor_id", "actor_id", "id"),
        Index("ix_events_kind", "kind", "id"),
        Index("ix_events_recorded_at", "recorded_at"),
        Index("ix_events_door", "door", "id", postgresql_where=text("door IN ('api', 'console')")),
    )

    id: int = identity()
    kind: str = word()
    happened_at: datetime = moment()
    recorded_at: datetime = moment(recorded=True)
    actor_id: int | None = reference("people.id", nullable=True)
    on_behalf_of_id: int | None = reference("people.id", nullable=True)
    # Not foreign keys: the log outlives what it tells of, and must never slow a change down.
    appointment_id: int | None = None
    assignment_id: int | None = None
    leg_id: int | None = None
    client_id: int | None = None
    person_id: int | None = None
    data: dict[str, Any] = document()
    topics: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    # One of ``kit.doors.Door``; empty in rows from before it was written down.
    door: str = words()
    published_at: datetime | None = moment(nullable=True)


DETAIL_WORDS = (
    "((to_tsvector('simple', reason) || jsonb_to_tsvector('simple', coalesce(before, '{}'), '[\"all\"]'))"
    " || jsonb_to_tsvector('simple', coalesce(after, '{}'), '[\"all\"]'))"
)
"""What the audit trail's search looks at; the same words as in the index."""


class EventDetail(Table, table=True):
    """What an event changed, in words and values that may be personal."""

    __tablename__ = "event_details"
    __table_args__ = (Index("ix_event_details_words", literal_column(DETAIL_WORDS), postgresql_using="gin"),)

    event_id: int = Field(
        sa_column=Column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    reason: str = words()
    before: dict[str, Any] | None = document(nullable=True)
    after: dict[str, Any] | None = document(nullable=True)


class IdempotencyKey(Table, table=True):
    """A request that was carried out, so that the same request sent twice counts once."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("actor_id", "key"),)

    id: int = identity()
    actor_id: int = reference("people.id")
    key: str = word()
    made_at: datetime = moment(recorded=True)
    result_id: int | None = None


# Written in every change: SQLAlchemy's own way of storing a new row takes three times as long.
_RECORD = text(
    "INSERT INTO events (kind, happened_at, actor_id, on_behalf_of_id, appointment_id, assignment_id, leg_id,"
    " client_id, person_id, data, topics, door) VALUES (:kind, :happened_at, :actor, :on_behalf_of, :appointment,"
    " :assignment, :leg, :client, :person, CAST(:data AS jsonb), CAST(:topics AS text[]), :door) RETURNING id"
)


def record(
    session: Session,
    kind: str,
    *,
    by: By,
    now: datetime,
    topics: Iterable[str],
    happened_at: datetime | None = None,
    appointment_id: int | None = None,
    assignment_id: int | None = None,
    leg_id: int | None = None,
    client_id: int | None = None,
    person_id: int | None = None,
    data: dict[str, Any] | None = None,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    visitor: bool = False,
) -> Change:
    """Write down that ``kind`` happened; it is published to ``topics`` when the transaction has committed, as returned.

    ``visitor`` says that a person did it who is not signed in, and not the system.
    """
    # What it tells of is in the database before it is.
    session.flush()
    told = sorted(set(topics))
    number = session.execute(
        _RECORD,
        {
            "kind": kind,
            "happened_at": happened_at or now,
            "actor": by.person_id,
            "on_behalf_of": by.on_behalf_of,
            "appointment": appointment_id,
            "assignment": assignment_id,
            "leg": leg_id,
            "client": client_id,
            "person": person_id,
            "data": json.dumps(data or {}),
            "topics": told,
            "door": door_of(by_somebody=visitor or by.person_id is not None),
        },
    ).scalar_one()
    if reason or before is not None or after is not None:
        session.add(EventDetail(event_id=number, reason=reason, before=before, after=after))
    change = Change(number, kind, tuple(told))
    session.info.setdefault("recorded", []).append(change)
    return change


def evening_topic(day: date) -> str:
    """The topic that tells of changes to visits of business day ``day``."""
    return f"evening:{day.toordinal()}"


def week_key(day: date) -> int:
    """The number of the week of business day ``day``: that of its Monday."""
    return day.toordinal() - day.weekday()


def month_key(day: date) -> int:
    """The number of the month of business day ``day``."""
    return day.year * 12 + day.month - 1


def plan_topics(day: date) -> set[str]:
    """The topics that tell of changes to the plans in which business day ``day`` is shown.

    A month is shown with the days that complete its first and last week.
    """
    monday = date.fromordinal(week_key(day))
    shown = {month_key(monday), month_key(day), month_key(monday + timedelta(days=6))}
    return {f"week:{week_key(day)}", *(f"month:{key}" for key in shown)}


def result_of_key(session: Session, actor_id: int, key: str, *, result: int | None = None) -> int | None:
    """Claim ``key`` for this request, or say what the first request with it made.

    The second of two simultaneous requests waits here for the first to end. None means: go ahead, then call
    ``keep_result``, unless it is known already what this one makes and given as ``result``.

    Raises:
        Invalid: it is no key that this application gives out.
    """
    if not key:
        return None
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid("This request carries an unreadable key. Reload the page and try again.")
    claimed = session.execute(
        text(
            "INSERT INTO idempotency_keys (actor_id, key, result_id) VALUES (:actor, :key, :result)"
            " ON CONFLICT (actor_id, key) DO NOTHING RETURNING id"
        ),
        {"actor": actor_id, "key": key, "result": result},
    ).scalar()
    if claimed is not None:
        return None
    return session.execute(
        text("SELECT result_id FROM idempotency_keys WHERE actor_id = :actor AND key = :key"),
        {"actor": actor_id, "key": key},
    ).scalar()


def known_key(session: Session, actor_id: int, key: str) -> bool:
    """Whether a request with ``key`` was carried out before; claims nothing."""
    found = session.execute(
        text("SELECT result_id IS NOT NULL FROM idempotency_keys WHERE actor_id = :actor AND key = :key"),
        {"actor": actor_id, "key": key},
    ).scalar()
    return bool(key and found)


def keep_result(session: Session, actor_id: int, key: str, result_id: int) -> None:
    """Remember what the request with ``key`` made."""
    if key:
        session.execute(
            text("UPDATE idempotency_keys SET result_id = :result WHERE actor_id = :actor AND key = :key"),
            {"result": result_id, "actor": actor_id, "key": key},
        )
