"""Finding one of a million clients while the phone rings, and paging through all of them.

What was typed is looked for in several ways, the likeliest first: names that begin with it, family names, phones and
e-mails that begin or end with it. Each of these walks an index in order and stops when there are enough. Only what is
still missing then comes from anywhere in name, phone and e-mail.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.clients.models import SURNAME_FIRST
from guitara_app.clients.rules import search_terms, shown_phone
from guitara_app.kit.errors import Invalid
from guitara_app.kit.statements import text

# How many of the newest clients are looked at one by one, for each hit wanted, before the trigrams are asked: what is
# common is found among them at once, and for what is rare the trigrams have little to bring together.
_WALKED_FOR_ONE = 250
_LONGEST_CURSOR = 600
# Without three letters in a row there is no trigram to look for.
_TELLING = re.compile(r"[^\W_]{3}")

_PLACE = (
    "SELECT a.line || ', ' || l.name FROM client_addresses a JOIN localities l ON l.id = a.locality_id"
    " WHERE a.client_id = c.id AND a.retired_at IS NULL ORDER BY a.last_used_at DESC NULLS LAST, a.id DESC LIMIT 1"
)
_EVERYBODY = "true"


class ClientHit(NamedTuple):
    """One line of the type-ahead."""

    id: int
    name: str
    phone: str
    place: str


class ClientPage(NamedTuple):
    """Some clients, and where the next ones begin (empty: there are no more)."""

    hits: list[ClientHit]
    after: str


class _Way(NamedTuple):
    """One way of looking: ``where`` holds, in the order of ``key``; without a key the newest come first.

    A ``unique`` key is ordered by its bytes, which its index was made for whatever the database's language. A last
    resort is tried only when nobody was found before it.
    """

    where: str
    key: str
    values: dict[str, str]
    unique: bool = False
    last_resort: bool = False


class _Cursor(NamedTuple):
    """The last hit shown: the number of its way, its key there and its id."""

    way: int
    key: str
    id: int


def search(session: Session, typed: str, *, limit: int = 8) -> list[ClientHit]:
    """Clients whose name, phone or e-mail holds every word typed; names that begin with it come first.

    Two characters are needed for a name, three digits for a phone; less finds nobody.
    """
    return _page(session, _ways(typed), None, limit).hits


def search_page(session: Session, typed: str, *, after: str = "", limit: int = 50) -> ClientPage:
    """Like ``search``, page by page; with nothing typed it is everybody, by name.

    Raises:
        Invalid: ``after`` is not what the page before said.
    """
    ways = _ways(typed) if typed.strip() else [_Way(_EVERYBODY, "c.name_key", {})]
    return _page(session, ways, _cursor(after, len(ways)) if after else None, limit)


def _ways(typed: str) -> list[_Way]:
    terms = search_terms(typed)
    if not terms or len(max(terms, key=len)) < 2:
        return []
    only = terms[0] if len(terms) == 1 else ""
    if re.fullmatch(r"\+?[0-9]{3,}", only):
        return _ways_of_phone(only)
    whole = " ".join(terms)
    ways = [_Way("c.name_key LIKE :whole", "c.name_key", {"whole": f"{_like(whole)}%"})]
    surname_first = SURNAME_FIRST.format("c.")
    ways.append(_Way(f"{surname_first} LIKE :whole", surname_first, {}))
    if only:
        ways.append(_Way("c.email LIKE :whole", "c.email", {}, unique=True))
    if not only or _TELLING.search(only.partition("@")[0]):
        ways.append(_any_part(terms, last_resort="@" in only))
    return ways


def _ways_of_phone(digits: str) -> list[_Way]:
    """Digits as kept (``+63917``), as typed here (``0917``), or of the end or the middle."""
    bare = digits.lstrip("+")
    start = f"+{bare}" if digits.startswith("+") or bare.startswith("63") else f"+63{bare.removeprefix('0')}"
    ways = [_Way("c.phone LIKE :start", "c.phone", {"start": f"{start}%"}, unique=True)]
    if not digits.startswith("+"):
        ways.append(_Way("reverse(c.phone) LIKE :end", "reverse(c.phone)", {"end": f"{bare[::-1]}%"}, unique=True))
    others = "SELECT p.client_id FROM client_phones p WHERE p.phone LIKE :start OR p.phone LIKE :fragment"
    ways.append(_Way(f"c.id IN ({others})", "", {"fragment": f"%{bare}%"}))
    if not digits.startswith("+"):
        # So many digits from the 0 on are a whole number, and hardly the middle of another one.
        ways.append(_any_part([bare], last_resort=bare.startswith("0") and len(bare) > 6))
    return ways


def _any_part(terms: list[str], *, last_resort: bool = False) -> _Way:
    wheres: list[str] = []
    values: dict[str, str] = {}
    for number, term in enumerate(terms):
        mailbox, at, _ = term.partition("@")
        # Fewer than three letters in a row are found in everybody: they must begin a word.
        values[f"part{number}"] = f"%{_like(mailbox)}%" if _TELLING.search(mailbox) else f"% {_like(mailbox)}%"
        wheres.append(f"c.search LIKE :part{number}")
        if at:
            values[f"mail{number}"] = f"%{_like(term)}%"
            wheres.append(f"c.email LIKE :mail{number}")
    return _Way(" AND ".join(wheres), "", values, last_resort=last_resort)


def _page(session: Session, ways: list[_Way], cursor: _Cursor | None, limit: int) -> ClientPage:
    hits: list[ClientHit] = []
    last = cursor
    values = {name: value for way in ways for name, value in way.values.items()}
    for number in range(cursor.way if cursor else 0, len(ways)):
        earlier = [way.where for way in ways[:number]]
        begin = cursor if cursor and cursor.way == number else None
        if ways[number].last_resort and not begin and (hits or cursor):
            continue
        # One more than wanted: whether there is a next page is known without counting.
        for key, hit in _hits(session, ways[number], earlier, values, begin, limit + 1 - len(hits)):
            if len(hits) == limit:
                return ClientPage(hits, json.dumps(last))
            hits.append(hit)
            last = _Cursor(number, key, hit.id)
    return ClientPage(hits, "")


def _hits(
    session: Session,
    way: _Way,
    earlier: list[str],
    values: dict[str, str],
    begin: _Cursor | None,
    limit: int,
) -> list[tuple[str, ClientHit]]:
    given: dict[str, object] = {**values, "limit": limit}
    unseen = "".join(f" AND ({where}) IS NOT TRUE" for where in earlier)
    living = f"{way.where}{unseen} AND c.merged_into_id IS NULL"
    if way.key:
        after, order = f"({way.key}, c.id) > (:key, :id)", f"{way.key}, c.id"
        if way.unique:
            after, order = f"{way.key} ~>~ :key", f"{way.key} USING ~<~"
        if begin:
            living += f" AND {after}"
            given |= {"key": begin.key, "id": begin.id}
        return _rows(session, f"clients c WHERE {living}", way.key, order, given)
    given |= {"id": begin.id if begin else 2**63 - 1, "walked": _WALKED_FOR_ONE * limit}
    newest = "(SELECT * FROM clients WHERE id < :id ORDER BY id DESC LIMIT :walked) c"
    found = _rows(session, f"{newest} WHERE {living}", "''", "c.id DESC", given)
    if len(found) < limit:
        if begin:
            living += " AND c.id < :id"
        # OFFSET 0 keeps the planner from walking everybody in order in the hope of an early hit.
        rare = f"(SELECT * FROM clients c WHERE {living} OFFSET 0) c"  # noqa: S608
        found = _rows(session, rare, "''", "c.id DESC", given)
    return found


def _rows(
    session: Session, source: str, key: str, order: str, values: dict[str, object]
) -> list[tuple[str, ClientHit]]:
    rows = session.execute(
        text(
            f"SELECT c.id, c.name, c.phone, c.key, ({_PLACE}) AS place FROM"  # noqa: S608
            f" (SELECT c.id, c.name, c.phone, {key} AS key FROM {source} ORDER BY {order} LIMIT :limit) c"
        ),
        values,
    )
    return [(row.key, ClientHit(row.id, row.name, shown_phone(row.phone), row.place or "")) for row in rows]


def _cursor(typed: str, ways: int) -> _Cursor:
    try:
        way, key, number = json.loads(typed[:_LONGEST_CURSOR])
        valid = isinstance(way, int) and 0 <= way < ways and isinstance(key, str) and isinstance(number, int)
    except (ValueError, TypeError):
        valid = False
    if not valid or not 0 < number < 2**63:
        raise Invalid("This list has changed. Search again from its beginning.")
    return _Cursor(way, key, number)


def _like(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
