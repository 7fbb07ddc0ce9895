"""Statements that PostgreSQL plans once for each connection, instead of each time they are sent.

What joins many tables takes several times as long to plan as to run. Such a statement is marked with ``planned_once``;
it is prepared the first time a connection sends it and executed from then on, for whatever values, so its plan must be
good for all of them. psycopg2 knows nothing of that: it writes values into statements, and writes them just the same
into the ``EXECUTE``. Everybody else, from the log to the tests, sees the statement as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, TextClause, event, text

_OPTION = "guitara_planned_once"
PLANNED_ONCE = {_OPTION: True}
"""The execution options of a statement that is not ``text``, for the same."""

_PLACE = re.compile(r"%%|%\((\w+)\)s")
_BIG = range(-(2**63), 2**63)
_WHOLE = (("integer", range(-(2**31), 2**31)), ("bigint", _BIG))
# Of one connection. A list with filters has many forms; nobody needs a plan kept for each.
_MOST_PLANS = 100
_STALE_PLAN = "0A000"


@lru_cache(maxsize=512)
def planned_once(statement: str) -> TextClause:
    """``statement`` (``text`` of it, with ``:names``), to be planned once for each connection and for any values."""
    return text(statement).execution_options(**PLANNED_ONCE)


def plan_once(engine: Engine) -> None:
    """Let ``engine`` do so with what is marked."""

    @event.listens_for(engine, "do_execute")
    def execute(cursor: Any, statement: str, values: Any, context: Any) -> bool:
        if not is_planned_once(context):
            return False
        known: dict[Any, str] = context.root_connection.info.setdefault("plans", {})
        asked = statement, tuple(_types(values).items())
        name = known.get(asked)
        if name is None:
            if len(known) >= _MOST_PLANS:
                return False
            name = f"guitara_{len(known) + 1}"
            cursor.execute(prepare_as(name, statement, values))
            known[asked] = name
        cursor.execute(*execute_as(name, values))
        return True

    @event.listens_for(engine, "handle_error")
    def forget(failure: Any) -> None:
        # A migration gave a table another column: what is planned for connections from before is no use any more.
        if getattr(failure.original_exception, "pgcode", None) == _STALE_PLAN:
            failure.is_disconnect = failure.invalidate_pool_on_disconnect = True


def is_planned_once(context: Any) -> bool:
    """Whether what is about to be sent (SQLAlchemy's context of it) is marked."""
    return bool(context.execution_options.get(_OPTION))


def prepare_as(name: str, statement: str, values: Mapping[str, Any]) -> str:
    """The command that keeps, as ``name``, a plan of ``statement`` for values such as these.

    Nothing at all (None) stays in the statement, as PostgreSQL cannot tell the type of that.
    """
    types = _types(values)
    numbers = {name: f"${number}" for number, name in enumerate(types, 1)}
    written = _PLACE.sub(lambda found: numbers.get(found[1], "NULL") if found[1] else "%", statement)
    return f"PREPARE {name} {_listed(list(types.values()))} AS {written}"


def execute_as(name: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The command that runs it for ``values``, and what psycopg2 is to write into the command."""
    sent = [value for value in values.values() if value is not None]
    return f"EXECUTE {name} {_listed(['%s'] * len(sent))}", sent


def _types(values: Mapping[str, Any]) -> dict[str, str]:
    """With the statement, what tells one plan from another: which values there are, and of what types."""
    return {name: _type(value) for name, value in values.items() if value is not None}


def _listed(many: Sequence[str]) -> str:
    return f"({', '.join(many)})" if many else ""


def _type(value: Any) -> str:
    """The type PostgreSQL reads in ``value`` as psycopg2 writes it; ``unknown`` is what the place makes of it."""
    match value:
        case bool():
            return "boolean"
        case int():
            return next((name for name, holds in _WHOLE if value in holds), "numeric")
        case float() | Decimal():
            return "numeric"
        case datetime():
            return "timestamptz" if value.tzinfo else "timestamp"
        case date():
            return "date"
        case time():
            return "time"
        case timedelta():
            return "interval"
        case [bool(), *_]:
            return "boolean[]"
        case [int(), *_]:
            return "bigint[]" if all(one in _BIG for one in value) else "numeric[]"
    return "unknown"
