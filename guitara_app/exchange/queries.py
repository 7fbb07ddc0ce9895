"""How imports stand, and what files that leave hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.rules import shown_phone
from guitara_app.exchange.models import Fate, State, Subject
from guitara_app.exchange.rules import field_titles, title_of
from guitara_app.exchange.views import EarlierImport, ImportFacts, Shown
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.spreadsheets import Cell
from guitara_app.kit.statements import text

PAGE = 50
FATES = {Fate.NEW: "New", Fate.CHANGED: "Changes", Fate.SAME: "Same as it is", Fate.REFUSED: "Refused"}

_STANDS = (
    "SELECT id, subject, state, file_name, said, step, total, done, counts, leave_out, problem, ended_at FROM imports"
    " WHERE made_by_id = :person AND put_away_at IS NULL ORDER BY id DESC LIMIT 1"
)
_ROWS = (
    "SELECT number, label, fate, coalesce(target_id, 0) AS target_id, changes, problems FROM import_rows"
    " WHERE import_id = :import AND (CAST(:fate AS text) = '' OR fate = :fate) ORDER BY number"
    " OFFSET :skip LIMIT :limit"
)
_EXPORTS = {
    Subject.CLIENTS: (
        "SELECT c.id, c.name, c.phone, (SELECT string_agg(o.phone, ', ' ORDER BY o.id) FROM client_phones o"
        "  WHERE o.client_id = c.id) AS others, c.email, c.notes, c.preferred_gender, c.preferred_pressure, p.username,"
        " d.line, d.town, d.notes AS address_notes FROM clients c LEFT JOIN people p ON p.id = c.preferred_therapist_id"
        " LEFT JOIN LATERAL (SELECT a.line, l.name AS town, a.notes FROM client_addresses a"
        "  JOIN localities l ON l.id = a.locality_id WHERE a.client_id = c.id AND a.retired_at IS NULL"
        "  ORDER BY a.last_used_at DESC NULLS LAST, a.id DESC LIMIT 1) d ON true"
        " WHERE c.merged_into_id IS NULL AND c.erased_at IS NULL ORDER BY c.id"
    ),
    Subject.SERVICES: (
        "SELECT id, name, minutes, buffer_minutes, price, CASE WHEN active THEN 'yes' ELSE 'no' END FROM services"
        " ORDER BY id"
    ),
    Subject.STAFF: (
        "SELECT id, name, username, role, email, phone, vehicle,"
        " CASE WHEN disabled_at IS NULL THEN 'yes' ELSE 'no' END FROM people ORDER BY id"
    ),
}
_MANY = {
    Subject.CLIENTS: "SELECT count(*) FROM clients WHERE merged_into_id IS NULL AND erased_at IS NULL",
    Subject.SERVICES: "SELECT count(*) FROM services",
    Subject.STAFF: "SELECT count(*) FROM people",
}
_AT_ONCE = 2_000
_LONGEST = 120


class Columns(NamedTuple):
    """The columns of somebody's file, its first rows, and how each is read: field to the place of a column."""

    columns: list[str]
    sample: list[list[str]]
    mapping: dict[str, int]


def standing_import(session: Session, person_id: int) -> ImportFacts:
    """How somebody's present import stands."""
    row = session.execute(text(_STANDS), {"person": person_id}).one_or_none()
    if row is None:
        return ImportFacts(
            id=0, subject="", state="", file_name="", said="", step="", total=0, done=0, new=0, changed=0, same=0,
            refused=0, left_out=False, problem="", ended="",
        )  # fmt: skip
    new, changed, same, refused = (int(row.counts.get(fate, 0)) for fate in Fate)
    return ImportFacts(
        id=row.id,
        subject=row.subject,
        state=row.state,
        file_name=row.file_name,
        said=row.said,
        step=row.step,
        total=row.total,
        done=row.done,
        new=new,
        changed=changed,
        same=same,
        refused=refused,
        left_out=row.leave_out,
        problem=row.problem,
        ended=firm_settings(session).calendar.moment_label(row.ended_at) if row.ended_at else "",
    )


def columns_of(session: Session, person_id: int, import_id: int) -> Columns | None:
    """The columns of somebody's own file; None when there is no such file of theirs."""
    row = session.execute(
        text("SELECT columns, sample, mapping FROM imports WHERE id = :id AND made_by_id = :person"),
        {"id": import_id, "person": person_id},
    ).one_or_none()
    return None if row is None else Columns(row.columns, row.sample, row.mapping)


