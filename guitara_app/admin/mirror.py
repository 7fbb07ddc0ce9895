"""Every table as the console reads it: all columns but secrets, and each foreign key as the row it points at.

These classes are apart from those of the trade, so that what is secret is not even read, and nothing the console needs
for looking (relations) can change how a service writes.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session, registry, relationship, sessionmaker
from sqlmodel import SQLModel
from starlette.requests import Request

import guitara_app.tables  # noqa: F401  # every table is known to the metadata
from guitara_app.kit.database import engine

SECRETS: dict[str, frozenset[str]] = {
    "account_tokens": frozenset({"token_hash"}),
    "api_tokens": frozenset({"token_hash"}),
    "calendar_entries": frozenset({"uid", "mark"}),
    "calendar_feeds": frozenset({"token_hash"}),
    "idempotency_keys": frozenset({"key"}),
    "import_files": frozenset({"content"}),
    "kept_answers": frozenset({"key", "fingerprint", "body"}),
    "login_sessions": frozenset({"token_hash"}),
    "people": frozenset({"password_hash", "totp_secret"}),
    "receipts": frozenset({"sha256", "stored_as"}),
    "recovery_codes": frozenset({"code_hash"}),
}
"""What nobody is shown: whoever reads it could sign in, or look where they may not. And whole files."""

_ONE_OF = re.compile(r"^(\w+) IN \((.*)\)$", re.DOTALL)


class Row:
    """A row of some table, called by what people know it by."""

    def __admin_repr__(self, request: Request) -> str:
        """``Rosa D'Souza``, else the number, such as ``#12``."""
        for known_by in ("name", "line", "title", "kind", "phone", "key"):
            if words := getattr(self, known_by, None):
                return str(words)
        return f"#{getattr(self, 'id', '')}"


class Reading(Session):
    """A session on the application's engine whose transactions can write nothing."""

    def get_bind(self, *_: Any, **__: Any) -> Engine:
        """The engine, found when it is needed: this process may be forked once more."""
        return engine()


@event.listens_for(Reading, "after_begin")
def _only_read(_session: Session, _transaction: Any, connection: Connection) -> None:
    connection.exec_driver_sql("SET TRANSACTION READ ONLY")


reading_sessions = sessionmaker(class_=Reading, expire_on_commit=False)


def key_of(table: str) -> str:
    """What a table is called in the console's addresses."""
    return table.replace("_", "-")


def relation_of(column: Column[Any]) -> str:
    """The name of the relation behind a foreign key: ``preferred_therapist_id`` gives ``preferred_therapist``."""
    return column.name.removesuffix("_id") if column.name.endswith("_id") else f"{column.name}_row"


def target_of(column: Column[Any]) -> Table:
    """The table a foreign key points at."""
    (key,) = column.foreign_keys
    return key.column.table


def choices_of(table: Table) -> dict[str, list[str]]:
    """The words that may stand in a column, by column, as the table's constraints say."""
    found = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and (said := _ONE_OF.match(str(constraint.sqltext))):
            found[said[1]] = re.findall(r"'([^']*)'", said[2])
    return found


def _mirrored() -> dict[str, type[Row]]:
    tables = SQLModel.metadata.sorted_tables
    classes = {table.name: type(_class_name(table), (Row,), {}) for table in tables}
    mapping = registry(metadata=SQLModel.metadata)
    for table in tables:
        relations = {
            relation_of(column): relationship(
                classes[target_of(column).name],
                primaryjoin=column == next(iter(column.foreign_keys)).column,
                foreign_keys=[column],
                remote_side=[next(iter(column.foreign_keys)).column],
                uselist=False,
                viewonly=True,
                lazy="raise",
            )
            for column in table.columns
            if column.foreign_keys
        }
        mapping.map_imperatively(
            classes[table.name],
            table,
            properties=relations,
            exclude_properties=SECRETS.get(table.name, frozenset()),
        )
    mapping.configure()
    return classes


def _class_name(table: Table) -> str:
    return "".join(part.capitalize() for part in table.name.split("_"))


MIRROR = _mirrored()
"""By table name."""
