"""Tables of files that are being taken in. Nothing of them is kept for long."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from guitara_app.kit.columns import Table, count, document, identity, moment, one_of, reference, word, words


class Subject(StrEnum):
    """What a file is about."""

    CLIENTS = "clients"
    SERVICES = "services"
    STAFF = "staff"


class State(StrEnum):
    """How far an import has come. Of the two that end in -ing a worker takes care."""

    MAPPING = "mapping"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


def _listed() -> Any:
    return Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'::jsonb")))


class Import(Table, table=True):
    """A file that somebody wants to take in: how its columns are read, and what became of it."""

    __tablename__ = "imports"
    __table_args__ = (
        one_of("subject", Subject),
        one_of("state", State),
        CheckConstraint("file_name <> ''", name="file_name"),
        Index("ix_imports_made_by_id", "made_by_id", "id"),
        Index("ix_imports_running", "id", postgresql_where=text("state IN ('checking', 'importing')")),
    )

    id: int = identity()
    subject: str = word()
    state: str = word()
    file_name: str = word()
    made_by_id: int = reference("people.id")
    made_at: datetime = moment(recorded=True)
    # The names of its columns, the first rows, and how it had to be read.
    columns: list[str] = _listed()
    sample: list[list[str]] = _listed()
    said: str = words()
    # Our field to the place of its column.
    mapping: dict[str, Any] = document()
    total: int = count()
    done: int = count()
    step: str = words()
    counts: dict[str, Any] = document()
    leave_out: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    problem: str = words()
    # How often a worker has begun the present step: one that kills its worker each time is given up.
    tries: int = count()
    ended_at: datetime | None = moment(nullable=True)
    put_away_at: datetime | None = moment(nullable=True)


class ImportFile(Table, table=True):
    """The file itself, until it has been taken in: whichever worker has time for it can read it here."""

    __tablename__ = "import_files"

    import_id: int = reference("imports.id", primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ImportRow(Table, table=True):
    """A row of the file, what it says as it would be kept, and what is to become of it."""

    __tablename__ = "import_rows"
    __table_args__ = (
        one_of("fate", Fate),
        Index("ix_import_rows_fate", "import_id", "fate", "number"),
    )

    import_id: int = Field(sa_column=Column(BigInteger, ForeignKey("imports.id"), primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    cells: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    wanted: dict[str, Any] = document()
    fate: str = word()
    target_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    label: str = words()
    # Field to what stands there and what it becomes.
    changes: dict[str, Any] = document()
    problems: list[dict[str, str]] = _listed()
