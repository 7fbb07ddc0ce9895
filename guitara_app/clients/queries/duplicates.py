"""Who may be the same person twice, what merging the two would do, and whose pages show a client."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.clients.models import SURNAME_FIRST
from guitara_app.clients.queries.card import preferences
from guitara_app.clients.rules import Likeness, likeness, shown_phone
from guitara_app.clients.views import DuplicateLine, MergePreview, MergeSide
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotFound, NotPossible
from guitara_app.kit.statements import text

_MOST = 5
_SHOWN_ON = 500
_NUMBERS = 4
_TAIL = 8

# Each part walks an index, and none for long: a million clients hold thousands of one common name. Patterns stand in
# the statement one by one, because an index is only walked for a pattern that is known when the walk is planned.
_CANDIDATES = """
WITH same_name AS (SELECT id FROM clients WHERE name_key = :name_key LIMIT 100),
swapped AS (SELECT id FROM clients WHERE name_key = :swapped LIMIT 100),
alike AS (SELECT id FROM (
  (SELECT id, name_key FROM clients WHERE name_key LIKE :beginning LIMIT 400) UNION ALL
  (SELECT id, name_key FROM clients WHERE {surname_first} LIKE :surname_beginning LIMIT 400)) x
  WHERE similarity(name_key, :name_key) >= 0.5),
same_end AS (SELECT id FROM clients WHERE {ends}),
same_start AS (SELECT id FROM clients WHERE {starts} LIMIT 200),
same_mailbox AS (SELECT id FROM clients WHERE email LIKE :mailbox LIMIT 100)
SELECT c.id, c.name, c.name_key, c.phone, c.email, c.preferred_gender, c.preferred_pressure, c.notes,
  similarity(c.name_key, :name_key) AS alike,
  (SELECT count(*) FROM appointments a WHERE a.client_id = c.id) AS visits,
  (SELECT d.line || ', ' || l.name FROM client_addresses d JOIN localities l ON l.id = d.locality_id
   WHERE d.client_id = c.id AND d.retired_at IS NULL
   ORDER BY d.last_used_at DESC NULLS LAST, d.id DESC LIMIT 1) AS place,
  EXISTS (SELECT FROM client_addresses d JOIN client_addresses o ON o.client_id = :id
    AND o.locality_id = d.locality_id AND lower(o.line) = lower(d.line) WHERE d.client_id = c.id) AS same_place,
  (SELECT count(*) FROM same_name) AS namesakes
FROM clients c
WHERE c.id IN (SELECT id FROM same_name UNION SELECT id FROM swapped UNION SELECT id FROM alike
  UNION SELECT id FROM same_end UNION SELECT id FROM same_start UNION SELECT id FROM same_mailbox)
  AND c.id <> :id AND c.merged_into_id IS NULL
