"""Shorthand for the columns and constraints that every table uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ConfigDict
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlalchemy.sql import text
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


class Table(SQLModel):
    """Base of every table."""

    model_config = ConfigDict(arbitrary_types_allowed=True)  # type: ignore[assignment]  # SQLModel narrows the type


def identity() -> Any:
    """A 64-bit primary key that the database counts up."""
    return Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


def reference(target: str, *, nullable: bool = False, primary_key: bool = False) -> Any:
    """A foreign key such as ``people.id``."""
    column: Column[int] = Column(
        BigInteger, ForeignKey(target), nullable=nullable and not primary_key, primary_key=primary_key
    )
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def moment(*, nullable: bool = False, recorded: bool = False) -> Any:
    """A ``timestamptz``; ``recorded`` lets the database stamp it."""
    default = func.now() if recorded else None
    column: Column[Any] = Column(DateTime(timezone=True), nullable=nullable, server_default=default)
    return Field(default=None, sa_column=column) if nullable or recorded else Field(sa_column=column)


def time_range(*, nullable: bool = False) -> Any:
    """A ``tstzrange``."""
    column: Column[Any] = Column(TSTZRANGE, nullable=nullable)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def money(*, default: str | None = None) -> Any:
    """Pesos with two decimals."""
    column: Column[Any] = Column(Numeric(10, 2), nullable=False, server_default=default)
    return Field(sa_column=column) if default is None else Field(default=None, sa_column=column)


def count() -> Any:
    """A whole number, 0 unless said otherwise."""
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


def words(default: str = "") -> Any:
    """Free text, empty when there is none."""
    return Field(default=default, sa_column=Column(Text, nullable=False, server_default=default))


def word(*, nullable: bool = False) -> Any:
    """A required text, or one that may be missing."""
    column: Column[Any] = Column(Text, nullable=nullable)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def document(*, nullable: bool = False) -> Any:
    """A JSON value."""
    column: Column[Any] = Column(JSONB, nullable=nullable, server_default=None if nullable else text("'{}'::jsonb"))
    return Field(default=None, sa_column=column) if nullable else Field(default_factory=dict, sa_column=column)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Only these words may stand in ``column``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def never_overlapping(name: str, owner: str, column: str, *, where: str | None = None) -> ExcludeConstraint:
    """Two rows of one ``owner`` never overlap in ``column``; checked at once unless a service defers it."""
    return ExcludeConstraint(
        (owner, "="),
        (column, "&&"),
        where=text(where) if where else None,
        using="gist",
        deferrable=True,
        initially="IMMEDIATE",
        name=name,
    )


def bounded(column: str, *, where: str | None = None, name: str = "") -> CheckConstraint:
    """The range has two finite ends and something between them, at least whenever ``where`` holds."""
    proper = (
        f"{column} IS NOT NULL AND NOT isempty({column}) AND lower_inc({column}) AND NOT upper_inc({column})"
        f" AND isfinite(lower({column})) IS TRUE AND isfinite(upper({column})) IS TRUE"
    )
    return CheckConstraint(f"NOT ({where}) OR ({proper})" if where else proper, name=name or f"{column}_bounded")
