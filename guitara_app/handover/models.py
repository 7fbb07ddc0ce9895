"""The hand-over note and who has read it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index

from guitara_app.kit.columns import Table, identity, moment, reference, word


class HandoverNote(Table, table=True):
    """One version of the note of a business day. Every saving adds a row; the highest ``version`` is the note.

    That no two rows are the same version is what keeps two writers from overwriting one another.
    """

    __tablename__ = "handover_notes"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        Index("uq_handover_notes_version", "business_date", "version", unique=True),
    )

    id: int = identity()
    business_date: date
    version: int
    text: str = word()
    written_at: datetime = moment()
    written_by_id: int = reference("people.id")


class HandoverReading(Table, table=True):
    """Somebody has read this version of the note."""

    __tablename__ = "handover_readings"

    note_id: int = reference("handover_notes.id", primary_key=True)
    person_id: int = reference("people.id", primary_key=True)
    read_at: datetime = moment()
