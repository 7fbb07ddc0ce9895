"""Clients: how rows of a file are recognised, and how they are taken in."""
# ruff: noqa: S608  only our own words are put together

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.exchange.services.sql import (
    AFTER,
    BEFORE,
    FATE,
    FIELDS,
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
from guitara_app.kit.database import hold_all_words
from guitara_app.kit.statements import text

SLICE = 10_000
_MOST_TOPICS = 10_000
_LIVING = "merged_into_id IS NULL AND erased_at IS NULL"

_WANTED = (
    "CREATE TEMP TABLE wanted ON COMMIT DROP AS SELECT s.number, s.problems, w.* FROM staged s,"
    " jsonb_to_record(s.wanted) AS w(id bigint, name text, phone text, other_phones text[], email text, notes text,"
    " preferred_gender text, preferred_pressure text, preferred_therapist_id bigint, address text,"
    " locality_id bigint, address_notes text)"
)
_FOUND = (
    "CREATE TEMP TABLE found ON COMMIT DROP AS SELECT w.number, e.id AS email_of,"
    " CASE WHEN w.id IS NULL THEN coalesce(p.id, o.client_id, e.id) ELSE i.id END AS target_id,"
    # A number that is one of theirs already says who they are, and does not become the first one.
    " CASE WHEN w.id IS NULL AND p.id IS NULL AND o.client_id IS NOT NULL THEN NULL ELSE w.phone END AS phone"
    f" FROM wanted w LEFT JOIN clients i ON i.id = w.id AND i.{_LIVING.replace(' AND ', ' AND i.')}"
    " LEFT JOIN clients p ON p.phone = w.phone AND p.merged_into_id IS NULL"
    " LEFT JOIN client_phones o ON o.phone = w.phone"
    " LEFT JOIN clients e ON e.email = w.email AND e.merged_into_id IS NULL"
)
_NUMBERS = (
    "CREATE TEMP TABLE numbers ON COMMIT DROP AS SELECT number, 'phone' AS field, phone FROM wanted"
    " WHERE phone IS NOT NULL UNION ALL SELECT number, 'other_phones', unnest(other_phones) FROM wanted"
    " WHERE other_phones IS NOT NULL"
)
_TAKEN = (
    "CREATE TEMP TABLE taken ON COMMIT DROP AS SELECT DISTINCT ON (n.number, n.field) n.number, n.field,"
    " coalesce(c.id, o.client_id) AS by_id FROM numbers n JOIN found f USING (number)"
    " LEFT JOIN clients c ON c.phone = n.phone AND c.merged_into_id IS NULL"
    " LEFT JOIN client_phones o ON o.phone = n.phone"
    " WHERE coalesce(c.id, o.client_id) IS NOT NULL AND coalesce(c.id, o.client_id) IS DISTINCT FROM f.target_id"
    " ORDER BY n.number, n.field, 3"
)
_TWICE = (
    "CREATE TEMP TABLE twice ON COMMIT DROP AS SELECT number, min(first) AS first FROM ("
    "SELECT number, min(number) OVER (PARTITION BY phone) AS first FROM numbers) n WHERE first < number GROUP BY number"
)
_SEEN = (
    "CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT"
    " w.number, w.problems, w.id, w.name, f.phone, w.phone AS said_phone, w.email, w.notes, w.preferred_gender,"
    " w.preferred_pressure, w.preferred_therapist_id, w.address, w.locality_id, w.address_notes, f.target_id,"
    " c.name AS c_name, c.phone AS c_phone, c.email AS c_email, c.notes AS c_notes,"
    " c.preferred_gender AS c_gender, c.preferred_pressure AS c_pressure, c.preferred_therapist_id AS c_therapist,"
    " CASE WHEN f.email_of IS DISTINCT FROM f.target_id THEN f.email_of END AS email_of,"
    " tp.by_id AS phone_by, tt.by_id AS other_by, t.first AS phone_first,"
    " CASE WHEN f.target_id IS NOT NULL THEN min(w.number) OVER (PARTITION BY f.target_id) END AS target_first,"
    " CASE WHEN w.email IS NOT NULL THEN min(w.number) OVER (PARTITION BY w.email) END AS email_first,"
    " CASE WHEN w.other_phones IS NOT NULL THEN ARRAY(SELECT x FROM unnest(w.other_phones) x"
    "  WHERE x <> coalesce(f.phone, c.phone, '') ORDER BY x) END AS others,"
    " CASE WHEN w.other_phones IS NOT NULL THEN ARRAY(SELECT phone FROM client_phones o WHERE o.client_id = f.target_id"
    "  AND o.phone <> coalesce(f.phone, c.phone, '') ORDER BY phone) END AS c_others,"
    " a.id AS address_id, a.retired_at AS address_retired, a.notes AS c_address_notes, l.name AS town"
    " FROM wanted w JOIN found f USING (number) LEFT JOIN clients c ON c.id = f.target_id"
    " LEFT JOIN taken tp ON tp.number = w.number AND tp.field = 'phone'"
    " LEFT JOIN taken tt ON tt.number = w.number AND tt.field = 'other_phones'"
    " LEFT JOIN twice t ON t.number = w.number LEFT JOIN localities l ON l.id = w.locality_id"
    " LEFT JOIN LATERAL (SELECT d.id, d.retired_at, d.notes FROM client_addresses d WHERE d.client_id = f.target_id"
    "  AND d.locality_id = w.locality_id AND lower(d.line) = lower(w.address)"
    "  ORDER BY d.retired_at NULLS FIRST, d.last_used_at DESC NULLS LAST, d.id LIMIT 1) a"
    "  ON w.address IS NOT NULL AND f.target_id IS NOT NULL"
)


def _belongs(number: str) -> str:
    return (
        f"'This belongs to ' || (SELECT x.name || ', client ' || x.id FROM clients x WHERE x.id = {number})"
        " || '. Correct it, or put that number into the row.'"
    )


_PROBLEMS = refusals(
    ("id IS NOT NULL AND target_id IS NULL", "id", said("There is no client of this number. Leave it empty if new.")),
    new_without("A new client", "name", "a name"),
    new_without("A new client", "phone", "a phone", column="said_phone"),
    ("phone_by IS NOT NULL", "phone", _belongs("phone_by")),
    ("other_by IS NOT NULL", "other_phones", _belongs("other_by")),
    ("email_of IS NOT NULL", "email", _belongs("email_of")),
    ("target_first < number", "id", "'Row ' || target_first || ' is about the same client.'"),
    ("phone_first < number AND NOT coalesce(target_first < number, false)", "phone",
     "'Row ' || phone_first || ' has this phone too.'"),
    ("email_first < number AND NOT coalesce(target_first < number, false)", "email",
     "'Row ' || email_first || ' has this e-mail too.'"),
)  # fmt: skip
_CHANGES = changes(
    change("name", was="c_name", becomes="name"),
    change("phone", was="c_phone", becomes="phone"),
    change("other_phones", was="c_others", becomes="others"),
    change("email", was="c_email", becomes="email"),
    change("notes", was="c_notes", becomes="notes"),
    change("preferred_gender", was="c_gender", becomes="preferred_gender"),
    change("preferred_pressure", was="c_pressure", becomes="preferred_pressure"),
    change("preferred_therapist_id", was="c_therapist", becomes="preferred_therapist_id"),
    "'address', CASE WHEN address IS NOT NULL AND (address_id IS NULL OR address_retired IS NOT NULL)"
    " THEN jsonb_build_array(NULL, address || ', ' || town) END",
    "'address_notes', CASE WHEN address_id IS NOT NULL AND address_notes <> c_address_notes"
    " THEN jsonb_build_array(c_address_notes, address_notes) END",
)
JUDGE = (
    _WANTED,
    "ANALYZE wanted",
    _FOUND,
    _NUMBERS,
    _TAKEN,
    _TWICE,
    _SEEN,
    f"CREATE TEMP TABLE judged ON COMMIT DROP AS SELECT *, {FATE} FROM (SELECT number, target_id, address_id,"
    f" coalesce(name, c_name, said_phone, '') AS label, {_CHANGES} AS changes, {_PROBLEMS} AS problems FROM seen) s",
    "CREATE UNIQUE INDEX ON judged (number)",
    "CREATE UNIQUE INDEX ON wanted (number)",
)

LOCK = lock("clients")
_MADE = (
    "CREATE TEMP TABLE made ON COMMIT DROP AS SELECT number, row_number() OVER (ORDER BY number) AS place,"
    " nextval(pg_get_serial_sequence('clients', 'id')) AS id FROM (SELECT number FROM judged WHERE fate = 'new'"
    " ORDER BY number) n"
)
_THESE = "m.place > :after AND m.place <= :upto"
_ADDED = (
    "INSERT INTO clients (id, name, phone, email, notes, preferred_gender, preferred_pressure, preferred_therapist_id,"
    " version) SELECT m.id, w.name, w.phone, w.email, coalesce(w.notes, ''), coalesce(w.preferred_gender, ''),"
    " coalesce(w.preferred_pressure, ''), w.preferred_therapist_id, 1"
    f" FROM made m JOIN wanted w USING (number) WHERE {_THESE}",
    "INSERT INTO client_phones (client_id, phone) SELECT m.id, x FROM made m JOIN wanted w USING (number),"
    f" unnest(w.other_phones) x WHERE x <> w.phone AND {_THESE}",
    "INSERT INTO client_addresses (client_id, line, locality_id, notes) SELECT m.id, w.address, w.locality_id,"
    f" coalesce(w.address_notes, '') FROM made m JOIN wanted w USING (number) WHERE w.address IS NOT NULL AND {_THESE}",
    f"INSERT INTO events ({LOGGED}, client_id, data) SELECT {logged('client_added')}, m.id,"
    f" jsonb_build_object('import', CAST(:import AS bigint)) FROM made m WHERE {_THESE}",
)
_TURNED = (
    "CREATE TEMP TABLE turned ON COMMIT DROP AS SELECT j.*, row_number() OVER (ORDER BY number) AS place FROM judged j"
    " WHERE fate = 'changed'"
)
_ROWS = "j.place > :after AND j.place <= :upto"
_CHANGED = (
    # Other phones that go, first: one of them may become the first.
    "DELETE FROM client_phones o USING turned j WHERE o.client_id = j.target_id AND (o.phone = j.changes->'phone'->>1"
    f" OR j.changes ? 'other_phones' AND NOT (j.changes->'other_phones'->1) ? o.phone) AND {_ROWS}",
    "UPDATE clients c SET name = coalesce(j.changes->'name'->>1, c.name),"
    " phone = coalesce(j.changes->'phone'->>1, c.phone), email = coalesce(j.changes->'email'->>1, c.email),"
    " notes = coalesce(j.changes->'notes'->>1, c.notes),"
    " preferred_gender = coalesce(j.changes->'preferred_gender'->>1, c.preferred_gender),"
    " preferred_pressure = coalesce(j.changes->'preferred_pressure'->>1, c.preferred_pressure),"
    " preferred_therapist_id = coalesce((j.changes->'preferred_therapist_id'->>1)::bigint, c.preferred_therapist_id),"
    f" version = c.version + 1 FROM turned j WHERE c.id = j.target_id AND {_ROWS}",
    "INSERT INTO client_phones (client_id, phone) SELECT j.target_id, x FROM turned j,"
    f" jsonb_array_elements_text(j.changes->'other_phones'->1) x WHERE {_ROWS} AND NOT EXISTS"
    " (SELECT FROM client_phones o WHERE o.client_id = j.target_id AND o.phone = x)",
    "UPDATE client_addresses d SET retired_at = NULL, notes = coalesce(w.address_notes, d.notes) FROM turned j"
    f" JOIN wanted w USING (number) WHERE d.id = j.address_id AND j.changes ?| ARRAY['address', 'address_notes']"
    f" AND {_ROWS}",
    "INSERT INTO client_addresses (client_id, line, locality_id, notes) SELECT j.target_id, w.address, w.locality_id,"
    " coalesce(w.address_notes, '') FROM turned j JOIN wanted w USING (number) WHERE j.address_id IS NULL"
    f" AND j.changes ? 'address' AND {_ROWS}",
    f"WITH told AS (INSERT INTO events ({LOGGED}, client_id, data) SELECT {logged('client_changed')}, c.id,"
    f" jsonb_build_object('version', c.version, 'fields', {FIELDS}, 'import', CAST(:import AS bigint)) FROM turned j"
    f" JOIN clients c ON c.id = j.target_id WHERE {_ROWS} RETURNING id, client_id) INSERT INTO event_details"
    f" (event_id, reason, before, after) SELECT t.id, '', {BEFORE}, {AFTER} FROM told t"
    " JOIN turned j ON j.target_id = t.client_id",
)
# Whoever gives a number to somebody looks before whether another has it, under a lock that an import of a hundred
# thousand numbers cannot take for each. So it looks last, when nobody else is between looking and saving.
_SHARED = text(
    "SELECT count(*) FROM client_phones o JOIN clients c ON c.phone = o.phone AND c.merged_into_id IS NULL"
    " WHERE o.client_id <> c.id AND (c.id IN (SELECT id FROM made UNION ALL SELECT target_id FROM turned)"
    " OR o.client_id IN (SELECT id FROM made UNION ALL SELECT target_id FROM turned))"
)
_SHOWN = text(
    "WITH visits AS (SELECT a.id FROM appointments a JOIN turned j ON j.target_id = a.client_id"
    " WHERE a.closed_at IS NULL LIMIT :most)"
    " SELECT 'desk' WHERE EXISTS (SELECT FROM visits) UNION ALL SELECT 'appointment:' || id FROM visits UNION ALL"
    " SELECT DISTINCT 'person:' || g.person_id FROM assignments g JOIN visits v ON v.id = g.appointment_id UNION ALL"
    " SELECT DISTINCT 'person:' || t.driver_id FROM legs t JOIN visits v ON v.id IN (t.to_appointment_id,"
    " t.from_appointment_id) WHERE t.driver_id IS NOT NULL UNION ALL"
    " (SELECT 'client:' || target_id FROM turned LIMIT :most)"
)


def take_in(session: Session, values: Mapping[str, Any], written: Callable[[int], None]) -> tuple[set[str], bool]:
    """Take in what was judged; the topics whose pages show something else now, and whether all numbers are free still.

    Open cards beyond the first ten thousand that changed are read again by themselves within a minute.
    """
    session.execute(text(_MADE))
    session.execute(text("ANALYZE made"))
    session.execute(text(_TURNED))
    session.execute(text("ANALYZE turned"))
    done = 0
    for table, statements in (("made", _ADDED), ("turned", _CHANGED)):
        rows = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        for after in range(0, rows, SLICE):
            for statement in statements:
                part = {**used(statement, values), "after": after, "upto": after + SLICE}
                session.execute(text(statement), part)
            done += min(SLICE, rows - after)
            written(done)
    topics = {"clients", *session.scalars(_SHOWN, {"most": _MOST_TOPICS})}
    hold_all_words(session)
    return topics, not session.execute(_SHARED).scalar_one()
