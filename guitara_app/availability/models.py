"""Tables of when somebody can be offered work, and when they really were there."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text

from guitara_app.kit.columns import (
    Table,
    bounded,
    identity,
    moment,
    never_overlapping,
    one_of,
    reference,
    time_range,
    word,
    words,
)
from guitara_app.kit.time import Period


class Shift(Table, table=True):
    """A range in which a person can be offered work, for one business day."""

    __tablename__ = "shifts"
    __table_args__ = (
        bounded("period"),
        never_overlapping("shifts_never_overlap", "person_id", "period"),
        one_of("source", ("by_hand", "pattern")),
        Index("ix_shifts_business_date", "business_date", "person_id"),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    business_date: date
    period: Period = time_range()
    source: str = word()
    version: int = 1


class ShiftException(Table, table=True):
    """What the desk has said about one evening of a person: other hours than usual, or with none a day off.

    An end at or before the start is past midnight. Who works when is read from ``shifts``, never from here.
    """

    __tablename__ = "shift_exceptions"
    __table_args__ = (
        UniqueConstraint("person_id", "business_date"),
        CheckConstraint("(starts IS NULL) = (ends IS NULL)", name="both_ends"),
        CheckConstraint("(break_starts IS NULL) = (break_ends IS NULL)", name="whole_break"),
        CheckConstraint("break_starts IS NULL OR starts IS NOT NULL", name="break_in_hours"),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    business_date: date
    starts: time | None = None
    ends: time | None = None
    break_starts: time | None = None
    break_ends: time | None = None
    set_by_id: int | None = reference("people.id", nullable=True)


class WeeklyPattern(Table, table=True):
    """The usual hours of a person on one weekday (0 is Monday); an end at or before the start is past midnight."""

    __tablename__ = "weekly_patterns"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("(break_starts IS NULL) = (break_ends IS NULL)", name="whole_break"),
        Index("uq_weekly_patterns_person_id_weekday", "person_id", "weekday", unique=True),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    weekday: int
    starts: time
    ends: time
    break_starts: time | None = None
    break_ends: time | None = None


class TimeOff(Table, table=True):
    """A range in which a person does not work, asked for and perhaps approved."""

    __tablename__ = "time_off"
    __table_args__ = (
        bounded("period"),
        one_of("state", ("asked", "approved", "refused", "taken_back")),
        Index("ix_time_off_person_id", "person_id"),
        Index("ix_time_off_asked", "asked_at", postgresql_where=text("state = 'asked'")),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    period: Period = time_range()
    state: str = word()
    reason: str = words()
    asked_at: datetime = moment(recorded=True)
    asked_by_id: int | None = reference("people.id", nullable=True)
    answer: str = words()
    decided_by_id: int | None = reference("people.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)


class CheckIn(Table, table=True):
    """When somebody came and went, once for each business day."""

    __tablename__ = "check_ins"
    __table_args__ = (
        UniqueConstraint("person_id", "business_date"),
        CheckConstraint("out_at IS NULL OR out_at >= in_at", name="order"),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    business_date: date
    in_at: datetime = moment()
    out_at: datetime | None = moment(nullable=True)