"""


class _Scored(NamedTuple):
    likeness: Likeness
    row: Row[Any]


def duplicates(session: Session, client_id: int) -> list[DuplicateLine]:
    """Clients who are probably the same person, likeliest first, each with the reasons."""
    own = session.execute(
        text(
            "SELECT c.*, ARRAY(SELECT x.phone FROM client_phones x WHERE x.client_id = c.id ORDER BY x.id) AS others"
            " FROM clients c WHERE c.id = :id"
        ),
        {"id": client_id},
    ).one_or_none()
    if own is None or own.merged_into_id is not None:
        return []
    words = own.name_key.split()
    mailbox = (own.email or "").partition("@")[0]
    numbers = [own.phone, *own.others][:_NUMBERS]
    ends = {f"end{at}": f"{number[: -_TAIL - 1 : -1]}%" for at, number in enumerate(numbers)}
    starts = {f"start{at}": f"{number[:-2]}%" for at, number in enumerate(numbers)}
    statement = _CANDIDATES.format(
        surname_first=SURNAME_FIRST.format(""),
        ends=" OR ".join(f"reverse(phone) LIKE :{name}" for name in ends),
        starts=" OR ".join(f"phone LIKE :{name}" for name in starts),
    )
    rows = session.execute(
        text(statement),
        {
            "id": client_id,
            "name_key": own.name_key,
            "swapped": " ".join([*words[1:], words[0]]),
            "beginning": f"{_like(f'{words[0]} {words[-1][:1]}')}%",
            "surname_beginning": f"{_like(f'{words[-1]} {words[0][:1]}')}%",
            "mailbox": f"{_like(mailbox)}@%" if len(mailbox) > 4 else "",
            **ends,
            **starts,
        },
    ).all()
    scored = [_Scored(_likeness(own, row), row) for row in rows]
    likely = sorted((one for one in scored if one.likeness.likely), key=lambda one: (-one.likeness.score, one.row.id))
    return [
        DuplicateLine(
            id=row.id,
            name=row.name,
            phone=shown_phone(row.phone),
            email=row.email or "",
            place=row.place or "",
            visits=row.visits,
            because=", ".join(found.reasons),
        )
        for found, row in likely[:_MOST]
    ]


def merge_preview(session: Session, keep_id: int, gone_id: int) -> MergePreview:
    """What merging ``gone_id`` into ``keep_id`` would do.

    Raises:
        NotFound: one of them is not there.
        NotPossible: it is one and the same client, or one was merged already.
    """
    rows = {row.id: row for row in _sides(session, [keep_id, gone_id])}
    if keep_id not in rows or gone_id not in rows:
        raise NotFound("One of the two clients is not there any more. Search again.")
    if keep_id == gone_id:
        raise NotPossible("This is one and the same client.")
    keep, gone = rows[keep_id], rows[gone_id]
    for row in (keep, gone):
        if row.merged_into_id is not None:
            raise NotPossible(f"{row.name} has been merged already. Reload the page.")
    calendar = firm_settings(session).calendar
    keep_side, gone_side = (
        MergeSide(
            id=row.id,
            name=row.name,
            phones=", ".join(shown_phone(phone) for phone in (row.phone, *row.other_phones)),
            email=row.email or "",
            preferences=preferences(row),
            notes=row.notes,
            visits=row.visits,
            addresses=row.addresses,
            last_visit=f"{calendar.local(row.last):%-d %b %Y}" if row.last else "",
        )
        for row in (keep, gone)
    )
    return MergePreview(keep=keep_side, gone=gone_side, moves=_moves(keep, gone))


def topics_of_client(session: Session, *client_ids: int) -> set[str]:
    """Who shows one of these clients: their own page, the desk, their newest visits, whoever is on an open one; and
    reports, of whatever evening.
    """
    rows = session.execute(
        text(
            "SELECT a.id, CASE WHEN a.closed_at IS NULL THEN ARRAY("
            "  SELECT person_id FROM assignments g WHERE g.appointment_id = a.id UNION"
            "  SELECT driver_id FROM legs t WHERE t.driver_id IS NOT NULL"
            "   AND (t.to_appointment_id = a.id OR t.from_appointment_id = a.id)) END AS people"
            " FROM appointments a WHERE a.client_id = ANY(:ids) ORDER BY a.starts_at DESC LIMIT :most"
        ),
        {"ids": list(client_ids), "most": _SHOWN_ON},
    ).all()
    topics = {"clients", *(f"client:{number}" for number in client_ids)} | {f"appointment:{row.id}" for row in rows}
    people = {person for row in rows if row.people is not None for person in row.people}
    if any(row.people is not None for row in rows):
        topics.add("desk")
    return topics | {f"person:{person}" for person in people}


def _likeness(own: Row[Any], other: Row[Any]) -> Likeness:
    return likeness(
        own_name=own.name_key,
        name=other.name_key,
        alike=other.alike,
        own_phone=own.phone,
        phone=other.phone,
        own_email=own.email or "",
        email=other.email or "",
        same_place=other.same_place,
        namesakes=other.namesakes,
    )


def _sides(session: Session, ids: list[int]) -> list[Row[Any]]:
    return list(
        session.execute(
            text(
                "SELECT c.*, p.name AS therapist,"
                " ARRAY(SELECT x.phone FROM client_phones x WHERE x.client_id = c.id ORDER BY x.id) AS other_phones,"
                " (SELECT count(*) FROM appointments a WHERE a.client_id = c.id) AS visits,"
                " (SELECT max(a.starts_at) FROM appointments a WHERE a.client_id = c.id) AS last,"
                " (SELECT count(*) FROM client_addresses d WHERE d.client_id = c.id AND d.retired_at IS NULL)"
                "  AS addresses FROM clients c LEFT JOIN people p ON p.id = c.preferred_therapist_id"
                " WHERE c.id = ANY(:ids)"
            ),
            {"ids": [number for number in ids if 0 < number < 2**63]},
        )
    )


def _moves(keep: Row[Any], gone: Row[Any]) -> list[str]:
    phones = ", ".join(shown_phone(phone) for phone in (gone.phone, *gone.other_phones))
    moves = [
        _counted(gone.visits, "visit", "moves", "move") if gone.visits else "",
        _counted(gone.addresses, "address", "moves", "move") if gone.addresses else "",
        f"{phones} is kept as another phone",
    ]
    if gone.email:
        moves.append(f"{gone.email} {'is kept in the notes' if keep.email else 'becomes the e-mail'}")
    if gone.notes:
        moves.append("The notes are put below the other ones")
    liked = {
        "pressure": (keep.preferred_pressure, gone.preferred_pressure),
        "gender of the therapist": (keep.preferred_gender, gone.preferred_gender),
        "therapist": (keep.preferred_therapist_id, gone.preferred_therapist_id),
    }
    taken = [word for word, (ours, theirs) in liked.items() if theirs and not ours]
    if taken:
        moves.append(f"Preferred {', '.join(taken)} is taken over")
    if keep.name_key != gone.name_key:
        moves.append(f"\u201c{gone.name}\u201d is kept in the notes")
    return [move for move in moves if move]


def _counted(number: int, word: str, one: str, many: str) -> str:
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return f"1 {word} {one}" if number == 1 else f"{number} {plural} {many}"


def _like(typed: str) -> str:
    return typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
