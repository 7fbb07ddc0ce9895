"""Services: how rows of a file are recognised, and how they are taken in."""
# ruff: noqa: S608  only our own words are put together

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.exchange.services.sql import (
    AFTER,
    BEFORE,
    FATE,
    LOGGED,
    change,
    changes,
    lock,
    logged,
    new_without,
    refusals,
    said,
    used,
)
from guitara_app.kit.statements import text

_WANTED = (
    "CREATE TEMP TABLE wanted ON COMMIT DROP AS SELECT s.number, s.problems, w.* FROM staged s,"
    " jsonb_to_record(s.wanted) AS w(id bigint, name text, minutes int, buffer_minutes int, price text, active boolean)"
)
_SEEN = (
    "CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT w.*, s.id AS target_id, s.name AS s_name, s.minutes AS s_minutes,"
    " s.buffer_minutes AS s_buffer, s.price::text AS s_price, s.active AS s_active, n.id AS name_of,"
    " CASE WHEN s.id IS NOT NULL THEN min(w.number) OVER (PARTITION BY s.id) END AS target_first,"
    " CASE WHEN w.name IS NOT NULL THEN min(w.number) OVER (PARTITION BY w.name) END AS name_first"
    " FROM wanted w LEFT JOIN services n ON n.name = w.name LEFT JOIN services s ON s.id = CASE WHEN w.id IS NOT NULL"
    " THEN w.id ELSE coalesce(n.id, (SELECT min(x.id) FROM services x WHERE lower(x.name) = lower(w.name))) END"
)


_PROBLEMS = refusals(
    ("id IS NOT NULL AND target_id IS NULL", "id", said("There is no service of this number. Leave it empty if new.")),
    new_without("A new service", "name", "a name"),
    new_without("A new service", "minutes", "its minutes"),
    new_without("A new service", "price", "a price"),
    ("name_of IS DISTINCT FROM target_id AND name_of IS NOT NULL", "name",
     "'Service ' || name_of || ' has this name. Give another, or put that number into the row.'"),
    ("target_first < number", "id", "'Row ' || target_first || ' is about the same service.'"),
    ("name_first < number AND NOT coalesce(target_first < number, false)", "name",
     "'Row ' || name_first || ' has this name too.'"),
)  # fmt: skip
_CHANGES = changes(
    change("name", was="s_name", becomes="name"),
    change("minutes", was="s_minutes", becomes="minutes"),
    change("buffer_minutes", was="s_buffer", becomes="buffer_minutes"),
    change("price", was="s_price", becomes="price"),
    change("active", was="s_active", becomes="active"),
)
JUDGE = (
    _WANTED,
    _SEEN,
    f"CREATE TEMP TABLE judged ON COMMIT DROP AS SELECT *, {FATE} FROM (SELECT number, target_id,"
    f" coalesce(name, s_name, '') AS label, {_CHANGES} AS changes, {_PROBLEMS} AS problems FROM seen) s",
)

LOCK = lock("services")
_AS_SOLD = "jsonb_build_object('name', {0}.name, 'minutes', {0}.minutes, 'price', {0}.price::text,"
_AS_SOLD += " 'buffer_minutes', {0}.buffer_minutes, 'active', {0}.active)"
_DATA = "jsonb_build_object('service_id', {0}.id, 'name', {0}.name, 'import', CAST(:import AS bigint))"
_TAKE_IN = (
    "WITH made AS (INSERT INTO services (name, minutes, buffer_minutes, price, active, version) SELECT w.name,"
    " w.minutes, coalesce(w.buffer_minutes, 0), w.price::numeric, coalesce(w.active, true), 1 FROM judged j"
    " JOIN wanted w USING (number) WHERE j.fate = 'new' ORDER BY number RETURNING *),"
    f" told AS (INSERT INTO events ({LOGGED}, data) SELECT {logged('service_added')}, {_DATA.format('m')} FROM made m"
    " RETURNING id, data) INSERT INTO event_details (event_id, reason, before, after)"
    f" SELECT t.id, '', '{{}}', {_AS_SOLD.format('m')} FROM told t JOIN made m"
    " ON m.id = (t.data->>'service_id')::bigint",
    "UPDATE services s SET name = coalesce(j.changes->'name'->>1, s.name),"
    " minutes = coalesce((j.changes->'minutes'->>1)::int, s.minutes),"
    " buffer_minutes = coalesce((j.changes->'buffer_minutes'->>1)::int, s.buffer_minutes),"
    " price = coalesce((j.changes->'price'->>1)::numeric, s.price),"
    " active = coalesce((j.changes->'active'->>1)::boolean, s.active), version = s.version + 1"
    " FROM judged j WHERE j.fate = 'changed' AND s.id = j.target_id",
    f"WITH told AS (INSERT INTO events ({LOGGED}, data) SELECT {logged('service_changed')}, {_DATA.format('s')}"
    " FROM judged j JOIN services s ON s.id = j.target_id WHERE j.fate = 'changed' RETURNING id, data)"
    f" INSERT INTO event_details (event_id, reason, before, after) SELECT t.id, '', {BEFORE}, {AFTER} FROM told t"
    " JOIN judged j ON j.target_id = (t.data->>'service_id')::bigint AND j.fate = 'changed'",
)


def take_in(session: Session, values: Mapping[str, Any], written: Callable[[int], None]) -> tuple[set[str], bool]:
    """Take in what was judged; the topics whose pages show something else now, and that nothing was in the way."""
    del written
    for statement in _TAKE_IN:
        session.execute(text(statement), used(statement, values))
    return {"desk", "catalog"}, True
