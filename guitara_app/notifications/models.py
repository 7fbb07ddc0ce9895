"""What people were told, and what is still to be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, text
from sqlmodel import Field

from guitara_app.kit.columns import Table, count, identity, moment, one_of, reference, word, words
from guitara_app.notifications.words import Group, Mail


class UntoldEvent(Table, table=True):
    """An event whose people have not been told yet.

    A trigger puts it here in the transaction of the event, unless the event is history that was written afterwards;
    whoever tells of it takes it away in the transaction that stores the notifications.
    """

    __tablename__ = "untold_events"

    event_id: int = Field(sa_column=Column(BigInteger, ForeignKey("events.id"), primary_key=True, autoincrement=False))


class Notification(Table, table=True):
    """One person was told of one event, in words that were true then."""

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("about", Group),
        CheckConstraint("title <> ''", name="title"),
        Index("uq_notifications_event_id", "event_id", "person_id", unique=True),
        Index("ix_notifications_person_id", "person_id", "id"),
        Index("ix_notifications_unread", "person_id", "id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notifications_mail_due", "mail_due_at", postgresql_where=text("mail_due_at IS NOT NULL")),
        Index("ix_notifications_told_at", "told_at"),
    )

    id: int = identity()
    event_id: int = reference("events.id")
    person_id: int = reference("people.id")
    about: str = word()
    urgent: bool
    title: str = word()
    body: str = words()
    link: str = word()
    told_at: datetime = moment()
    read_at: datetime | None = moment(nullable=True)
    # When the next try to send it is due; empty when there is nothing (more) to send.
    mail_due_at: datetime | None = moment(nullable=True)
    mail_tries: int = count()
    mailed_at: datetime | None = moment(nullable=True)


class MailChoice(Table, table=True):
    """What somebody wants by e-mail, when it is not what everybody gets who has not chosen."""

    __tablename__ = "mail_choices"
    __table_args__ = (one_of("choice", Mail),)

    person_id: int = reference("people.id", primary_key=True)
    choice: str = word()