def shown_rows(session: Session, person_id: int, import_id: int, *, fate: str, page: int) -> list[Shown]:
    """A page of the dry run of somebody's own file; ``fate`` is one of ``Fate``, or empty for every row."""
    subject = session.execute(
        text("SELECT subject FROM imports WHERE id = :id AND made_by_id = :person"),
        {"id": import_id, "person": person_id},
    ).scalar()
    if subject is None:
        return []
    titles = field_titles(Subject(subject))
    rows = session.execute(
        text(_ROWS), {"import": import_id, "fate": fate, "skip": (page - 1) * PAGE, "limit": PAGE}
    ).all()
    therapists = _names(session, rows)
    return [
        Shown(
            number=row.number,
            label=row.label,
            fate=row.fate,
            target_id=row.target_id,
            lines=[f"{titles.get(one['field'], 'Row')}: {one['why']}" for one in row.problems]
            or [_change(titles, therapists, *change) for change in row.changes.items()],
        )
        for row in rows
    ]


def refused_rows(session: Session, import_id: int) -> Iterator[list[Cell]]:
    """What stood in each refused row, and why it was refused; in their order."""
    row = session.execute(text("SELECT subject, columns FROM imports WHERE id = :id"), {"id": import_id}).one()
    titles, width = field_titles(Subject(row.subject)), len(row.columns)
    rows = session.execute(
        text(
            "SELECT number, cells, problems FROM import_rows WHERE import_id = :id AND fate = 'refused' ORDER BY number"
        ),
        {"id": import_id},
    )
    for number, cells, problems in rows:
        why = " ".join(f"{titles.get(one['field'], 'Row')}: {one['why']}" for one in problems)
        yield [*(cells + [""] * width)[:width], number, why]


def own_import(session: Session, person_id: int, import_id: int) -> tuple[Subject, list[str]] | None:
    """What somebody's own file is about, and its columns; None when there is no such file of theirs."""
    row = session.execute(
        text("SELECT subject, columns FROM imports WHERE id = :id AND made_by_id = :person"),
        {"id": import_id, "person": person_id},
    ).one_or_none()
    return None if row is None else (Subject(row.subject), row.columns)


def exported(session: Session, subject: Subject) -> Iterator[list[Cell]]:
    """Every row of a file that leaves, a few thousand at a time out of one snapshot."""
    rows = session.execute(text(_EXPORTS[subject]), execution_options={"yield_per": _AT_ONCE})
    for row in rows:
        yield list(row)


def how_many(session: Session, subject: Subject) -> int:
    """How many rows such a file would have."""
    return int(session.execute(text(_MANY[subject])).scalar_one())


def waiting_imports(session: Session) -> list[int]:
    """Imports that a worker has to go on with, the oldest first."""
    found = session.scalars(
        text("SELECT id FROM imports WHERE state IN ('checking', 'importing') ORDER BY id LIMIT 50")
    )
    return list(found)


def earlier_imports(session: Session, subjects: list[Subject], *, limit: int = 10) -> list[EarlierImport]:
    """What was taken in lately of these subjects, by anybody; the newest first."""
    rows = session.execute(
        text(
            "SELECT i.id, i.subject, i.file_name, i.counts, i.ended_at, p.name FROM imports i"
            " JOIN people p ON p.id = i.made_by_id WHERE i.state = :done AND i.subject = ANY(:subjects)"
            " ORDER BY i.id DESC LIMIT :limit"
        ),
        {"done": State.DONE, "subjects": list(subjects), "limit": limit},
    ).all()
    calendar = firm_settings(session).calendar
    return [
        EarlierImport(
            id=row.id,
            what=title_of(Subject(row.subject)),
            file_name=row.file_name,
            who=row.name,
            when=calendar.moment_label(row.ended_at),
            counts=counts_in_words(row.counts),
        )
        for row in rows
    ]


def counts_in_words(counts: dict[str, Any]) -> str:
    """What became of the rows, in a line."""
    words = {Fate.NEW: "new", Fate.CHANGED: "changed", Fate.SAME: "same as before", Fate.REFUSED: "left out"}
    told = [f"{counts[fate]:,} {word}" for fate, word in words.items() if counts.get(fate)]
    return ", ".join(told) or "nothing"


def holder(session: Session, person_id: int) -> Actor | None:
    """Somebody as they are now; None when their account is disabled."""
    row = session.execute(
        text("SELECT name, role FROM people WHERE id = :id AND disabled_at IS NULL"), {"id": person_id}
    ).one_or_none()
    return None if row is None else Actor(person_id, Role(row.role), row.name)


def _names(session: Session, rows: Any) -> dict[int, str]:
    ids = {one for row in rows for one in row.changes.get("preferred_therapist_id", ()) if one}
    if not ids:
        return {}
    found = session.execute(text("SELECT id, name FROM people WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.name for row in found}


def _change(titles: dict[str, str], therapists: dict[int, str], field: str, change: list[Any]) -> str:
    was, becomes = (_words(field, value, therapists) for value in change)
    return f"{titles.get(field.removesuffix('_id'), field)}: {was or 'nothing'} \u2192 {becomes or 'nothing'}"


def _words(field: str, value: Any, therapists: dict[int, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field in ("phone", "other_phones"):
        return ", ".join(shown_phone(phone) for phone in ([value] if isinstance(value, str) else value))
    words = therapists.get(value, "") if field == "preferred_therapist_id" else str(value)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}\u2026"
