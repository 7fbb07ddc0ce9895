"""Tables of private calendar addresses, and of what the calendars behind them were last told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Text, text
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, reference, word


class CalendarFeed(Table, table=True):
    """A private address of somebody's own jobs. Only a hash of its secret is kept; at most one of theirs is in use."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        Index("uq_calendar_feeds_token_hash", "token_hash", unique=True),
        Index(
            "uq_calendar_feeds_person_id",
            "person_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    token_hash: str = word()
    made_at: datetime = moment(recorded=True)
    read_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)


class CalendarEntry(Table, table=True):
    """What somebody's calendars were last told of one of their jobs: ``job`` is such as ``place-12``.

    ``mark`` stands for all that was told; another one is told with the next ``sequence``. ``title`` holds nothing of a
    client, since it stays for a while when the job is gone.
    """

    __tablename__ = "calendar_entries"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("sequence >= 0", name="sequence"),
    )

    person_id: int = reference("people.id", primary_key=True)
    job: str = Field(sa_column=Column(Text, primary_key=True))
    uid: str = word()
    sequence: int = 0
    mark: str = word()
    title: str = word()
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    changed_at: datetime = moment()
    cancelled_at: datetime | None = moment(nullable=True)
