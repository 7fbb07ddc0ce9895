"""Staff: how rows of a file are recognised, and how they are taken in. Nobody gets a password by it."""
# ruff: noqa: S608  only our own words are put together

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import DESK
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

_AT_DESK = ", ".join(f"'{role}'" for role in sorted(DESK))

_WANTED = (
    "CREATE TEMP TABLE wanted ON COMMIT DROP AS SELECT s.number, s.problems, w.* FROM staged s,"
    " jsonb_to_record(s.wanted) AS w(id bigint, name text, username text, role text, email text, phone text,"
    " vehicle text, active boolean)"
)
_SEEN = (
    "CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT w.*, p.id AS target_id, p.name AS p_name,"
    " p.username AS p_username, p.role AS p_role, p.email AS p_email, p.phone AS p_phone, p.vehicle AS p_vehicle,"
    " p.disabled_at IS NULL AS p_active, coalesce(w.role, p.role) AS becomes,"
    " CASE WHEN u.id IS DISTINCT FROM p.id THEN u.id END AS username_of,"
    " CASE WHEN e.id IS DISTINCT FROM p.id THEN e.id END AS email_of,"
    " CASE WHEN p.id IS NOT NULL THEN min(w.number) OVER (PARTITION BY p.id) END AS target_first,"
    " CASE WHEN w.username IS NOT NULL THEN min(w.number) OVER (PARTITION BY w.username) END AS username_first,"
    " CASE WHEN w.email IS NOT NULL THEN min(w.number) OVER (PARTITION BY w.email) END AS email_first"
    " FROM wanted w LEFT JOIN people u ON u.username = w.username LEFT JOIN people e ON e.email = w.email"
    " LEFT JOIN people p ON p.id = CASE WHEN w.id IS NOT NULL THEN w.id ELSE coalesce(u.id, e.id) END"
)


def _belongs(number: str) -> str:
    return f"'This is ' || (SELECT x.name FROM people x WHERE x.id = {number}) || '''s, number ' || {number} || '.'"


_PROBLEMS = refusals(
    ("id IS NOT NULL AND target_id IS NULL", "id", said("There is no account of this number. Leave it empty if new.")),
    new_without("Somebody new", "name", "a name"),
    new_without("Somebody new", "username", "a user name"),
    new_without("Somebody new", "role", "a role"),
    ("target_id IS NOT NULL AND role <> p_role AND target_id = :actor", "role",
     said("You cannot change your own role. Ask another admin.")),
    (f"target_id IS NOT NULL AND role <> p_role AND NOT (role IN ({_AT_DESK}) AND p_role IN ({_AT_DESK}))", "role",
     said("Therapists and drivers keep their role: their work hangs on it. Add a second account for the new one.")),
    ("becomes = 'driver' AND coalesce(vehicle, p_vehicle) IS NULL AND NOT problems @> '[{\"field\": \"vehicle\"}]'",
     "vehicle", said("A driver has a vehicle: car or motorcycle.")),
    ("becomes <> 'driver' AND vehicle IS NOT NULL", "vehicle", said("Only drivers have a vehicle. Leave it empty.")),
    ("target_id IS NOT NULL AND active <> p_active OR target_id IS NULL AND NOT active", "active",
     said("An account is disabled and enabled on the Staff page, where a reason is asked for.")),
    ("username_of IS NOT NULL", "username", _belongs("username_of")),
    ("email_of IS NOT NULL", "email", _belongs("email_of")),
    ("target_first < number", "id", "'Row ' || target_first || ' is about the same account.'"),
    ("username_first < number AND NOT coalesce(target_first < number, false)", "username",
     "'Row ' || username_first || ' has this user name too.'"),
    ("email_first < number AND NOT coalesce(target_first < number, false)", "email",
     "'Row ' || email_first || ' has this e-mail too.'"),
)  # fmt: skip
_CHANGES = changes(
    *(
        change(field, was=f"p_{field}", becomes=field)
        for field in ("name", "username", "role", "email", "phone", "vehicle")
    )
)
JUDGE = (
    _WANTED,
    _SEEN,
    f"CREATE TEMP TABLE judged ON COMMIT DROP AS SELECT *, {FATE} FROM (SELECT number, target_id,"
    f" coalesce(name, p_name, username, '') AS label, {_CHANGES} AS changes, {_PROBLEMS} AS problems FROM seen) s",
)

LOCK = lock("people")
_DATA = "jsonb_build_object('import', CAST(:import AS bigint))"
_TAKE_IN = (
    "WITH made AS (INSERT INTO people (name, username, role, email, phone, vehicle, failed_sign_ins, is_demo, version)"
    " SELECT w.name, w.username, w.role, w.email, w.phone, w.vehicle, 0, false, 1 FROM judged j"
    " JOIN wanted w USING (number) WHERE j.fate = 'new' ORDER BY number RETURNING id, role),"
    f" told AS (INSERT INTO events ({LOGGED}, person_id, data) SELECT {logged('account_added')}, m.id, {_DATA}"
    " FROM made m RETURNING id, person_id) INSERT INTO event_details (event_id, reason, after)"
    " SELECT t.id, '', jsonb_build_object('role', m.role) FROM told t JOIN made m ON m.id = t.person_id",
    "UPDATE people p SET name = coalesce(j.changes->'name'->>1, p.name),"
    " username = coalesce(j.changes->'username'->>1, p.username), role = coalesce(j.changes->'role'->>1, p.role),"
    " email = coalesce(j.changes->'email'->>1, p.email), phone = coalesce(j.changes->'phone'->>1, p.phone),"
    " vehicle = coalesce(j.changes->'vehicle'->>1, p.vehicle), version = p.version + 1"
    " FROM judged j WHERE j.fate = 'changed' AND p.id = j.target_id",
    f"WITH told AS (INSERT INTO events ({LOGGED}, person_id, data) SELECT {logged('account_changed')}, j.target_id,"
    f" {_DATA} FROM judged j WHERE j.fate = 'changed' RETURNING id, person_id) INSERT INTO event_details (event_id,"
    f" reason, before, after) SELECT t.id, '', {BEFORE}, {AFTER} FROM told t JOIN judged j"
    " ON j.target_id = t.person_id AND j.fate = 'changed'",
)
_CHANGED = text("SELECT target_id FROM judged WHERE fate = 'changed'")


def take_in(session: Session, values: Mapping[str, Any], written: Callable[[int], None]) -> tuple[set[str], bool]:
    """Take in what was judged; the topics whose pages show something else now, and that nothing was in the way."""
    del written
    for statement in _TAKE_IN:
        session.execute(text(statement), used(statement, values))
    changed = [f"{what}:{one}" for one in session.scalars(_CHANGED) for what in ("person", "profile", "revoke")]
    return {"accounts", "desk", *changed}, True
